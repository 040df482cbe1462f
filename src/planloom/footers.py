"""Excerpts of Parquet files: the footer for the number of rows and the columns, and some rows.

The end of a file is one read, the wanted columns of a row group another.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from planloom import files
from planloom.excerpts import SPOILED, Chosen, Excerpt, Open, beginning, even, placed
from planloom.parquet import projected
from planloom.source import Part

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READS = 9
"""Each is two requests, as the hub redirects; with those before it, at most 24."""
SAMPLED = 4
END = 256 << 10
"""Bytes read at the end of a file: its footer, or all of a small one."""
MOST = 32 << 20
"""Bytes of a row group's wanted columns that are read for a few rows."""


def excerpts(
    opened: Open, chosen: Sequence[Chosen], rows: int, folder: Path, reads: int = READS
) -> Iterator[Excerpt]:
    """Footers of all files if the reads suffice, else of the first ones; rows of the first four.

    Raises:
        HubError: if the hub does not give them.
    """
    most, sampled = _affordable(chosen, reads)
    for number, one in enumerate(chosen[:most]):
        wanted = -(-rows // sampled) if number < sampled else 0
        yield _excerpt(opened, one, wanted, number / most, folder)


def _affordable(chosen: Sequence[Chosen], reads: int) -> tuple[int, int]:
    """How many footers, and rows of how many files; those of a small file come with its footer."""
    costs = [entry.size > END for entry, _ in chosen[:SAMPLED]]
    for sampled in range(len(costs), min(2, len(costs)) - 1, -1):
        if len(chosen) + sum(costs[:sampled]) <= reads:
            return len(chosen), sampled
    return reads - sum(costs), len(costs)


def _excerpt(opened: Open, chosen: Chosen, rows: int, share: float, folder: Path) -> Excerpt:
    """`share` says how far into the file the row group lies, so that not all are first ones."""
    entry, part = chosen
    found = Excerpt(entry, part, bytes=entry.size)
    path = placed(folder, entry)
    try:
        if entry.size <= END:
            if beginning(opened, entry, path, entry.size) is None:
                return found._replace(wrong=SPOILED)
            found = _told(found, pq.read_metadata(path))
        else:
            with opened(entry) as stream:
                held = _Held(stream, entry.size)
                file = pq.ParquetFile(held)
                found = _told(found, file.metadata)
                if rows and file.num_row_groups:
                    _lay(file, held, part, int(share * file.num_row_groups), rows, path)
    except (OSError, pa.ArrowException) as error:
        return found._replace(wrong=f"not a whole Parquet file ({files.first_line(error)})")
    except _TooLarge as error:
        return found._replace(wrong=str(error))
    return found._replace(file=files.data_file(0, folder, path)) if rows and found.rows else found


def _told(found: Excerpt, meta: pq.FileMetaData) -> Excerpt:
    """With what the footer says."""
    rows = meta.num_rows
    return found._replace(rows=rows, records=rows, columns=_columns(meta.schema.to_arrow_schema()))


def _lay(
    file: pq.ParquetFile, held: "_Held", part: Part | None, group: int, rows: int, path: Path
) -> None:
    """Rows of the wanted columns of a row group, evenly spread, as a file."""
    paths = projected(file.schema, part.columns) if part and part.columns else None
    held.hold(*_span(file.metadata.row_group(group), paths))
    table = file.read_row_group(group, columns=paths, use_threads=False)
    pq.write_table(table.take(even(range(len(table)), rows)), path)


class _TooLarge(Exception):
    """A row group that is not worth its bytes."""


def _columns(schema: pa.Schema) -> dict[str, str]:
    return {
        field.name: "struct"
        if pa.types.is_struct(field.type)
        else "list"
        if pa.types.is_list(field.type) or pa.types.is_large_list(field.type)
        else str(field.type)
        for field in schema
    }


def _span(group: pq.RowGroupMetaData, paths: list[str] | None) -> tuple[int, int]:
    """Where the wanted columns lie: from the first to the last of them."""
    columns = [group.column(index) for index in range(group.num_columns)]
    wanted = [column for column in columns if paths is None or column.path_in_schema in paths]
    starts = [column.dictionary_page_offset or column.data_page_offset for column in wanted]
    ends = [s + c.total_compressed_size for s, c in zip(starts, wanted, strict=True)]
    return min(starts), max(ends)


class _Held(io.RawIOBase):
    """A file of which the end is held, and one span when asked: what lies there costs no read."""

    def __init__(self, stream: io.RawIOBase, size: int) -> None:
        self._stream = stream
        self._size = size
        self._at = 0
        self._held: list[tuple[int, bytes]] = []
        self.hold(max(0, size - END), size)

    def hold(self, start: int, stop: int) -> None:
        """Reads a span, unless it is held.

        Raises:
            _TooLarge: for one that is not worth its bytes.
        """
        if self._found(start, stop) is not None:
            return
        if stop - start > MOST:
            raise _TooLarge(f"row groups of {stop - start:,} bytes are not sampled")
        self._stream.seek(start)
        self._held.append((start, self._stream.read(stop - start) or b""))

    def _found(self, start: int, stop: int) -> bytes | None:
        for first, data in self._held:
            if first <= start and stop <= first + len(data):
                return data[start - first : stop - first]
        return None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        stop = min(self._at + len(view), self._size)
        self.hold(self._at, stop)
        data = self._found(self._at, stop) or b""
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
