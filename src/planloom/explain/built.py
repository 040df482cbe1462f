"""A finished build, opened to find rows, plans and their fates again."""

from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow.parquet as pq

from planloom import decontaminate, files, inputs, output, records
from planloom.datasets import find
from planloom.errors import InputError, RecipeError, nearest
from planloom.files import Broken, DataFile, Slice
from planloom.indexed import KEPT, SIDE, Fates, Indexed, opened
from planloom.recipe import Recipe
from planloom.source import Part, Source

Record = dict[str, Any] | Broken
FEWEST_DIGITS = 6


class Address(NamedTuple):
    """SOURCE:FILE@AT."""

    source: str
    file: str
    at: int

    def __str__(self) -> str:
        return f"{self.source}:{self.file}@{self.at}"


class Spot(NamedTuple):
    """A plan in the index: which chunk, which row of it."""

    chunk: int
    row: int


def parsed(what: str) -> Address:
    """The address that a text means.

    Raises:
        RecipeError: if it is none.
    """
    head, _, at = what.rpartition("@")
    source, _, file = head.partition(":")
    if not (source and file and at.isdigit()):
        raise RecipeError(f"{what}: an address is SOURCE:FILE@AT, as rejects/ and plans give it")
    return Address(source, file, int(at))


def is_id(what: str) -> bool:
    """Whether a text is a plan id or the beginning of one."""
    return FEWEST_DIGITS <= len(what) <= 32 and set(what) <= set("0123456789abcdef")


