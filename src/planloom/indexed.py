"""The plans of a build as their index says them, and where each of them goes."""

import mmap
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.chunks import INDEX, PREFIX
from planloom.errors import Reason
from planloom.signatures import BANDS
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
        return self._picked(mapped(self.folder / "index.npy", INDEX))

    def bucket(self, band: int) -> Any:
        """The bucket of each request in a band, 32 bits."""
        return self._picked(mapped(self.folder / "buckets.npy", "<u4").reshape(BANDS, -1)[band])

    def signed(self, name: str, width: int) -> Any:
        """A part of the signatures: a file of `width` bytes for each request."""
        return self._picked(mapped(self.folder / name, "u1").reshape(-1, width))

    @property
    def prefixes(self) -> NDArray[np.void]:
        """The hashes of all beginnings of the dialogues in the file, and the rows they are of."""
        return mapped(self.folder / "prefixes.npy", PREFIX)

    def _picked(self, whole: NDArray[Any]) -> NDArray[Any]:
        return whole if self.only is None else whole[self.only]

    def rows(self, mine: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where in the files some of the plans stand."""
        return mine if self.only is None else self.only[mine]

    def first(self, count: int) -> "Indexed":
        """Of the plans those that stand first in the file."""
        rows = np.sort(np.argsort(self.index["at"], kind="stable")[:count])
        return self._replace(only=self.rows(rows), size=len(rows))


def mapped(path: Path, kind: Any) -> NDArray[Any]:
    """The array in a .npy file of a known type: reading its header would take longer than the rest."""
    with path.open("rb") as file:
        view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    offset = 10 + int.from_bytes(view[8:10], "little")
    return np.frombuffer(view, kind, offset=offset) if len(view) > offset else np.empty(0, kind)


def opened(folder: Path, source: Source, part: int) -> Indexed:
    """The plans of a chunk folder."""
    return Indexed(
        source=source.id,
        part=part,
        unique=source.parts[part].unique is not None,
        overlap=source.overlap,
        folder=folder,
        size=len(mapped(folder / "index.npy", INDEX)),
    )


class Named(NamedTuple):
    """Ids that belong to some rows of a chunk, in ascending order."""

    rows: NDArray[np.int64]
    ids: Ids


class Deduped(NamedTuple):
    """A fate for each plan of each chunk, and for winners the other sources that hold them.

    `groups` names the smallest id of the group of each plan that was compared, `because` the better
    plan that a near duplicate repeats.
    """

    fates: list[Fates]
    also_in: dict[tuple[int, int], tuple[str, ...]]
    groups: list[Named]
    because: list[Named]


def fate(reason: Reason) -> int:
    """The code of a Reason in a fates array."""
    return 1 + REASONS.index(reason)
