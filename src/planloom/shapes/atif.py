"""ATIF trajectories, versions 1.0 to 1.8: numbered steps of system, user and agent.

Calls of one step share a round; `source_call_id` says whose result is whose. Steps copied from an
earlier context are not read again. Embedded sub-agents are trajectories of their own: they are
counted, not read.
"""

import re
from typing import Any

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import Dialogue, text_of
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Trace

CATEGORY: Category = "tool_reasoning"
_VERSION = re.compile(r"ATIF-v1\.[0-8]")


@shape_reader
def reader(steps: str = "steps") -> Reader:
    """Reads rows that are trajectories, with their steps in this column."""

    def read(row: Row) -> Trace:
        if not _is_known(row.get("schema_version")):
            raise BadRow(Reason.unknown_shape, f"schema_version {row.get('schema_version')!r}")
        dialogue = Dialogue()
        for step in _list(row.get(steps)):
            _take(dialogue, step)
        dialogue.notes += ["subagent_left_out"] * len(_list(row.get("subagent_trajectories")))
        agent = row.get("agent")
        offered = agent.get("tool_definitions") if isinstance(agent, dict) else None
        return dialogue.trace(declare.tools(offered, dialogue.notes))

    return read


def _is_known(version: Any) -> bool:
    return isinstance(version, str) and _VERSION.fullmatch(version) is not None


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        value = payload.parse(value, [])
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadRow(Reason.unknown_shape, f"{type(value).__name__} where a list belongs")
    return value


def _take(dialogue: Dialogue, step: Any) -> None:
    if not isinstance(step, dict):
        raise BadRow(Reason.unknown_shape, f"a step is {type(step).__name__}")
    if step.get("is_copied_context"):
        return
    match step.get("source"):
        case "system":
            dialogue.system(text_of(step.get("message")))
        case "user":
            dialogue.user(text_of(step.get("message")))
        case "agent":
            dialogue.think(text_of(step.get("reasoning_content")))
            dialogue.answer(text_of(step.get("message")))
            dialogue.calls([_call(c, dialogue.notes) for c in _list(step.get("tool_calls"))])
        case source:
            raise BadRow(Reason.unknown_shape, f"source {source!r}")
    _take_results(dialogue, step.get("observation"))


def _call(entry: Any, notes: list[str]) -> Call:
    if isinstance(entry, dict):
        entry = {**entry, "id": entry.get("tool_call_id")}
    return payload.call(entry, notes)


def _take_results(dialogue: Dialogue, observation: Any) -> None:
    """The results of a step; one without content stands elsewhere (a sub-agent's)."""
    results = observation.get("results") if isinstance(observation, dict) else None
    for result in _list(results):
        if isinstance(result, dict) and (content := result.get("content")) is not None:
            text = text_of(content)
            call_id = result.get("source_call_id")
            dialogue.result(
                text if text or isinstance(content, str) else payload.dumps(content),
                call_id if isinstance(call_id, str) else None,
            )


def sniff(row: Row) -> Reader | None:
    """A reader, if the row names a known version and has steps."""
    known = _is_known(row.get("schema_version"))
    return reader() if known and isinstance(row.get("steps"), (list, str)) else None
