"""Whether a text says a value, and the same text with another value instead."""

import re
from functools import lru_cache
from typing import Any

from planloom.lift import texts

LONGEST = 200


def written(value: Any) -> str:
    """A value as a text would write it."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def telling(value: Any) -> bool:
    """Whether finding the value in a text says that it came from there."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return False
    text = written(value)
    return len(text) <= LONGEST and texts.telling(text.casefold().strip())


def said(text: str, value: Any) -> bool:
    """Whether the text says the value, as a whole word."""
    return count(text, value) > 0


def count(text: str, value: Any) -> int:
    """How often."""
    spelled = written(value)
    if not spelled or spelled.casefold() not in text.casefold():
        return 0
    return len(_pattern(spelled).findall(text))


def restated(text: str, value: Any, new: Any) -> str:
    """The text with another value where it says this one."""
    return _pattern(written(value)).sub(lambda _: written(new), text)


@lru_cache(maxsize=4096)
def _pattern(spelled: str) -> re.Pattern[str]:
    """Letters and digits of ASCII do not go on outside; a number has no more digits behind its point."""
    before = r"(?<![A-Za-z0-9])(?<!\d[.,])" if spelled[0].isascii() and spelled[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])(?![.,]\d)" if spelled[-1].isascii() and spelled[-1].isalnum() else ""
    return re.compile(before + re.escape(spelled) + after, re.IGNORECASE)
