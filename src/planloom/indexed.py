"""The plans of a build as their index says them, and where each of them goes."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.errors import Reason
from planloom.source import Source

Fates = NDArray[np.uint8]
Ids = NDArray[np.void]
ID = np.dtype([("hi", "<u8"), ("lo", "<u8")])

KEPT, SIDE = 0, 255
"""Fates of a plan: kept, written beside the corpus because it is not benign, or 1 + a Reason."""
REASONS = tuple(Reason)


class Indexed(NamedTuple):
    """The plans of a chunk; its position in the list, which is in recipe order, ranks them.

    `index` is an array of chunks.INDEX sorted by id, `prefixes` are the hashes of all beginnings of its
    dialogues, `low` and `buckets` the signatures of its requests; `folder` has its files, in which the plans stand in `rows`, `overlap` names the sources that share rows with it.
    """

    source: str
    part: int
    unique: bool
    overlap: str | None
    folder: Path
    rows: NDArray[np.int64]
    index: Any
    prefixes: NDArray[np.uint64]
    low: NDArray[np.uint8]
    buckets: NDArray[np.uint32]

    def first(self, count: int) -> "Indexed":
        """Of the plans those that stand first in the file."""
        rows = np.sort(np.argsort(self.index["at"], kind="stable")[:count])
        picked = {"index": self.index[rows], "low": self.low[rows]}
        return self._replace(**picked, buckets=self.buckets[:, rows], rows=self.rows[rows])


def mapped(folder: Path, source: Source, part: int) -> Indexed:
    """The plans of a chunk folder, mapped into memory."""
    index = np.load(folder / "index.npy", mmap_mode="r")
    return Indexed(
        source=source.id,
        part=part,
        unique=source.parts[part].unique is not None,
        overlap=source.overlap,
        folder=folder,
        rows=np.arange(len(index)),
        index=index,
        prefixes=np.load(folder / "prefixes.npy", mmap_mode="r"),
        low=np.load(folder / "low.npy", mmap_mode="r"),
        buckets=np.load(folder / "buckets.npy", mmap_mode="r"),
    )


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
