"""The records of a slice, one by one, with their addresses; of broken ones what is wrong."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from planloom.files import Slice, first_line, opened
from planloom.payload import scrubbed, without_nulls

MAX_RECORD = 64 << 20
BATCH = 1024
CHUNK = 1 << 20


class Broken(NamedTuple):
    """A record that could not be decoded; `cut` says that the file ends inside it."""

    detail: str
    cut: bool = False
    oversized: bool = False


Record = tuple[int, dict[str, Any] | Broken]


def read(piece: Slice, columns: tuple[str, ...] | None = None) -> Iterator[Record]:
    """The records of a slice with their addresses; a record that is broken comes as such.

    Of the rows only `columns` are seen, whatever the kind of file.
    """
    if piece.file.kind == "parquet":
        yield from _parquet(piece, columns)
        return
    if piece.file.kind == "array":
        records = _array(piece.file.path)
    else:
        records = _object(piece.file.path) if piece.file.kind == "object" else _lines(piece)
    wanted = _tree(columns)
    for at, record in records:
        yield at, _picked(record, wanted) if isinstance(record, dict) else record


Tree = dict[str, "Tree"]


def _tree(columns: Iterable[str] | None) -> Tree:
    """Dotted names as a tree; an empty tree stands for everything below."""
    tree: Tree = {}
    for column in columns or ():
        place = tree
        for name in column.split("."):
            place = place.setdefault(name, {})
    return tree


def _picked(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_picked(item, tree) for item in value]
    if isinstance(value, dict):
        return {name: _picked(value[name], below) for name, below in tree.items() if name in value}
    return value


def _parquet(piece: Slice, columns: tuple[str, ...] | None) -> Iterator[Record]:
    with pq.ParquetFile(piece.file.path) as file:
        at = sum(file.metadata.row_group(g).num_rows for g in range(piece.start))
        end = at + sum(file.metadata.row_group(g).num_rows for g in range(piece.start, piece.stop))
        batches = file.iter_batches(
            BATCH,
            row_groups=range(piece.start, piece.stop),
            columns=_projected(file.schema, columns) if columns else None,
        )
        try:
            for batch in batches:
                for row in batch.to_pylist():
                    yield at, _without_padding(row)
                    at += 1
        except (OSError, pa.ArrowException) as error:
            for lost in range(at, end):
                yield lost, Broken(first_line(error), cut=True)


def _without_padding(row: dict[str, Any]) -> dict[str, Any]:
    """A null inside a struct means absent: a column store cannot say it otherwise."""
    return {key: without_nulls(v) if isinstance(v, (dict, list)) else v for key, v in row.items()}


def _projected(schema: pq.ParquetSchema, columns: Iterable[str]) -> list[str]:
    """Paths of the leaves below the named columns; list levels are left out of the names."""
    paths = [schema.column(index).path for index in range(len(schema))]
    plain = {
        path: re.sub(r"\.(list|bag)\.(element|item|array_element|array)\b", "", path)
        for path in paths
    }
    return [
        path
        for path, name in plain.items()
        if any(name == column or name.startswith(f"{column}.") for column in columns)
    ]


def _lines(piece: Slice) -> Iterator[Record]:
    """Split at \\n only: JSON text may hold other line separators."""
    stop = piece.stop or None
    with opened(piece.file.path) as stream:
        at = piece.start
        if at:
            stream.seek(at - 1)
            at += len(stream.readline()) - 1  # the line that began in the slice before
        while stop is None or at < stop:
            try:
                line = stream.readline(MAX_RECORD)
            except (OSError, EOFError) as error:
                yield at, Broken(first_line(error), cut=True)
                return
            if not line:
                return
            start, at = at, at + len(line)
            if len(line) == MAX_RECORD and not line.endswith(b"\n"):
                at += _skip_line(stream)
                yield start, Broken(f"a line of more than {MAX_RECORD:,} bytes", oversized=True)
            elif line.strip():
                yield start, _decoded(line)


def _skip_line(stream: BinaryIO) -> int:
    skipped = 0
    while rest := stream.readline(CHUNK):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _decoded(line: bytes) -> dict[str, Any] | Broken:
    """The object in a line, read tolerantly where strict reading fails."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        try:
            value = scrubbed(json.loads(line.decode("utf-8-sig", "replace"), strict=False))
        except (ValueError, RecursionError) as error:
            return Broken(str(error)[:200], cut=not line.endswith(b"\n"))
    if isinstance(value, dict):
        return value
    return Broken(f"a record is {type(value).__name__}, not an object")


def _object(path: str) -> Iterator[Record]:
    with opened(path) as stream:
        yield 0, _decoded(stream.read(MAX_RECORD) + b"\n")


def _array(path: str) -> Iterator[Record]:
    """The elements of one JSON array, decoded one at a time from a moving window."""
    text = codecs.getincrementaldecoder("utf-8-sig")("replace")
    window, at, start, ended = "", 0, 0, False
    with opened(path) as stream:
        while True:
            found, start = _element(window, start, first=at == 0)
            if found is _END:
                return
            if found is not _MORE:
                value = scrubbed(found)
                is_object = isinstance(value, dict)
                yield at, value if is_object else Broken(f"a record is {type(value).__name__}")
                at += 1
                continue
            if ended or len(window) - start > MAX_RECORD:
                yield at, Broken(f"cut off or broken after record {at - 1}", cut=True)
                return
            try:
                chunk = stream.read(max(CHUNK, len(window) - start))
            except (OSError, EOFError):
                chunk = b""
            ended = not chunk
            window, start = window[start:] + text.decode(chunk, ended), 0


_END, _MORE = object(), object()
_GAP = re.compile(r"[\s,]*")
_scan = json.JSONDecoder(strict=False).raw_decode


def _element(window: str, start: int, *, first: bool) -> tuple[Any, int]:
    """The next element and where it ends; _END after the last, _MORE if it is not whole yet."""
    gap = _GAP.match(window, start)
    begin = gap.end() if gap else start
    if first and window[begin : begin + 1] == "[":
        gap = _GAP.match(window, begin + 1)
        begin = gap.end() if gap else begin + 1
    if begin >= len(window):
        return _MORE, start
    if window[begin] == "]":
        return _END, begin
    try:
        return _scan(window, begin)
    except (ValueError, RecursionError):
        return _MORE, start
