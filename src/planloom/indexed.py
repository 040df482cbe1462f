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

    `folder` has its files; `overlap` names the sources that share rows with it. `only` are the rows of
    its files that count, or None for all. The arrays are mapped anew each time: what was
    read of ten million plans would else stay in memory.
    """

    source: str
    part: int
    unique: bool
    overlap: str | None
    folder: Path
    size: int
    only: NDArray[np.int64] | None = None

    @property
    def index(self) -> Any:
        """An array of chunks.INDEX, sorted by id."""
        return self.loaded("index.npy")

    def bucket(self, band: int) -> NDArray[np.uint32]:
        """The bucket of each request in a band."""
        whole: NDArray[np.uint32] = np.load(self.folder / "buckets.npy", mmap_mode="r")[band]
        return whole if self.only is None else whole[self.only]

    @property
    def prefixes(self) -> Any:
        """64-bit hashes of all beginnings of the dialogues in the file."""
        return np.load(self.folder / "prefixes.npy", mmap_mode="r")

    def loaded(self, name: str) -> Any:
        """An array with a record for each plan."""
        whole = np.load(self.folder / name, mmap_mode="r")
        return whole if self.only is None else whole[self.only]

    def rows(self, mine: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where in the files some of the plans stand."""
        return mine if self.only is None else self.only[mine]

    def first(self, count: int) -> "Indexed":
        """Of the plans those that stand first in the file."""
        rows = np.sort(np.argsort(self.index["at"], kind="stable")[:count])
        return self._replace(only=self.rows(rows), size=len(rows))


def opened(folder: Path, source: Source, part: int) -> Indexed:
    """The plans of a chunk folder."""
    return Indexed(
        source=source.id,
        part=part,
        unique=source.parts[part].unique is not None,
        overlap=source.overlap,
        folder=folder,
        size=len(np.load(folder / "index.npy", mmap_mode="r")),
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
