"""How often a value came in a context: one sorted array a table, counted over any number of plans.

A key is 48 bits of the context's hash and 16 of the value. So a context's values lie together in the order of
their size: how many were as large or larger is the difference of two places.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.jepa.ragged import Rows

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]
MOST = 1_000_000
"""Keys of a table; of more, those that came once are forgotten first."""
LARGEST = 0xFFFF
STRENGTH = 4.0
"""So many calls of the wider context count as much as those of the narrower one."""


class Table(NamedTuple):
    """Sorted keys; `below[i]`: how many were counted before the key at `i`."""

    keys: Keys
    below: Rows

    def came(self, contexts: Keys, low: Keys, high: Keys) -> Rows:
        """How often a value from `low` to `high` came in each context."""
        first = np.searchsorted(self.keys, contexts | low, side="left")
        last = np.searchsorted(self.keys, contexts | high, side="right")
        return self.below[last] - self.below[first]

    def total(self, contexts: Keys) -> Rows:
        """How often each context came."""
        none = np.zeros(len(contexts), np.uint64)
        return self.came(contexts, none, none + np.uint64(LARGEST))


class Seen(NamedTuple):
    """Of values: how likely they are, and how often they and the narrowest known context came."""

    chance: Floats
    hits: Rows
    total: Rows
    level: Rows  # which context that is, 0 the narrowest; as many as there are: none


def mixed(*columns: NDArray[np.generic] | int) -> Keys:
    """A hash of columns, row by row, with the lowest 16 bits free for a value."""
    found = np.zeros(1, np.uint64)
    for column in columns:
        found = found ^ np.asarray(column).astype(np.uint64)
        found = (found + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
        found ^= found >> np.uint64(29)
        found = found * np.uint64(0x94D049BB133111EB)
        found ^= found >> np.uint64(32)
    return found & ~np.uint64(LARGEST)


def folded(column: NDArray[np.generic]) -> Keys:
    """A hash as 16 bits."""
    whole = column.astype(np.uint64)
    return (whole ^ (whole >> np.uint64(16))) & np.uint64(LARGEST)


class Tally:
    """Counts keys; its size does not grow with what is counted."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._keys: Keys = np.zeros(0, np.uint64)
        self._counts: Rows = np.zeros(0, np.int64)
        self._waiting: list[tuple[Keys, Rows]] = []
        self._size = 0

    def add(self, keys: Keys) -> None:
        """Counts each of them once more."""
        few, counts = np.unique(keys, return_counts=True)
        self._waiting.append((few, counts))
        self._size += len(few)
        if self._size > max(len(self._keys), 500_000):
            self._merge()

    def table(self) -> Table:
        """What was counted."""
        self._merge()
        below = np.zeros(len(self._keys) + 1, np.int64)
        np.cumsum(self._counts, out=below[1:])
        return Table(self._keys, below)

    def _merge(self) -> None:
        keys = np.concatenate([self._keys, *(few for few, _ in self._waiting)])
        counts = np.concatenate([self._counts, *(n for _, n in self._waiting)])
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        first = np.flatnonzero(np.diff(keys, prepend=~keys[:1]))
        self._keys = keys[first]
        self._counts = np.add.reduceat(counts, first) if len(first) else counts
        self._waiting, self._size = [], 0
        self._forget()

    def _forget(self) -> None:
        least = 1
        while len(self._keys) > self._most:
            kept = self._counts > least
            self._keys, self._counts, least = self._keys[kept], self._counts[kept], least * 2


def seen(table: Table, contexts: tuple[Keys, ...], value: Keys, *, tail: bool) -> Seen:
    """How likely values are in their contexts, narrowest first, each backed by the next wider one.

    `tail`: how likely so large a value is, or a larger one.
    """
    high = np.full(len(value), LARGEST, np.uint64) if tail else value
    chance = np.full(len(value), 0.5)
    hits, total = (np.zeros(len(value), np.int64) for _ in range(2))
    level = np.full(len(value), len(contexts))
    for at, context in reversed(list(enumerate(contexts))):
        n, of = table.came(context, value, high), table.total(context)
        widest = at == len(contexts) - 1
        chance = (n + 0.5) / (of + 1) if widest else (n + STRENGTH * chance) / (of + STRENGTH)
        known = of > 0
        hits, total = np.where(known, n, hits), np.where(known, of, total)
        level = np.where(known, at, level)
    return Seen(chance, hits, total, level)


def arrays(tables: Mapping[str, Table]) -> dict[str, NDArray[Any]]:
    """Tables as named arrays."""
    kept: dict[str, NDArray[Any]] = {}
    for name, table in tables.items():
        kept[f"{name}.keys"], kept[f"{name}.below"] = table
    return kept


def of_arrays(kept: Mapping[str, NDArray[Any]]) -> dict[str, Table]:
    """The tables among named arrays."""
    named = [name.removesuffix(".keys") for name in kept if name.endswith(".keys")]
    return {name: Table(kept[f"{name}.keys"], kept[f"{name}.below"]) for name in named}
