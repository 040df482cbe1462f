"""What is read of a dataset: per config and split its rows, its columns, how many rows there are.

The viewer answers for Parquet files, if it can for all of them; else files are read in part.
"""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

from planloom import excerpts, footers, hub, layout, texts, viewer
from planloom.excerpts import Excerpt, Open
from planloom.facts import Count
from planloom.files import Broken
from planloom.hub import Repo
from planloom.layout import Group
from planloom.records import picked
from planloom.source import Part, Row
from planloom.viewer import Name, Page, Size

PAGES = 3
"""Answers of the viewer with rows; one less where access had to be asked for: six requests in all."""


class Place(NamedTuple):
    """A dataset on the hub, or in a folder. `reads` limits what is read of Parquet files."""

    repo: Repo
    opened: Open
    reads: int
    online: bool


class Read(NamedTuple):
    """A row, the part of the card that reads it, and its file."""

    record: Row | Broken
    part: Part | None
    file: str


class Seen(NamedTuple):
    """Of one group. `wrong` are files that could not be read, each with why."""

    rows: list[Read]
    columns: dict[str, str]
    number: int | None
    origin: Count | None
    wrong: list[str]


def on_hub(source_id: str) -> Place:
    """The dataset on the hub.

    Raises:
        HubError: if it is not there, or the hub does not answer.
    """
    repo = hub.repo(source_id)
    return Place(repo, lambda entry: hub.opened(repo, entry), footers.READS, online=True)


def seen(place: Place, groups: Sequence[Group], rows: int) -> list[Seen]:
    """What is seen of each group, `rows` rows in all if there are so many.

    Raises:
        HubError: if the hub does not give the files.
    """
    sizes = viewer.sizes(place.repo) if place.online else None
    if sizes is not None and not all(_name(group) in sizes for group in groups):
        sizes = None
    if sizes and all(map(_is_plain, groups)) and (pages := _pages(place, groups, sizes, rows)):
        return [_of_pages(group, sizes[_name(group)], pages) for group in groups]
    with tempfile.TemporaryDirectory(prefix="planloom-") as folder:
        found = _excerpts(place, groups, rows, Path(folder))
        read = [_of_excerpts(group, found, rows) for group in groups]
    if sizes:
        known = [sizes[_name(group)].rows for group in groups]
        return [s._replace(number=n, origin="viewer") for s, n in zip(read, known, strict=True)]
    return read


def laid_down(place: Place, rows: int, folder: Path) -> int:
    """Lays excerpts of the data files into a folder; returns how many rows the dataset has, about.

    Raises:
        HubError: if the hub does not give the files.
    """
    groups = layout.groups(place.repo.files, place.repo.configs, None)
    found = _excerpts(place, groups, rows, folder)
    for excerpt in found:
        if excerpt.file is None:  # only its footer was read, or it is broken
            (folder / excerpt.entry.path).unlink(missing_ok=True)
    return sum(_of_excerpts(group, found, rows).number or 0 for group in groups)


def _name(group: Group) -> Name:
    return group.config, group.split


def _is_plain(group: Group) -> bool:
    """Whether the viewer's rows are as they lie in the files, and can be told apart if need be."""
    parts = group.parts
    tables = all(entry.path.endswith(".parquet") for entry, _ in group.files)
    told = len(parts) <= 1 or all(part.columns for part in parts)
    return tables and told and not any(part.counts_rows for part in parts)


def _part_of(row: Row, parts: Sequence[Part]) -> Part | None:
    """Of several parts in a split the one whose columns are there."""

    def there(part: Part) -> float:
        names = {column.split(".")[0] for column in part.columns or ()}
        return sum(row.get(name) is not None for name in names) / max(len(names), 1)

    return max(parts, key=there, default=None)


