"""Plans that are alike: near duplicates, template siblings, and the groups that belong together."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planloom import arrow, near
from planloom.errors import Reason
from planloom.hashes import begins, firsts
from planloom.indexed import ID, KEPT, Fates, Indexed, Named, fate
from planloom.near import Pairs
from planloom.signatures import PERMUTATIONS, SKETCH

NONE = -1
PAIRS = 100_000  # of which the plans are in memory at once
NO_PAIRS: Pairs = np.empty(0, np.uint64)


class Live:
    """The plans that are still in, numbered by rank (use, evidence, recipe order, file, at), the best first."""

    def __init__(self, chunks: Sequence[Indexed], fates: Sequence[Fates]) -> None:
        self._chunks = chunks
        self._rows = [np.flatnonzero(mine == KEPT) for mine in fates]
        self._ends = np.cumsum([len(rows) for rows in self._rows], dtype=np.int64)
        self.count = int(self._ends[-1]) if chunks else 0
        number = np.repeat(np.arange(len(chunks)), [len(rows) for rows in self._rows])
        at, evidence, use = (self._gathered(name) for name in ("at", "evidence", "use"))
        self._order = np.lexsort((at, number, evidence, use))

    def _gathered(self, name: str) -> NDArray[Any]:
        """A column of the index, in the order of the chunks."""
        columns = [c.index[name][rows] for c, rows in zip(self._chunks, self._rows, strict=True)]
        return np.concatenate(columns) if columns else np.empty(0, np.uint64)

    def column(self, name: str) -> NDArray[Any]:
        """A column of the index, in the order of rank."""
        return self._gathered(name)[self._order]

    def near(self, least: float) -> Pairs:
        """The pairs of near duplicates, each once."""
        if not self.count:
            return NO_PAIRS
        found = near.candidates(self.column("alike"), self._buckets, self._sketches)
        found = self._those(
            found, lambda plans, *pair: near.similarity(self._low(plans), *pair) >= least
        )
        return self._those(found, lambda plans, *pair: near.are_edits(self._requests(plans), *pair))

    def _those(self, pairs: Pairs, are: Callable[..., NDArray[np.bool_]]) -> Pairs:
        """The pairs that are wanted; `are` sees some plans, and pairs of places in them."""

        def those(start: int) -> Pairs:
            piece = pairs[start : start + PAIRS]
            plans, places = np.unique(np.concatenate(near.ends(piece)), return_inverse=True)
            return piece[are(plans, *np.split(places, 2))]

        kept = near.in_threads(those, range(0, len(pairs), PAIRS))
        return np.concatenate([NO_PAIRS, *kept])

    def _buckets(self, band: int) -> NDArray[np.uint32]:
        """The bucket of each plan in a band."""
        mine = zip(self._chunks, self._rows, strict=True)
        return np.concatenate([chunk.bucket(band)[rows] for chunk, rows in mine])[self._order]

    def _requests(self, plans: NDArray[np.int64]) -> list[str]:
        found = np.empty(len(plans), object)
        for chunk, mine, rows in self._by_chunk(plans):
            found[mine] = arrow.requests(chunk.folder / "plans.arrow", chunk.rows(rows))
        return list(found)

    def _low(self, plans: NDArray[np.int64]) -> NDArray[np.uint8]:
        return self._bytes("low.npy", plans, PERMUTATIONS)

    def _sketches(self, plans: NDArray[np.int64]) -> NDArray[np.uint8]:
        return self._bytes("sketches.npy", plans, SKETCH)

    def _bytes(self, name: str, plans: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
        """Some plans' rows of a file of their chunks."""
        found = np.empty((len(plans), width), np.uint8)
        for chunk, mine, rows in self._by_chunk(plans):
            found[mine] = chunk.signed(name, width)[rows]
        return found

    def _by_chunk(
        self, plans: NDArray[np.int64]
    ) -> Iterator[tuple[Indexed, NDArray[np.int64], NDArray[np.int64]]]:
        """Each chunk that holds some of the plans, which of them, and their rows in it."""
        places = self._order[plans]
        where = np.searchsorted(self._ends, places, side="right")
        for number in np.unique(where):
            mine = np.flatnonzero(where == number)
            begin = self._ends[number] - len(self._rows[number])
            yield self._chunks[number], mine, self._rows[number][places[mine] - begin]

    def repeated(self, pairs: Pairs) -> NDArray[np.int64]:
        """For each plan the best one of which it is a near duplicate, or NONE."""
        best = np.full(self.count, self.count, np.int64)
        np.minimum.at(best, *near.ends(pairs))
        return np.where(best == self.count, NONE, best)

    def over(self, cap: int, out: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The plans of a template beyond the `cap` of least id, those that are `out` not counted."""
        rest = np.flatnonzero(~out)
        keys = self.column("template")[rest]
        order = np.lexsort((self.column("lo")[rest], self.column("hi")[rest], keys))
        first = firsts(begins(keys[order]))
        over = np.zeros(self.count, bool)
        over[rest[order[np.arange(len(order)) - first >= cap]]] = True
        return over

    def groups(self, pairs: Pairs) -> NDArray[np.int64]:
        """For each plan the plan of least id in its group.

        A group is a conversation, near duplicates, and equal calls in sources that share rows (of
        which translations are one kind), and whatever of these hangs together.
        """
        by_id = np.lexsort((self.column("lo"), self.column("hi")))
        number = np.empty(self.count, np.int64)
        number[by_id] = np.arange(self.count)
        talks = near.least(self.column("talk")[by_id])
        shared = near.least(self._shared()[by_id])
        some, others = near.ends(pairs)
        links = ((number[some], number[others]), (np.arange(self.count), shared))
        return by_id[near.connected(talks, links)[number]]

    def _shared(self) -> NDArray[np.uint64]:
        """A key of the calls within an overlap group, 0 for plans outside of any."""
        names = [
            int.from_bytes(
                hashlib.blake2b(chunk.overlap.encode(), digest_size=8).digest(), "little"
            )
            if chunk.overlap
            else 0
            for chunk in self._chunks
        ]
        sizes = [len(rows) for rows in self._rows]
        overlap = np.repeat(np.array(names, np.uint64), sizes)[self._order]
        calls = self.column("calls")
        return np.where((overlap != 0) & (calls != 0), calls ^ overlap, np.uint64(0))

    def mark(self, fates: Sequence[Fates], out: NDArray[np.bool_], reason: Reason) -> None:
        """Sends plans out for a reason."""
        for mine, rows, said in zip(fates, self._rows, self._split(out), strict=True):
            mine[rows[said]] = fate(reason)

    def named(self, plans: NDArray[np.int64]) -> list[Named]:
        """The ids of the plans that are named for each plan, by chunk; those for which it is NONE left out."""
        ids = np.zeros(self.count, ID)
        known = plans != NONE
        for name in ("hi", "lo"):
            ids[name][known] = self.column(name)[plans[known]]
        pieces = zip(self._rows, self._split(known), self._split(ids), strict=True)
        return [Named(rows[mine], some[mine]) for rows, mine, some in pieces]

    def _split(self, values: NDArray[Any]) -> list[NDArray[Any]]:
        """Values in the order of rank, cut into those of each chunk."""
        back = np.empty_like(values)
        back[self._order] = values
        return np.split(back, self._ends[:-1]) if self._chunks else []
