"""Which plans repeat an evaluation set: by a request, by phrases of one, or by its right calls.

The index is a folder of arrays that every process maps; no text of an evaluation set is in it.
"""

import hashlib
import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from planloom import items, phrases
from planloom.items import ITEM, PHRASE, Read
from planloom.phrases import Words
from planloom.plan import ExecutionPlan

FEW, WHOLE = 4, 255
"""Beside a template fewer phrases are not enough: the WHOLE item must be there."""
SHARE, ALL = 0.8, 10
"""The part of an item's phrases that a turn must hold; of fewer than ALL it must hold each."""
TABLES = ("wholes", "phrases", "calls")
ARRAYS = ("items", "needs", "places", "bits")
LOOSE = 32  # bits of the sieve for each phrase
NO_ITEM = np.iinfo(np.int64).max


class Evaluation(Struct, frozen=True):
    """The index of evaluation sets that no plan may repeat: its folder, and what names its content."""

    folder: str
    digest: str


class About(Struct, frozen=True):
    """What the index covers. `files` are (set, file) in the order of their items; `unreadable` counts rows by set."""

    files: tuple[tuple[str, str], ...]
    items: dict[str, int]
    unreadable: dict[str, int]
    digest: str = ""


class Found(NamedTuple):
    """The item that a plan repeats, and how."""

    set: str
    item: str
    how: str

    def __str__(self) -> str:
        return f"{self.set} {self.item}: {self.how}"


class Hashes(NamedTuple):
    """Sorted hashes and the item of each: two arrays, because a search copies a column of one."""

    hashes: NDArray[np.uint64]
    items: NDArray[np.uint32]


