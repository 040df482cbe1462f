"""What several commands share: kinds of arguments, the choice of sources."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from planloom.errors import RecipeError

if TYPE_CHECKING:
    from planloom.recipe import Recipe
    from planloom.rewording import Rewording

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
INTERRUPTED = 130

LIE = "where OWNER/NAME or OWNER__NAME folders lie"


def add_sources(command: argparse.ArgumentParser) -> None:
    """Which of a recipe's sources count."""
    add = command.add_argument
    add("--only", action="append", metavar="ID", default=[], help="read this source alone")
    add("--without", action="append", metavar="ID", default=[], help="leave this source out")
    add("--tier", type=int, choices=(1, 2, 3), help="sources of tiers 1..N only")


def add_rewording(command: argparse.ArgumentParser) -> None:
    """A language model for requests."""
    add = command.add_argument
    add(
        "--rewrite",
        type=Path,
        metavar="FILE",
        help="settings of a model that rewrites requests of gold traces",
    )
    add("--max-usd", type=amount, metavar="USD", help="all that this may ever cost")
    add(
        "--answers",
        type=Path,
        metavar="DIR",
        help="where answers and costs are kept (default: answers beside OUT)",
    )


def rewording(arguments: argparse.Namespace) -> "Rewording | None":
    """Who is asked for other words, and for how much.

    Raises:
        RecipeError: if a model is named and no budget, or a budget and no model.
    """
    from planloom.rewording import Rewording

    if (arguments.rewrite is None) != (arguments.max_usd is None):
        raise RecipeError(
            "--rewrite FILE and --max-usd USD go together: what is asked has a budget"
        )
    if arguments.rewrite is None:
        return None
    answers = arguments.answers or Path(arguments.out).resolve().parent / "answers"
    return Rewording(str(arguments.rewrite), str(answers), arguments.max_usd)


def share(text: str) -> float:
    """From 0 to 1."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError("must be from 0 to 1")
    return number


def seed(text: str) -> int:
    """64 bits."""
    number = int(text)
    if not 0 <= number < 1 << 64:
        raise argparse.ArgumentTypeError("must be 0 or more, and below 2**64")
    return number


def positive(text: str) -> int:
    """At least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def amount(text: str) -> float:
    """0 or more."""
    number = float(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number


def folders(given: Sequence[str] | None) -> tuple[str, ...]:
    """The folders given, each once, in full."""
    return tuple(dict.fromkeys(str(Path(folder).resolve()) for folder in given or ()))


def recipe_of(arguments: argparse.Namespace) -> "Recipe":
    """The recipe that a command names, with the user's own dataset files."""
    from planloom import recipe

    wanted = recipe.load(arguments.recipe)
    return recipe.with_datasets(wanted, (*wanted.datasets, *folders(arguments.datasets)))