class Built:
    """The folder of a finished build.

    Raises:
        InputError: if it is none.
    """

    def __init__(self, out: Path) -> None:
        claim = out / ".stage" / "build.json"
        if not (out / "manifest.json").exists():
            raise InputError(f"{out}: no finished build of Planloom is there")
        if not claim.exists():
            raise InputError(
                f"{out}: without its folder .stage no row is found again; build in another folder"
            )
        self.out = out
        try:
            known = msgspec.json.decode(claim.read_bytes())
            self.recipe = msgspec.convert(known["recipe"], Recipe)
        except msgspec.DecodeError as error:
            raise InputError(f"{claim}: of another planloom ({error}); build again") from error
        self.evaluation: decontaminate.Index | None = None
        if sets := known.get("evaluation"):
            folder = out / ".stage" / output.EVALUATION / Path(sets["folder"]).name
            self.evaluation = decontaminate.opened(str(folder))
        places = [out / ".stage" / key for _, key in known["slices"]]
        self._slices = [place for place in places if place.is_dir()]  # the rest was given up
        self._files = {
            (source, name): DataFile(part, name, path, kind)
            for source, part, name, path, kind in known["files"]
        }

    def source(self, name: str) -> Source:
        return inputs.pinned(find(name, self.recipe.datasets), self.recipe)

    def file(self, address: Address) -> DataFile:
        """The file of an address.

        Raises:
            RecipeError: naming the nearest source or file that the build read.
        """
        found = self._files.get((address.source, address.file))
        if found is None:
            sources = {source for source, _ in self._files}
            mine = [name for source, name in self._files if source == address.source]
            hint = nearest(address.file, mine) if mine else nearest(address.source, sources)
            raise RecipeError(f"{address.source}:{address.file}: the build read no such file{hint}")
        return found

    def part(self, address: Address) -> Part:
        return self.source(address.source).parts[self.file(address).part]

    def row(self, address: Address) -> Record:
        """The row at an address, read again.

        Raises:
            RecipeError: if there is none. InputError: if its file is not there any more.
        """
        found = self.rows(address.source, address.file, (address.at,))
        if address.at not in found:
            raise RecipeError(
                f"{self.file(address).path}: no record at {address.at} (in JSON lines AT is a byte offset)"
            )
        return found[address.at]

    def rows(self, source: str, name: str, wanted: Collection[int]) -> dict[int, Record]:
        """Some rows of a file, which is read at most once.

        Raises:
            InputError: if the file is not there any more.
        """
        address = Address(source, name, 0)
        file, part = self.file(address), self.part(address)
        if not Path(file.path).exists():
            raise InputError(f"{file.path}: not there any more, so its rows cannot be shown")
        found: dict[int, Record] = {}
        for piece in _pieces(file, part, sorted(wanted)):
            for at, record in records.read(piece, part.columns, part.each, whole=part.whole):
                if at in wanted:
                    found[at] = record
                    if len(found) == len(wanted):
                        return found
        return found

    @cached_property
    def chunks(self) -> list[Indexed]:
        """The plans of the build as dedup and mix saw them."""
        found = []
        for folder in self._slices:
            about = msgspec.json.decode((folder / "ledger.json").read_bytes())
            part = self._files[about["source"], about["file"]].part
            source = find(about["source"], self.recipe.datasets)
            paths = sorted(path.parent for path in folder.glob("*/index.npy"))
            found += [opened(path, source, part) for path in paths]
        return found

    @cached_property
    def fates(self) -> list[Fates]:
        return [np.load(chunk.folder / "fates.npy", mmap_mode="r") for chunk in self.chunks]

    def spots(self, what: str) -> list[Spot]:
        """Where plans with this id, or with ids that begin so, are in the index."""
        low, high = what.ljust(32, "0"), what.ljust(32, "f")
        first, last = (np.uint64(int(text[:16], 16)) for text in (low, high))
        found = []
        for number, chunk in enumerate(self.chunks):
            ids = chunk.index["hi"]
            start, stop = np.searchsorted(ids, first), np.searchsorted(ids, last, side="right")
            spots = (Spot(number, row) for row in range(int(start), int(stop)))
            found += [spot for spot in spots if low <= self.id_of(spot) <= high]
        return found

    def where(self, name: str, value: Any, source: str | None = None) -> Iterator[Spot]:
        """The plans with a value in a column of the index, of one source or of all."""
        for number, chunk in enumerate(self.chunks):
            if source in (None, chunk.source):
                rows = np.flatnonzero(chunk.index[name] == value)
                yield from (Spot(number, row) for row in rows.tolist())

    def id_of(self, spot: Spot) -> str:
        index = self.chunks[spot.chunk].index
        return f"{int(index['hi'][spot.row]):016x}{int(index['lo'][spot.row]):016x}"

    def column(self, spot: Spot, name: str) -> Any:
        return self.chunks[spot.chunk].index[name][spot.row]

    def fate_of(self, spot: Spot) -> int:
        return int(self.fates[spot.chunk][spot.row])

    def address_of(self, spot: Spot) -> Address:
        chunk = self.chunks[spot.chunk]
        about = msgspec.json.decode((chunk.folder.parent / "ledger.json").read_bytes())
        return Address(chunk.source, about["file"], int(chunk.index["at"][spot.row]))

    def spot(self, what: str) -> Spot:
        """The plan that was kept, else any copy.

        Raises:
            RecipeError: if there is none, or more than one id begins so.
        """
        found = self.spots(what)
        ids = sorted({self.id_of(spot) for spot in found})
        if not found:
            raise RecipeError(f"{what}: no row of this build gave such a plan")
        if len(ids) > 1:
            listed = ", ".join(ids[:3])
            raise RecipeError(f"{what}: {len(ids)} plans begin so; give more digits: {listed}")
        return min(found, key=lambda s: (self.fate_of(s) not in (KEPT, SIDE), self.address_of(s)))

    def written(self, plan_id: str) -> dict[str, Any] | None:
        """The plan as plans/ holds it: only its row group is read."""
        for path in sorted((self.out / "plans").glob("part-*.parquet")):
            with pq.ParquetFile(path) as file:
                for group in range(file.metadata.num_row_groups):
                    known = file.metadata.row_group(group).column(0).statistics
                    if known.min <= plan_id <= known.max:
                        table = file.read_row_group(group)
                        place = table["plan_id"].index(plan_id).as_py()
                        return table.slice(place, 1).to_pylist()[0] if place >= 0 else None
        return None


def _pieces(file: DataFile, part: Part, wanted: list[int]) -> Iterator[Slice]:
    """The parts of a file that hold the wanted records."""
    alone = not part.counts_rows
    if alone and file.kind == "lines" and not file.path.endswith(files.COMPRESSED):
        yield from (Slice(file, at, at + 1) for at in wanted)
    elif alone and file.kind == "parquet":
        yield from _groups(file, wanted)
    else:
        yield from files.slices(file, whole=True)


def _groups(file: DataFile, wanted: list[int]) -> Iterator[Slice]:
    metadata = pq.read_metadata(file.path)
    end = 0
    for group in range(metadata.num_row_groups):
        start, end = end, end + metadata.row_group(group).num_rows
        if any(start <= at < end for at in wanted):
            yield Slice(file, group, group + 1)
