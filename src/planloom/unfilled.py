"""Values that are no values: placeholders that nobody filled in, and texts cut off inside.

Only what real rows show to be safe is asserted. Not asserted: a text that ends in `...`, a template
with `{{name}}` in its middle, brackets that a sentence leaves open.
"""

import re
from typing import Any, NamedTuple

from planloom import payload
from planloom.errors import BadRow, Reason

MAX_PLACEHOLDER = 100

_ASKED = r"(?:your|insert|enter|add|provide)"
_WHOSE = r"(?:[a-z]+['’]s |your )?(?:first |last |full )?"
_WHOLE = re.compile(
    rf"<[a-z][a-z0-9 _'’-]*>|\[{_ASKED}\b[^\]]*\]|\[{_WHOSE}(?:name|date|time|address|e?mail)\]"
    r"|\{\{.*\}\}|\$\{\w+\}"
    r"|your[_ -](?:\w+[_ -]){0,3}(?:here|key|token|id|name|email|password|username|address)"
    r"|(?:insert|enter)[_ ](?:your|the)[_ ]\w+.*"
    r"|(?:\w+[_-])?placeholder(?:[_-]\w+)?|x{4,}(?:[-_. ]x{2,})*",
    re.IGNORECASE,
)
_PART = re.compile(
    rf"<{_ASKED}[ _-][^<>\n]*>|\[{_ASKED}\b[^\[\]\n]*\]|\[{_WHOSE}name\]"
    r"|\b(?-i:YOUR|INSERT|ENTER)_(?-i:[A-Z0-9_]+)\b",
    re.IGNORECASE,
)
_DATA = re.compile(r"\[\s*[\[{\"'\d-]|\{\s*[\"']")


class Unfilled(NamedTuple):
    """What is wrong with a value, and the text in it that shows it."""

    reason: Reason
    text: str


def unfilled(value: Any) -> list[Unfilled]:
    """The placeholders and cut texts inside `value`, at any depth."""
    found: list[Unfilled] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Unfilled]) -> None:
    kind = type(value)
    if kind is str:
        if text := placeholder(value):
            found.append(Unfilled(Reason.placeholder, text))
        elif is_cut(value):
            found.append(Unfilled(Reason.truncated, value))
    elif kind is dict:
        for item in value.values():
            _collect(item, found)
    elif kind is list:
        for item in value:
            _collect(item, found)


def placeholder(text: str) -> str | None:
    """The placeholder that `text` is, or that is left in it, or None."""
    if len(text) < MAX_PLACEHOLDER and _WHOLE.fullmatch(text.strip()):
        return text
    if ("[" in text or "<" in text or "_" in text) and (match := _PART.search(text)):
        return match[0]
    return None


def is_cut(text: str) -> bool:
    """Whether data, a quotation or a code block that `text` is, or holds, is never closed."""
    first = text[:1]
    if first == '"':
        return text.count('"') == 1 and len(text) > 1
    if first and first in "[{" and _DATA.match(text):
        return _is_cut_data(text)
    return "```" in text and text.count("```") % 2 == 1


def _is_cut_data(text: str) -> bool:
    try:
        payload.parse(text, [])
    except BadRow as bad:
        return bad.reason == Reason.truncated
    return False
