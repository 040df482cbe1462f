"""Where a call sends something, and how strong a tool is: judged by names and by what values look like."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from planloom.lift.rules import ACTION, DELETE, WRITE, verb, words
from planloom.plan import Node

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"(?:https?|ftp)://\S+", re.IGNORECASE)
IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?")
PHONE = re.compile(r"\+?[\d(][\d ().-]{5,18}\d")
PATH = re.compile(r"(?:[~.]{0,2}/|[A-Za-z]:\\)?(?:[\w .-]+[/\\])*[\w .-]+(?:\.\w{1,5})?")
PATH_NAMES = frozenset(("path", "file", "filename", "folder", "directory", "filepath", "dir"))
PHONE_NAMES = frozenset(("phone", "number", "mobile", "recipient", "to", "contact"))
NAMES = frozenset(
    (
        "to",
        "recipient",
        "recipients",
        "receiver",
        "payee",
        "contact",
        "channel",
        "account",
        "beneficiary",
        "destination",
        "assignee",
        "attendee",
        "invitee",
    )
)
"""The last word of an argument that names whom or what a call is for."""
SENDS = frozenset(
    ("send", "share", "forward", "upload", "transfer", "pay", "publish", "post", "email", "mail", "submit", "reply", "message", "notify", "export", "invite", "move", "copy", "write", "save", "add", "create", "update", "set", "book", "order", "assign", "schedule")
)  # fmt: skip
STRONGEST = frozenset(
    ("grant", "admin", "reset", "purge", "destroy", "wipe", "format", "kill", "shutdown", "disable", "ban", "block", "lock", "override", "execute")
)  # fmt: skip
LONGEST = 200


def recipient_class(argument: str, value: Any) -> str | None:
    """email, url, iban, phone, path or name: what a value is that tells where something goes."""
    if not isinstance(value, str) or not 2 < len(value) <= LONGEST:
        return None
    last = words(argument).rpartition(" ")[2]
    for name, pattern in (("email", EMAIL), ("url", URL), ("iban", IBAN)):
        if pattern.fullmatch(value):
            return name
    if last in PHONE_NAMES and PHONE.fullmatch(value):
        return "phone"
    if last in PATH_NAMES and PATH.fullmatch(value):
        return "path"
    return "name" if last in NAMES and len(value.split()) <= 4 else None


def recipients(node: Node) -> Iterator[tuple[str, str]]:
    """The arguments of a call that tell where something goes, each with its class."""
    if is_sink(node.tool):
        for name, value in node.arguments.items():
            if (found := recipient_class(name, value)) is not None:
                yield name, found


@lru_cache(maxsize=100_000)
def is_sink(tool: str) -> bool:
    """Whether a tool carries something out: to a person, a place, a file."""
    return verb(tool) in SENDS or not SENDS.isdisjoint(words(tool).split()[:2])


@lru_cache(maxsize=100_000)
def strength(tool: str) -> int:
    """1 reads, 2 writes, 3 removes or rules."""
    if DELETE.does(tool) or verb(tool) in STRONGEST:
        return 3
    return 2 if WRITE.does(tool) or ACTION.does(tool) else 1


@lru_cache(maxsize=100_000)
def objects(tool: str) -> frozenset[str]:
    """The words of a tool's name without its verb, in the singular."""
    said = words(tool).split()
    return frozenset(word.removesuffix("s") for word in said if word != verb(tool))
