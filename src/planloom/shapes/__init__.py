"""Wire formats: how rows write calls down. One file each: `reader(...)` and `sniff(row)`.

The folder is the registry: a module with a `sniff` is a shape. `detect` decides by reading: a shape
fits as far as its reader gets calls or answers out of rows, not by the names of keys.
"""

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import NamedTuple

from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.source import Reader, Row
from planloom.trace import Trace

TEXT: tuple[Category, ...] = ("instruction_following", "conversation")


class Candidate(NamedTuple):
    """A shape that some row looks like, and its reader for the columns of that row."""

    shape: str
    read: Reader
    category: Category


@cache
def shapes() -> dict[str, ModuleType]:
    """All shapes by name; those with calls before those of mere text."""
    names = [found.name for found in pkgutil.iter_modules(__path__)]
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in sorted(names)}
    known = {name: module for name, module in modules.items() if hasattr(module, "sniff")}
    return dict(sorted(known.items(), key=lambda item: item[1].CATEGORY in TEXT))


def candidates(rows: Iterable[Row]) -> list[Candidate]:
    """Every shape, with every choice of columns, that some of the rows look like."""
    rows = list(rows)
    return [
        Candidate(name, read, shape.CATEGORY)
        for name, shape in shapes().items()
        for read in dict.fromkeys(_sniffed(shape, row) for row in rows)
        if read is not None
    ]


def _sniffed(shape: ModuleType, row: Row) -> Reader | None:
    try:
        found: Reader | None = shape.sniff(row)
    except RecursionError:  # nested too deep for any shape
        return None
    return found


def score(read: Reader, row: Row) -> tuple[float, int]:
    """How far the row is read: 1 for calls or answers, a little less for neither, and the calls.

    A row that the reader rejects, or of which it sees nothing, is not read.
    """
    try:
        trace = read(row)
    except (BadRow, RecursionError):
        return 0.0, 0
    if trace.rounds or any(trace.answers):
        return 1.0, len(trace.calls)
    return (0.9 if any(trace.user_turns) else 0.0), 0


def best(row: Row) -> Candidate | None:
    """The shape that gets most out of a row.

    A row that holds calls but cannot be read is never read as mere text: that would lose them.
    """
    found = candidates([row])
    key = {fit: (fit.category not in TEXT, *score(fit.read, row)) for fit in found}
    return max(found, key=lambda fit: key[fit], default=None)


def read_any(row: Row) -> tuple[Trace, Category]:
    """The row read by the shape that gets most out of it.

    Raises:
        BadRow: from the reader that fits best; unknown_shape if none fits.
    """
    found = best(row)
    if found is None:
        raise BadRow(Reason.unknown_shape, f"columns {sorted(map(str, row))}")
    return found.read(row), found.category
