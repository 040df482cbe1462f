"""Near-duplicate requests: which pairs of plans may be some, and which are.

A pair is one number: the worse plan in the upper half, the better one in the lower half. Plans are
numbered by rank, the best first.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from planloom import signatures
from planloom.hashes import PRIME, begins, firsts, mixed
from planloom.signatures import BANDS, LONG

REACH = 16  # how many better plans of a bucket, besides the best, a plan is compared with
EDITS = 4  # words added and taken away: long texts may share an instruction and still ask for two things
STRIDE = 500_000  # pairs whose sketches are compared at once
THREADS = 2
LETTERS_AT_ONCE = 500_000
TEXTS = 500  # whose words are hashed at once
HALF = np.uint64(32)

Done = TypeVar("Done")

Pairs = NDArray[np.uint64]
Links = tuple[NDArray[np.int64], NDArray[np.int64]]


def packed(worse: NDArray[np.int64], better: NDArray[np.int64]) -> Pairs:
    return worse.astype(np.uint64) << HALF | better.astype(np.uint64)


def ends(pairs: Pairs) -> Links:
    """The worse and the better plan of each pair."""
    low = pairs & np.uint64((1 << 32) - 1)
    return (pairs >> HALF).astype(np.int64), low.astype(np.int64)


def candidates(
    alike: NDArray[np.uint64],
    buckets: Callable[[int], NDArray[np.uint32]],
    sketches: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
) -> Pairs:
    """Pairs of plans that are alike, share a bucket, and may be edits by their sketches; each once.

    `buckets` gives the bucket of each plan in a band, `sketches` the sketches of some plans. In a
    bucket a plan is compared with the best one and with the REACH plans before it.
    """
    shares = np.zeros(len(alike), bool)

    def share(band: int) -> None:
        order, first = _sorted(_keys(alike, buckets(band)))
        shares[order[np.bincount(first, minlength=len(first))[first] > 1]] = True

    in_threads(share, range(BANDS))
    sharing = np.flatnonzero(shares)
    few, known = alike[sharing], sketches(sharing)

    def compare(band: int) -> Pairs:
        order, first = _sorted(_keys(few, buckets(band)[sharing]))
        return _once(_compared(order, first, few, known))

    worse, better = ends(_once(in_threads(compare, range(BANDS))))
    return packed(sharing[worse], sharing[better])


def in_threads(work: Callable[[int], Done], numbers: Iterable[int]) -> list[Done]:
    """The results in order. NumPy lets threads run at once; each holds its arrays, so they are few."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, numbers))


def _once(pieces: Sequence[Pairs]) -> Pairs:
    pairs = np.concatenate(pieces)
    pairs.sort()
    return pairs[begins(pairs)]


def _compared(
    order: NDArray[np.int64],
    first: NDArray[np.int64],
    alike: NDArray[np.uint64],
    sketches: NDArray[np.uint8],
) -> list[Pairs]:
    found = []
    crowded = np.flatnonzero(first != np.arange(len(first)))
    for offset in range(REACH + 1):
        others = crowded - offset if offset else first[crowded]
        fits = others >= first[crowded]
        worse, better = order[crowded[fits]], order[others[fits]]
        same = (worse != better) & (alike[worse] == alike[better])
        pairs = packed(worse[same], better[same])
        found.append(pairs[may_be_edits(sketches, *ends(pairs))])
    return found


