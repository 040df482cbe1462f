"""The command line: arguments in, one library call, print."""

import argparse
import math
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planloom.errors import PlanloomError, RecipeError

if TYPE_CHECKING:
    from planloom.recipe import Recipe
    from planloom.validate import Checked

INTERRUPTED = 130
CLOSED = 141
LIE = "where OWNER/NAME or OWNER__NAME folders lie"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns 0 fine, 1 the data falls short, 2 wrong use, 130 interrupted."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except PlanloomError as error:
        if arguments.debug:
            raise
        print(f"planloom: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("planloom: interrupted; the same command goes on from here", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except OSError as error:
        if arguments.debug:
            raise
        where = f"{error.filename}: " if error.filename else ""
        advice = "; mend it and run the same command again: finished work is kept"
        told = advice if arguments.run is _build else ""
        print(f"planloom: {where}{error.strerror or error}{told}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """All commands with their help."""
    top = argparse.ArgumentParser(
        prog="planloom",
        description="Weaves public tool-use, instruction and chat datasets into one corpus of "
        "benign execution plans.",
    )
    top.add_argument("--debug", action="store_true", help="show tracebacks")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _add_list(commands)
    _add_discover(commands)
    _add_build(commands)
    _add_forecast(commands)
    _add_explain(commands)
    _add_check(commands)
    _add_new(commands)
    return top


Commands = argparse._SubParsersAction


def _add_list(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("list", help="the catalogue of datasets")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.add_argument(
        "--datasets", metavar="DIR", action="append", help="your own dataset files"
    )
    command.set_defaults(run=_list)


def _add_discover(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "discover", help="what is really on the hub, and what it is worth"
    )
    add = command.add_argument
    add("ids", nargs="*", metavar="ID", help="any dataset; without one the whole catalogue")
    add(
        "--rows",
        type=_positive,
        default=100,
        metavar="N",
        help="rows to look at in each (default: 100)",
    )
    add("--json", type=Path, metavar="FILE", help="write everything there")
    add("--data-root", type=Path, metavar="DIR", help=f"look {LIE}, not on the hub")
    add("--datasets", metavar="DIR", action="append", help="your own dataset files")
    command.set_defaults(run=_discover)


def _add_build(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("build", help="a corpus from a recipe")
    add = command.add_argument
    add("recipe", nargs="?", metavar="RECIPE", help="a TOML file; without one the packed sample")
    add("--out", type=Path, help="the folder to build in")
    add(
        "--data-root",
        metavar="DIR",
        help=f"{LIE}, or a URL of fsspec, or a cache of the hub's tools",
    )
    add("--offline", action="store_true", help="only what earlier builds fetched: ask nobody")
    add("--cache-limit", type=float, metavar="GB", help="fetch nothing that makes the cache larger")
    add("--only", action="append", metavar="ID", default=[], help="read this source alone")
    add("--without", action="append", metavar="ID", default=[], help="leave this source out")
    add("--tier", type=int, choices=(1, 2, 3), help="sources of tiers 1..N only")
    add("--limit", type=_positive, metavar="N", help="read at most N rows of each file")
    add("--workers", type=_positive, default=0, metavar="N", help="processes (default: all cores)")
    add("--datasets", metavar="DIR", action="append", help="your own dataset files")
    add("--fresh", action="store_true", help="replace another Planloom build in --out")
    add("--dry-run", action="store_true", help="read nothing; print what `forecast` does")
    command.set_defaults(run=_build)


def _add_forecast(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "forecast", help="what a recipe would give, take and cost, before any download"
    )
    add = command.add_argument
    add("recipe", nargs="?", metavar="RECIPE", help="a TOML file; without one the packed sample")
    add("--json", type=Path, metavar="FILE", help="also write everything, unrounded")
    add("--discovered", type=Path, metavar="FILE", help="what `discover --json` wrote")
    add("--measured", type=Path, metavar="OUT", action="append", default=[], help=MEASURED)
    add("--only", action="append", metavar="ID", default=[], help="read this source alone")
    add("--without", action="append", metavar="ID", default=[], help="leave this source out")
    add("--tier", type=int, choices=(1, 2, 3), help="sources of tiers 1..N only")
    add("--factors", action="store_true", help="show each factor, its origin and reason")
    add("--price-hour", type=_price, metavar="USD", help="an hour of the machine (default: 0.10)")
    add("--price-gb", type=_price, metavar="USD", help="a GB of disk (default: 0.08)")
    add("--datasets", metavar="DIR", action="append", help="your own dataset files")
    command.set_defaults(run=_forecast)


MEASURED = "an earlier, smaller build; two of different size tell how duplicates grow"


def _add_explain(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "explain", help="how a plan came to be, or why a row was left out"
    )
    command.add_argument("out", type=Path, help="a finished build")
    command.add_argument("what", metavar="PLAN_ID | SOURCE:FILE@AT")
    command.set_defaults(run=_explain)


def _add_check(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("check", help="validate plans: schema, ids, graph rules")
    add = command.add_argument
    add("files", nargs="+", type=Path, help="Parquet, JSON lines, a build, or golden cases")
    add("--update", action="store_true", help="write what the code gives into the golden cases")
    command.set_defaults(run=_check)


def _add_new(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("new", help="draft a dataset file and golden cases from rows")
    add = command.add_argument
    add(
        "what",
        metavar="ID | FILE",
        help="a dataset on the hub or below --data-root, a data file, or a folder",
    )
    add("--data-root", type=Path, metavar="DIR", help=LIE)
    add("--id", metavar="OWNER/NAME", help="the id of a file's dataset (default: local/FILE)")
    add("--into", type=Path, metavar="DIR", default=Path("my_sets"), help="default: my_sets")
    command.set_defaults(run=_new)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _price(text: str) -> float:
    price = float(text)
    if not 0 <= price < math.inf:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return price


def _folders(given: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(Path(folder).resolve()) for folder in given or ()))


def _list(arguments: argparse.Namespace) -> int:
    from planloom import listing

    sources = listing.sources(_folders(arguments.datasets))
    print(listing.as_json(sources) if arguments.json else listing.as_text(sources))
    return 0


def _discover(arguments: argparse.Namespace) -> int:
    from shutil import get_terminal_size

    from planloom import discover, facts, overview

    folders = _folders(arguments.datasets)
    run = discover.run(arguments.ids, arguments.rows, arguments.data_root, folders)
    if arguments.json:
        facts.write(arguments.json, run.found)
    if run.silent:
        print(f"planloom: {run.silent}", file=sys.stderr)
    elif run.found:
        width = get_terminal_size((120, 24)).columns
        print(overview.render(run.found, width, details=bool(arguments.ids)))
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

    from planloom import pipeline, summary

    wanted = _recipe(arguments)
    if arguments.dry_run:
        return _dry_run(wanted, arguments)
    if arguments.out is None:
        raise RecipeError("name the folder to build in with --out OUT, or see ahead with --dry-run")
    names = pipeline.Options.__struct_fields__
    given = {name: getattr(arguments, name) for name in names}
    corpus = pipeline.build(wanted, msgspec.convert(given, pipeline.Options))
    print(summary.composition(corpus))
    print(summary.losses(corpus.ledger))
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
    from planloom.explain import explain

    print(explain(arguments.out, arguments.what))
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


def _new(arguments: argparse.Namespace) -> int:
    from planloom import scaffold

    with scaffold.found(arguments.what, arguments.data_root, arguments.id) as data:
        drafted = scaffold.new(data, arguments.into)
    print("\n".join(drafted.seen))
    print(f"drafted {drafted.dataset} and {drafted.cases}; edit both, then:")
    print(f"  planloom check {drafted.cases} --update")
    return 0
