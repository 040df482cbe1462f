"""Which plans meet the targets: those of least seeded hash, so that no order of arrival counts."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.chunks import CATEGORIES as ALL_CATEGORIES
from planloom.errors import Reason
from planloom.hashes import mixed
from planloom.indexed import KEPT, Fates, Indexed, fate
from planloom.recipe import CATEGORIES, Recipe, gold_room, target

SKELETON = 2
"""Code of the evidence `skeleton` in an index."""
GOLD = ALL_CATEGORIES.index("gold_traces")


class Cap(NamedTuple):
    """The most plans that may stay of those of a source, of a category, or without arguments."""

    most: int
    source: str | None = None
    category: str | None = None
    skeleton: bool = False


def caps(recipe: Recipe) -> Iterator[Cap]:
    """What bounds a corpus, in the order in which it applies."""
    for source, wanted in recipe.sources.items():
        if wanted.max is not None:
            yield Cap(wanted.max, source=source)
    yield Cap(recipe.skeleton_max, skeleton=True)
    for category in CATEGORIES:
        yield Cap(target(recipe, category), category=category)


def room(chunks: Sequence[Indexed], fates: Sequence[Fates], recipe: Recipe) -> int:
    """The gold traces that real plans leave room for."""
    kept = sum(
        int(((mine == KEPT) & (chunk.index["category"] != GOLD)).sum())
        for chunk, mine in zip(chunks, fates, strict=True)
    )
    return gold_room(recipe.gold_max, recipe.goal, kept)


def mix(chunks: Sequence[Indexed], fates: list[Fates], recipe: Recipe) -> None:
    """Marks what is over a maximum or a target: per source, then per category over all sources."""
    for _ in applied(chunks, fates, recipe):
        pass


def applied(chunks: Sequence[Indexed], fates: list[Fates], recipe: Recipe) -> Iterator[Cap]:
    """The bounds, each after what is over it was marked."""
    hashes = [_seeded(chunk, recipe.seed) for chunk in chunks]
    for cap in _with_gold(chunks, fates, recipe):
        mine = [(fates[n] == KEPT) & _under(cap, chunk) for n, chunk in enumerate(chunks)]
        _cap(hashes, fates, mine, cap.most)
        yield cap


def _with_gold(chunks: Sequence[Indexed], fates: Sequence[Fates], recipe: Recipe) -> Iterator[Cap]:
    """The caps of real plans, and when these have been applied that of gold traces."""
    yield from caps(recipe)
    yield Cap(room(chunks, fates, recipe), category="gold_traces")


def over(
    chunks: Sequence[Indexed], fates: Sequence[Fates], recipe: Recipe, chunk: int, row: int
) -> Cap | None:
    """The bound that a plan was over, found by mixing again."""
    again = [np.where(mine == fate(Reason.over_target), KEPT, mine) for mine in fates]
    for cap in applied(chunks, again, recipe):
        if again[chunk][row] != KEPT:
            return cap
    return None


def _under(cap: Cap, chunk: Indexed) -> NDArray[np.bool_]:
    if cap.skeleton:
        return np.asarray(chunk.index["evidence"] == SKELETON)
    if cap.source is not None:
        return np.full(chunk.size, chunk.source == cap.source)
    names: tuple[str | None, ...] = ALL_CATEGORIES
    return np.asarray(chunk.index["category"] == names.index(cap.category))


def _cap(
    hashes: list[NDArray[np.uint64]],
    fates: list[Fates],
    candidates: list[NDArray[np.bool_]],
    most: int,
) -> None:
    """Keeps the `most` candidates of least hash."""
    total = sum(int(mask.sum()) for mask in candidates)
    if total <= most:
        return
    pool = np.concatenate([h[mask] for h, mask in zip(hashes, candidates, strict=True)])
    dropped = np.ones(total, bool)
    dropped[np.argsort(pool, kind="stable")[:most]] = False
    end = 0
    for number, mask in enumerate(candidates):
        start, end = end, end + int(mask.sum())
        fates[number][np.flatnonzero(mask)[dropped[start:end]]] = fate(Reason.over_target)


def _seeded(chunk: Indexed, seed: int) -> NDArray[np.uint64]:
    """A hash of id and seed: the finaliser of SplitMix64 over both halves of the id."""
    with np.errstate(over="ignore"):
        key = np.uint64((seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % (1 << 64))
        return mixed(mixed(chunk.index["hi"] ^ key) ^ chunk.index["lo"])
