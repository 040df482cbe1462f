"""The same value in other spellings: numbers, dates, ids with other separators."""

import re
from collections.abc import Iterator
from functools import lru_cache

MIN_BARE, MAX_KEYED = 6, 60
BARE, MOMENT = "bare:", "moment:"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATES = (  # whether one names its month, and the groups of each, by name of the part
    (False, re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)"), ("y", "", "m", "d")),
    (True, re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?\b"), ("m", "d", "y")),
    (True, re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (\d{{4}}))?\b"), ("d", "m", "y")),
    (False, re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)"), ("m", "d", "y")),
    (False, re.compile(r"(?<!\d)(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?!\d)"), ("d", "", "m", "y")),
)  # fmt: skip
_NAMED = re.compile("|".join(MONTHS))
_MARKED = re.compile(r"\d[-/.]\d\d?[-/.]\d")
_SIGNS = re.compile(r"[\W_]+")
_ASCII_SIGNS = dict.fromkeys(n for n in range(128) if not chr(n).isalnum())  # much quicker
_DIGIT = re.compile(r"\d")
_TIME = re.compile(
    r"[t ,]*(?:at )?(\d{1,2}):(\d\d)(?::\d\d(?:\.\d+)?)?(?: ?([ap])\.?m\.?)?(?:z|[+-]\d\d:?\d\d)?"
)
_NUMBERS = re.compile(
    r"(?<![\w.,-])(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?:\.\d{1,15})?(?!\w|[.,]\d)"
)
_NUMBER = re.compile(r"[$€£¥]? ?(-?(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?:\.\d{1,15})?) ?%?")


def keys(text: str) -> tuple[str, ...]:
    """What a value (in lower case) is known by besides itself, each with its kind."""
    return _keys(text) if len(text) <= MAX_KEYED else ()


@lru_cache(maxsize=5_000)
def _keys(text: str) -> tuple[str, ...]:
    bare = squeezed(text)
    alone = (f"{BARE}{bare}",) if len(bare) >= MIN_BARE else ()
    if (number := number_in(text)) is not None:
        whole = text.isdigit()  # 48.8566 is not 488566
        return (f"number:{number}", *alone) if whole else (f"number:{number}",)
    if (moment := moment_in(text)) is not None:
        day, times = moment
        return tuple(f"{MOMENT}{day} {time}" for time in times) or (f"date:{day}",)
    return alone


def squeezed(text: str) -> str:
    """Its letters and digits alone."""
    if text.isalnum():
        return text
    return text.translate(_ASCII_SIGNS) if text.isascii() else _SIGNS.sub("", text)


def supplied(text: str) -> tuple[str, ...]:
    """The keys of the values that a value in a result can supply: its day, for one that has a time."""
    known = keys(text)
    day = known[0][len(MOMENT) :].partition(" ")[0] if known and known[0].startswith(MOMENT) else ""
    return (*known, f"date:{day}") if day else known


def moment_in(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The day that a text is, and its time if it has one: `("2031-05-09", ("08:15",))`."""
    if not has_digit(text):
        return None
    for year, day, span in dates_in(text):
        rest = text[span:]
        if year and not rest:
            return f"{year}-{day}", ()
        if year and (time := _TIME.fullmatch(rest)):
            hour = int(time[1]) % 12 + 12 * (time[3] == "p") if time[3] else int(time[1])
            return f"{year}-{day}", (f"{hour:02}:{time[2]}",)
    return None


def number_in(text: str) -> str | None:
    """The number that the text is, in one spelling: `1,234.50` and `$1234.5` are `1234.5`."""
    if not text or len(text) > MAX_KEYED or not (text[-1].isdigit() or text[-1] == "%"):
        return None
    match = _NUMBER.fullmatch(text)
    return canonical(float(match[1].replace(",", ""))) if match else None


def has_digit(text: str) -> bool:
    """Whether a decimal digit stands in the text."""
    return _DIGIT.search(text) is not None


def numbers_in(text: str) -> list[str]:
    """The numbers that stand in a text, each in one spelling."""
    return [canonical(float(number.replace(",", ""))) for number in _NUMBERS.findall(text)]


def canonical(number: float) -> str:
    """One spelling of a number; those that are no ordinary number keep their own."""
    whole = abs(number) < 1e15 and number == int(number)
    return str(int(number)) if whole else repr(number)


def dates_in(text: str) -> Iterator[tuple[str, str, int]]:
    """(year or "", month-day, where it ends) of each date in a text in lower case.

    `3/4/2025` is given in both readings.
    """
    written = _MARKED.search(text) is not None
    named = " " in text and _NAMED.search(text) is not None
    for names_month, pattern, names in _DATES if written or named else ():
        for match in pattern.finditer(text) if (named if names_month else written) else ():
            part = dict(zip(names, match.groups(), strict=True))
            month = part["m"][:3]
            month = MONTHS.index(month) + 1 if month in MONTHS else int(month)
            if 1 <= month <= 12 and 1 <= int(part["d"]) <= 31:
                yield part["y"] or "", f"{month:02}-{int(part['d']):02}", match.end()
