"""Which of equal or alike plans stays: a total order, so that the answer depends on nothing but content.

Works on the index files of the slices. Equal plans are compared one range of ids at a time.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planloom.errors import Reason
from planloom.hashes import begins
from planloom.indexed import KEPT, SIDE, Deduped, Fates, Indexed, fate
from planloom.kin import NO_PAIRS, NONE, Live
from planloom.recipe import Dedup

RANGE = 1_000_000


def dedup(chunks: Sequence[Indexed], wanted: Dedup) -> Deduped:
    """Equal plans, beginnings of longer dialogues, rows of one task, near duplicates, templates."""
    fates = [np.where(chunk.index["label"] == 0, KEPT, SIDE).astype(np.uint8) for chunk in chunks]
    also_in: dict[tuple[int, int], tuple[str, ...]] = {}
    for low, high in _ranges(chunks) if chunks else ():
        _equal(chunks, fates, also_in, low, high)
    for part in dict.fromkeys((chunk.source, chunk.part) for chunk in chunks):
        mine = [n for n, chunk in enumerate(chunks) if (chunk.source, chunk.part) == part]
        _prefixes(chunks, fates, mine)
    for source in dict.fromkeys(chunk.source for chunk in chunks if chunk.unique):
        mine = [n for n, chunk in enumerate(chunks) if chunk.source == source and chunk.unique]
        _same_task(chunks, fates, mine)
    live = Live(chunks, fates)
    pairs = live.near(wanted.near_duplicates) if wanted.near_duplicates else NO_PAIRS
    because = live.repeated(pairs)
    live.mark(fates, because != NONE, Reason.near_duplicate)
    if wanted.template_cap:
        live.mark(fates, live.over(wanted.template_cap, because != NONE), Reason.template_cap)
    return Deduped(fates, also_in, live.named(live.groups(pairs)), live.named(because))


def joined(
    real: Sequence[Indexed], first: Deduped, made: Sequence[Indexed], second: Deduped
) -> Deduped:
    """What was compared among real plans, and what among made ones; of equal plans the real one stays."""
    if not made:
        return first
    halves = np.unique(np.concatenate([chunk.index["hi"] for chunk in made]))
    there = {
        (int(row["hi"]), int(row["lo"]))
        for chunk in real
        for row in chunk.index[np.isin(chunk.index["hi"], halves)]
    }
    for chunk, fates in zip(made, second.fates, strict=True) if there else ():
        equal = np.array([pair in there for pair in chunk.index[["hi", "lo"]].tolist()])
        fates[equal & (fates == KEPT)] = fate(Reason.duplicate)
    return Deduped(
        [*first.fates, *second.fates],
        first.also_in,
        [*first.groups, *second.groups],
        [*first.because, *second.because],
    )


def _ranges(chunks: Sequence[Indexed]) -> Iterator[tuple[int, int]]:
    """Ranges of the first half of the ids, each with about RANGE plans."""
    count = 1 + sum(chunk.size for chunk in chunks) // RANGE
    bounds = [(1 << 64) * k // count for k in range(count + 1)]
    yield from pairwise(bounds)


def _equal(
    chunks: Sequence[Indexed],
    fates: list[Fates],
    also_in: dict[tuple[int, int], tuple[str, ...]],
    low: int,
    high: int,
) -> None:
    """Among equal plans the least of (use, evidence, recipe order, file, at) stays.

    Results rank within evidence: a plan with results is `observed`. If any copy is not benign,
    none is.
    """
    pieces, chunk_of, row_of = [], [], []
    for number, chunk in enumerate(chunks):
        ids = chunk.index["hi"]
        start = int(np.searchsorted(ids, np.uint64(low)))
        stop = len(ids) if high >> 64 else int(np.searchsorted(ids, np.uint64(high)))
        pieces.append(chunk.index[start:stop])
        chunk_of.append(np.full(stop - start, number, np.uint32))
        row_of.append(np.arange(start, stop, dtype=np.uint32))
    rows = np.concatenate(pieces)
    if not len(rows):
        return
    chunk_ids, row_ids = np.concatenate(chunk_of), np.concatenate(row_of)
    order = _ranked(rows, chunk_ids)
    rows, chunk_ids, row_ids = rows[order], chunk_ids[order], row_ids[order]
    first = begins(rows["hi"], rows["lo"])
    starts = np.flatnonzero(first)
    worst = np.repeat(np.maximum.reduceat(rows["label"], starts), np.diff([*starts, len(rows)]))
    benign = rows["label"] == 0
    code = np.where(first, KEPT, fate(Reason.duplicate)).astype(np.uint8)
    code[worst == 1] = fate(Reason.unlabelled)
    code[worst == 2] = fate(Reason.flagged)
    for number in np.unique(chunk_ids[benign]):
        mine = benign & (chunk_ids == number)
        fates[number][row_ids[mine]] = code[mine]
    names = sorted({chunk.source for chunk in chunks})
    source = np.array([names.index(chunk.source) for chunk in chunks])[chunk_ids]
    apart = np.minimum.reduceat(source, starts) != np.maximum.reduceat(source, starts)
    ends = np.append(starts[1:], len(rows))
    for start, end in zip(starts[apart].tolist(), ends[apart].tolist(), strict=True):
        others = {names[n] for n in source[start:end].tolist()} - {names[source[start]]}
        also_in[int(chunk_ids[start]), int(row_ids[start])] = tuple(sorted(others))


def _ranked(rows: Any, chunk_ids: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The order by id and rank; most ids are there once, and only the others are compared."""
    ids = np.ascontiguousarray(rows["hi"])
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    new = begins(ids)
    at = np.flatnonzero(~new | ~np.append(new[1:], True))
    some, chunk = rows[order[at]], chunk_ids[order[at]]
    keys = (some["at"], chunk, some["evidence"], some["use"], some["lo"], some["hi"])
    order[at] = order[at][np.lexsort(keys)]
    return order


