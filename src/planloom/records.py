"""The records of a slice, one by one, with their addresses; of broken ones what is wrong."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from io import BufferedIOBase
from itertools import zip_longest
from typing import Any, cast

import msgspec

from planloom import parquet
from planloom.files import Broken, Record, Slice, first_line, is_cut, opened
from planloom.payload import scrubbed

MAX_RECORD = 64 << 20
MAX_RECORDS = 10_000
CHUNK = 1 << 20


def read(
    piece: Slice,
    columns: tuple[str, ...] | None = None,
    each: tuple[str, ...] = (),
    *,
    whole: bool = False,
) -> Iterator[Record]:
    """The records of a slice with their addresses; a record that is broken comes as such.

    Of the rows only `columns` are seen, whatever the kind of file. With `each`, the elements of
    these columns are the rows; they are numbered through the file, which then is one slice. With
    `whole`, the file is one row.
    """
    records = _records(piece, columns)
    if whole:
        yield from enumerate(_gathered(records))
    else:
        yield from enumerate(_exploded(records, each)) if each else records


def _gathered(records: Iterable[Record]) -> Iterator[dict[str, Any] | Broken]:
    """All records as one row; a broken one breaks it, because a gap would not be seen."""
    found = []
    for _, record in records:
        if isinstance(record, Broken):
            yield record
            return
        found.append(record)
        if len(found) > MAX_RECORDS:
            yield Broken(f"more than {MAX_RECORDS:,} records in a row", oversized=True)
            return
    if found:
        yield {"records": found}


def _exploded(
    records: Iterable[Record], each: tuple[str, ...]
) -> Iterator[dict[str, Any] | Broken]:
    for _, record in records:
        if isinstance(record, dict) and each == ("*",) and _holds_rows(record):
            yield from record.values()
            continue
        if isinstance(record, Broken) or not all(isinstance(record.get(c), list) for c in each):
            yield record
            continue
        for items in zip_longest(*(record[column] for column in each)):
            yield {**record, **dict(zip(each, items, strict=True))}


def _holds_rows(record: dict[str, Any]) -> bool:
    return bool(record) and all(isinstance(value, dict) for value in record.values())


def _records(piece: Slice, columns: tuple[str, ...] | None) -> Iterator[Record]:
    if piece.file.kind == "parquet":
        yield from parquet.rows(piece, columns)
        return
    if piece.file.kind == "array":
        records = _array(piece.file.path)
    else:
        records = _object(piece.file.path) if piece.file.kind == "object" else _lines(piece)
    wanted = _tree(columns)
    for at, record in records:
        yield at, _picked(record, wanted) if isinstance(record, dict) else record


def picked(record: Mapping[str, Any], columns: Iterable[str] | None) -> dict[str, Any]:
    """The record with the wanted columns only."""
    return cast("dict[str, Any]", _picked(dict(record), _tree(columns)))


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


def _lines(piece: Slice) -> Iterator[Record]:
    """Split at \\n only: JSON text may hold other line separators."""
    stop = piece.stop or None
    with opened(piece.file.path) as stream:
        at = piece.start
        if at:
            stream.seek(at - 1)
            at += _skip_line(stream) - 1  # the line that began in the slice before
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
                yield start, _decoded(line, whole=line.endswith(b"\n"))


def _skip_line(stream: BufferedIOBase) -> int:
    """The bytes up to the end of the line, which are read but never held at once."""
    skipped = 0
    while rest := stream.readline(CHUNK):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _decoded(text: bytes, *, whole: bool = True) -> dict[str, Any] | Broken:
    """The object in a text, read tolerantly where strict reading fails."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            value = scrubbed(json.loads(text.decode("utf-8-sig", "replace"), strict=False))
        except json.JSONDecodeError as error:
            return Broken(str(error)[:200], cut=not whole and is_cut(error))
        except (ValueError, RecursionError) as error:
            return Broken(first_line(error)[:200])
    return _record(value)


def _record(value: Any) -> dict[str, Any] | Broken:
    if isinstance(value, dict):
        return value
    return Broken(f"a record is {type(value).__name__}, not an object")


def _object(path: str) -> Iterator[Record]:
    with opened(path) as stream:
        data = stream.read(MAX_RECORD)
        if stream.read(1):
            yield 0, Broken(f"an object of more than {MAX_RECORD:,} bytes", oversized=True)
        else:
            yield 0, _decoded(data, whole=False)


def _array(path: str) -> Iterator[Record]:
    """The elements of one JSON array, decoded one at a time from a moving window."""
    text = codecs.getincrementaldecoder("utf-8-sig")("replace")
    window, at, start, ended = "", 0, 0, False
    with opened(path) as stream:
        while True:
            found, start = element(window, start, first=at == 0)
            if found is END:
                if window[start + 1 :].strip() or stream.read(CHUNK).strip():
                    yield at, Broken("text behind the end of the array")
                return
            if found is not MORE:
                yield at, _scrubbed_record(found)
                at += 1
                continue
            if ended or len(window) - start > MAX_RECORD:
                yield at, Broken(f"cut off or broken after {at} records", cut=True)
                return
            chunk = _more(stream, len(window) - start)
            ended = not chunk
            window, start = window[start:] + text.decode(chunk, ended), 0


def _scrubbed_record(value: Any) -> dict[str, Any] | Broken:
    try:
        return _record(scrubbed(value))
    except RecursionError:
        return Broken("nested too deep")


def _more(stream: BufferedIOBase, least: int) -> bytes:
    """At least that many bytes, so that the window grows fast enough; nothing at the end."""
    data = b""
    try:
        while len(data) < max(CHUNK, least) and (piece := stream.read1(CHUNK)):
            data += piece
    except (OSError, EOFError):  # a cut compressed file: what came before is whole
        return data
    return data


END, MORE = object(), object()
_GAP = re.compile(r"[\s,]*")
_scan = json.JSONDecoder(strict=False).raw_decode


def element(window: str, start: int, *, first: bool) -> tuple[Any, int]:
    """The next element and where it ends; END after the last, MORE if it is not whole yet."""
    gap = _GAP.match(window, start)
    begin = gap.end() if gap else start
    if first and window[begin : begin + 1] == "[":
        gap = _GAP.match(window, begin + 1)
        begin = gap.end() if gap else begin + 1
    if begin >= len(window):
        return MORE, start
    if window[begin] == "]":
        return END, begin
    try:
        return _scan(window, begin)
    except (ValueError, RecursionError):
        return MORE, start
