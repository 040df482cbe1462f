"""How much a call asks for, and how sensitive that is.

Volume counts rows, records or files. Sensitivity: 1 public, 2 changes something, 3 personal,
4 money, health or identity, 5 credentials.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from planloom.lift.judgement import Judgement
from planloom.lift.rules import (
    ACTION,
    DELETE,
    EVERY,
    LISTING,
    LOOKUP,
    ONE,
    TOUCHED,
    WRITE,
    phrases,
    verb,
    words,
)
from planloom.trace import Call, Tool

LIMIT = re.compile(
    r"limit|top(?: k| n)?|quantity|rows|results|(?:max|num|page|batch|per) (?:results|count|items|size|page|rows)"
    r"|(?:number|amount) of (?:results|items|rows|records|\w+s)"
)
WEAK_LIMIT = frozenset(("n", "k", "num", "count", "size", "number"))  # of a tool that reads
READS = frozenset(("get", "fetch", "retrieve", "read", "show", "suggest"))
MOST = 10**9
BEGIN, END = ("start", "from", "begin", "first"), ("end", "to", "last", "until")
COUNTED = frozenset(
    ("row", "line", "page", "verse", "index", "record", "item", "chapter", "episode")
)
PERIODS = frozenset(("date", "time", "day", "week", "month", "year", "datetime", "timestamp"))
SQL_ALL = re.compile(
    r"\s*(?:select\b.*\bfrom\b|delete\s+from\b|update\s+\S+\s+set\b)(?!.*\b(?:where|limit|top)\b)",
    re.IGNORECASE | re.DOTALL,
)
SQL_LIMIT = re.compile(r"\s*select\b.*\b(?:limit|top)\s+(\d+)", re.IGNORECASE | re.DOTALL)
WILDCARDS = frozenset(("*", "all", "everything", "%", "**", "*.*"))
LONGEST_WILDCARD = 12
MANY = EVERY.level
JOINED = re.compile(
    r"\w+(?:ids|codes|symbols|names|urls|emails|numbers|keys|skus|tickers|tags|items)|ids|symbols|tickers|recipients"
)
SPAN = Judgement(10, "inferred", ("volume:range",))
QUERY = re.compile(r"q|query|queries|keywords?|search(?: (?:query|term|text))?")


def judge(call: Call, tool: Tool | None) -> tuple[Judgement, Judgement]:
    """Volume and sensitivity of a call."""
    about = tool.description if tool else ""
    return _volume(call, tool), sensitivity(call.tool, about, tuple(call.arguments))


def _volume(call: Call, tool: Tool | None) -> Judgement:
    return (
        _asked(call.tool, call.arguments)
        or (default_limit(tool.parameters) if tool else None)
        or meant(call.tool, tuple(call.arguments))
        or Judgement(1, "default")
    )


def _asked(tool: str, arguments: Mapping[str, Any]) -> Judgement | None:
    """What the arguments say: a limit, a range, everything, a list."""
    longest, numbers = 1, {}
    for name, value in arguments.items():
        if says_how_many(tool, name) and (count := _count(value)):
            return Judgement(count, "observed", ("volume:limit",))
        if type(value) is str:
            if (found := _in_text(name, value)) is not None:
                return found
        elif type(value) is list:
            longest = max(longest, len(value))
        elif type(value) is int:
            numbers[name] = value
    for begin, end, of in ranges(tuple(numbers)) if len(numbers) > 1 else ():
        if of in COUNTED and numbers[end] >= numbers[begin]:
            asked = min(numbers[end] - numbers[begin] + 1, MOST)
            return Judgement(asked, "observed", SPAN.rules)
    return Judgement(longest, "observed", ("volume:list",)) if longest > 1 else None


def _in_text(name: str, value: str) -> Judgement | None:
    if len(value) <= LONGEST_WILDCARD and value.strip().lower() in WILDCARDS:
        return Judgement(MANY, "inferred", ("volume:wildcard",))
    if value[:8].lstrip()[:6].lower() in ("select", "delete", "update"):
        if limit := SQL_LIMIT.match(value):
            return Judgement(max(int(limit[1][:9]), 1), "observed", ("volume:sql",))
        return Judgement(MANY, "inferred", ("volume:sql",)) if SQL_ALL.match(value) else None
    if "," in value and names_many(name):
        return Judgement(value.count(",") + 1, "observed", ("volume:list",))
    return None


def _count(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value)
    return min(int(value), MOST) if whole and value >= 1 else 0


@lru_cache(maxsize=100_000)
def is_limit(name: str) -> bool:
    """Whether an argument of this name says how many are asked for."""
    return LIMIT.fullmatch(words(name)) is not None


@lru_cache(maxsize=100_000)
def says_how_many(tool: str, name: str) -> bool:
    """Whether an argument says how many: a short name such as `n` does with a tool that reads, not one that computes."""
    if is_limit(name):
        return True
    reads = verb(tool) in READS or LISTING.does(tool) or LOOKUP.does(tool)
    return reads and words(name) in WEAK_LIMIT


@lru_cache(maxsize=100_000)
def ranges(arguments: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """The arguments that name the begin and the end of something, and of what: `start_date, end_date`."""
    sides: dict[tuple[str, bool], str] = {}
    for name in arguments:
        first, _, rest = words(name).partition(" ")
        rest, _, last = (rest, "", first) if first in BEGIN + END else words(name).rpartition(" ")
        if last in BEGIN + END:
            sides[rest, last in BEGIN] = name
    pairs = ((name, sides.get((of, False)), of) for (of, begins), name in sides.items() if begins)
    return [
        (begin, end, of)
        for begin, end, of in pairs
        if end is not None and (of in COUNTED or of in PERIODS)
    ]


@lru_cache(maxsize=100_000)
def names_many(name: str) -> bool:
    """Whether a text under this name lists things, joined by commas."""
    return JOINED.fullmatch(words(name).replace(" ", "_")) is not None


@lru_cache(maxsize=100_000)
def default_limit(parameters: bytes) -> Judgement | None:
    """The declared default of a limit."""
    properties = msgspec.json.decode(parameters).get("properties")
    for name, spec in properties.items() if isinstance(properties, Mapping) else ():
        if is_limit(name) and isinstance(spec, Mapping) and (count := _count(spec.get("default"))):
            return Judgement(count, "inferred", ("volume:default",))
    return None


@lru_cache(maxsize=100_000)
def meant(tool: str, arguments: tuple[str, ...]) -> Judgement | None:
    """What the names of the tool and its arguments say."""
    said = phrases(words(tool))
    if EVERY.fits(said):
        return Judgement(EVERY.level, "inferred", (EVERY.name,))
    by_one = any(ONE.fits(phrases(words(name))) for name in arguments)
    searches = LISTING.fits(said) or (LOOKUP.fits(said) and not by_one)
    if searches or any(QUERY.fullmatch(words(name)) for name in arguments):
        return Judgement(LISTING.level, "inferred", (LISTING.name,))
    if not ACTION.does(tool) and ranges(arguments):
        return SPAN
    return Judgement(1, "inferred", (ONE.name,)) if by_one or ACTION.does(tool) else None


@lru_cache(maxsize=100_000)
def sensitivity(tool: str, about: str, arguments: tuple[str, ...]) -> Judgement:
    """The highest level that the names of the tool and its arguments, or its description, speak of."""
    said = phrases(about).union(phrases(words(tool)), *(phrases(words(name)) for name in arguments))
    fired = [touched for touched in TOUCHED if touched.fits(said)]
    fired += [done for done in (DELETE, WRITE) if done.does(tool)]
    if not fired:
        return Judgement(1, "default")
    level = max(one.level for one in fired)
    return Judgement(level, "inferred", tuple(one.name for one in fired if one.level == level))
