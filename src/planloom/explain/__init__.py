"""How one plan came to be, or why one row was left out: the row is read again and followed."""

from pathlib import Path

from planloom.errors import RecipeError
from planloom.explain.built import FEWEST_DIGITS, Address, Built, is_id, parsed
from planloom.explain.story import Story, followed
from planloom.explain.telling import text


def look(out: Path, what: str) -> Story:
    """The story of a plan id, of the beginning of one, or of SOURCE:FILE@AT.

    Raises:
        RecipeError, InputError: if it cannot be found.
    """
    built = Built(out)
    address, plan_id = _meant(built, what)
    return followed(built, address, plan_id)


def explain(out: Path, what: str, width: int = 100) -> str:
    """The same as text.

    Raises:
        RecipeError, InputError: if it cannot be found.
    """
    return text(look(out, what), width)


def _meant(built: Built, what: str) -> tuple[Address, str | None]:
    if "@" in what:
        return parsed(what), None
    if not is_id(what):
        raise RecipeError(
            f"{what}: neither a plan id (32 hex digits, or its first {FEWEST_DIGITS} or more) "
            "nor SOURCE:FILE@AT"
        )
    spot = built.spot(what)
    return built.address_of(spot), built.id_of(spot)
