"""What benign plans of a corpus hold: values, tails, recipients and calls from which changes are made.

Nothing in a boundary plan is made up: every value, call and request stands in another benign plan.
"""

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from planloom.lift import scope
from planloom.lift.rules import words
from planloom.mutate.pools import FEW, Keyed, Reservoir, Tail, hashed
from planloom.mutate.recipients import recipients
from planloom.mutate.texts import said, telling
from planloom.plan import Edge, ExecutionPlan, Node, canonical
from planloom.trace import Tool

KEYS = 1 << 16
TOOLS = 1 << 15
VALUES, SHARED, DONORS, ANY = 12, 96, 6, 4096
LONGEST_VALUE, LONGEST_REQUEST, LONGEST_ARGUMENTS, MOST_CALLS = 200, 1500, 2000, 4
RANGE = " .. "
PERIODS = frozenset(
    ("days", "day", "hours", "hour", "weeks", "week", "months", "month", "years", "year")
)


class Donor(Struct, frozen=True, gc=False):
    """A short plan whose calls and request another plan may take over."""

    plan_id: str
    group: str | None
    request: str
    nodes: tuple[Node, ...]
    links: tuple[Edge, ...]
    tools: tuple[str, ...]
    language: str


_packer, _unpacker = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Donor)


@lru_cache(maxsize=4096)
def _donor(packed: bytes) -> Donor:
    return _unpacker.decode(packed)


def kind_of(value: Any) -> str:
    """The JSON type of a value, integers being numbers."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names[type(value)]


class World:
    """Samples of all benign plans with calls, by tool, argument, class and type."""

    def __init__(self, tools: dict[str, Tool]) -> None:
        self.tools = tools
        self.plans = 0
        self._ids = array("Q")
        self._sorted: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._values: Keyed[Reservoir[Any]] = Keyed(KEYS)
        self._tails: Keyed[Tail] = Keyed(KEYS)
        self._recipients: dict[str, Reservoir[str]] = {}
        self._names: dict[str, Reservoir[str]] = {}
        self._donors: Keyed[Reservoir[bytes]] = Keyed(TOOLS)
        self._recent: dict[str, deque[bytes]] = {}
        self._someone: list[bytes] = []
        self._next = 0
        self._named: dict[str, list[str]] = {}
        self._addresses: dict[str, list[str]] = {}
        self._any: Reservoir[bytes] = Reservoir(ANY)

    def see(self, plan: ExecutionPlan) -> None:
        self.plans += 1
        self._ids.append(int(plan.plan_id[:16], 16))
        referring = {(e.dst, e.argument) for e in plan.edges if e.evidence == "reference"}
        for node in plan.nodes:
            for name, value in node.arguments.items():
                if (node.id, name) not in referring:
                    self._value(node.tool, name, value)
                names = self._names.setdefault(kind_of(value), Reservoir(ANY))
                names.add(hashed(plan.plan_id, node.id, name), name)
            for name, number in scopes(node):
                for key in _keys(node.tool, name):
                    self._tail(key).add(number)
            for name, sort in recipients(node):
                value = node.arguments[name]
                self._recipients.setdefault(sort, Reservoir(ANY)).add(hashed(value), value)
        self._donate(plan)

    def _value(self, tool: str, name: str, value: Any) -> None:
        items = value if isinstance(value, list) else ()
        for item in items:
            if isinstance(item, str) and len(item) <= LONGEST_VALUE:
                self._sample(("", words(name), "item"), item, SHARED)
        if (
            isinstance(value, (str, int, float))
            and len(str(value)) <= LONGEST_VALUE
            and value != ""
        ):
            self._sample((tool, name, kind_of(value)), value, VALUES)
            self._sample(("", words(name), kind_of(value)), value, SHARED)

    def _sample(self, key: tuple[str, str, str], value: Any, most: int) -> None:
        found = self._values.get(key)
        if found is None and self._values.may_keep(key):
            found = self._values.put(key, Reservoir(most))
        if found is not None:
            found.add(hashed(canonical(value)), value)

    def _tail(self, key: tuple[str, str]) -> Tail:
        found = self._tails.get(key)
        if found is None:
            found = Tail()
            if self._tails.may_keep(key):
                self._tails.put(key, found)
        return found

    def _donate(self, plan: ExecutionPlan) -> None:
        if not may_donate(plan):
            return
        packed, rank = _packed(plan), hashed(plan.plan_id)
        self._any.add(rank, packed)
        for tool in {node.tool for node in plan.nodes}:
            found = self._donors.get(tool)
            if found is None and self._donors.may_keep(tool):
                found = self._donors.put(tool, Reservoir(DONORS))
            if found is not None:
                found.add(rank, packed)

    def close(self) -> None:
        """All plans were seen."""
        self._someone = list(self._any)
        self._named = {kind: list(names) for kind, names in self._names.items()}
        self._addresses = {sort: list(found) for sort, found in self._recipients.items()}
        self._sorted = np.sort(np.frombuffer(self._ids, np.uint64)) if self._ids else self._sorted

    def pass_by(self, plan: ExecutionPlan) -> None:
        """A plan was changed: now it may give to the next ones, so that all give about as often."""
        if not may_donate(plan):
            return
        packed = _packed(plan)
        for tool in {node.tool for node in plan.nodes}:
            if (kept := self._donors.get(tool)) is not None:
                self._recent.setdefault(tool, deque(kept, DONORS)).append(packed)
        if self._someone:
            self._someone[self._next % len(self._someone)] = packed
            self._next += 1

    def holds(self, plan_id: str) -> bool:
        """Whether a benign plan has this id (by its first 64 bits)."""
        ids, wanted = self._sorted, np.uint64(int(plan_id[:16], 16))
        place = int(np.searchsorted(ids, wanted))
        return place < len(ids) and bool(ids[place] == wanted)

    def values(self, tool: str, name: str, kind: str) -> Iterator[list[Any]]:
        """Values of the same tool and argument, then of arguments of the same name."""
        for key in ((tool, name, kind), ("", words(name), kind)):
            yield list(self._values.get(key) or ())

    def items(self, name: str) -> Iterable[str]:
        """Elements of lists under this name."""
        return self._values.get(("", words(name), "item")) or ()

    def tail(self, tool: str, name: str) -> Tail | None:
        """How far calls go: of the same tool and argument, else of the same name."""
        for key in _keys(tool, name):
            found = self._tails.get(key)
            if found is not None and found.total >= FEW:
                return found
        return None

    def names(self, kind: str) -> list[str]:
        """Names of arguments with values of this type, as often as they stand in calls."""
        return self._named.get(kind, [])

    def recipients(self, sort: str) -> list[str]:
        """Recipients of a class."""
        return self._addresses.get(sort, [])

    def donors(self, tool: str) -> Iterator[Donor]:
        """Plans that call this tool."""
        return map(_donor, self._recent.get(tool) or self._donors.get(tool) or ())

    def anyone(self) -> list[bytes]:
        """Plans of the whole corpus, to be opened by `opened`."""
        return self._someone

    @staticmethod
    def opened(packed: bytes) -> Donor:
        return _donor(packed)


def _keys(tool: str, name: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Where to look: the same tool and argument, arguments of the same name."""
    return (tool, name), ("", words(name))


