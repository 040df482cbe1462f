"""What is kept of an evaluation set: hashes of its requests and of its right calls, nothing else.

A request is found by all its words, or by phrases of five words that few items share. What many
items share is the set's template: it tells nothing about one of them.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from planloom import phrases, records
from planloom.datasets import find
from planloom.errors import BadRow
from planloom.files import Broken, Slice
from planloom.hashes import begins
from planloom.source import Part
from planloom.trace import Trace, plain_name

LEAST_WORDS = 3
LEAST_LETTERS, ALONE = 12, 20  # of the values of right calls in all, and of a single value
SHORTEST = phrases.GRAM + 1  # words of a request that is looked for inside longer ones
SHARED = 8  # items: a phrase of more tells nothing
KEPT = 16  # phrases of an item in the index
SAMPLED = 64  # of them in a slice, before the other slices are known
BATCH = 256

ITEM = np.dtype(
    [("file", "<u4"), ("at", "<i8"), ("words", "<u4"), ("whole", "<u8"), ("calls", "<u8")]
)
PHRASE = np.dtype([("hash", "<u8"), ("item", "<u4"), ("place", "<u4")])
Deed = tuple[str, dict[str, Any]]
"""A call's tool and arguments."""


class Job(Struct, frozen=True):
    """A slice of an evaluation set; its hashes go to the file `path`."""

    source: str
    folders: tuple[str, ...]
    piece: Slice
    path: str


class Read(NamedTuple):
    """The items of a slice, their phrases, hashes of the tools that their right calls name; rows that could not be read."""

    items: NDArray[Any]
    phrases: NDArray[Any]
    tools: NDArray[np.uint64]
    unreadable: int


def read(job: Job) -> Path:
    """The file with the hashes of a slice, made unless it is there."""
    path = Path(job.path)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{uuid4().hex}")
        with temporary.open("wb") as out:
            np.savez(out, **_read(job)._asdict())
        temporary.replace(path)
    return path


def loaded(path: Path) -> Read:
    """What `read` wrote."""
    with np.load(path) as known:
        return Read(known["items"], known["phrases"], known["tools"], int(known["unreadable"]))


def _read(job: Job) -> Read:
    part = find(job.source, job.folders).parts[job.piece.file.part]
    gathered = _Gathered()
    for at, record in records.read(job.piece, part.columns, part.each, whole=part.whole):
        gathered.take(at, _trace(record, part))
    return gathered.finish()


def _trace(record: dict[str, Any] | Broken, part: Part) -> Trace | Broken:
    if isinstance(record, Broken):
        return record
    try:
        trace = part.read(record)
    except (BadRow, RecursionError) as error:
        return Broken(str(error))
    held_out = "eval_only" in (part.policy, trace.policy)
    return trace if held_out else Trace()


class _Gathered:
    """The hashes of a slice, while it is read; texts are hashed in batches."""

    def __init__(self) -> None:
        self.unreadable = 0
        self._waiting: list[tuple[int, str, int]] = []
        self._tools: set[int] = set()
        self._items: list[NDArray[Any]] = []
        self._phrases: list[NDArray[Any]] = []
        self._count = 0

    def take(self, at: int, trace: Trace | Broken) -> None:
        if isinstance(trace, Broken):
            self.unreadable += 1
            return
        deeds = [(call.tool, call.arguments) for call in trace.calls if call.arguments_known]
        calls = skeleton(deeds) if telling(deeds) else 0
        if calls:
            self._tools.add(tools_of(tuple(tool for tool, _ in deeds)))
        request = trace.user_turns[0] if trace.user_turns else ""
        if request or calls:
            self._waiting.append((at, request, calls))
        if len(self._waiting) == BATCH:
            self._flush()

    def _flush(self) -> None:
        known = phrases.words([request for _, request, _ in self._waiting])
        items = np.zeros(len(self._waiting), ITEM)
        items["at"] = [at for at, _, _ in self._waiting]
        items["calls"] = [calls for _, _, calls in self._waiting]
        items["words"] = np.diff(known.bounds)
        items["whole"] = np.where(items["words"] >= LEAST_WORDS, phrases.wholes(known), 0)
        self._items.append(items)
        self._phrases.append(_phrases(known, self._count))
        self._count += len(items)
        self._waiting.clear()

    def finish(self) -> Read:
        self._flush()
        items = np.concatenate(self._items)
        found = telling_phrases(np.concatenate(self._phrases), items, SAMPLED)
        tools = np.array(sorted(self._tools), np.uint64)
        return Read(items, found, tools, self.unreadable)


