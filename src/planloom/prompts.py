"""Requests that are not benign, of rows in which nothing was done: a table beside the plans.

They are no plans and never become any. A slice writes them line by line, a build joins the lines of
all slices in the order of its inputs, so that the bytes do not depend on who did the work.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from planloom.plan import Finding, Label

FILE = "prompts.parquet"
LINES = "prompts.jsonl"
ROW_GROUP = 10_000
FINDING = pa.struct([("rule", pa.string()), ("class", pa.string()), ("span", pa.string())])
SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("config", pa.string()),
        ("file", pa.string()),
        ("at", pa.int64()),
        ("request", pa.string()),
        ("label", pa.string()),
        ("findings", pa.list_(FINDING)),
    ]
)


class Prompt(Struct, frozen=True):
    """A request that is not benign, and where it stands."""

    source: str
    config: str
    file: str
    at: int
    request: str
    label: Label
    findings: tuple[Finding, ...]


class Lines:
    """The prompts of a slice, written as they come; no file where there are none."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LINES
        self._out: BinaryIO | None = None

    def add(self, prompt: Prompt) -> None:
        if self._out is None:
            self._out = self._path.open("wb")
        self._out.write(msgspec.json.encode(prompt) + b"\n")

    def close(self) -> None:
        if self._out is not None:
            self._out.close()


def write(folders: Sequence[Path], path: Path) -> Counter[tuple[str, ...]]:
    """Joins the prompts of stage folders into one file; returns how many, by source, class and rule."""
    counts: Counter[tuple[str, ...]] = Counter()
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", compression_level=3) as out:
        lines = chain.from_iterable(map(_lines, folders))
        while rows := list(islice(lines, ROW_GROUP)):
            table = pa.Table.from_pylist([msgspec.json.decode(row) for row in rows], SCHEMA)
            out.write_table(table, row_group_size=ROW_GROUP)
            counts += counted(table)
    return counts


def counted(table: pa.Table) -> Counter[tuple[str, ...]]:
    """How many prompts bear which finding, and how many there are, for the statistics."""
    found: Counter[tuple[str, ...]] = Counter()
    for source, findings in zip(
        *(table[name].to_pylist() for name in ("source", "findings")), strict=True
    ):
        found["prompts", source] += 1
        for rule, cls in {(one["rule"], one["class"]) for one in findings}:
            found["findings", source, "prompts", cls, rule] += 1
    return found


def _lines(folder: Path) -> Iterator[bytes]:
    if (folder / LINES).exists():
        with (folder / LINES).open("rb") as lines:
            yield from lines
