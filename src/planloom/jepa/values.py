"""Argument values as classes: what kind of thing a value is, how large, never which one it is.

A class generalises where a value does not, and keeps personal data out of what a model sees. Only short
words of plain text, and values that a tool's schema lists, are told apart, by hashes.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

CLASSES = (
    *("null", "boolean", "number", "enum", "text", "empty", "reference"),
    *("date", "time", "email", "url", "ip", "iban", "phone", "uuid", "path", "code"),
    *("object", "array"),
)
"""What a value can be. Append only: the position is what is written."""
OWN = frozenset(("email", "url", "ip"))
"""Classes whose domain is inside or outside."""
MOST_LEAVES, MOST_ITEMS, MOST_WORDS, DEEPEST = 48, 8, 8, 6
LONGEST = 2_000
"""Characters of a text that are looked at."""
ONE = 16
"""The size of the value 1: sizes are logarithms, small numbers have their own."""

_APART = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Scripts without spaces: each character is a word."""
WORD = re.compile(rf"[{_APART}]|[^\W_{_APART}]+")
_DOMAIN = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63})+)|\b[a-z][a-z0-9+]{1,10}://(?:[^/@\s]{1,64}@)?([^/:?#\s]+)"
)
_BARE = re.compile(r"(?<![\w@.-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w-])")
_INSIDE = re.compile(
    r"localhost$|.*\.(?:local|internal|lan)$|10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\."
)
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("reference", re.compile(r"\$\{?[\w.]+\}?.*|\{\{.*\}\}|<[A-Za-z_][\w .-]*>|API_call_\d+")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("url", re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+|(?:[\w-]+\.)+(?:com|org|net|edu|gov|io|co|info)(?:/\S*)?", re.IGNORECASE)),
    ("date", re.compile(r"\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?:[T ]\d.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?: .*)?")),
    ("time", re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?Z?")),
    ("ip", re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?")),
    ("uuid", re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-f]{16,128}")),
    ("iban", re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?")),
    ("phone", re.compile(r"\+\d[\d ()./-]{5,18}\d|\(\d{3}\) ?\d{3}-?\d{4}|\d{3}-\d{3}-\d{4}")),
    ("path", re.compile(r"(?:~|\.{0,2})/[^\s]*|[A-Za-z]:\\.*|[\w-]+(?:/[\w.-]+)*\.[a-z][a-z0-9]{1,4}|[\w.-]+(?:/[\w.-]+){2,}")),
    ("code", re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[\w#:/.-]{3,64}")),
)  # fmt: skip
_NUMBER = re.compile(r"[-+]?\d{1,18}(?:\.\d{1,9})?")


class Leaf(NamedTuple):
    """A value inside a call's arguments: its key, and the value or what holds several."""

    key: str
    value: Any


class Kind(NamedTuple):
    """What is kept of a value. `size`: a logarithm of a number or of a length; `words` tell plain text apart."""

    name: str
    size: int = 0
    inside: bool = False
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = ("in" if self.inside else "out") if self.name in OWN else ""
        return f"{self.name}.{where}{self.size}"


def leaves(arguments: Mapping[str, Any]) -> list[Leaf]:
    """The values of a call in the order of their keys: dotted keys, list items under the list's key."""
    found: list[Leaf] = []
    for leaf in _below("", arguments, 0):
        found.append(leaf)
        if len(found) == MOST_LEAVES:
            break
    return found


def _below(key: str, value: Any, depth: int) -> Iterator[Leaf]:
    if isinstance(value, Mapping) and depth < DEEPEST and (value or not depth):
        for name in sorted(value):
            yield from _below(f"{key}.{name}" if key else str(name), value[name], depth + 1)
    elif isinstance(value, list) and depth < DEEPEST:
        yield Leaf(key, value)
        for item in value[:MOST_ITEMS]:
            yield from _below(key, item, depth + 1)
    else:
        yield Leaf(key, value)


def json_type(value: Any) -> str:
    """The name of a value's type in JSON Schema."""
    if isinstance(value, bool):
        return "boolean"
    names = {int: "integer", float: "number", str: "string", list: "array", type(None): "null"}
    return names.get(type(value), "object")


def kind(value: Any, known: frozenset[str] = frozenset(), said: str = "") -> Kind:
    """The class of a value. `known`: what its schema lists; `said`: by the user, in lower case."""
    if isinstance(value, bool):
        return Kind("boolean", int(value))
    if value is None:
        return Kind("null")
    if str(value) in known:
        return Kind("enum", 0, False, (str(value).lower(),))
    if isinstance(value, (int, float)):
        return Kind("number", magnitude(value))
    if isinstance(value, str):
        return _text(value, said)
    return Kind(json_type(value), magnitude(len(value)))


def magnitude(number: float) -> int:
    """0..255: -1, 0 and 1 to 10 have their own, others half a power of ten, negative ones below ONE - 1."""
    if -1 <= number <= 10 and number == int(number):
        return ONE - 1 + int(number)
    whole = abs(number)
    half = round(2 * math.log10(whole)) if 0 < whole < math.inf else 0
    if number < 0:
        return max(0, ONE - 6 - max(half, 0))
    return min(255, 64 + max(-32, half))


def _text(text: str, said: str) -> Kind:
    found = _plain(text)
    if found.name not in OWN:
        return found
    named = domains(text.lower())
    inside = any(_INSIDE.match(one) for one in (*named, text)) or not named.isdisjoint(
        domains(said)
    )
    return found._replace(inside=inside)


@lru_cache(maxsize=1 << 16)
def _plain(text: str) -> Kind:
    """The class of a text, by what the whole of it looks like."""
    text = text.strip()
    if not text:
        return Kind("empty")
    if len(text) <= 20 and _NUMBER.fullmatch(text):
        return Kind(
            "code" if text.startswith("0") and text.isdigit() else "number", magnitude(float(text))
        )
    size = text_size(len(text))
    if len(text) <= 256:
        for name, shape in _SHAPES:
            if shape.fullmatch(text):
                return Kind(name, size)
    return Kind("text", size, False, tuple(_pairs(text[:LONGEST])))


def text_size(length: int) -> int:
    """The logarithm to base two of a length."""
    return length.bit_length()


def _pairs(text: str) -> Iterable[str]:
    """Two words in a row, or the one word there is."""
    words = WORD.findall(text.lower())[:MOST_WORDS]
    return [f"{a} {b}" for a, b in pairwise(words)] or words


@lru_cache(maxsize=1 << 12)
def domains(text: str) -> frozenset[str]:
    """The domains in a text in lower case, each as it stands and without what is before its last two names."""
    named = {a or b for a, b in _DOMAIN.findall(text)} | set(_BARE.findall(text))
    short = {".".join(one.split(".")[-2:]) for one in named if not one[-1].isdigit()}
    return frozenset(named | short)
