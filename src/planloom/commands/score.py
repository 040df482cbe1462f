"""How unusual plans are, and why."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from planloom import terminal
from planloom.commands.options import Commands, positive, share
from planloom.errors import RecipeError

if TYPE_CHECKING:
    from planloom.jepa.score import Energies


def add(commands: Commands) -> None:
    """Its arguments and help."""
    command = commands.add_parser("score", help="how unusual plans are beside benign ones, and why")
    told = command.add_argument
    told("plans", nargs="+", type=Path, metavar="PLANS", help="a build, parts, or JSON lines")
    told("--model", required=True, type=Path, metavar="RUN", help="the folder of planloom train")
    told(
        "--false-alarms",
        type=share,
        default=0.01,
        metavar="SHARE",
        help="of benign plans at most this share alarms (default: 0.01)",
    )
    told("--json", type=Path, metavar="FILE", help="every plan as one line of JSON")
    told("--top", type=positive, default=10, metavar="N", help="plans shown (default: 10)")
    command.set_defaults(run=_score, command="score")


def _score(arguments: argparse.Namespace) -> int:
    from planloom import stored
    from planloom.jepa import score, verdicts

    model = score.load(arguments.model, _neural)
    few = len(model.plan.scores)
    if not model.plan.threshold(arguments.false_alarms):
        raise RecipeError(
            f"--false-alarms {arguments.false_alarms}: {few} benign plans to compare with "
            f"allow {1 / (few + 1):.3g} or more"
        )
    if model.energies is None:
        print(f"planloom: {arguments.model}: no neural model, tables alone", file=sys.stderr)
    files = [file for path in arguments.plans for file in stored.corpus(path)]
    summary = verdicts.written(
        verdicts.of_files(files, model, arguments.false_alarms), arguments.json, arguments.top
    )
    print(terminal.shown(verdicts.told(summary, arguments.false_alarms), sys.stdout))
    return 1 if summary.alarms or not summary.judged else 0


def _neural(run: Path) -> "Energies":
    from planloom.jepa import neural

    return neural.energies(run)
