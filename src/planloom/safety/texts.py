"""What people ask for that no benign plan answers, and what they tell of themselves.

A line of the lexicon is tried only on a text that holds a word of each of its places: nearly all
texts are done after one look at their words.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from planloom.plan import Finding
from planloom.safety.lexicon import RULES
from planloom.safety.personal import kinds

GAP = r"(?: \S+){0,6}?"
GAP_CJK = ".{0,8}?"
SPAN = 120
_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_COMMON = """
a an any all the is are am i im my your you his her him she he they it to for of in on with do does not
no never be me one this that how what way ways write make give tell create five 5 about between where
while without zero free even if have has model version mode ignore forget hate say says said get like
"""
COMMON = frozenset(_COMMON.split())
"""Words that tell nothing alone: a line is looked up by its rarer ones."""


class _Line(NamedTuple):
    """A phrase: the rule it belongs to, the words of its places, and its pattern."""

    rule: str
    cls: str
    places: tuple[frozenset[str], ...]
    pattern: re.Pattern[str]


def find(turns: Iterable[str], *, of_people: bool = False) -> list[Finding]:
    """The findings in texts of users; `of_people` asks for personal data too.

    Of each rule the first span is given. Personal data is told by its kind alone.
    """
    found: dict[str, Finding] = {}
    for turn in turns:
        for rule, cls, span in _phrases(turn):
            found.setdefault(rule, Finding(rule, cls, span[:SPAN]))
        if of_people:
            for kind in kinds(turn):
                found.setdefault(kind, Finding(kind, "personal"))
    return list(found.values())


def _phrases(text: str) -> Iterator[tuple[str, str, str]]:
    words = _WORD.findall(plain(text))
    present = set(words)
    lines = {number for word in present & _KEYS.keys() for number in _KEYS[word]}
    if lines:
        joined = " ".join(words)
        for number in sorted(lines):
            line = _LINES[number]
            whole = all(not present.isdisjoint(place) for place in line.places)
            if whole and (match := line.pattern.search(joined)):
                yield line.rule, line.cls, match[0].strip()
    if _CJK.search(text):
        for line in _LINES_CJK:
            if match := line.pattern.search(text):
                yield line.rule, line.cls, match[0]


def plain(text: str) -> str:
    """Lower case without apostrophes: `Don’t` is `dont`."""
    return text.lower().replace("'", "").replace("’", "")


def _compiled(phrase: str, rule: str, cls: str) -> _Line:
    """A line of the lexicon; `..` is a gap, `|` parts alternatives."""
    cjk = bool(_CJK.search(phrase))
    gap, space = (GAP_CJK, GAP_CJK) if cjk else (GAP, " ")
    places, pattern = [], ""
    for token in plain(phrase).split():
        if token == "..":
            pattern += gap
            continue
        options = token.split("|")
        places.append(frozenset(options))
        pattern += (space if len(places) > 1 else "") + f"(?:{'|'.join(map(re.escape, options))})"
    whole = pattern if cjk else f"(?:^| ){pattern}(?= |$)"
    return _Line(rule, cls, tuple(places), re.compile(whole))


def _keys(lines: list[_Line]) -> dict[str, list[int]]:
    """Each line below the words of that place which says most."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        telling = min(line.places, key=lambda place: (len(place & COMMON) / len(place), len(place)))
        for word in telling:
            found.setdefault(word, []).append(number)
    return found


_ALL = [_compiled(phrase, rule.name, rule.cls) for rule in RULES for phrase in rule.phrases]
_LINES = [line for line in _ALL if not _CJK.search(line.pattern.pattern)]
_LINES_CJK = [line for line in _ALL if _CJK.search(line.pattern.pattern)]
_KEYS = _keys(_LINES)
