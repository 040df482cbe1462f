"""Text for a terminal: how wide it is, wrapped and cut to fit, safe to print, in colour or plain."""

import codecs
import json
import os
import textwrap
import unicodedata
from collections.abc import Iterator
from io import TextIOWrapper
from typing import NamedTuple, TextIO

NARROWEST = 20
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("┌┐└┘├┤┬┴┼", "+"),
        **{"─": "-", "│": "|", "◄": "<", "▼": "v", "←": "<-", "→": "->"},
        **{"…": "...", "·": ",", "“": '"', "”": '"'},
    }
)
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def width_of(text: str) -> int:
    """Columns of a terminal: a wide character takes two, a combining one none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text in at most so many columns; `…` says that there was more."""
    used = 0
    for index, character in enumerate(text):
        used += _columns(character)
        if used > width or (used == width and index < len(text) - 1):
            return f"{text[:index]}…"
    return text.rstrip()


def wrapped(text: str, width: int, indent: str = "    ") -> Iterator[str]:
    """The text in lines, those after the first a little further in."""
    yield from textwrap.wrap(
        text,
        max(width, NARROWEST),
        initial_indent=indent,
        subsequent_indent=" " * (len(indent) + 2),
        break_on_hyphens=False,
    )


def printable(line: str) -> str:
    """Names and rows come from strangers: nothing in them may steer the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def plain(text: str) -> str:
    """The text in ASCII: lines and arrows by their likeness, other letters escaped."""
    return text.translate(_PLAIN).encode("ascii", "backslashreplace").decode()


def _likeness(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end


def tolerate(stream: TextIO) -> None:
    """Lets a stream print what its encoding lacks as `plain` spells it, where it would fail."""
    codecs.register_error("planloom", _likeness)
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="planloom")


class Ink(NamedTuple):
    """Colours, or none."""

    coloured: bool = False

    def __call__(self, text: str, *styles: str) -> str:
        if not self.coloured or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def ink(stream: TextIO) -> Ink:
    """Colours for a terminal that knows them, whose user did not say NO_COLOR."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Ink(wanted and stream.isatty())


def shown(text: str, stream: TextIO) -> str:
    """The text as the stream can encode it."""
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return plain(text)
    return text


def shown_json(text: str, stream: TextIO) -> str:
    """JSON text as the stream can encode it, still JSON."""
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return json.dumps(json.loads(text), indent=1)
    return text
