"""Is a value in a text, and does it say anything that it is?"""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import accumulate

from planloom.lift.leaves import MAX_TEXT
from planloom.lift.spellings import BARE, dates_in, has_digit, keys, number_in, numbers_in, squeezed

MIN_LENGTH = 3
MAX_BOUND = 1_000  # the ends of a longer value need no look
MIN_NUMBER = 100
UBIQUITOUS = frozenset((
    "true", "false", "null", "none", "yes", "no", "ok", "okay", "success", "successful",
    "error", "failed", "done", "default", "unknown", "n/a", "all", "any", "new", "en", "usd",
))  # fmt: skip
_UP_TO_TWENTY = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
)  # fmt: skip
NUMBER_WORDS = {word: str(number) for number, word in enumerate(_UP_TO_TWENTY)}
_APART = frozenset(" \n\"'`:;!?()[]{}<>|/_-")  # joins nothing, and is the usual neighbour
_RUN = re.compile(r"[^\W_]+")
_ASCII_RUN = re.compile("[a-z0-9]+")
_TOKEN = re.compile(r"[^\s,;:=\"'`()\[\]{}<>|]+")


class Said:
    """What the user (or the system) wrote before a call."""

    def __init__(self, text: str) -> None:
        self._written = text[-MAX_TEXT:]  # what was said last counts most
        self.text = self._written.casefold()

    def __contains__(self, value: str) -> bool:
        """Whether the text says the value (in lower case), in this or another spelling."""
        if value in self.text and contains(self.text, value):
            return True
        for key in keys(value):  # noqa: SIM110 - `any` takes longer than what it asks
            if self._says(key):
                return True
        return False

    def abbreviates(self, code: str) -> bool:
        """Whether a code of capitals begins a name inside a sentence, as `ATL` does Atlanta."""
        if not (3 <= len(code) <= 5 and code.isalpha() and code.isupper()):
            return False
        return re.search(rf"[\w,] {code.capitalize()}[a-z]", self._written) is not None

    def _says(self, key: str) -> bool:
        if key.startswith(BARE):
            return self._holds(key[len(BARE) :])
        kind, value = key.split(":", 1)
        if kind == "number":
            return value in self._numbers
        year, _, date = value[:10].partition("-")
        on_the_day = (year, date) in self._dates or ("", date) in self._dates
        return on_the_day and (kind == "date" or value[11:].lstrip("0") in self.text)

    @cached_property
    def _dates(self) -> set[tuple[str, str]]:
        return {(year, date) for year, date, _ in dates_in(self.text)}

    @cached_property
    def _numbers(self) -> set[str]:
        words = NUMBER_WORDS.keys() & _ASCII_RUN.findall(self.text)
        return {*numbers_in(self.text), *(NUMBER_WORDS[word] for word in words)}

    @cached_property
    def _squeezed(self) -> str:
        return squeezed(self.text)

    @cached_property
    def _bounds(self) -> set[int]:
        """Where in the squeezed text each word begins; the end is one too."""
        return {0, *accumulate(map(len, _RUN.findall(self.text)))}

    def _holds(self, bare: str) -> bool:
        """Whether whole words, put together, are the value."""
        start = self._squeezed.find(bare)
        while start >= 0:
            if start in self._bounds and start + len(bare) in self._bounds:
                return True
            start = self._squeezed.find(bare, start + 1)
        return False


def contains(text: str, needle: str) -> bool:
    """Whether `needle` stands in `text`, not inside a longer ASCII word or number."""
    if not needle or len(needle) > MAX_BOUND:
        return bool(needle) and needle in text
    start = text.find(needle)
    while start >= 0:
        end = start + len(needle)
        if (
            not start
            or text[start - 1] in _APART
            or not _joins(text[start - 1], needle[0], text[start - 2 : start - 1])
        ) and (
            end == len(text)
            or text[end] in _APART
            or not _joins(text[end], needle[-1], text[end + 1 : end + 2])
        ):
            return True
        start = text.find(needle, start + 1)
    return False


def _joins(near: str, inside: str, beyond: str) -> bool:
    """Whether the character inside goes on outside, in the nearest and the one beyond."""
    if not (inside.isalnum() and inside.isascii()):
        return False
    if near in ".,":
        return inside.isdigit() and beyond.isdigit()
    return near.isalnum() and near.isascii()


def telling(text: str) -> bool:
    """Whether finding the value again says anything: not a short text, not a small number."""
    if len(text) < MIN_LENGTH or text in UBIQUITOUS:
        return False
    number = number_in(text)
    if number is None:
        return True
    value = float(number)
    return abs(value) >= MIN_NUMBER or value != int(value)


def quotable(text: str) -> bool:
    """Whether a value is particular enough to be recognised inside a longer text."""
    return MIN_LENGTH <= len(text) <= 200 and (len(text) >= 5 or has_digit(text)) and telling(text)


@lru_cache(maxsize=64)
def tokens(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What of a longer text may be recognised, each with its other spellings.

    Words with and without the signs around them, sums of money of any size, dates.
    """
    words = (plain for word in _TOKEN.findall(text) for plain in _particular(word))
    found = {w: keys(w) if w.isalpha() else (w, *keys(w)) for w in words}
    return tuple((found | {date: (f"date:{date}",) for date in _days(text)}).items())


def figures(text: str) -> Iterator[str]:
    """The tokens of a text that are not of letters alone."""
    for word in _TOKEN.findall(text):
        if not word.isalpha():
            yield from (plain for plain in _particular(word) if not plain.isalpha())
    yield from _days(text)


def _particular(word: str) -> Iterator[str]:
    bare = word.strip(".!?*/+-")
    for plain in (word,) if bare == word else (word, bare):
        if quotable(plain) or (plain[:1] in "$€£¥" and number_in(plain)):
            yield plain


def _days(text: str) -> Iterator[str]:
    return (f"{year}-{day}" for year, day, _ in dates_in(text) if year)
