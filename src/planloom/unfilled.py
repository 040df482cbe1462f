"""Values that are no values: placeholders that nobody filled in, and texts cut off inside.

Only what real rows show to be safe is asserted. Not asserted: a text that ends in `...`, a template
with `{{name}}` in its middle, `[Name]` inside a text (SQL has such columns), one word in `<>` that
may be a tag or a key, brackets that a sentence leaves open.
"""

import re
from typing import Any, NamedTuple

from planloom import payload
from planloom.errors import BadRow, Reason

MAX_PLACEHOLDER = 100

_ASKED = r"(?:your\b|(?:insert|enter|add|provide|replace)[ _])"
_NOUN = r"(?:name|date|id|e-?mail|url|token|(?:api[ _]?)?key|city|country|location|number|username|password|phone)"
_FLAG = (  # attributes of HTML that stand alone: <br clear>
    "(?:async|autofocus|autoplay|checked|clear|controls|defer|disabled|hidden|loop|multiple|muted"
    "|nowrap|open|readonly|required|reversed|selected)"
)
_WHOLE = re.compile(
    rf"<(?!\w+ {_FLAG}>)(?:[a-z0-9'’]+[ _])+[a-z0-9'’]+>|<{_NOUN}>"
    rf"|\[{_ASKED}[^\[\]]*\]|\[(?:[a-z]+(?:['’]s)? ){{0,2}}{_NOUN}\]"
    rf"|\{{\{{.*\}}\}}|\$?\{{your[ _]\w+\}}|\$\{{\w+\}}"
    rf"|your[ _-](?:\w+[ _-]){{0,3}}(?:here|{_NOUN})|your[ _-]\w+[ _-]address"
    r"|(?:insert|enter|replace)[ _](?:with|(?:with[ _])?your)[ _]\w+|replace[_-]?me"
    r"|(?:\w+_)?placeholder(?:_\w+)?|(?:\w{2,4}-)?x{4,}(?:[-_. ]x{2,})*",
    re.IGNORECASE,
)
_PART = re.compile(
    rf"<{_ASKED}[^<>\n=]*>|\[{_ASKED}[^\[\]\n=]*\]"
    r"|\[(?:[a-z]+['’]s |recipient )(?:[a-z]+ )?name\]"
    r"|(?-i:\b(?:[A-Z]+_)*YOUR_[A-Z0-9_]+\b|\b[A-Z][A-Z0-9_]*_HERE\b)",
    re.IGNORECASE,
)
_DATA = re.compile(r"\[\s*(?:[\[{\"']|-?\d[\d.]*\s*(?:[,\]]|\Z))|\{\s*[\"']")
_BRACKET = re.compile(f"{payload.STRING}|[\\[\\]{{}}()]", re.DOTALL)


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
        for key, item in value.items():
            if item != "placeholder" or "attr" not in key.casefold():  # HTML has one of that name
                _collect(item, found)
    elif kind is list:
        for item in value:
            _collect(item, found)


def placeholder(text: str) -> str | None:
    """The placeholder that `text` is, or that is left in it, or None."""
    if len(text) < MAX_PLACEHOLDER and _WHOLE.fullmatch(text.strip()):
        return text.strip()
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
        return bad.reason == Reason.truncated and not _has_end(text)
    return False


def _has_end(text: str) -> bool:
    """Whether the value with which `text` begins is closed: what follows is prose, `[1] See ...`."""
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += (match[0] in "[{(") - (match[0] in ")}]")
        if depth == 0:
            return True
    return False
