"""Texts as hashed words, so that a text is found again however its case, spaces and punctuation changed.

Words are runs of letters and digits, folded in case and Unicode form; a character of a script
without spaces is a word. All texts of a batch are hashed at once: this runs over every row.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.hashes import PRIME, mixed

Hashes = NDArray[np.uint64]

GRAM = 5
_PADDING = bytes(32)
_SPACES = bytes(b if b >= 0x80 or chr(b).isalnum() else 0 for b in range(256))
_LETTER = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_OTHER = re.compile(r"[^\w\x00-\x7f]+")
_EIGHT = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)
_FACTORS = tuple(np.uint64(pow(int(PRIME), n, 1 << 64)) for n in range(64))


class Words(NamedTuple):
    """The hashes of the words of all texts; `bounds` tell where each text begins, and the end."""

    hashes: Hashes
    bounds: NDArray[np.int64]


def plain(text: str) -> str:
    """The text folded; what is no letter or digit stays only where it is ASCII."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    return _OTHER.sub(" ", _LETTER.sub(r" \g<0> ", text))


def words(texts: Sequence[str]) -> Words:
    """The words of texts. Of a word beyond 24 bytes the middle does not count."""
    encoded = [plain(text).encode("utf-8", "replace") for text in texts]
    joined = b"\0".join([*encoded, _PADDING]).translate(_SPACES)
    letters = np.frombuffer(joined, np.uint8) != 0
    turns = np.flatnonzero(letters[1:] != letters[:-1]) + 1
    if letters[0]:
        turns = np.concatenate([[0], turns])
    starts, stops = turns[::2], turns[1::2]
    sizes = np.array([len(part) + 1 for part in encoded], np.int64)
    bounds = np.searchsorted(starts, np.concatenate([[0], np.cumsum(sizes)]))
    return Words(_hashed(joined, starts, stops), bounds)


def _hashed(joined: bytes, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> Hashes:
    """A hash of each word: of its first sixteen bytes, its last eight and its length."""
    eights = np.ndarray((len(joined) - 7,), "<u8", joined, strides=(1,))
    sizes = stops - starts
    total = (eights[starts] & _EIGHT[np.minimum(sizes, 8)]) * _FACTORS[3]
    if len(long := np.flatnonzero(sizes > 8)):
        start, stop, size = starts[long], stops[long], sizes[long]
        total[long] += (eights[start + 8] & _EIGHT[np.minimum(size - 8, 8)]) * _FACTORS[2]
        total[long] += eights[stop - 8] * _FACTORS[1]
    return mixed(total + sizes.astype(np.uint64))


def wholes(known: Words) -> Hashes:
    """A hash of all the words of each text in their order; 0 for a text without words."""
    hashes, bounds = known
    sizes = np.diff(bounds)
    full = np.flatnonzero(sizes)
    found = np.zeros(len(sizes), np.uint64)
    if len(full):
        place = np.arange(len(hashes)) - np.repeat(bounds[:-1], sizes)
        marked = mixed(hashes + place.astype(np.uint64) * PRIME)
        found[full] = np.add.reduceat(marked, bounds[full])
    return found


def grams(known: Words, size: int = GRAM) -> Hashes:
    """A hash of the words from each one on; one that reaches into the next text means nothing."""
    hashes = known.hashes
    count = max(len(hashes) - size + 1, 0)
    total = np.zeros(count, np.uint64)
    for offset in range(size):
        total += hashes[offset : offset + count] * _FACTORS[offset]
    return mixed(total)