def _prefixes(chunks: Sequence[Indexed], fates: list[Fates], mine: list[int]) -> None:
    """A dialogue with which a longer one of the same part begins leaves, if the longer one is in."""
    beginnings = np.sort(np.concatenate([_beginnings(chunks[n], fates[n]) for n in mine]))
    if not len(beginnings):
        return
    for n in mine:
        whole = chunks[n].index["whole"]
        rows = np.flatnonzero((fates[n] == KEPT) & (whole != 0))
        at = np.searchsorted(beginnings, whole[rows])
        gone = rows[beginnings[np.minimum(at, len(beginnings) - 1)] == whole[rows]]
        fates[n][gone] = fate(Reason.prefix_of_longer)


def _beginnings(chunk: Indexed, fates: Fates) -> NDArray[np.uint64]:
    """Those of the dialogues that are in, or of which an equal one is."""
    known = chunk.prefixes
    if chunk.only is not None or not len(known):
        return np.ascontiguousarray(known["hash"])
    fate_of = fates[known["row"]]
    is_in = (fate_of == KEPT) | (fate_of == fate(Reason.duplicate))
    return np.ascontiguousarray(known["hash"][is_in])


def _same_task(chunks: Sequence[Indexed], fates: list[Fates], mine: list[int]) -> None:
    """Of the rows of a source that solve one task, whatever their part, the winner stays."""
    live = [np.flatnonzero((fates[n] == KEPT) & (chunks[n].index["task"] != 0)) for n in mine]
    rows = np.concatenate([chunks[n].index[at] for n, at in zip(mine, live, strict=True)])
    chunk_ids = np.repeat(np.array(mine, np.uint32), [len(at) for at in live])
    row_ids = np.concatenate(live)
    order = np.lexsort((rows["at"], chunk_ids, rows["evidence"], rows["use"], rows["task"]))
    tasks = rows["task"][order]
    again = order[1:][tasks[1:] == tasks[:-1]]
    for n in mine:
        fates[n][row_ids[again[chunk_ids[again] == n]]] = fate(Reason.same_task)
