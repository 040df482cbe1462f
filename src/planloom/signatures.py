"""What a plan is compared by: the MinHash signature of its request, and hashes of what it has in common with others.

Signatures are rensa's R-MinHash over the five-character grams of a request, letters and digits only;
two-character grams in scripts without spaces between words. Only plans with equal calls, equal
numbers and equal other turns can be near duplicates: that is what `alike` hashes.
"""

import hashlib
import re
from collections.abc import Sequence
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
SKETCH, LONG = 32, 255
LETTERS = 2_000  # of a longer request the beginning and the end count
WIDE = ((0x0E00, 0x0E7F), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7AF))
TEMPLATE = 500
_VARIABLE = re.compile(r"""\"[^\"]*\"|'[^']*'|\b(?:[A-Z]\w*|[^\W\d]*+\d[\w.,:/-]*)""")
_NUMBER = re.compile(r"\d+")


class Signatures(NamedTuple):
    """Of each plan the low bytes of its MinHash (n x 128), its buckets (16 x n), and its sketch (n x 32).

    A sketch counts the words by their hashes, so that two requests differ in at least as many words as
    their sketches; that of a request longer than LETTERS is all LONG.
    """

    low: NDArray[np.uint8]
    buckets: NDArray[np.uint32]
    sketches: NDArray[np.uint8]


class Letters(NamedTuple):
    """The characters of texts, case-folded: letters, digits, one space between any two words.

    `ends` tells where each text ends.
    """

    points: NDArray[np.uint64]
    kinds: NDArray[np.uint8]
    ends: NDArray[np.int64]


def signatures(requests: Sequence[str]) -> Signatures:
    """The signatures of requests, in their order."""
    batches = [requests[start : start + BATCH] for start in range(0, len(requests), BATCH)]
    parts = [(_rows(known := letters(batch)), _sketches(known, batch)) for batch in batches]
    rows = np.concatenate([np.empty((0, PERMUTATIONS), np.uint32), *(row for row, _ in parts)])
    sketches = np.concatenate([np.empty((0, SKETCH), np.uint8), *(sketch for _, sketch in parts)])
    bands = rows.reshape(len(requests), BANDS, PERMUTATIONS // BANDS).astype(np.uint64)
    folded = np.zeros(bands.shape[:2], np.uint64)
    for column in range(bands.shape[2]):
        folded = mixed(folded * PRIME + bands[:, :, column])
    low = (rows & 0xFF).astype(np.uint8)
    return Signatures(low, np.ascontiguousarray(folded.T.astype(np.uint32)), sketches)


def _rows(known: Letters) -> NDArray[np.uint32]:
    hashes, offsets = grams(known)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, PERMUTATIONS, SEED)
    return np.array(matrix.to_rows(), np.uint32)


def _sketches(known: Letters, texts: Sequence[str]) -> NDArray[np.uint8]:
    hashes, offsets = words(known)
    text = np.repeat(np.arange(len(texts)), np.diff(offsets))
    places = text * SKETCH + (hashes % SKETCH).astype(np.int64)
    counts = np.bincount(places, minlength=len(texts) * SKETCH).reshape(len(texts), SKETCH)
    counts[[len(text) > LETTERS for text in texts]] = LONG
    return np.minimum(counts, LONG).astype(np.uint8)


def letters(texts: Sequence[str], *, whole: bool = False) -> Letters:
    """The characters that count; of long texts beginning and end, unless the `whole` is wanted."""
    texts = [text.replace("\0", " ") if whole else _shortened(text) for text in texts]
    joined = "".join(f"{text}{PADDING}" for text in texts).casefold()
    points = np.frombuffer(joined.encode("utf-32-le", "replace"), "<u4")
    kinds = _kinds()[np.minimum(points, 0xFFFF)]
    keep = kinds != SPACE  # a space stands between two letters or not at all
    keep[1:] = (kinds[1:] != SPACE) | ((kinds[:-1] != SPACE) & (kinds[:-1] != END))
    points, kinds = points[keep], kinds[keep]
    keep = np.ones(len(points), bool)
    keep[:-1] = (kinds[:-1] != SPACE) | (kinds[1:] != END)
    points, kinds = points[keep].astype(np.uint64), kinds[keep]
    points[kinds == SPACE] = 32
    return Letters(points, kinds, np.flatnonzero(kinds == END)[::GRAM])


def grams(known: Letters) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The hashes of the grams of all texts, and where those of each text begin and end."""
    points, kinds, ends = known
    hashes = _windows(points, GRAM)
    if (wide := kinds == WIDE_LETTER).any():
        hashes[wide] = _windows(points, WIDE_GRAM)[wide]
    ends = ends - GRAM * np.arange(len(ends))
    return mixed(hashes[kinds != END]), np.concatenate([[0], ends]).astype(np.uint64)


def words(known: Letters) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The hashes of the words of all texts, and where those of each text begin and end.

    A letter of a script without spaces is a word.
    """
    points, kinds, ends = known
    begins = kinds == WIDE_LETTER
    begins[:1] |= kinds[:1] == LETTER
    begins[1:] |= (kinds[1:] == LETTER) & (kinds[:-1] != LETTER)
    starts = np.flatnonzero(begins)
    powers, inverses = _powers(1 << len(points).bit_length())
    letter = np.where(kinds >= LETTER, points, 0) * powers[: len(points)]
    hashes = np.add.reduceat(letter, starts) * inverses[starts] if len(starts) else letter[:0]
    return mixed(hashes), np.concatenate([[0], np.searchsorted(starts, ends)])


@lru_cache(maxsize=4)
def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The powers of PRIME and of its inverse modulo 2**64."""
    inverse = np.uint64(pow(int(PRIME), -1, 1 << 64))
    bases = (np.full(count, base) for base in (PRIME, inverse))
    powers, inverses = (
        np.cumprod(base) * pow_inverse
        for base, pow_inverse in zip(bases, (inverse, PRIME), strict=True)
    )
    return powers, inverses


def _shortened(text: str) -> str:
    text = text.replace("\0", " ")
    return text if len(text) <= LETTERS else f"{text[: LETTERS // 2]} {text[-LETTERS // 2 :]}"


SPACE, END, LETTER, WIDE_LETTER = 0, 1, 2, 3


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """The kind of each character of the basic plane; all others are letters."""
    kinds = np.array([LETTER * chr(point).isalnum() for point in range(0x10000)], np.uint8)
    for low, high in WIDE:
        kinds[low : high + 1][kinds[low : high + 1] == LETTER] = WIDE_LETTER
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
