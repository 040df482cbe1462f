"""Which plans meet the targets: those of least seeded hash, so that no order of arrival counts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planloom.dedup import KEPT, Fates, Indexed, fate
from planloom.errors import Reason
from planloom.recipe import CATEGORIES, Recipe, target

SKELETON = 2
"""Code of the evidence `skeleton` in an index."""


def mix(chunks: Sequence[Indexed], fates: list[Fates], recipe: Recipe) -> None:
    """Marks what is over a maximum or a target: per source, then per category over all sources."""
    hashes = [_seeded(chunk, recipe.seed) for chunk in chunks]
    for source, wanted in recipe.sources.items():
        mine = [fates[n] == KEPT if s.source == source else _none(s) for n, s in enumerate(chunks)]
        if wanted.max is not None:
            _cap(hashes, fates, mine, wanted.max)
    skeletons = [
        (fates[n] == KEPT) & (chunk.index["evidence"] == SKELETON) for n, chunk in enumerate(chunks)
    ]
    _cap(hashes, fates, skeletons, recipe.skeleton_max)
    for code, category in enumerate(CATEGORIES):
        mine = [(fates[n] == KEPT) & (s.index["category"] == code) for n, s in enumerate(chunks)]
        _cap(hashes, fates, mine, target(recipe, category))


def _none(chunk: Indexed) -> NDArray[np.bool_]:
    return np.zeros(len(chunk.index), bool)


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
        return _mixed(_mixed(chunk.index["hi"] ^ key) ^ chunk.index["lo"])


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