def _keys(alike: NDArray[np.uint64], buckets: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Only plans that are alike share a bucket."""
    return mixed(alike ^ (buckets.astype(np.uint64) * PRIME))


def _sorted(keys: NDArray[np.uint64]) -> Links:
    """The order by bucket and rank, and where in it the bucket of each plan begins.

    The rank takes the place of the low bits of the key: sorting numbers is quicker than finding their order,
    and the few keys that then are equal are told apart by what is compared.
    """
    bits = np.uint64(len(keys).bit_length())
    keys = keys >> bits << bits | np.arange(len(keys), dtype=np.uint64)
    keys.sort()
    order = (keys & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    keys >>= bits
    return order, firsts(begins(keys))


def may_be_edits(
    sketches: NDArray[np.uint8], some: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which pairs do not differ in more than EDITS words by their sketches."""
    found = np.empty(len(some), bool)
    for start in range(0, len(some), STRIDE):
        a, b = (sketches[plans[start : start + STRIDE]] for plans in (some, others))
        far = (np.maximum(a, b) - np.minimum(a, b)).sum(axis=1, dtype=np.uint16)
        found[start : start + STRIDE] = (far <= EDITS) | (a[:, 0] == LONG) | (b[:, 0] == LONG)
    return found


def similarity(
    low: NDArray[np.uint8], some: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The estimated Jaccard similarity of pairs; one byte in 256 is equal by chance."""
    same: NDArray[np.float64] = (low[some] == low[others]).mean(axis=1)
    return (same - 1 / 256) / (1 - 1 / 256)


def are_edits(
    texts: Sequence[str], some: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which pairs of texts differ in at most EDITS words, however much they have in common."""
    parts = [_words(batch) for batch in _batches(texts)]
    hashes, sizes = (np.concatenate(side) for side in zip(*parts, strict=True))
    bounds = np.cumsum(sizes) - sizes
    froms = np.concatenate([bounds[some], bounds[others]])
    lengths = np.concatenate([sizes[some], sizes[others]])
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    word = hashes[np.repeat(froms, lengths) + within]
    pair = np.repeat(np.tile(np.arange(len(some), dtype=np.uint64), 2), lengths)
    side = (np.arange(len(word)) >= sizes[some].sum()).astype(np.uint64)
    return _unmatched(pair, word, side, len(some)) <= EDITS


def _unmatched(
    pair: NDArray[np.uint64], word: NDArray[np.uint64], side: NDArray[np.uint64], count: int
) -> NDArray[Any]:
    """How many words of each pair are on one side (0 or 1) only.

    Sorted by one number: the pair, as many bits of the word as there is room for, the side.
    """
    one, bits = np.uint64(1), np.uint64(count.bit_length())
    key = pair << (np.uint64(64) - bits) | (word >> bits & ~one) | side
    key.sort()
    at = np.flatnonzero(begins(key >> one))
    signs = np.where(key & one, 1, -1)
    more = abs(np.add.reduceat(signs, at)) if len(at) else signs
    return np.bincount((key[at] >> (np.uint64(64) - bits)).astype(np.int64), more, count)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (size + len(text) > LETTERS_AT_ONCE or len(batch) == TEXTS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    yield batch


def _words(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The hashes of all words, and how many of them are those of each text."""
    hashes, bounds = signatures.words(signatures.letters(texts, whole=True))
    return hashes, np.diff(bounds)


def least(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each plan the least number of those with the same key; 0 is no key."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    found = np.empty(len(keys), np.int64)
    found[order] = order[firsts(begins(ranked) | (ranked == 0))]
    return found


def connected(labels: NDArray[np.int64], links: Sequence[Links]) -> NDArray[np.int64]:
    """For each plan the least number of those it is linked with, directly or not.

    `labels` are the least numbers by links that are known already: most plans have no others.
    """
    some, others = (labels[np.concatenate(side)] for side in zip(*links, strict=True))
    apart = some != others
    ends, places = np.unique(np.concatenate([some[apart], others[apart]]), return_inverse=True)
    found = labels.copy()
    found[ends] = ends[_spread(len(ends), *np.split(places, 2))]
    return found[labels]


def _spread(count: int, some: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    labels = np.arange(count)
    while True:
        before = labels.copy()
        smaller = np.minimum(labels[some], labels[others])
        np.minimum.at(labels, some, smaller)
        np.minimum.at(labels, others, smaller)
        labels = labels[labels]
        if np.array_equal(before, labels):
            return labels
