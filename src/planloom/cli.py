"""The command line: arguments in, one library call, print."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planloom import terminal
from planloom.arguments import parser
from planloom.errors import InputError, PlanloomError, RecipeError

if TYPE_CHECKING:
    from planloom.recipe import Recipe
    from planloom.validate import Checked

INTERRUPTED = 130
CLOSED = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns 0 fine, 1 the data falls short, 2 wrong use, 130 interrupted."""
    arguments = argparse.Namespace(debug=False, run=None)
    terminal.tolerate(sys.stdout)
    try:
        parser().parse_args(argv, arguments)
        return int(RUNS[arguments.run](arguments))
    except PlanloomError as error:
        if arguments.debug:
            raise
        print(f"planloom: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        told = "; the same command goes on from here" if arguments.run in ("build", "push") else ""
        print(f"planloom: interrupted{told}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except ValueError as error:
        if arguments.debug or not type(error).__module__.startswith("pyarrow"):
            raise
        print(f"planloom: a file is broken: {error}; build it again", file=sys.stderr)
        return 2
    except OSError as error:
        if arguments.debug:
            raise
        where = f"{error.filename}: " if error.filename else ""
        advice = "; mend it and run the same command again: finished work is kept"
        told = advice if arguments.run == "build" else ""
        print(f"planloom: {where}{error.strerror or error}{told}", file=sys.stderr)
        return 2


def _folders(given: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(Path(folder).resolve()) for folder in given or ()))


def _list(arguments: argparse.Namespace) -> int:
    from planloom import listing

    sources = listing.sources(_folders(arguments.datasets))
    if arguments.json:
        print(terminal.shown_json(listing.as_json(sources), sys.stdout))
    else:
        print(listing.as_text(sources))
    return 0


def _discover(arguments: argparse.Namespace) -> int:
    from shutil import get_terminal_size

    from planloom import discover, facts, overview

    folders = _folders(arguments.datasets)
    if arguments.json:
        facts.check_place(arguments.json)
    run = discover.run(arguments.ids, arguments.rows, arguments.data_root, folders)
    if run.silent:
        print(f"planloom: {run.silent}", file=sys.stderr)
    elif run.found:
        width = get_terminal_size((120, 24)).columns
        print(overview.render(run.found, width, details=bool(arguments.ids)))
    if arguments.json:
        facts.write(arguments.json, run.found)
    if run.interrupted:
        print(f"planloom: interrupted; {run.left} datasets were not looked at", file=sys.stderr)
        return INTERRUPTED
    return 0 if any(one.status == "ok" for one in run.found) else 1


def _recipe(arguments: argparse.Namespace) -> "Recipe":
    from planloom import recipe

    wanted = recipe.load(arguments.recipe)
    return recipe.with_datasets(wanted, (*wanted.datasets, *_folders(arguments.datasets)))


def _build(arguments: argparse.Namespace) -> int:
    import msgspec

    from planloom import evaluation, output, pipeline, summary, upload

    wanted = _recipe(arguments)
    if arguments.dry_run:
        return _dry_run(wanted, arguments)
    if arguments.out is None:
        raise RecipeError("name the folder to build in with --out OUT, or see ahead with --dry-run")
    if arguments.status:
        print(summary.status(output.Out(upload.Target(arguments.out).folder).status()))
        return 0
    names = pipeline.Options.__struct_fields__
    given = {name: getattr(arguments, name) for name in names}
    corpus = pipeline.build(wanted, msgspec.convert(given, pipeline.Options))
    print(summary.composition(corpus))
    print(summary.losses(corpus.ledger))
    if not any(msgspec.structs.astuple(wanted.targets)):
        print("planloom: all targets are 0, so nothing is kept: set [targets]", file=sys.stderr)
    if corpus.unchecked:
        missing = ", ".join(corpus.unchecked)
        print(f"planloom: NOT checked against evaluation sets: {missing}", file=sys.stderr)
    for why in sorted(set(corpus.unchecked.values()) - {evaluation.NOT_THERE}):
        print(f"planloom: NOT checked: {why}", file=sys.stderr)
    for problem in corpus.trouble:
        print(f"planloom: {problem}", file=sys.stderr)
    return 1 if corpus.trouble else 0


def _dry_run(wanted: "Recipe", arguments: argparse.Namespace) -> int:
    from planloom import forecast, known, outlook

    if arguments.limit:
        print("planloom: --limit is not forecast; these are whole datasets", file=sys.stderr)
    given = {name: getattr(arguments, name) for name in ("only", "without", "tier")}
    found = forecast.forecast(wanted, known.NOTHING, **given)
    print(outlook.text(found, shutil.get_terminal_size().columns))
    return 0


def _forecast(arguments: argparse.Namespace) -> int:
    from planloom import cost, forecast, known, outlook

    about, builds = known.gather(arguments.discovered, arguments.measured)
    asked = (arguments.price_hour, arguments.price_gb)
    prices = cost.Prices(
        *(a if a is not None else d for a, d in zip(asked, cost.prices(), strict=True))
    )
    given = {name: getattr(arguments, name) for name in ("only", "without", "tier")}
    found = forecast.forecast(_recipe(arguments), about, builds, prices, **given)
    if arguments.json:
        arguments.json.write_bytes(outlook.as_json(found))
    print(outlook.text(found, shutil.get_terminal_size().columns, factors=arguments.factors))
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    from planloom import explain
    from planloom.explain import story, telling
    from planloom.upload import Target

    found = explain.look(Target(arguments.out).folder, arguments.what)
    if arguments.row and not found.row:
        raise InputError(found.trouble or f"{found.address}: {found.left[0].detail}")
    if arguments.row or arguments.json:
        told = story.as_json(found.row if arguments.row else found)
        print(terminal.shown_json(told, sys.stdout))
    else:
        told = telling.text(found, shutil.get_terminal_size().columns, terminal.ink(sys.stdout))
        print(terminal.shown(told, sys.stdout))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from planloom import golden, scaffold
    from planloom.validate import check

    cases = [path for path in arguments.files if path.name.endswith(golden.SUFFIX)]
    differing = [line for path in cases for line in scaffold.checked(path, arguments.update)]
    for line in differing:
        print(line)
    if cases:
        done = "were updated" if arguments.update else "differ"
        print(f"{len(cases)} files of golden cases, {len(differing)} cases {done}")
    rest = [path for path in arguments.files if path not in cases]
    fine = not differing or arguments.update
    return int(not fine) if not rest else _check_plans(check(rest))


def _check_plans(checked: "Checked") -> int:
    for problem in checked.problems:
        print(problem)
    print(f"{checked.plans:,} plans, {len(checked.problems):,} problems")
    if not checked.plans:
        raise RecipeError("nothing to check: the files hold no plans")
    return 1 if checked.problems else 0


def _report(arguments: argparse.Namespace) -> int:
    from planloom import report
    from planloom.upload import Target

    print(report.write(Target(arguments.out).folder))
    return 0


def _push(arguments: argparse.Namespace) -> int:
    from tempfile import TemporaryDirectory

    from planloom import parcel, push
    from planloom.errors import PublishError
    from planloom.upload import Target

    push.check_id(arguments.repo)
    out, extras = Target(arguments.out).folder, arguments.extras
    with TemporaryDirectory(prefix="planloom-") as folder:
        packed = parcel.pack(out, arguments.repo, arguments.revision, extras, Path(folder))
        print(parcel.text(packed))
        private = arguments.private
        for line in (
            barred := packed.forbids(private=private, accept_gated=arguments.accept_gated)
        ):
            print(f"forbids it: {line}")
        if barred:
            raise PublishError(f"{arguments.repo}: not pushed, for the reasons above; {WAYS}")
        if arguments.dry_run:
            return 0
        done = push.push(packed, private=private)
    print(f"{done.sent} files sent, {done.same} there already, {done.deleted} deleted")
    print(done.page or "nothing to send: the repository holds this build")
    return 0


WAYS = (
    "build without these sources (--without ID), or push to a repository of your own with --private"
)


def _convert(arguments: argparse.Namespace) -> int:
    from contextlib import nullcontext

    from planloom import conversion

    out = arguments.out
    to_file = out and conversion.opened(out, arguments.source, overwrite=arguments.overwrite)
    with to_file or nullcontext(sys.stdout.buffer.write) as write:
        done = conversion.run(arguments.source, arguments.to, write, arguments.only)
    sys.stdout.flush()
    for line in conversion.told(done, arguments.to):
        print(f"planloom: {line}", file=sys.stderr)
    return 0 if done.written else 1


def _new(arguments: argparse.Namespace) -> int:
    from planloom import scaffold

    with scaffold.found(arguments.what, arguments.data_root, arguments.id) as data:
        drafted = scaffold.new(data, arguments.into)
    print("\n".join(drafted.seen))
    print(f"drafted {drafted.dataset} and {drafted.cases}; edit both, then:")
    print(f"  planloom check {drafted.cases} --update")
    return 0


def _review(arguments: argparse.Namespace) -> int:
    from planloom import review
    from planloom.upload import Target

    out = Target(arguments.out).folder
    if arguments.answers:
        return _estimate(out, arguments)
    if arguments.least is not None:
        raise RecipeError("--least judges answers: name them with --answers FILE")
    size, seed = arguments.per_source, arguments.seed
    made = review.make(
        out,
        arguments.into or out / "review",
        size if size is not None else review.PER_SOURCE,
        seed if seed is not None else review.SEED,
    )
    for trouble in made.trouble:
        print(f"planloom: {trouble}", file=sys.stderr)
    print(f"{made.page}\n{made.sheet}")
    return 0


def _estimate(out: Path, arguments: argparse.Namespace) -> int:
    from planloom.explain.built import Built
    from planloom.review import estimate

    Built(out)
    found = estimate.estimate(out, arguments.answers, arguments.per_source, arguments.seed)
    for warning in found.warnings:
        print(f"planloom: {warning}", file=sys.stderr)
    print(estimate.text(found))
    return int(found.share.low < (arguments.least or 0))


RUNS: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "discover": _discover,
    "build": _build,
    "forecast": _forecast,
    "explain": _explain,
    "check": _check,
    "report": _report,
    "review": _review,
    "push": _push,
    "convert": _convert,
    "new": _new,
}