def scopes(node: Node) -> Iterator[tuple[str, float]]:
    """The arguments of a call that say how much is asked for, or for how long: name and number.

    A range of dates goes by the names of both ends, and counts its days.
    """
    for name, value in node.arguments.items():
        limits = scope.says_how_many(node.tool, name) or lasts(name)
        if (
            limits
            and isinstance(value, (int, float))
            and not isinstance(value, bool)
            and value >= 1
        ):
            yield name, value
    for begin, end, _ in scope.ranges(tuple(node.arguments)):
        first, last = day(node.arguments[begin]), day(node.arguments[end])
        if first is not None and last is not None and first <= last:
            yield f"{begin}{RANGE}{end}", (last - first).days + 1


def day(value: Any) -> date | None:
    """The day that a text in ISO 8601 names, alone."""
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def lasts(name: str) -> bool:
    """Whether an argument of this name counts days or other periods."""
    return not PERIODS.isdisjoint(words(name).split())


def _packed(plan: ExecutionPlan) -> bytes:
    links = tuple(edge for edge in plan.edges if edge.kind == "data")
    about = plan.plan_id, plan.group, plan.request, plan.nodes, links, plan.tools, plan.language
    return _packer.encode(Donor(*about))


def may_donate(plan: ExecutionPlan) -> bool:
    """Short, of one turn, without numbered references; the user said a value that a call uses."""
    if len(plan.user_turns) != 1 or len(plan.nodes) > MOST_CALLS or not plan.request:
        return False
    if len(plan.request) > LONGEST_REQUEST or any(e.evidence == "reference" for e in plan.edges):
        return False
    if sum(len(canonical(node.arguments)) for node in plan.nodes) > LONGEST_ARGUMENTS:
        return False
    return any(True for node in plan.nodes for _ in told(node, plan.request))


def told(node: Node, text: str) -> Iterator[str]:
    """The telling values of a call that a text says."""
    for value in node.arguments.values():
        if telling(value) and said(text, value):
            yield str(value)
