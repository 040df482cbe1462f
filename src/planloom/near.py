"""Near-duplicate requests: signatures by MinHash, and the pairs that a common bucket shows.

Signatures are rensa's R-MinHash over the five-character grams of a request, letters and digits only;
two-character grams in scripts without spaces between words. Only plans with equal calls, equal
numbers and equal other turns can be near duplicates: that is what `alike` hashes.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib import metadata
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash  # type: ignore[import-untyped]

from planloom.hashes import PRIME, mixed
from planloom.plan import ExecutionPlan, ordered

VERSION = metadata.version("rensa")
PERMUTATIONS, BANDS = 128, 16
SEED = 1
GRAM, WIDE_GRAM = 5, 2
PADDING = "\0" * GRAM
BATCH = 32  # texts at once: more do not fit the processor's cache
LETTERS = 2_000  # of a longer request the beginning and the end count
REACH = 16  # how many better plans of a bucket, besides the best, a plan is compared with
WIDE = ((0x0E00, 0x0E7F), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7AF))
STRIDE = 100_000
EDITS = 4  # words added and taken away: long texts may share an instruction and still ask for two things
TEMPLATE = 500
_VARIABLE = re.compile(r"""\"[^\"]*\"|'[^']*'|\b[A-Z]\w*|\w*\d[\w.,:/-]*""")
_WIDE = "".join(f"{chr(low)}-{chr(high)}" for low, high in WIDE)
_WORDS = re.compile(f"[{_WIDE}]|[^\\W{_WIDE}]+")
_NUMBER = re.compile(r"\d+")


class Signatures(NamedTuple):
    """Of each plan the low bytes of its MinHash (n x 128), and its buckets (16 x n)."""

    low: NDArray[np.uint8]
    buckets: NDArray[np.uint32]


def signatures(requests: Sequence[str]) -> Signatures:
    """The signatures of requests, in their order."""
    parts = [_rows(requests[start : start + BATCH]) for start in range(0, len(requests), BATCH)]
    rows = np.concatenate([np.empty((0, PERMUTATIONS), np.uint32), *parts])
    bands = rows.reshape(len(requests), BANDS, PERMUTATIONS // BANDS).astype(np.uint64)
    folded = np.zeros(bands.shape[:2], np.uint64)
    for column in range(bands.shape[2]):
        folded = mixed(folded * PRIME + bands[:, :, column])
    low = (rows & 0xFF).astype(np.uint8)
    return Signatures(low, np.ascontiguousarray(folded.T.astype(np.uint32)))


def _rows(requests: Sequence[str]) -> NDArray[np.uint32]:
    hashes, offsets = grams(requests)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, PERMUTATIONS, SEED)
    return np.array(matrix.to_rows(), np.uint32)


