"""Excerpts of JSON files: whole records from a few places, and how many bytes they take."""

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from planloom import files, payload, records
from planloom.errors import InputError
from planloom.excerpts import SPOILED, Chosen, Excerpt, Open, beginning, placed, read

RANGE = 256 << 10
"""Bytes of a read."""
SPOTS = 8
"""Reads from the text files of a dataset."""
LONGEST = 4 << 20
"""Bytes of a file that only makes sense as a whole, or of a first record."""


def excerpts(opened: Open, chosen: Sequence[Chosen], folder: Path) -> Iterator[Excerpt]:
    """Of the first files, each from its beginning; what reads are left go to the largest of them.

    Raises:
        HubError: if the hub does not give them.
    """
    some = chosen[:SPOTS]
    total = sum(entry.size for entry, _ in some)
    for one in some:
        spots = 1 + (SPOTS - len(some)) * one[0].size // max(total, 1)
        yield _excerpt(opened, one, spots, folder)


def _excerpt(opened: Open, chosen: Chosen, spots: int, folder: Path) -> Excerpt:
    """What fits into the reads is read at once and as a whole."""
    entry, part = chosen
    path = placed(folder, entry)
    whole = entry.size <= spots * RANGE
    head = beginning(opened, entry, path, entry.size if whole else RANGE)
    if head is None:
        return Excerpt(entry, part, wrong=SPOILED)
    try:
        file = files.data_file(0, folder, path)
    except InputError as error:
        return Excerpt(entry, part, wrong=str(error).removeprefix(f"{path}: "))
    with opened(entry) as stream:
        if file.kind == "object" and entry.size > LONGEST:
            return Excerpt(entry, part, wrong=f"one JSON object of {entry.size:,} bytes")
        if not whole and (file.kind == "object" or (file.kind == "lines" and b"\n" not in head)):
            head += _piece(stream, len(head), LONGEST)
            path.write_bytes(head)
        if len(head) == entry.size or path.suffix in files.COMPRESSED:
            return _counted(Excerpt(entry, part, file, bytes=len(head)))
        starts = [entry.size * index // spots for index in range(1, spots)]
        pieces = [head, *(_piece(stream, start, RANGE) for start in starts)]
    found, size = _elements(pieces) if file.kind == "array" else _lines(pieces)
    path.write_bytes(b"".join(found))
    return Excerpt(entry, part, file._replace(kind="lines"), None, len(found), size)


def _piece(stream: io.RawIOBase, start: int, size: int) -> bytes:
    stream.seek(start)
    return stream.read(size) or b""


def _counted(excerpt: Excerpt) -> Excerpt:
    """Of a file that is here as a whole, or of the beginning of a compressed one."""
    number = sum(1 for _ in read(excerpt, as_card=False))
    return excerpt._replace(records=number, rows=number if excerpt.whole else None)


def _lines(pieces: Sequence[bytes]) -> tuple[list[bytes], int]:
    """The whole lines and their bytes: a piece ends inside one, and later ones begin inside one."""
    lines = [
        line
        for number, piece in enumerate(pieces)
        for line in piece.split(b"\n")[bool(number) : -1]
        if line.strip()
    ]
    return [line + b"\n" for line in lines], sum(map(len, lines)) + len(lines)


def _elements(pieces: Sequence[bytes]) -> tuple[list[bytes], int]:
    """The whole elements of pieces of an array, each on a line, and the bytes they took."""
    found: list[bytes] = []
    size = 0
    known: dict[str, Any] = {}
    for number, piece in enumerate(pieces):
        text = piece.decode("utf-8-sig", "replace")
        start = begin = _next_element(text, known) if number else 0
        while True:
            value, end = records.element(text, start, first=not number and not found)
            if value is records.END or value is records.MORE:
                break
            known = known or (value if isinstance(value, dict) else {})
            found.append(payload.dumps(value).encode() + b"\n")
            start = end
        size += len(text[begin:start].encode())
    return found, size


def _next_element(text: str, known: dict[str, Any]) -> int:
    """Where an object with the keys of a record begins; the end if nowhere."""
    for match in re.finditer(r"\}\s*,\s*(?=\{)", text):
        value, _ = records.element(text, match.end(), first=False)
        if isinstance(value, dict) and 2 * len(value.keys() & known.keys()) > len(known):
            return match.end()
    return len(text)
