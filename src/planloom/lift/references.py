"""Explicit references to the results of earlier calls, in the public notations."""

import re
from typing import NamedTuple

NOTATIONS = (  # notation of (name of a result, its number, path in it), number of the first call
    (re.compile(r"\b(API_call_(\d+))\b()"), 0),
    (re.compile(r"\$(var_?(\d+))(?:\.([^$]+))?\$"), 1),
    (re.compile(r"(<node-(\d+)>)()"), 0),
    (re.compile(r"(?<!\w)(#(\d+))\b()"), None),  # counts results, not calls
    (re.compile(r"(<API-(\d+)>)()"), 1),
    (re.compile(r"^(\$(\d+))()$"), 1),
)


class Link(NamedTuple):
    """A result that supplied a value: which call's, where in it, the matched text."""

    call: int
    path: str
    span: str
    reference: bool = False
    joint: bool = False


def explicit(call: int, text: str, named: dict[str, int] | None) -> tuple[Link, ...]:
    """Explicit references to earlier calls in the public notations.

    Where the row names the results of its calls the name decides, else the number counts calls.
    Of two calls that give the same name the later one is meant.
    """
    if not any(mark in text for mark in ("API_call", "$", "<node-", "<API-", "#")):
        return ()
    found = []
    for pattern, first in NOTATIONS:
        for match in pattern.finditer(text):
            if named is not None:
                target = named.get(match[1], call)
            else:
                target = call if first is None else int(match[2][:9]) - first
            if 0 <= target < call:
                found.append(Link(target, match[3] or "", match[0], reference=True))
    return tuple(found)
