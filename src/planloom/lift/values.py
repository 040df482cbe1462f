"""Where each argument value of a trace came from: the user, the system, a default, a result.

A value is looked for in what was there before the call, in the order of trust: user turns and
system text first, then declared defaults and enumerations, then earlier results. What is found
nowhere is the model's own.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct, structs

from planloom.lift.leaves import Leaf, leaves_of
from planloom.lift.references import Link, References
from planloom.lift.results import Index, Result, Sought, results_of
from planloom.lift.spellings import MAX_KEYED, keys, moment_in
from planloom.lift.texts import Said, contains, tokens
from planloom.trace import Tool, Trace

Origin = Literal["user", "system", "default", "result", "own"]


class Value(Struct, frozen=True, gc=False):
    """One value inside a call's arguments."""

    argument: str
    origin: Origin
    links: tuple[Link, ...] = ()


class Written:
    """The values of a call's arguments; a value is among them in any spelling, and as part of a list."""

    def __init__(self, texts: set[str]) -> None:
        self._texts = texts

    def holds(self, text: str, spelled: tuple[str, ...]) -> bool:
        """Whether the value is among them; `spelled` are its `keys`."""
        if text in self._texts or text in self._parts:
            return True
        return not self._parts.isdisjoint(spelled)

    @cached_property
    def _parts(self) -> set[str]:
        spelled = {key for text in self._texts for key in keys(text)}
        return spelled.union(*({word for word, _ in tokens(t)} for t in self._texts if "," in t))


class _Before(NamedTuple):
    """What was there before the calls of a round; `written` has the values of each earlier call."""

    user: Said
    system: Said
    results: list[Result]
    written: list[Written]
    quoting: Index

    def repeats(self, result: Result, text: str, spelled: tuple[str, ...]) -> bool:
        """Whether a result merely repeats what its own call, or one of its round, was given."""
        for call in result.together:  # noqa: SIM110 - `any` takes longer than what it asks
            if self.written[call].holds(text, spelled):
                return True
        return False


def located(trace: Trace, offered: Mapping[str, Tool]) -> list[list[Value]]:
    """For each call, over all rounds, where each of its argument values came from."""
    system, results = Said(trace.system), results_of(trace)
    references = References(trace)
    found: list[list[Value]] = []
    written: list[Written] = []
    quoting = Index()
    turn, user = -1, Said("")
    for number, round_ in enumerate(trace.rounds):
        if round_.turn != turn:
            turn, user = round_.turn, Said("\n".join(trace.user_turns[: round_.turn + 1]))
        earlier = [result for result in results if result.round < number]
        before = _Before(user, system, earlier, written, quoting)
        for call in round_.calls:
            leaves, tool = leaves_of(call.arguments), offered.get(call.tool)
            texts = {leaf.text for leaf in leaves}
            known = declared_values(tool.parameters) if tool else frozenset()
            values = [_locate(leaf, texts, before, known) for leaf in leaves]
            if references.may_be_in(leaves):
                values = [
                    _referring(references.of(len(found), leaf), value, leaf, before)
                    for value, leaf in zip(values, leaves, strict=True)
                ]
            found.append(values)
            written.append(Written(texts))
    return found


def _referring(links: tuple[Link, ...], value: Value, leaf: Leaf, before: _Before) -> Value:
    """An explicit reference decides, unless the user himself wrote what looks like one."""
    if not links or contains(before.user.text, leaf.text):
        return value
    return Value(leaf.path, "result", links)


def _locate(leaf: Leaf, beside: set[str], before: _Before, known: frozenset[str]) -> Value:
    if leaf.text in before.user or before.user.abbreviates(leaf.written):
        return Value(leaf.path, "user")
    if leaf.text in known:
        return Value(leaf.path, "default")
    if before.system.text and leaf.text in before.system:
        return Value(leaf.path, "system")
    if not before.results or not leaf.text:
        return Value(leaf.path, "own")
    links = _suppliers(Sought.of(leaf, beside), before) or _quoted(leaf.text, before)
    return Value(leaf.path, "result" if links else "own", links)


def _suppliers(sought: Sought, before: _Before) -> tuple[Link, ...]:
    """The results that brought the value in.

    A result that merely repeats its own call's argument brought nothing in. Among the rest the
    record counts that holds most of the call's other values, then the earliest round: later results repeat it.
    """
    found: list[tuple[int, int, Link]] = []
    for result in before.results:
        if not result.may_hold(sought) or before.repeats(result, sought.text, sought.keys):
            continue
        match = result.value(sought)
        if match is not None:
            link = Link(result.call, match.leaf.path, sought.leaf.written, joint=result.joint)
            found.append((-match.support, result.round, link))
    if len(found) < 2:
        return tuple(link for *_, link in found)
    best = min(rank for *rank, _ in found)
    links = [link for *rank, link in found if rank == best]
    return (
        tuple(links)
        if len(links) < 2
        else tuple(structs.replace(link, joint=True) for link in links)
    )


def _quoted(text: str, before: _Before) -> tuple[Link, ...]:
    """Results of which values are quoted inside a longer text: a mail, a formula, a list of ids.

    Each value links to the call that first brought it in; of the values of one call the longest
    stands for all.
    """
    if (text.isalnum() and text.isascii()) or moment_in(text[:MAX_KEYED]) is not None:
        return ()
    longest: dict[int, Link] = {}
    seen: dict[str, int] = {}
    for result, leaf in before.quoting.quoted(text, before.results):
        if leaf.text in before.user or contains(before.system.text, leaf.text):
            continue
        if (
            before.repeats(result, leaf.text, keys(leaf.text))
            or seen.setdefault(leaf.text, result.round) != result.round
        ):
            continue
        best = longest.get(result.call)
        if best is None or len(leaf.written) > len(best.span):
            longest[result.call] = Link(result.call, leaf.path, leaf.written, joint=result.joint)
    return tuple(longest[call] for call in sorted(longest))


@lru_cache(maxsize=50_000)
def declared_values(parameters: bytes) -> frozenset[str]:
    """Defaults and enumerated values of the schema: who uses one has it from there."""
    return frozenset(_defaults(msgspec.json.decode(parameters)))


def _defaults(schema: Any) -> Iterator[str]:
    items: Iterable[Any] = ()
    if isinstance(schema, dict):
        for key in ("default", "enum", "const"):
            yield from (leaf.text for leaf in leaves_of(schema.get(key)))
        properties = schema.get("properties")
        named = properties.values() if isinstance(properties, dict) else ()
        items = (*named, *(item for key, item in schema.items() if key != "properties"))
    elif isinstance(schema, list):
        items = schema
    for item in items:
        yield from _defaults(item)
