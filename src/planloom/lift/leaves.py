"""The values inside arguments and results, each with its path and its text for matching."""

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from planloom import payload
from planloom.errors import BadRow
from planloom.lift.spellings import canonical

MAX_LEAVES = 5_000
MAX_TEXT = 200_000


class Leaf(Struct, frozen=True, gc=False):
    """A value inside data: its path, its text for matching, and as written."""

    path: str
    text: str
    written: str


def parsed(text: str) -> Any:
    """A result as data where it reads as such, else as text."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        if text.lstrip()[:1] not in ("{", "[") or len(text) > MAX_TEXT:
            return text
        try:
            value = payload.parse(text, [])
        except BadRow:
            return text
    return parsed(value) if isinstance(value, str) and value != text else value


def leaves_of(value: Any, *, named: bool = False) -> list[Leaf]:
    """The leaves of a value; with `named` also names that are no words but hold a digit, as ids do."""
    found: list[Leaf] = []
    _collect(value, "", found, named)
    return found


def _collect(value: Any, path: str, found: list[Leaf], named: bool) -> None:
    if len(found) >= MAX_LEAVES:
        return
    kind = type(value)
    if kind is str:
        inner = parsed(value) if value[:1] in ("{", "[") else value
        if inner is value or isinstance(inner, str):
            found.append(_of_text(path, value))
        else:
            _collect(inner, path, found, named)
    elif kind is int or kind is float:
        text = canonical(value)
        found.append(Leaf(path, text, text))
    elif kind is dict:
        before = f"{path}." if path else ""
        for key, item in value.items():
            if len(found) >= MAX_LEAVES:
                return
            if type(item) is str and item[:1] not in "{[":  # most are, so that this is quicker
                found.append(_of_text(f"{before}{key}", item))
            else:
                _collect(item, f"{before}{key}", found, named)
            if named and _is_id(key):
                found.append(Leaf(f"{before}{key}", key.casefold(), key))
    elif kind is list:
        for index, item in enumerate(value):
            _collect(item, f"{path}[{index}]", found, named)


def _of_text(path: str, text: str) -> Leaf:
    return Leaf(path, text.casefold().strip()[:MAX_TEXT], text)


@lru_cache(maxsize=10_000)
def _is_id(key: str) -> bool:
    return not key.isalpha() and any(map(str.isdigit, key))
