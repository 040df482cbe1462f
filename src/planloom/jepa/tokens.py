"""Words of calls and requests as token ids: hashes that are the same in every process and version.

Pure functions of a plan and of what its tools' schemas list. A token is hashed with what it tells, so that
a tool `search` and a key `search` differ; equal classes of values in requests and calls are equal tokens.
"""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from planloom.jepa import values
from planloom.jepa.values import Kind

SALT = b"planloom tokens"
VERSION = 1
"""Of the tokens: changed words get another number, and tensors of different numbers do not mix."""
RESERVED = 8
"""Ids below are nobody's: 0 nothing, 1 masked, the rest for the models that use them."""
VOCABULARY, FEWEST, MOST = 16_384, 256, 65_536
MOST_TOKENS = 160
"""Of a call; more are cut."""
MOST_WORDS = 96
"""Of a request and what else the user said."""

LONGEST = 1_200
"""Characters of a turn that are looked at."""

GROUPS = ("name", "tool", "key", "type", "value", "class", "source", "reference")
"""What a token tells of a call. Append only: the position is what is written."""
NAME, TOOL, KEY, TYPE, VALUE, CLASS, SOURCE, REFERENCE = range(len(GROUPS))
ABOUT_VALUES = (VALUE, CLASS, SOURCE, REFERENCE)
"""Groups that are hidden when a call's arguments are."""

SOURCES = ("own", "user", "result", "both")
"""Where a value stands: nowhere before, in what the user said, in an earlier result, in both."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TYPED = re.compile(
    r"[a-z][a-z0-9+]{1,10}://[^\s<>\"')]{1,300}|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
    r"|(?<![\w/.-])(?:~|\.{1,2})?/[\w.-]+(?:/[\w.-]+)*"
    r"|(?<![\w.-])[-+]?\d[\w:./,-]*\w|(?<![\w.-])\d(?![\w.-])|(?<![\w-])(?=[\w-]*\d)[A-Za-z][\w-]{2,63}",
    re.IGNORECASE,
)

_MARK = re.compile(r"[\d@/]")
"""Without one of these a text holds words alone."""


class Argument(NamedTuple):
    """A value of a call: its key, its class, where it stands, and what an earlier call gave it."""

    key: str
    kind: Kind
    type: str
    source: int
    givers: tuple[str, ...] = ()


@lru_cache(maxsize=1 << 18)
def hashed(group: str, text: str) -> int:
    """64 bits of a text, told apart by what it is."""
    data = f"{group}\0{text}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8, key=SALT).digest(), "little")


@lru_cache(maxsize=1 << 18)
def token(group: str, text: str, vocabulary: int) -> int:
    """The id of a word below `vocabulary`."""
    return RESERVED + hashed(group, text) % (vocabulary - RESERVED)


@lru_cache(maxsize=1 << 16)
def words(name: str) -> tuple[str, ...]:
    """The words of a tool's name in lower case: `getUserToken` and `get_user-token` are the same."""
    return tuple(word.lower() for word in values.WORD.findall(_CAMEL.sub(" ", name)))


@lru_cache(maxsize=1 << 16)
def verb(tool: str) -> str:
    """The first word of a tool's name, behind the names of what it belongs to: `harbor.book_berth`.

    Not that of `lift`: a rule that changes there must not change what models were trained on.
    """
    for separator in (".", "/", ":", "__"):
        tool = tool.rstrip(separator).rpartition(separator)[2] or tool
    if "_" in (last := tool.rpartition("-")[2]):  # filesystem-delete_file
        tool = last
    return next(iter(words(tool)), "")


@lru_cache(maxsize=1 << 16)
def _of_tool(tool: str, vocabulary: int) -> tuple[tuple[int, int], ...]:
    named = [(token("n", word, vocabulary), NAME) for word in words(tool)[:12]]
    return (*named, (token("t", tool, vocabulary), TOOL))


@lru_cache(maxsize=1 << 17)
def _of_argument(argument: Argument, vocabulary: int) -> tuple[tuple[int, int], ...]:
    key, kind = argument.key, argument.kind
    told = [("k", key, KEY), ("kt", f"{key}\0{argument.type}", TYPE)]
    told += [("kv", f"{key}\0{text}", VALUE) for text in (str(kind), *kind.words)]
    told.append(("v", str(kind), CLASS))
    told += [("w", word, CLASS) for word in _first_words(kind)]
    told.append(("from", f"{key}\0{SOURCES[argument.source]}", SOURCE))
    told += [("ref", f"{key}\0{giver}", REFERENCE) for giver in argument.givers]
    return tuple((token(group, text, vocabulary), what) for group, text, what in told)


def _first_words(kind: Kind) -> list[str]:
    """Words of short values as they stand in requests too."""
    return list(dict.fromkeys(word for pair in kind.words[:4] for word in pair.split(" ")))[:4]


def of_call(
    tool: str, arguments: Iterable[Argument], vocabulary: int
) -> tuple[tuple[int, int], ...]:
    """The tokens of a call with their groups: its name, then each argument."""
    found = _of_tool(tool, vocabulary)
    for argument in arguments:
        found += _of_argument(argument, vocabulary)
    return found[:MOST_TOKENS]


def of_request(turns: Iterable[str], vocabulary: int) -> list[int]:
    """The tokens of what the user said: classes of values that stand in it, other words by themselves."""
    found: list[int] = []
    for text in turns:
        found += [token(group, word, vocabulary) for group, word in said(text[:LONGEST])]
        if len(found) >= MOST_WORDS:
            break
    return found[:MOST_WORDS]


def said(text: str) -> list[tuple[str, str]]:
    """Words and classes of values in a text, with what each is; somewhat more than MOST_WORDS at most."""
    found: list[tuple[str, str]] = []
    if not _MARK.search(text):
        return _plain(text)
    lowered, end = text.lower(), 0
    for match in _TYPED.finditer(text):
        found += _plain(text[end : match.start()])
        kind = values.kind(match[0].rstrip(".,:"), said=lowered)
        found.append(("v", str(kind)))
        found += [("w", word) for word in _first_words(kind)]
        if len(found) >= MOST_WORDS:
            return found
        end = match.end()
    return found + _plain(text[end:])


def _plain(text: str) -> list[tuple[str, str]]:
    return [("w", word) for word in values.WORD.findall(text.lower())]
