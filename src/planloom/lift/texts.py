"""Is a value in a text, and does it say anything that it is?"""

import re
from functools import cached_property, lru_cache
from itertools import accumulate

from planloom.lift.leaves import MAX_TEXT
from planloom.lift.spellings import dates_in, keys, number_in, numbers_in

MIN_LENGTH = 3
MAX_BOUND = 1_000  # the ends of a longer value need no look
MIN_NUMBER = 100
UBIQUITOUS = frozenset((
    "true", "false", "null", "none", "yes", "no", "ok", "okay", "success", "successful",
    "error", "failed", "done", "default", "unknown", "n/a", "all", "any", "new", "en", "usd",
))  # fmt: skip
NUMBER_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
)  # fmt: skip
_RUN = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"[^\s,;:=\"'`()\[\]{}<>|]+")


class Said:
    """What the user (or the system) wrote before a call."""

    def __init__(self, text: str) -> None:
        self._written = text[-MAX_TEXT:]  # what was said last counts most
        self.text = self._written.casefold()

    def __contains__(self, value: str) -> bool:
        """Whether the text says the value (in lower case), in this or another spelling."""
        return contains(self.text, value) or any(map(self._says, keys(value)))

    def abbreviates(self, code: str) -> bool:
        """Whether a code of capitals begins a name inside a sentence, as `ATL` does Atlanta."""
        if not (3 <= len(code) <= 5 and code.isalpha() and code.isupper()):
            return False
        return re.search(rf"[\w,] {code.capitalize()}[a-z]", self._written) is not None

    def _says(self, key: str) -> bool:
        kind, value = key.split(":", 1)
        if kind == "number":
            return value in self._numbers
        if kind == "bare":
            return self._holds(value)
        year, _, date = value[:10].partition("-")
        on_the_day = (year, date) in self._dates or ("", date) in self._dates
        return on_the_day and (kind == "date" or value[11:].lstrip("0") in self.text)

    @cached_property
    def _dates(self) -> set[tuple[str, str]]:
        return {(year, date) for year, date, _ in dates_in(self.text)}

    @cached_property
    def _numbers(self) -> set[str]:
        words = {word for word in NUMBER_WORDS if contains(self.text, word)}
        return {*numbers_in(self.text), *(str(NUMBER_WORDS.index(word)) for word in words)}

    @cached_property
    def _runs(self) -> tuple[str, set[int]]:
        """Letters and digits alone, and where in them each word begins; the end is one too."""
        runs = _RUN.findall(self.text)
        return "".join(runs), {0, *accumulate(map(len, runs))}

    def _holds(self, bare: str) -> bool:
        """Whether whole words, put together, are the value."""
        text, bounds = self._runs
        start = text.find(bare)
        while start >= 0:
            if start in bounds and start + len(bare) in bounds:
                return True
            start = text.find(bare, start + 1)
        return False


def contains(text: str, needle: str) -> bool:
    """Whether `needle` stands in `text`, not inside a longer ASCII word or number."""
    if not needle or len(needle) > MAX_BOUND:
        return bool(needle) and needle in text
    start = text.find(needle)
    while start >= 0:
        end = start + len(needle)
        if (not start or not _joins(text[start - 1], needle[0], text[start - 2 : start - 1])) and (
            end == len(text) or not _joins(text[end], needle[-1], text[end + 1 : end + 2])
        ):
            return True
        start = text.find(needle, start + 1)
    return False


def _joins(near: str, inside: str, beyond: str) -> bool:
    """Whether the character inside goes on outside, in the nearest and the one beyond."""
    if near == " " or not (inside.isalnum() and inside.isascii()):
        return False
    if near in ".,":
        return inside.isdigit() and beyond.isdigit()
    return near.isalnum() and near.isascii()


def telling(text: str) -> bool:
    """Whether finding the value again says anything: not a short text, not a small number."""
    if len(text) < MIN_LENGTH or text in UBIQUITOUS:
        return False
    number = number_in(text)
    value = float(number) if number is not None else MIN_NUMBER
    return abs(value) >= MIN_NUMBER or value != int(value)


def quotable(text: str) -> bool:
    """Whether a value is particular enough to be recognised inside a longer text."""
    digits = any(character.isdigit() for character in text)
    return telling(text) and len(text) <= 200 and (digits or len(text) >= 5)


@lru_cache(maxsize=64)
def tokens(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What of a longer text may be recognised, each with its other spellings.

    Words with and without the signs around them, sums of money of any size, dates.
    """
    found: dict[str, tuple[str, ...]] = {}
    for word in _TOKEN.findall(text):
        for plain in dict.fromkeys((word, word.strip(".!?*/+-"))):
            if quotable(plain) or (plain[:1] in "$€£¥" and number_in(plain)):
                own = () if plain.isalpha() else (plain,)
                found[plain] = (*own, *keys(plain))
    dates = {f"{y}-{day}": (f"date:{y}-{day}",) for y, day, _ in dates_in(text) if y}
    return tuple((found | dates).items())