def grams(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The hashes of the grams of all texts, and where those of each text begin and end."""
    joined = "".join(f"{_shortened(text)}{PADDING}" for text in texts).casefold()
    points = np.frombuffer(joined.encode("utf-32-le", "replace"), "<u4")
    kind = _kinds()[np.minimum(points, 0xFFFF)]
    keep = kind != SPACE  # a space stands between two letters or not at all
    keep[1:] = (kind[1:] != SPACE) | ((kind[:-1] != SPACE) & (kind[:-1] != END))
    points, kind = points[keep], kind[keep]
    keep = np.ones(len(points), bool)
    keep[:-1] = (kind[:-1] != SPACE) | (kind[1:] != END)
    points, kind = points[keep].astype(np.uint64), kind[keep]
    points[kind == SPACE] = 32
    hashes = _windows(points, GRAM)
    if (wide := kind == WIDE_LETTER).any():
        hashes[wide] = _windows(points, WIDE_GRAM)[wide]
    is_text = kind != END
    ends = np.cumsum(is_text)[np.flatnonzero(~is_text)[GRAM - 1 :: GRAM]]
    return mixed(hashes[is_text]), np.concatenate([[0], ends]).astype(np.uint64)


def _shortened(text: str) -> str:
    text = text.replace("\0", " ")
    return text if len(text) <= LETTERS else f"{text[: LETTERS // 2]} {text[-LETTERS // 2 :]}"


SPACE, LETTER, WIDE_LETTER, END = 0, 1, 2, 3


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """The kind of each character of the basic plane; all others are letters."""
    kinds = np.array([chr(point).isalnum() for point in range(0x10000)], np.uint8)
    for low, high in WIDE:
        kinds[low : high + 1] *= WIDE_LETTER
    kinds[0], kinds[0xFFFF] = END, LETTER
    return kinds


def _windows(points: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:
    """A polynomial hash of the characters from each one on; behind the end there are zeros."""
    total = np.zeros(len(points), np.uint64)
    for offset in range(size):
        total *= PRIME
        total[: len(points) - offset] += points[offset:]
    return total


def alike(plan: ExecutionPlan) -> int:
    """A hash of what near duplicates have in common: calls, numbers of the request, other turns."""
    others = [turn.casefold() for turn in plan.user_turns if turn != plan.request]
    numbers = _NUMBER.findall(plan.request)
    return hashed([calls_of(plan), numbers, len(plan.user_turns), others])


def calls_of(plan: ExecutionPlan) -> list[Any]:
    """The calls in step order, in one spelling."""
    deeds = ordered((n.step, n.kind, n.tool, n.arguments) for n in plan.nodes if n.kind == "call")
    return [[step, tool, msgspec.Raw(arguments)] for step, _, tool, arguments in deeds]


def template(plan: ExecutionPlan) -> int:
    """A hash of what template siblings have in common.

    The tools in their steps, and the request without names, numbers, quotations and the texts that
    the calls took from it.
    """
    text = plan.request[:TEMPLATE]
    for node in plan.nodes:
        for value in node.arguments.values():
            if isinstance(value, str) and 2 < len(value) < len(text):
                text = text.replace(value, "_")
    words = _VARIABLE.sub("_", text).casefold().split()
    return hashed([[(n.step, n.tool) for n in plan.nodes], len(plan.user_turns), words])


def hashed(value: Any) -> int:
    """64 bits of a value."""
    data = msgspec.json.encode(value)
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


def pairs(
    band: Callable[[int], NDArray[np.uint64]],
    low: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
    least: float,
) -> Iterator[Pairs]:
    """Verified pairs (worse, better) of plans that are numbered by rank, the best first.

    `band` gives the bucket of each plan, `low` the signatures of some. In a bucket a plan is compared
    with the best one and with the REACH plans before it.
    """
    shares = np.zeros(len(band(0)), bool)
    for number in range(BANDS):
        shares[_crowded(band(number))] = True
    sharing = np.flatnonzero(shares)
    known = low(sharing)
    for number in range(BANDS):
        order, first = _sorted(band(number)[sharing])
        crowded = np.flatnonzero(first != np.arange(len(first)))
        for offset in range(REACH + 1):
            others = crowded - offset if offset else first[crowded]
            fits = others >= first[crowded]
            worse, better = order[crowded[fits]], order[others[fits]]
            same = similarity(known, worse, better) >= least
            yield sharing[worse[same]], sharing[better[same]]


def _sorted(buckets: NDArray[np.uint64]) -> Pairs:
    """The order by bucket, and where in it the bucket of each plan begins."""
    order = np.argsort(buckets, kind="stable")
    keys = buckets[order]
    starts = np.ones(len(keys), bool)
    starts[1:] = keys[1:] != keys[:-1]
    return order, np.maximum.accumulate(np.where(starts, np.arange(len(keys)), 0))


def _crowded(buckets: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The plans that are not alone in their bucket."""
    order, first = _sorted(buckets)
    sizes = np.bincount(first, minlength=len(first))[first]
    return order[sizes > 1]


def similarity(
    low: NDArray[np.uint8], some: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The estimated Jaccard similarity of pairs; one byte in 256 is equal by chance."""
    found = np.empty(len(some))
    for start in range(0, len(some), STRIDE):
        a, b = some[start : start + STRIDE], others[start : start + STRIDE]
        found[start : start + STRIDE] = (low[a] == low[b]).mean(axis=1)
    return (found - 1 / 256) / (1 - 1 / 256)


def words(text: str) -> Counter[str]:
    """The words of a request, how often each; a character of a script without spaces is a word."""
    return Counter(_WORDS.findall(text.casefold()))


def is_edit(some: Counter[str], other: Counter[str]) -> bool:
    """Whether a few words make all the difference, however much the texts have in common."""
    return (some - other).total() + (other - some).total() <= EDITS


def bucket(buckets: NDArray[np.uint32], alike_: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Only plans that are alike share a bucket."""
    return mixed(alike_ ^ (buckets.astype(np.uint64) * PRIME))


def connected(count: int, links: Sequence[Pairs]) -> NDArray[np.int64]:
    """For each of `count` plans the least number of those it is linked with, directly or not."""
    labels = np.arange(count)
    while True:
        before = labels.copy()
        for some, others in links:
            least = np.minimum(labels[some], labels[others])
            np.minimum.at(labels, some, least)
            np.minimum.at(labels, others, least)
        labels = labels[labels]
        if np.array_equal(before, labels):
            return labels


def equal(keys: NDArray[np.uint64]) -> Pairs:
    """Links between plans of the same key, 0 meaning none."""
    order = np.argsort(keys, kind="stable")
    order = order[np.searchsorted(keys[order], np.uint64(1)) :]
    same = keys[order[1:]] == keys[order[:-1]]
    return order[1:][same], order[:-1][same]
