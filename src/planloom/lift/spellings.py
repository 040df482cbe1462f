"""The same value in other spellings: numbers, dates, ids with other separators."""

import re
from collections.abc import Iterator
from functools import lru_cache

MIN_BARE, MAX_KEYED = 6, 60
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DATES = (  # the groups of each, by name of the part
    (re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)"), ("y", "", "m", "d")),
    (re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?\b"), ("m", "d", "y")),
    (re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (\d{{4}}))?\b"), ("d", "m", "y")),
    (re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)"), ("m", "d", "y")),
    (re.compile(r"(?<!\d)(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?!\d)"), ("d", "", "m", "y")),
)  # fmt: skip
_TIME = re.compile(
    r"[t ,]*(?:at )?\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[ap]\.?m\.?)?(?:z|[+-]\d\d:?\d\d)?"
)
_NUMBERS = re.compile(
    r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|(?<![\w.,-])\d{1,15}(?:\.\d+)?(?!\w)"
)
_NUMBER = re.compile(r"[$€£¥]? ?(-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d+)?) ?%?")


@lru_cache(maxsize=100_000)
def keys(text: str) -> tuple[str, ...]:
    """All that the text (in lower case) is known by besides itself, each with its kind.

    A date with a time is known by its date.
    """
    if len(text) > MAX_KEYED:
        return ()
    bare = "".join(filter(str.isalnum, text))
    alone = (f"bare:{bare}",) if len(bare) >= MIN_BARE else ()
    if (number := number_in(text)) is not None:
        return (f"number:{number}", *alone)
    if any(character.isdigit() for character in text):
        dates = [(f"date:{y}-{day}", text[span:]) for y, day, span in dates_in(text) if y]
        whole = [key for key, rest in dates if not rest or _TIME.fullmatch(rest)]
        if whole:
            return tuple(whole)
    return alone


@lru_cache(maxsize=100_000)
def number_in(text: str) -> str | None:
    """The number that the text is, in one spelling: `1,234.50` and `$1234.5` are `1234.5`."""
    match = _NUMBER.fullmatch(text) if text and (text[-1].isdigit() or text[-1] == "%") else None
    return canonical(float(match[1].replace(",", ""))) if match else None


def numbers_in(text: str) -> list[str]:
    """The numbers that stand in a text, each in one spelling."""
    return [canonical(float(number.replace(",", ""))) for number in _NUMBERS.findall(text)]


def canonical(number: float) -> str:
    """One spelling of a number; those that are no ordinary number keep their own."""
    whole = abs(number) < 1e15 and number == int(number)
    return str(int(number)) if whole else repr(number)


def dates_in(text: str) -> Iterator[tuple[str, str, int]]:
    """(year or "", month-day, length of the match) of each date in a text in lower case.

    `3/4/2025` is given in both readings.
    """
    for pattern, names in _DATES:
        for match in pattern.finditer(text):
            part = dict(zip(names, match.groups(), strict=True))
            month = part["m"][:3]
            month = MONTHS.index(month) + 1 if month in MONTHS else int(month)
            if 1 <= month <= 12 and 1 <= int(part["d"]) <= 31:
                yield part["y"] or "", f"{month:02}-{int(part['d']):02}", len(match[0])
