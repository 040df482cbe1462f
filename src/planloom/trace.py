"""What a row *says happened*. Nothing is interpreted here: that is the work of `lift` alone."""

import hashlib
from functools import lru_cache
from typing import Any

from msgspec import Struct

from planloom.plan import Category, Finding, Use, canonical


class Tool(Struct, frozen=True, gc=False):
    """A tool on offer; `parameters` is JSON Schema, `key` the hash that plans refer to."""

    name: str
    description: str
    parameters: bytes
    key: str

    @classmethod
    def of(cls, name: str, description: str, parameters: dict[str, Any]) -> "Tool":
        return cls._keyed(name, description, canonical(parameters))

    @classmethod
    def _keyed(cls, name: str, description: str, schema: bytes) -> "Tool":
        text = canonical([name, description]) + schema
        return cls(name, description, schema, hashlib.blake2b(text, digest_size=16).hexdigest())

    def named(self, name: str) -> "Tool":
        """The same tool under another name."""
        return self if name == self.name else self._keyed(name, self.description, self.parameters)


class Call(Struct, frozen=True, gc=False):
    """One tool call as written, with its result as text where the row holds one.

    `gives` are the names by which the arguments of later calls refer to its results.
    """

    tool: str
    arguments: dict[str, Any]
    result: str | None = None
    id: str | None = None
    arguments_known: bool = True
    gives: tuple[str, ...] = ()


class Round(Struct, frozen=True, gc=False):
    """All calls of one message or one list: parallel, none can have seen another's result.

    `joint` is a result text that could not be divided among the calls.
    """

    calls: tuple[Call, ...]
    turn: int
    joint: str | None = None


class Moderation(Struct, frozen=True, gc=False):
    """The source's label of one message."""

    flagged: tuple[str, ...] = ()
    max_score: float | None = None


class Trace(Struct, frozen=True, gc=False):
    """One row, read.

    `answers[i]` is the assistant's text answer to `user_turns[i]`, or None. `moderation` has one
    entry a message (None: the source gives no label for it); None as a whole: the source labels
    nothing. `policy`, `use`, `category` override the Part for this row alone. `findings` are
    labels of the source that say the row is not benign. `declared` says that the source itself
    states the order of its rounds. `language` is an ISO 639 code, used where the request is too
    short to tell.
    `notes` names every tolerant step that reading needed, so that each can be counted.
    """

    user_turns: tuple[str, ...] = ()
    rounds: tuple[Round, ...] = ()
    answers: tuple[str | None, ...] = ()
    tools: tuple[Tool, ...] = ()
    system: str = ""
    reasoning: str | None = None
    moderation: tuple[Moderation | None, ...] | None = None
    findings: tuple[Finding, ...] = ()
    intent: str | None = None
    language: str | None = None
    policy: str | None = None
    use: Use | None = None
    category: Category | None = None
    licence: str | None = None
    declared: bool = False
    notes: tuple[str, ...] = ()

    @property
    def calls(self) -> list[Call]:
        return [call for round_ in self.rounds for call in round_.calls]


@lru_cache(maxsize=65536)
def plain_name(name: str) -> str:
    """A tool name for matching: letters and digits in lower case, all else one underscore."""
    return "_".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


class Place(Struct, frozen=True, gc=False):
    """Where a row stands and what may be done with it."""

    source: str
    config: str
    split: str
    file: str
    at: int
    licence: str
    use: Use
    category: Category
    revision: str | None = None
    language: str | None = None
