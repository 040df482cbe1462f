"""Wire formats: how rows write calls down. One file each: `reader(...)` and `sniff(row)`.

`detect` decides by reading: a shape fits as far as its reader gets calls or answers out of rows.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import chat_calls, conversation, gold_list, instruction, tagged_text
from planloom.source import Reader, Row
from planloom.trace import Trace

ORDER: tuple[ModuleType, ...] = (gold_list, tagged_text, chat_calls, instruction, conversation)


class Fit(NamedTuple):
    """A shape that fits rows, its reader for them, and the share that it really reads."""

    shape: str
    read: Reader
    category: Category
    share: float


def detect(rows: Sequence[Row]) -> Fit | None:
    """The shape that reads the largest share of `rows`; the earlier in ORDER wins a tie."""
    fits = []
    for shape in ORDER:
        for read in dict.fromkeys(shape.sniff(row) for row in rows[:5]):
            if read is not None:
                share = sum(_reads(read, row) for row in rows) / len(rows)
                fits.append(Fit(shape.__name__.split(".")[-1], read, shape.CATEGORY, share))
    return max(fits, key=lambda fit: fit.share, default=None)


def _reads(read: Reader, row: Row) -> float:
    """1 for calls or answers, a little less for neither, much less for a row that is left."""
    try:
        trace = read(row)
    except BadRow:
        return 0.1
    return 1.0 if trace.rounds or any(trace.answers) else 0.9


def read_any(row: Row) -> tuple[Trace, Category]:
    """The row read by whichever shape fits it.

    Raises:
        BadRow: from the reader that fits best; unknown_shape if none fits.
    """
    fit = detect([row])
    if fit is None:
        raise BadRow(Reason.unknown_shape, f"columns {sorted(map(str, row))}")
    return fit.read(row), fit.category
