"""Where each argument value of a trace came from: the user, the system, a default, a result.

A value is looked for in what was there before the call, in the order of trust: user turns and
system text first, then declared defaults and enumerations, then earlier results. What is found
nowhere is the model's own.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from planloom.lift.leaves import MAX_LEAVES, MAX_TEXT, Leaf, leaves_of, parsed
from planloom.lift.references import Link, explicit
from planloom.trace import Tool, Trace

Origin = Literal["user", "system", "default", "result", "own"]

MIN_LENGTH = 3
MIN_NUMBER = 100
_BETWEEN = re.compile(r"[;\n]")


class Value(NamedTuple):
    """One value inside a call's arguments."""

    call: int
    argument: str
    origin: Origin
    links: tuple[Link, ...] = ()


class _Result:
    """A result, flattened: its short values by text, and its texts for search inside."""

    def __init__(self, text: str, call: int, round_: int, joint: bool) -> None:
        self.call = call
        self.round = round_
        self.joint = joint
        data = parsed(text)
        parts = _BETWEEN.split(data) if joint and isinstance(data, str) else [data]
        leaves = (leaf for part in parts for leaf in leaves_of(part))
        self.leaves = [leaf for leaf in leaves if len(leaf.text) >= MIN_LENGTH]
        self.paths: dict[str, str] = {}
        for leaf in self.leaves:
            self.paths.setdefault(leaf.text, leaf.path)
        self.long = [leaf for leaf in self.leaves if " " in leaf.text or len(leaf.text) > 40]

    def path_of(self, needle: str) -> str | None:
        """The path at which the value stands, whole or inside a text."""
        found = self.paths.get(needle)
        if found is None:
            found = next((leaf.path for leaf in self.long if contains(leaf.text, needle)), None)
        return found


def located(trace: Trace) -> list[Value]:
    """Every argument value of every call with its origin; calls are counted over all rounds."""
    offered = {tool.name: tool for tool in trace.tools}
    system = trace.system.casefold()[:MAX_TEXT]
    results = _results(trace)
    named: dict[str, int] | None = {} if any(call.gives for call in trace.calls) else None
    values: list[Value] = []
    written: list[set[str]] = []
    index = 0
    for number, round_ in enumerate(trace.rounds):
        user = "\n".join(trace.user_turns[: round_.turn + 1]).casefold()[:MAX_TEXT]
        earlier = [result for result in results if result.round < number]
        for call in round_.calls:
            known = _declared_values(offered.get(call.tool))
            leaves = [*leaves_of(call.arguments)]
            for leaf in leaves:
                references = explicit(index, leaf.written, named)
                if references and not contains(user, leaf.text):
                    value = Value(index, leaf.path, "result", references)
                else:
                    value = _locate(index, leaf, user, system, known, earlier, written)
                values.append(value)
            written.append({leaf.text for leaf in leaves})
            if named is not None:
                named |= dict.fromkeys(call.gives, index)
            index += 1
    return values


def _locate(
    call: int,
    leaf: Leaf,
    user: str,
    system: str,
    known: frozenset[str],
    earlier: list[_Result],
    written: list[set[str]],
) -> Value:
    if contains(user, leaf.text):
        return Value(call, leaf.path, "user")
    if leaf.text in known:
        return Value(call, leaf.path, "default")
    if contains(system, leaf.text):
        return Value(call, leaf.path, "system")
    links = _suppliers(leaf, earlier, written) if telling(leaf.text) else ()
    links = links or _quoted(leaf.text, earlier, written, f"{user}\n{system}")
    return Value(call, leaf.path, "result" if links else "own", links)


