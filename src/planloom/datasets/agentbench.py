"""Tasks for agents on a knowledge graph, a database and an operating system. A benchmark.

Knowledge graph: `actions` are call strings in order; the names of the parameters stand in the
benchmark's prompt. `#0` is the first result that is a set of entities: it counts sets, not calls.
Database and operating system: tasks whose right answers name no tool.
"""

import re
from typing import Any

from planloom.errors import BadRow, Reason
from planloom.shapes.dialogue import Dialogue, text_of
from planloom.source import Part, Reader, Row, Source
from planloom.trace import Call, Trace

PARAMETERS = {
    "get_relations": ("variable",),
    "get_neighbors": ("variable", "relation"),
    "intersection": ("variable1", "variable2"),
    "get_attributes": ("variable",),
    "argmax": ("variable", "attribute"),
    "argmin": ("variable", "attribute"),
    "count": ("variable",),
}
SETS = ("get_neighbors", "intersection", "argmax", "argmin")
_CALL = re.compile(r"(\w+)\(([^()]*)\)")


def read_graph(row: Row) -> Trace:
    dialogue = Dialogue()
    dialogue.user(text_of(row.get("question")))
    actions, sets = row.get("actions"), 0
    for action in actions if isinstance(actions, list) else ():
        tool, arguments = _parsed(action)
        gives = (f"#{sets}",) if tool in SETS else ()
        sets += len(gives)
        dialogue.calls([Call(tool, arguments, gives=gives)])
    return dialogue.trace()


def _parsed(action: Any) -> tuple[str, dict[str, Any]]:
    match = _CALL.fullmatch(action) if isinstance(action, str) else None
    tool, given = match.groups() if match else ("", "")
    names, values = PARAMETERS.get(tool, ()), [value.strip() for value in given.split(",")]
    if len(names) != len(values):
        raise BadRow(Reason.not_a_call, repr(action))
    return tool, dict(zip(names, values, strict=True))


def read_task(row: Row) -> Trace:
    dialogue = Dialogue()
    dialogue.user(text_of(row.get("description")))
    return dialogue.trace()


def _part(config: str, read: Reader, kind: str) -> Part:
    files = (f"data/{config}/**/*.{kind}", f"data__{config}__*.{kind}*")
    return Part(
        "test", files, read, "tool_reasoning", config, policy="eval_only", why="a benchmark"
    )


SOURCE = Source(
    id="THUDM/AgentBench",
    licence="Apache-2.0",
    url="https://github.com/THUDM/AgentBench",
    rows=2_980,
    tier=3,
    parts=(
        _part("knowledgegraph", read_graph, "json"),
        _part("dbbench", read_task, "jsonl"),
        _part("os_interaction", read_task, "json"),
    ),
)
