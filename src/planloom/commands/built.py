"""What one asks of a finished build: why, whether it is sound, its report, a sample to review."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from planloom import terminal
from planloom.commands.options import (
    Commands,
    positive,
    seed,
    share,
)
from planloom.errors import InputError, RecipeError

if TYPE_CHECKING:
    from planloom.validate import Checked


def add(commands: Commands) -> None:
    """Their names, arguments and help."""
    _add_explain(commands)
    _add_check(commands)
    _add_report(commands)
    _add_review(commands)


def _add_explain(commands: Commands) -> None:
    command = commands.add_parser(
        "explain", help="how a plan came to be, or why a row was left out"
    )
    command.add_argument("out", help="a finished build")
    command.add_argument(
        "what",
        metavar="PLAN_ID | SOURCE:FILE@AT",
        help="a plan id, its first 6 digits or more, or the address of a row",
    )
    how = command.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="everything, for programs")
    how.add_argument("--row", action="store_true", help="the source row alone, whole, as JSON")
    command.set_defaults(run=_explain, command="explain")


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


def _add_check(commands: Commands) -> None:
    command = commands.add_parser("check", help="validate plans: schema, ids, graph rules")
    add = command.add_argument
    add("files", nargs="+", type=Path, help="Parquet, JSON lines, a build, or golden cases")
    add("--update", action="store_true", help="write what the code gives into the golden cases")
    command.set_defaults(run=_check, command="check")


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


def _add_report(commands: Commands) -> None:
    command = commands.add_parser("report", help="make report.html of a build again")
    command.add_argument("out", help="a finished build")
    command.set_defaults(run=_report, command="report")


def _report(arguments: argparse.Namespace) -> int:
    from planloom import report
    from planloom.upload import Target

    print(report.write(Target(arguments.out).folder))
    return 0


def _add_review(commands: Commands) -> None:
    command = commands.add_parser("review", help="a sample for people to judge, and what they say")
    add = command.add_argument
    add("out", metavar="OUT", help="a finished build")
    add("--per-source", type=positive, metavar="N", help="plans of each source (default: 20)")
    add("--seed", type=seed, metavar="N", help="another seed draws another sample (default: 1)")
    add("--out", dest="into", type=Path, metavar="DIR", help="default: OUT/review")
    add("--answers", type=Path, metavar="FILE", help="a CSV file filled in: print the estimate")
    add(
        "--least",
        type=share,
        metavar="SHARE",
        help="with --answers: exit 1 if the interval begins below, as 0.95",
    )
    command.set_defaults(run=_review, command="review")


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
