"""Folders, files and their rows, and what a row is found to hold."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, Any]
Extractor = Callable[[Row], list["Call"]]
Splitter = Callable[[Row], list[Row]]


class Call(NamedTuple):
    """A tool call as a row states it, or as a plan holds it; arguments are None if they have no names."""

    name: str
    arguments: dict[str, Any] | None


class Found(NamedTuple):
    """The calls of a well-formed row; `why` is set instead where one of them could not be read."""

    calls: list[Call]
    why: str | None = None


def call(name: object, arguments: object) -> Call:
    """A call with its arguments as an object, decoded if they are a JSON string."""
    if isinstance(arguments, str):
        arguments = json.loads(arguments)
    if not isinstance(name, str) or not name:
        message = f"no tool name: {name!r}"
        raise ValueError(message)
    if not isinstance(arguments, dict):
        message = f"arguments of {name} are no object: {arguments!r}"
        raise TypeError(message)
    return Call(name, arguments)


def no_calls(_row: Row) -> list[Call]:
    return []


def held(column: str, extract: Extractor) -> Extractor:
    """An extractor for folders in which some files lack the column: their rows hold no call."""
    return lambda row: extract(row) if column in row else []


def found(extract: Extractor, row: Row) -> Found:
    """The calls of a row, or why it is not well-formed."""
    try:
        return Found(extract(row))
    except (KeyError, TypeError, ValueError, SyntaxError) as error:
        return Found([], f"{type(error).__name__}: {error}")


# What makes a row


def whole(record: Row) -> list[Row]:
    return [record]


def each(*columns: str) -> Splitter:
    """Every element of the columns, which are lists of equal length, is a row beside the other columns."""

    def split(record: Row) -> list[Row]:
        if not all(column in record for column in columns):
            return [record]
        elements = zip(*(record[column] for column in columns), strict=True)
        return [{**record, **dict(zip(columns, one, strict=True))} for one in elements]

    return split


def values(column: str) -> Splitter:
    """The values of an object id -> row are the rows, if they have the column."""

    def split(record: Row) -> list[Row]:
        rows = list(record.values())
        is_table = all(isinstance(row, dict) and column in row for row in rows)
        return rows if is_table else [record]

    return split


# Folders and files


@dataclass(frozen=True)
class Folder:
    """A folder of rows and the extractor for them.

    `source` is read under that id, if the catalogue has it, and as `part` if its files do not tell.
    `outside` says in a word in what form the folder holds calls that nobody can score: none must be found.
    """

    path: str
    extract: Extractor = no_calls
    source: str | None = None
    part: str | None = None
    split: Splitter = whole
    outside: str = ""

    @property
    def name(self) -> str:
        return self.path.split("/")[1]

    @property
    def is_genuine(self) -> bool:
        return self.path.startswith("genuine/")


@dataclass(frozen=True)
class DataFile:
    """One file of a folder, its rows in memory; an address counts them from `first`: 1 for lines, else 0."""

    folder: Folder
    path: Path
    label: str
    rows: list[Row]
    first: int

    def address(self, index: int) -> str:
        return f"{self.folder.path}/{self.path.name}@{index + self.first}"

    @cached_property
    def truth(self) -> list[Found]:
        return [found(self.folder.extract, row) for row in self.rows]


def data_files(data: Path, folders: tuple[Folder, ...]) -> Iterator[DataFile]:
    """Every file of every folder, in order."""
    for folder in folders:
        paths = [
            path for path in sorted((data / folder.path).iterdir()) if path.name != "README.md"
        ]
        shared = shared_prefix([path.name for path in paths])
        for path in paths:
            yield read_file(folder, path, shared)


def shared_prefix(names: list[str]) -> int:
    """How many first characters of long `a__b__c` names say nothing within their folder."""
    ends = [match.end() for match in re.finditer("__", names[0])]
    return max(
        (end for end in ends if all(name[:end] == names[0][:end] for name in names)), default=0
    )


def read_file(folder: Folder, path: Path, shared: int) -> DataFile:
    name = path.name.removesuffix(".gz")
    records, first = read_records(text_of(path), name)
    rows = [row for record in records for row in folder.split(record)]
    return DataFile(folder, path, f"{folder.name}/{name[shared:]}", rows, first)


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")


def read_records(text: str, name: str) -> tuple[list[Row], int]:
    """The records of a file and the number of the first; some `.json` files are JSON lines."""
    if name.endswith(".csv"):
        return list(csv.DictReader(io.StringIO(text, newline=""))), 0
    if name.endswith(".jsonl"):
        return lines(text), 1
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        return lines(text), 1
    return (content if isinstance(content, list) else [content]), 0


def lines(text: str) -> list[Row]:
    """Lines end at `\\n` only: `splitlines` would cut rows that hold U+2028."""
    return [json.loads(line) for line in text.split("\n") if line.strip()]
