"""Rows of files that are not here: small excerpts of them, laid down as local files of their kind.

Whatever reads local files reads excerpts, so that rows go the way that rows of a build go.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import pyarrow.parquet as pq

from planloom import files, records
from planloom.download import content_hash
from planloom.files import Broken, DataFile, Record, Slice
from planloom.hub import Entry
from planloom.source import Part

Open = Callable[[Entry], io.RawIOBase]
Chosen = tuple[Entry, Part | None]
"""A file and the part of the card that reads it."""
Item = TypeVar("Item")


SPOILED = "comes spoiled, twice: its hash is not that of the listing"


class Excerpt(NamedTuple):
    """Of one file. `rows` is the whole file's number if it is known; else `records` lie in `bytes`.

    `file` is None where no rows were asked for, or they could not be read; then `wrong` says why.
    """

    entry: Entry
    part: Part | None
    file: DataFile | None = None
    rows: int | None = None
    records: int = 0
    bytes: int = 0
    columns: dict[str, str] = {}  # noqa: RUF012
    wrong: str = ""

    @property
    def whole(self) -> bool:
        return self.bytes == self.entry.size


def read(excerpt: Excerpt, *, as_card: bool = True) -> Iterator[Record]:
    """Its records as a build reads them; with `as_card` false as they lie in the file.

    Where we cut the file, a record that breaks off is no fault of it.
    """
    if excerpt.file is None:
        return
    part = excerpt.part if as_card else None
    columns, each, whole = (part.columns, part.each, part.whole) if part else (None, (), False)
    piece = Slice(excerpt.file, 0, _end(excerpt.file))
    for at, record in records.read(piece, columns, each, whole=whole):
        if excerpt.whole or not (isinstance(record, Broken) and record.cut):
            yield at, record


def _end(file: DataFile) -> int:
    if file.kind == "parquet":
        return int(pq.read_metadata(file.path).num_row_groups)
    return files.size(file) if file.kind == "lines" else 0


def even(items: Sequence[Item], most: int) -> list[Item]:
    """So many of them, evenly spread."""
    count = min(most, len(items))
    return [items[index * len(items) // count] for index in range(count)]


def placed(folder: Path, entry: Entry) -> Path:
    """Where the excerpt of a file lies."""
    path = folder / entry.path
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def beginning(opened: Open, entry: Entry, path: Path, size: int) -> bytes | None:
    """The first bytes of a file, laid down; None if all of it comes, twice, with another hash."""
    for _ in range(2):
        with opened(entry) as stream:
            data = stream.read(size) or b""
        path.write_bytes(data)
        if size < entry.size or not entry.hash or content_hash(path, entry) == entry.hash:
            return data
    return None