class Index(NamedTuple):
    """The hashes of all evaluation sets."""

    about: About
    items: NDArray[Any]
    wholes: Hashes
    phrases: Hashes
    calls: Hashes
    needs: NDArray[np.uint8]
    places: NDArray[np.uint32]
    bits: NDArray[np.uint8]
    tools: frozenset[int]

    def find(self, plans: Sequence[ExecutionPlan]) -> list[Found | None]:
        """For each plan the first item that it repeats."""
        turns = list(dict.fromkeys(turn for plan in plans for turn in plan.user_turns))
        told = self.texts(turns)
        hits = [
            {turns[at]: int(found[at]) for at in np.flatnonzero(found != NO_ITEM)} for found in told
        ]
        return [self._one(plan, *hits) for plan in plans]

    def _one(
        self, plan: ExecutionPlan, same: dict[str, int], holding: dict[str, int]
    ) -> Found | None:
        """`same` and `holding` have the items of those turns that repeat one."""
        for hits, how in ((same, "the same request"), (holding, "its request is in it")):
            if hits and (mine := [hits[turn] for turn in plan.user_turns if turn in hits]):
                return self.found(min(mine), how)
        item = self._called(plan)
        return None if item == NO_ITEM else self.found(item, "the same calls")

    def found(self, item: int, how: str) -> Found:
        """An item by its set and address."""
        row = self.items[item]
        set_, file = self.about.files[int(row["file"])]
        return Found(set_, f"{file}@{row['at']}", how)

    def _called(self, plan: ExecutionPlan) -> int:
        deeds = [(node.tool, node.arguments) for node in plan.nodes if node.kind == "call"]
        if not deeds or items.tools_of(tuple(tool for tool, _ in deeds)) not in self.tools:
            return NO_ITEM
        return int(_looked_up(self.calls, np.array([items.skeleton(deeds)], np.uint64))[0])

    def texts(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Of each text the item that it equals, and the one that it holds; NO_ITEM for none."""
        known = phrases.words(texts)
        same = _looked_up(self.wholes, phrases.wholes(known))
        holding = np.full(len(texts), NO_ITEM)
        hashes = phrases.grams(known)
        at = np.flatnonzero(_sifted(self.bits, hashes))
        text = np.searchsorted(known.bounds, at, side="right") - 1
        inside = at + phrases.GRAM <= known.bounds[text + 1]
        self._count(known, at[inside], hashes[at[inside]], text[inside], holding)
        return same, holding

    def _count(
        self,
        known: Words,
        at: NDArray[np.int64],
        hashes: NDArray[np.uint64],
        text: NDArray[np.int64],
        holding: NDArray[np.int64],
    ) -> None:
        """Sets for each text the least item of which it holds enough phrases."""
        left = np.searchsorted(self.phrases.hashes, hashes)
        number = np.searchsorted(self.phrases.hashes, hashes, side="right") - left
        if not number.any():
            return
        steps = np.arange(int(number.sum())) - np.repeat(np.cumsum(number) - number, number)
        row = np.repeat(left, number) + steps
        owner = np.repeat(text, number)
        seen = np.unique(np.stack([owner, row]), axis=1)
        pairs = np.stack([seen[0], self.phrases.items[seen[1]].astype(np.int64)])
        (one, item), count = np.unique(pairs, axis=1, return_counts=True)
        enough = count >= self.needs[item]
        np.minimum.at(holding, one[enough], item[enough])
        start = np.repeat(at, number) - self.places[row]
        few = np.flatnonzero(self.needs[self.phrases.items[row]] == WHOLE)
        for where in few.tolist():
            whole = int(self.phrases.items[row[where]])
            if self._stands(known, int(owner[where]), int(start[where]), whole):
                holding[owner[where]] = min(holding[owner[where]], whole)

    def _stands(self, known: Words, text: int, start: int, item: int) -> bool:
        """Whether the text has all words of the item from this word on."""
        end = start + int(self.items["words"][item])
        if start < known.bounds[text] or end > known.bounds[text + 1]:
            return False
        part = phrases.Words(known.hashes[start:end], np.array([0, end - start]))
        return bool(phrases.wholes(part)[0] == self.items["whole"][item])


def _looked_up(table: Hashes, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The item of each hash."""
    if not len(table.hashes):
        return np.full(len(hashes), NO_ITEM)
    place = np.minimum(np.searchsorted(table.hashes, hashes), len(table.hashes) - 1)
    return np.where(table.hashes[place] == hashes, table.items[place].astype(np.int64), NO_ITEM)


def _sifted(bits: NDArray[np.uint8], hashes: NDArray[np.uint64]) -> NDArray[Any]:
    """Not zero for every hash that is in the sieve, and for few others."""
    found: NDArray[Any] = bits[_bytes(bits, hashes)] & _bit(hashes)
    return found


def _bytes(bits: NDArray[np.uint8], hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    return ((hashes >> np.uint64(3)) & np.uint64(len(bits) - 1)).astype(np.int64)


def _bit(hashes: NDArray[np.uint64]) -> NDArray[np.uint8]:
    return np.left_shift(np.uint8(1), (hashes & np.uint64(7)).astype(np.uint8))


def make(reads: Sequence[tuple[str, str, Read]], folder: Path) -> None:
    """Writes the index of slices of evaluation sets, each with set and file, into the folder."""
    about = About(
        tuple((set_, file) for set_, file, _ in reads),
        _summed((set_, len(read.items)) for set_, _, read in reads),
        _summed((set_, read.unreadable) for set_, _, read in reads),
    )
    arrays = _arrays([read for _, _, read in reads])
    known = msgspec.structs.replace(about, digest=_digest(about, arrays))
    temporary = folder.with_name(f"{folder.name}.{uuid4().hex}")
    temporary.mkdir(parents=True)
    for name, array in arrays.items():
        np.save(temporary / f"{name}.npy", array)
    (temporary / "about.json").write_bytes(msgspec.json.encode(known))
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
    opened.cache_clear()


def whole(folder: Path) -> bool:
    """Whether the folder holds an index as it was written."""
    try:
        about = msgspec.json.decode((folder / "about.json").read_bytes(), type=About)
        names = [*ARRAYS, "tools", *TABLES, *(f"{name}_items" for name in TABLES)]
        arrays = {name: _mapped(folder, name) for name in names}
    except (FileNotFoundError, ValueError, EOFError, msgspec.DecodeError):
        return False
    return about.digest == _digest(msgspec.structs.replace(about, digest=""), arrays)


def _summed(pairs: Any) -> dict[str, int]:
    sums: dict[str, int] = {}
    for name, n in pairs:
        sums[name] = sums.get(name, 0) + n
    return sums


def _arrays(reads: Sequence[Read]) -> dict[str, NDArray[Any]]:
    firsts = np.cumsum([0, *(len(read.items) for read in reads)])
    rows = np.concatenate([np.empty(0, ITEM), *(read.items for read in reads)])
    rows["file"] = np.repeat(np.arange(len(reads)), np.diff(firsts))
    moved = [_moved(read.phrases, first) for read, first in zip(reads, firsts, strict=False)]
    found = np.concatenate([np.empty(0, PHRASE), *moved])
    found = items.telling_phrases(found, rows, items.KEPT)
    number = np.bincount(found["item"], minlength=len(rows))
    needs = np.where(number < ALL, number, np.ceil(number * SHARE))
    told = (number >= FEW) | (number + phrases.GRAM == rows["words"] + 1)
    needs = np.where(told, needs, WHOLE).astype(np.uint8)
    tools = np.concatenate([np.empty(0, np.uint64), *(read.tools for read in reads)])
    found = found[np.lexsort((found["item"], found["hash"]))]
    tables = {
        "wholes": _table(rows["whole"]),
        "phrases": Hashes(found["hash"], found["item"]),
        "calls": _table(rows["calls"]),
    }
    return {
        "items": rows,
        "needs": needs,
        "places": np.ascontiguousarray(found["place"]),
        "bits": _sieve(found["hash"]),
        "tools": np.unique(tools),
        **{name: np.ascontiguousarray(table.hashes) for name, table in tables.items()},
        **{f"{name}_items": np.ascontiguousarray(t.items) for name, t in tables.items()},
    }


def _moved(found: NDArray[Any], first: int) -> NDArray[Any]:
    moved = found.copy()
    moved["item"] += np.uint32(first)
    return moved


def _table(hashes: NDArray[np.uint64]) -> Hashes:
    """Each hash with the first item that has it; 0 is none."""
    unique, first = np.unique(hashes, return_index=True)
    start = int(len(unique) > 0 and unique[0] == 0)
    return Hashes(unique[start:], first[start:].astype(np.uint32))


def _sieve(hashes: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Marks for the phrases that there are: most others are told by one look."""
    size = 1 << max(10, (LOOSE * max(len(hashes), 1) - 1).bit_length() - 3)
    bits = np.zeros(size, np.uint8)
    np.bitwise_or.at(bits, _bytes(bits, hashes), _bit(hashes))
    return bits


def _digest(about: About, arrays: dict[str, NDArray[Any]]) -> str:
    """A hash of what the index says, whatever the way to it."""
    digest = hashlib.blake2b(msgspec.json.encode(about), digest_size=16)
    for name, array in sorted(arrays.items()):
        digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@lru_cache(maxsize=2)
def opened(folder: str) -> Index:
    """The index in a folder, its arrays mapped."""
    path = Path(folder)
    about = msgspec.json.decode((path / "about.json").read_bytes(), type=About)
    rows, needs, places, bits = (_mapped(path, name) for name in ARRAYS)
    wholes, held, calls = (
        Hashes(_mapped(path, name), _mapped(path, f"{name}_items")) for name in TABLES
    )
    tools = frozenset(_mapped(path, "tools").tolist())
    return Index(about, rows, wholes, held, calls, needs, places, bits, tools)


def _mapped(folder: Path, name: str) -> NDArray[Any]:
    array: NDArray[Any] = np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
    return array
