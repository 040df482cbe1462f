"""The plans of a build as their index says them, and where each of them goes."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.errors import Reason

Fates = NDArray[np.uint8]
Ids = NDArray[np.void]
ID = np.dtype([("hi", "<u8"), ("lo", "<u8")])

KEPT, SIDE = 0, 255
"""Fates of a plan: kept, written beside the corpus because it is not benign, or 1 + a Reason."""
REASONS = tuple(Reason)


class Indexed(NamedTuple):
    """The plans of a chunk; its position in the list, which is in recipe order, ranks them.

    `index` is an array of chunks.INDEX sorted by id, `prefixes` are the hashes of all beginnings of its
    dialogues, `low` and `buckets` the signatures of its requests; `folder` has its files, `overlap` names the sources that share rows with it.
    """

    source: str
    part: int
    unique: bool
    overlap: str | None
    folder: Path
    index: Any
    prefixes: NDArray[np.uint64]
    low: NDArray[np.uint8]
    buckets: NDArray[np.uint32]


class Deduped(NamedTuple):
    """A fate for each plan of each chunk, and for winners the other sources that hold them.

    `groups` has for each plan the smallest id of its group; `because` the id of the better
    plan that a near duplicate repeats, zeros for all others.
    """

    fates: list[Fates]
    also_in: dict[tuple[int, int], tuple[str, ...]]
    groups: list[Ids]
    because: list[Ids]


def fate(reason: Reason) -> int:
    """The code of a Reason in a fates array."""
    return 1 + REASONS.index(reason)
