"""Bounded samples of a corpus that do not depend on the order in which it is read.

What is kept is decided by hash, so any number of plans gives the same sample in any order, in memory
that is bounded beforehand.
"""

import hashlib
from bisect import insort
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
LARGEST = 256
FEW = 20
"""Numbers below which a tool's own tail says nothing: those of the argument's name stand for it."""


def hashed(*parts: str | bytes | int) -> int:
    """64 bits."""
    text = b"\0".join(
        p if isinstance(p, bytes) else str(p).encode("utf-8", "surrogatepass") for p in parts
    )
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


class Draws:
    """A stream of choices that only its seed decides."""

    def __init__(self, *seed: str) -> None:
        self._seed = hashed(*seed)
        self._count = 0

    def order(self, items: "list[Item] | tuple[Item, ...]") -> list[Item]:
        """All of them, shuffled."""
        self._count += 1
        ranks = [(hashed(self._seed, self._count, i), i) for i in range(len(items))]
        return [items[i] for _, i in sorted(ranks)]

    def coin(self) -> bool:
        self._count += 1
        return hashed(self._seed, self._count) % 2 == 0

    def walk(self, items: "list[Item]") -> Iterator[Item]:
        """All of them from some place on: for long lists that lie in order of hash already."""
        self._count += 1
        start = hashed(self._seed, self._count) % len(items) if items else 0
        yield from items[start:]
        yield from items[:start]


class Reservoir(Generic[Item]):
    """The distinct items of least hash."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[tuple[int, Item]] = []
        self._known: set[int] = set()

    def add(self, rank: int, item: Item) -> None:
        """`rank` is the hash of what makes the item itself."""
        kept = self._kept
        if rank in self._known or (len(kept) == self._most and rank > kept[-1][0]):
            return
        insort(kept, (rank, item), key=lambda one: one[0])
        self._known.add(rank)
        if len(kept) > self._most:
            self._known.discard(kept.pop()[0])

    def __iter__(self) -> Iterator[Item]:
        return (item for _, item in self._kept)

    def __len__(self) -> int:
        return len(self._kept)


class Tail:
    """How often each of the largest numbers was asked for, of how many in all."""

    def __init__(self) -> None:
        self.total = 0
        self.counts: dict[float, int] = {}

    def add(self, number: float) -> None:
        self.total += 1
        self.counts[number] = self.counts.get(number, 0) + 1
        if len(self.counts) > LARGEST:
            del self.counts[min(self.counts)]

    def at(self, share: float) -> float:
        """The least number that at least `share` of all do not exceed (nearest rank)."""
        above = self.total
        numbers = sorted(self.counts, reverse=True)
        wanted = share * self.total - 1e-9
        found = numbers[0]
        for number in numbers:
            if above < wanted:
                break
            found = number
            above -= self.counts[number]
        return found

    def between(self, low: float, high: float) -> list[float]:
        """The numbers kept that lie in [low, high)."""
        return [number for number in sorted(self.counts) if low <= number < high]


class Keyed(Generic[Item]):
    """One sample a key, for at most so many keys: if there are more, those of least hash."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._level = 0
        self._found: dict[Hashable, Item] = {}

    def may_keep(self, key: Hashable) -> bool:
        return key in self._found or self._rank(key) >= self._level

    def put(self, key: Hashable, item: Item) -> Item:
        """Stores the sample of a new key. Once there are too many keys half of the hashes go."""
        self._found[key] = item
        while len(self._found) > self._most:
            self._level += 1
            self._found = {k: v for k, v in self._found.items() if self._rank(k) >= self._level}
        return item

    def get(self, key: Hashable) -> Item | None:
        return self._found.get(key)

    @staticmethod
    def _rank(key: Hashable) -> int:
        """How many zero bits the hash of a key ends in: every level halves the keys."""
        number = hashed(repr(key)) | 1 << 63
        return (number & -number).bit_length() - 1