def _phrases(known: phrases.Words, first: int) -> NDArray[Any]:
    hashes = phrases.grams(known)
    starts = np.arange(len(hashes))
    text = np.searchsorted(known.bounds, starts, side="right") - 1
    begin, end = known.bounds[text], known.bounds[text + 1]
    inside = (starts + phrases.GRAM <= end) & (end - begin >= SHORTEST)
    found = np.zeros(int(inside.sum()), PHRASE)
    found["hash"], found["item"] = hashes[inside], text[inside] + first
    found["place"] = (starts - begin)[inside]
    return found


def telling_phrases(found: NDArray[Any], items: NDArray[Any], most: int) -> NDArray[Any]:
    """Phrases that few different requests share, at most so many an item, evenly spread over it.

    Of equal requests the first item stands for all.
    """
    _, first = np.unique(items["whole"], return_index=True)
    alone = np.zeros(len(items), bool)
    alone[first] = True
    found = found[alone[found["item"]]]
    order = np.lexsort((found["item"], found["hash"]))
    ordered = found[order]
    new = begins(ordered["hash"], ordered["item"])  # a phrase counts once an item
    run = np.cumsum(begins(ordered["hash"])) - 1
    shared = np.bincount(run[new], minlength=run[-1] + 1 if len(run) else 0)[run]
    keep = np.sort(order[new & (shared <= SHARED)])
    return _thinned(found[keep], most)


def _thinned(found: NDArray[Any], most: int) -> NDArray[Any]:
    """The phrases stand in the order of items, those of an item in that of its words."""
    starts = np.flatnonzero(begins(found["item"]))
    sizes = np.diff(np.append(starts, len(found)))
    place = np.arange(len(found)) - np.repeat(starts, sizes)
    size = np.repeat(sizes, sizes)
    slot = place * most // np.maximum(size, 1)
    before = (place - 1) * most // np.maximum(size, 1)
    keep = (size <= most) | (place == 0) | (slot != before)
    return np.compress(keep, found)


@lru_cache(maxsize=65536)
def tools_of(names: tuple[str, ...]) -> int:
    """A hash of the names of tools, however often and in which order they are called."""
    return _hashed(sorted(set(map(plain_name, names))))


def skeleton(deeds: Iterable[Deed]) -> int:
    """A hash of calls whatever their order: tools, and arguments as plain words."""
    spelled = sorted(msgspec.json.encode([plain_name(tool), _plain(args)]) for tool, args in deeds)
    return _hashed([msgspec.Raw(call) for call in spelled])


def telling(deeds: Iterable[Deed]) -> bool:
    """Whether different values say enough to tell these calls from anyone else's."""
    values = {text for _, arguments in deeds for text in _values(_plain(arguments))}
    return sum(map(len, values)) >= (LEAST_LETTERS if len(values) > 1 else ALONE)


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _values(item)


def _plain(value: Any) -> Any:
    """A value in one spelling: names and texts as plain words, 5 and 5.0 and "5" alike, no nulls."""
    if isinstance(value, dict):
        known = {str(k).lower(): _plain(v) for k, v in value.items() if v is not None}
        return dict(sorted(known.items()))
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return plain_name(phrases.plain(str(value)))


def _hashed(value: Any) -> int:
    digest = hashlib.blake2b(msgspec.json.encode(value), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1
