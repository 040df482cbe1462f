"""Which result belongs to which call of a round."""

import json
from typing import Any, NamedTuple

import msgspec

from planloom import payload
from planloom.trace import Call, plain_name


class Result(NamedTuple):
    """A tool's answer as written, with whatever says to which call it belongs."""

    text: str
    id: str | None = None
    name: str | None = None


def paired(
    calls: list[Call], results: list[Result], notes: list[str]
) -> tuple[tuple[Call, ...], str | None]:
    """Calls with their results; what cannot be divided among them comes back as joint text.

    By id, else by order (by name where the names say so), else by cutting one joint text.
    """
    if not results:
        return tuple(calls), None
    texts = _by_id(calls, results) or _by_name(calls, results)
    if texts is None and not _contradict(calls, results):
        texts = _in_order(calls, results)
    if texts is None:
        notes.append("results_not_aligned")
        return tuple(calls), "\n".join(result.text for result in results)
    return tuple(
        msgspec.structs.replace(call, result=text) for call, text in zip(calls, texts, strict=True)
    ), None


def _in_order(calls: list[Call], results: list[Result]) -> list[str | None] | None:
    if len(results) == len(calls):
        return [result.text for result in results]
    return divided(results[0].text, len(calls)) if len(results) == 1 else None


def _contradict(calls: list[Call], results: list[Result]) -> bool:
    """Whether results say that they belong to other calls than these, or two to one."""
    ids = [result.id for result in results if result.id]
    known = {call.id for call in calls if call.id}
    names = {plain_name(result.name) for result in results if result.name}
    tools = {plain_name(call.tool) for call in calls}
    return (bool(known) and not {*ids} <= known) or len({*ids}) < len(ids) or not names <= tools


def _by_id(calls: list[Call], results: list[Result]) -> list[str | None] | None:
    texts = {result.id: result.text for result in results if result.id}
    known = [call.id for call in calls]
    if len(texts) != len(results) or len(set(known)) != len(known) or not texts.keys() <= {*known}:
        return None
    return [texts.get(call.id or "") for call in calls]


def _by_name(calls: list[Call], results: list[Result]) -> list[str | None] | None:
    """Only where every name is there once: otherwise order is the better witness."""
    texts = {result.name: result.text for result in results if result.name}
    names = [call.tool for call in calls]
    unique = len(texts) == len(results) and len(set(names)) == len(names)
    return [texts.get(name) for name in names] if unique and texts.keys() <= {*names} else None


def results_in(text: str, calls: list[Call]) -> list[Result]:
    """The results in a text that answers these calls: one an entry of a JSON list as long.

    An entry that names one of the tools beside its `content` or `results` is unwrapped.
    """
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return [Result(text)]
    if not isinstance(entries, list) or len(entries) != len(calls):
        return [Result(text)]
    called = {call.tool for call in calls}
    return [_unwrapped(entry, called) for entry in entries]


def _unwrapped(entry: Any, called: set[str]) -> Result:
    name = None
    if isinstance(entry, dict) and isinstance(said := entry.get("name"), str) and said in called:
        for key in ("content", "results"):
            if key in entry:
                entry, name = entry[key], said
                break
    return Result(entry if isinstance(entry, str) else payload.dumps(entry), None, name)


def divided(text: str, count: int) -> list[str | None] | None:
    """One text as `count` results: a JSON list of that length, or that many JSON lines."""
    if count == 1:
        return [text]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        lines = [line for line in text.split("\n") if line.strip()]
        return list(lines) if len(lines) == count and all(map(_is_json, lines)) else None
    if isinstance(value, list) and len(value) == count:
        return [item if isinstance(item, str) else json.dumps(item) for item in value]
    return None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