def _pages(
    place: Place, groups: Sequence[Group], sizes: dict[Name, Size], rows: int
) -> dict[Name, list[Page]]:
    """Rows from evenly spread places; nothing if an answer fails."""
    pages: dict[Name, list[Page]] = {}
    number = PAGES - (place.repo.gated != "no")
    for name, start, most in _stretches(groups, sizes, -(-rows // number), number):
        page = viewer.page(place.repo, name, sizes[name], start, most)
        if page is None:
            return {}
        pages.setdefault(name, []).append(page)
    return pages


def _stretches(
    groups: Sequence[Group], sizes: dict[Name, Size], most: int, pages: int
) -> Iterator[tuple[Name, int, int]]:
    """Each page goes to the group with most rows to a page, a first one to each before a second."""
    given = {name: 0 for name in map(_name, groups) if sizes[name].rows}
    for _ in range(pages):
        if more := [name for name in given if given[name] * most < sizes[name].rows]:
            given[max(more, key=lambda n: (not given[n], sizes[n].rows / (given[n] + 1)))] += 1
    for name, number in given.items():
        bounds = (
            [sizes[name].rows * index // number for index in range(number + 1)] if number else []
        )
        yield from ((name, a, min(most, b - a)) for a, b in pairwise(bounds))


def _of_pages(group: Group, size: Size, pages: dict[Name, list[Page]]) -> Seen:
    mine = pages.get(_name(group), [])
    found = [(row, _part_of(row, group.parts)) for page in mine for row in page.rows]
    rows = [
        Read(picked(row, part.columns if part else None), part, "viewer") for row, part in found
    ]
    return Seen(rows, mine[0].columns if mine else {}, size.rows, "viewer", [])


def _excerpts(place: Place, groups: Sequence[Group], rows: int, folder: Path) -> list[Excerpt]:
    files = layout.ordered(groups)
    tables = [one for one in files if one[0].path.endswith(".parquet")]
    others = [one for one in files if one not in tables]
    found = footers.excerpts(place.opened, tables, rows, folder, place.reads)
    return list(chain(found, texts.excerpts(place.opened, others, folder)))


def _of_excerpts(group: Group, found: Sequence[Excerpt], rows: int) -> Seen:
    paths = {entry.path for entry, _ in group.files}
    mine = [excerpt for excerpt in found if excerpt.entry.path in paths]
    each = -(-rows // max(1, sum(excerpt.file is not None for excerpt in found)))
    read = [
        Read(record, excerpt.part, excerpt.entry.path)
        for excerpt in mine
        for _, record in excerpts.even(list(excerpts.read(excerpt)), each)
    ]
    columns = {name: kind for excerpt in mine for name, kind in _columns(excerpt).items()}
    wrong = [f"{excerpt.entry.path}: {excerpt.wrong}" for excerpt in mine if excerpt.wrong]
    return Seen(read, columns, *_count(group, mine, found), wrong)


def _columns(excerpt: Excerpt) -> dict[str, str]:
    """The footer's columns, or the keys of records with the type of their first value."""
    columns = dict(excerpt.columns)
    for _, record in excerpts.read(excerpt, as_card=False) if not columns else ():
        if isinstance(record, dict):
            for name, value in record.items():
                if columns.get(name, "null") == "null":
                    columns[name] = "null" if value is None else type(value).__name__
    return columns


def _count(
    group: Group, mine: Sequence[Excerpt], found: Sequence[Excerpt]
) -> tuple[int | None, Count | None]:
    """Rows: exact if those of every file are known, else by the mean row of the group or of all."""
    known = [excerpt for excerpt in mine if excerpt.rows is not None]
    if len(known) == len(group.files):
        tables = all(excerpt.columns for excerpt in known)
        return sum(e.rows or 0 for e in known), "footers" if tables else "counted"
    measured = [e for e in mine if e.records] or [e for e in found if e.records]
    if not measured:
        return None, None
    mean = sum(e.bytes for e in measured) / sum(e.records for e in measured)
    rest = group.bytes - sum(excerpt.entry.size for excerpt in known)
    return sum(e.rows or 0 for e in known) + round(rest / mean), "estimated"
