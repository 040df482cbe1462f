"""A section of the report as data: what a stage has to say, in a few kinds of blocks.

Whoever has something to show writes it with `save` beside a build; `planloom report` puts it after
its own sections. How a block looks is the page's business alone.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from planloom.errors import InputError

FOLDER = "sections"
"""Below a build: one JSON file for each section that another stage added."""


class Tile(Struct, frozen=True, forbid_unknown_fields=True):
    """One figure with its name; `note` says what to make of it."""

    name: str
    value: str
    note: str = ""


class Tiles(Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    tiles: tuple[Tile, ...]


class Bars(Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Bars over `names`: `series` holds a value for each name. `lying` turns them on their side."""

    title: str
    names: tuple[str, ...]
    series: dict[str, tuple[float, ...]]
    stacked: bool = False
    lying: bool = False
    share: bool = False
    unit: str = ""
    note: str = ""


class Lines(Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Curves over `x`: `series` holds a value for each of its points."""

    title: str
    x: tuple[float, ...]
    series: dict[str, tuple[float | None, ...]]
    x_name: str = ""
    unit: str = ""
    note: str = ""


class Flow(Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A stream from where to where, and how much; what leaves it on the way. `kept` is its end."""

    title: str
    links: tuple[tuple[str, str, int], ...]
    kept: str
    unit: str = ""
    note: str = ""


class Table(Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Rows of text and numbers below their heads; the reader may sort them."""

    head: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]
    title: str = ""
    note: str = ""


Block = Tiles | Bars | Lines | Flow | Table


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """A heading, a sentence, and blocks below it."""

    title: str
    text: str
    blocks: tuple[Block, ...]


def save(out: Path, name: str, section: Section) -> None:
    """Puts a section beside the build in `out`; one of the same name is replaced."""
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_bytes(msgspec.json.encode(section))


def saved(out: Path) -> list[Section]:
    """The sections that other stages put beside a build, by name.

    Raises:
        InputError: if a file holds no section.
    """
    return [_read(path) for path in sorted((out / FOLDER).glob("*.json"))]


def _read(path: Path) -> Section:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Section)
    except msgspec.DecodeError as error:
        raise InputError(f"{path}: no section: {error}; mend it or take it away") from error
