"""What a row says of where it comes from: its licence, the set that a mixture took it from."""

import re
from typing import Any

import msgspec

from planloom.errors import BadRow, Reason
from planloom.plan import Finding, Use
from planloom.source import Reader, Row
from planloom.trace import Trace, plain_name

# From free to closed; a licence that no word here names may not be passed on.
_USES: tuple[Use, ...] = ("open", "share_alike", "non_commercial", "no_publish")
_CLOSED: dict[str, Use] = {
    "sa": "share_alike",
    "nc": "non_commercial",
    "noncommercial": "non_commercial",
    "nd": "no_publish",
}
_OPEN = (
    {"apache"},
    {"mit"},
    {"bsd"},
    {"cc0"},
    {"cc", "by"},
    {"odc", "by"},
    {"cdla", "permissive"},
    {"public", "domain"},
)

_APART = {
    "safety_data": re.compile(r"wildjailbreak|wildguard|coconot", re.IGNORECASE),
    "hardcoded": re.compile(r"hard_?coded", re.IGNORECASE),
}
_LEFT = {
    "real users' text without labels": r"wildchat|lmsys|arena|sharegpt|oasst|collective.?cognition",
}
_NON_COMMERCIAL = re.compile(r"no_robots", re.IGNORECASE)


def use_of(licence: str) -> Use:
    """What a licence allows, by the words of its name.

    >>> use_of("CC BY-SA 4.0"), use_of("apache-2.0"), use_of("Unknown")
    ('share_alike', 'open', 'no_publish')
    """
    words = set(plain_name(licence).split("_"))
    if not any(names <= words for names in _OPEN):
        return "no_publish"
    return max((_CLOSED[word] for word in words & _CLOSED.keys()), key=_USES.index, default="open")


def licensed(read: Reader, column: str = "license") -> Reader:
    """The reader for rows that state their own licence, as a text or a list of texts."""

    def read_licensed(row: Row) -> Trace:
        trace, stated = read(row), texts(row.get(column))
        if not stated:
            return msgspec.structs.replace(trace, use="no_publish")
        use = max(map(use_of, stated), key=_USES.index)
        return msgspec.structs.replace(trace, licence="; ".join(stated), use=use)

    return read_licensed


def mixed(read: Reader, column: str = "source") -> Reader:
    """The reader for rows of a mixture, which name the set that they were taken from.

    Rows of safety sets and the model's self-descriptions are not benign. Text of real users, which
    their own datasets hold with labels, is left.
    """

    def read_mixed(row: Row) -> Trace:
        name = " ".join(texts(row.get(column)))
        for why, names in _LEFT.items():
            if re.search(names, name, re.IGNORECASE):
                raise BadRow(Reason.policy, f"{name}: {why}")
        trace = read(row)
        for cls, pattern in _APART.items():
            if match := pattern.search(name):
                finding = Finding("mixture_source", cls, match[0])
                trace = msgspec.structs.replace(trace, findings=(*trace.findings, finding))
        if _NON_COMMERCIAL.search(name):
            trace = msgspec.structs.replace(trace, use="non_commercial")
        return trace

    return read_mixed


def texts(value: Any) -> list[str]:
    given = value if isinstance(value, list) else [value]
    return [text for text in given if isinstance(text, str) and text.strip()]
