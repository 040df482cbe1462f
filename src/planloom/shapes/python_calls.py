"""Calls written as Python call text, read without running anything: one scan, literals only.

Two layouts: one call a line (Olmo), and a bracketed list whose names may hold spaces, slashes,
dots and round brackets (ToolACE, API-Bank).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.trace import Call

Signatures = Mapping[str, Sequence[str]]
"""The parameters of each declared tool, in order."""

_SPACE = re.compile(r"\s*+")
_BREAK = re.compile(r"[ \t\r]*+(?:\n\s*+|\Z)")
_NAME = r"[^()\[\]\"=,\n]++"
_WORDS = r"[^()\[\]{}\"'=,\n]++"


class _Spelling(NamedTuple):
    """How a call begins, and how an argument."""

    name: re.Pattern[str]
    key: re.Pattern[str]


_KEY = re.compile(rf"({_WORDS})=(?!=)")
_LINE = _Spelling(
    re.compile(r"([^\W\d][\w-]*+(?:\.[^\W\d][\w-]*+)*+)\("), re.compile(r"([^\W\d]\w*+)\s*+=(?!=)")
)
# Round brackets that hold neither nothing nor an argument by name are a part of the tool's name.
_FREE = _Spelling(
    re.compile(rf"((?:{_NAME}(?:\((?!\s*+\)){_NAME}\))*?)+?)\((?=\s*+\)|\s*+{_WORDS}=(?!=))"),
    _KEY,
)
_POSITIONAL = _Spelling(re.compile(rf"({_NAME})\("), _KEY)
_LIST = re.compile(r"\s*+(?:API-Request:\s*+)?\[\s*+")
_CUT_NAME = re.compile(r"[^\n\]]{0,80}")  # all that follows the bracket
# A string that is never closed reaches to the end, so that no scan begins anew inside it.
_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"""|(\Z))|\'\'\'(?:[^\\]|\\.)*?(?:\'\'\'|(\Z))'
    rf"|{payload.STRING}|[\[\](){{}},]",
    re.DOTALL,
)


def lines(text: str, signatures: Signatures) -> list[Call]:
    """The calls of text that holds one call a line; line breaks inside a call do not count.

    Raises:
        BadRow: truncated, not_json_not_literal, arguments_not_object or too_large.
    """
    scan = _Scan(text, signatures)
    scan.take(_SPACE)
    found = []
    while scan.at < len(text):
        found.append(scan.call(_LINE))
        if scan.take(_BREAK) is None:
            scan.fail()
    return found


def bracketed(text: str, signatures: Signatures) -> tuple[list[Call], str] | None:
    """The calls of `[Name(a=1), Other(b="x")]` and the text after it; None for any other text.

    A bracket in prose opens no call: after the name there must be an argument by name or nothing,
    or the name must be declared.

    Raises:
        BadRow: truncated, not_json_not_literal, arguments_not_object or too_large.
    """
    scan = _Scan(text, signatures)
    if scan.take(_LIST) is None:
        return None
    if not scan.opens():
        if _CUT_NAME.fullmatch(text, scan.at):
            raise BadRow(Reason.truncated, text[:300])
        return None
    found = [scan.listed_call()]
    while scan.comma_or("]"):
        found.append(scan.listed_call())
    return found, text[scan.at :].strip()


class _Scan:
    """A place in a text that only moves forward."""

    def __init__(self, text: str, signatures: Signatures) -> None:
        if len(text) > payload.MAX_CHARACTERS:
            raise BadRow(Reason.too_large, f"a call list of {len(text):,} characters")
        self.text = text
        self.signatures = signatures
        self.at = 0
        self.read = 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def fail(self) -> NoReturn:
        cut = not self.text[self.at :].strip()
        reason = Reason.truncated if cut else Reason.not_json_not_literal
        raise BadRow(reason, self.text[max(0, self.at - 100) : self.at + 200])

    def comma_or(self, end: str) -> bool:
        """True past a comma, False past the end mark."""
        self.take(_SPACE)
        mark = self.text[self.at : self.at + 1]
        if mark not in (",", end) or not mark:
            self.fail()
        self.at += 1
        if mark == ",":
            self.take(_SPACE)
        return mark == ","

    def opens(self) -> bool:
        plain = _POSITIONAL.name.match(self.text, self.at)
        declared = plain is not None and plain[1].strip() in self.signatures
        return declared or _FREE.name.match(self.text, self.at) is not None

    def listed_call(self) -> Call:
        return self.call(_FREE if _FREE.name.match(self.text, self.at) else _POSITIONAL)

    def call(self, spelling: _Spelling) -> Call:
        head = self.take(spelling.name)
        if head is None:
            self._fail_at_name()
        tool = head[1].strip()
        given: dict[str, Any] = {}
        self.take(_SPACE)
        more = not self._closes()
        while more:
            name = self._argument(tool, len(given), spelling.key)
            if name in given:
                self.fail()
            given[name] = self._value()
            more = self.comma_or(")") and not self._closes()
        self.read += 1
        return Call(tool, given)

    def _fail_at_name(self) -> NoReturn:
        """After a call, a name without its bracket is where the text was cut off."""
        if self.read and "(" not in self.text[self.at :]:
            self.at = len(self.text)
        self.fail()

    def _argument(self, tool: str, position: int, key: re.Pattern[str]) -> str:
        """The name of the next argument; a positional one means the declared parameter there."""
        found = self.take(key)
        if found is not None:
            return found[1].strip()
        if self.at == len(self.text):
            self.fail()
        known = self.signatures.get(tool, ())
        if position >= len(known):
            detail = f"{tool}: positional argument {position + 1} is not declared"
            raise BadRow(Reason.arguments_not_object, detail)
        return known[position]

    def _closes(self) -> bool:
        closes = self.text.startswith(")", self.at)
        self.at += closes
        return closes

    def _value(self) -> Any:
        """The literal from here to the comma or bracket that ends it."""
        depth, begin = 0, self.at
        for token in _TOKEN.finditer(self.text, begin):
            mark = token[0]
            if mark in "[({":
                depth += 1
            elif mark in "])}" or (mark == "," and depth == 0):
                if depth == 0:
                    self.at = token.start()
                    return payload.literal(self.text[begin : self.at])
                depth -= 1
            elif token.lastindex:
                break
        raise BadRow(Reason.truncated, self.text[begin : begin + 300])
