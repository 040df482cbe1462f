"""Wire formats: how rows write calls down. One file each: `reader(...)` and `sniff(row)`.

The folder is the registry: a module with a `sniff` is a shape. `detect` decides by reading: a shape
fits as far as its reader gets calls or answers out of rows, not by the names of keys.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import NamedTuple

from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.source import Reader, Row
from planloom.trace import Trace

TEXT: tuple[Category, ...] = ("instruction_following", "conversation")


class Fit(NamedTuple):
    """A shape that fits rows, its reader for them, the share that it reads, the calls it finds."""

    shape: str
    read: Reader
    category: Category
    share: float
    calls: int


@cache
def shapes() -> dict[str, ModuleType]:
    """All shapes by name; those with calls before those of mere text."""
    names = [found.name for found in pkgutil.iter_modules(__path__)]
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in sorted(names)}
    known = {name: module for name, module in modules.items() if hasattr(module, "sniff")}
    return dict(sorted(known.items(), key=lambda item: item[1].CATEGORY in TEXT))


def fits(rows: Sequence[Row]) -> list[Fit]:
    """Every shape that some of the rows look like, the best first.

    The largest share of rows read wins; of equals the one that finds most calls, then the one
    with calls before one of mere text.
    """
    found = []
    for name, shape in shapes().items():
        for read in dict.fromkeys(shape.sniff(row) for row in rows[:5]):
            if read is not None:
                shares, calls = zip(*(_reads(read, row) for row in rows), strict=True)
                found.append(Fit(name, read, shape.CATEGORY, sum(shares) / len(rows), sum(calls)))
    return sorted(found, key=lambda fit: (-fit.share, -fit.calls))


def _reads(read: Reader, row: Row) -> tuple[float, int]:
    """1 for calls or answers, a little less for neither, much less for a row that is left."""
    try:
        trace = read(row)
    except BadRow:
        return 0.1, 0
    return (1.0 if trace.rounds or any(trace.answers) else 0.9), len(trace.calls)


def read_any(row: Row) -> tuple[Trace, Category]:
    """The row read by whichever shape fits it.

    A row that holds calls but cannot be read is never read as mere text: that would lose them.

    Raises:
        BadRow: from the reader that fits best; unknown_shape if none fits.
    """
    found = sorted(fits([row]), key=lambda fit: fit.category in TEXT)
    if not found:
        raise BadRow(Reason.unknown_shape, f"columns {sorted(map(str, row))}")
    return found[0].read(row), found[0].category