def _suppliers(leaf: Leaf, earlier: list[_Result], written: list[set[str]]) -> tuple[Link, ...]:
    """The results that first brought the value in.

    A result that merely repeats its own call's argument brought nothing in. Among the rest the
    earliest round counts: later results repeat it.
    """
    found: list[tuple[int, Link]] = []
    for result in earlier:
        if found and result.round > found[0][0]:
            break
        if leaf.text in written[result.call]:
            continue
        path = result.path_of(leaf.text)
        if path is not None:
            link = Link(result.call, path, leaf.written, joint=result.joint)
            found.append((result.round, link))
    links = [link for _, link in found]
    return tuple(links) if len(links) < 2 else tuple(link._replace(joint=True) for link in links)


def _quoted(
    text: str, earlier: list[_Result], written: list[set[str]], before: str
) -> tuple[Link, ...]:
    """Results of which a value is quoted inside a longer text, such as the body of a mail."""
    if not earlier or (" " not in text and text.isascii()):  # many scripts have no spaces
        return ()
    links: dict[int, Link] = {}
    for result in earlier:
        best = links.get(result.call)
        for leaf in result.leaves[:MAX_LEAVES]:
            longer = best is None or len(leaf.text) > len(best.span)
            if (
                not longer
                or len(leaf.text) > len(text)
                or not quotable(leaf.text)
                or leaf.text in written[result.call]
            ):
                continue
            if contains(text, leaf.text) and not contains(before, leaf.text):
                best = Link(result.call, leaf.path, leaf.written, joint=result.joint)
        if best is not None:
            links[result.call] = best
    return _first_quoted(list(links.values()))


def _first_quoted(links: list[Link]) -> tuple[Link, ...]:
    """One link a span: of two results with the same text the earlier one supplied it.

    A joint text may be the work of each of its calls.
    """
    spans: dict[tuple[str, int], Link] = {}
    for link in links:
        spans.setdefault((link.span, link.call if link.joint else -1), link)
    return tuple(spans.values())


def telling(text: str) -> bool:
    """Whether finding the value again says anything: not a short text, not a small number."""
    if len(text) < MIN_LENGTH or text in ("true", "false", "null", "none"):
        return False
    number = _number(text)
    return number is None or abs(number) >= MIN_NUMBER or number != int(number)


def quotable(text: str) -> bool:
    """Whether a value is particular enough to be recognised inside a longer text."""
    digits = any(character.isdigit() for character in text)
    return telling(text) and len(text) <= 200 and (digits or len(text) >= 5)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None


def contains(text: str, needle: str) -> bool:
    """Whether `needle` stands in `text`, not inside a longer ASCII word."""
    if not needle:
        return False
    start = text.find(needle)
    while start >= 0:
        end = start + len(needle)
        if not (
            _joins(text[start - 1 : start], needle[0]) or _joins(needle[-1], text[end : end + 1])
        ):
            return True
        start = text.find(needle, start + 1)
    return False


def _joins(left: str, right: str) -> bool:
    return (left + right).isascii() and left.isalnum() and right.isalnum()


def _declared_values(tool: Tool | None) -> frozenset[str]:
    return declared_values(tool.parameters) if tool else frozenset()


def declared_values(parameters: bytes) -> frozenset[str]:
    """Defaults and enumerated values of the schema: who uses one has it from there."""
    cached = _DECLARED.get(parameters)
    if cached is None:
        if len(_DECLARED) > 50_000:
            _DECLARED.clear()
        cached = _DECLARED[parameters] = frozenset(_defaults(msgspec.json.decode(parameters)))
    return cached


_DECLARED: dict[bytes, frozenset[str]] = {}


def _defaults(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, item in schema.items():
            if key in ("default", "enum", "const"):
                yield from (leaf.text for leaf in leaves_of(item))
            else:
                yield from _defaults(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from _defaults(item)


def _results(trace: Trace) -> list[_Result]:
    results, index = [], 0
    for number, round_ in enumerate(trace.rounds):
        for call in round_.calls:
            text = call.result if round_.joint is None else round_.joint
            if text:
                results.append(_Result(text, index, number, round_.joint is not None))
            index += 1
    return results
