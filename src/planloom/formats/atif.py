"""ATIF v1.7 trajectories; the graph stands in `extra` under one key of ours.

An agent's name and version are required. A plan does not know who acted, so they name the dataset
and its revision, or `unknown`.
"""

from collections.abc import Iterator
from typing import Any

from planloom.formats import Format, Told, Tools, always
from planloom.formats.telling import encode, functions, spoken, told_alone, trace
from planloom.formats.whole import KEY, beside, whole
from planloom.plan import RESPOND, ExecutionPlan, Node

VERSION = "ATIF-v1.7"
UNKNOWN = "unknown"


def line(plan: ExecutionPlan, tools: Tools) -> bytes:
    """One trajectory."""
    agent: dict[str, Any] = {"name": plan.source or UNKNOWN, "version": plan.revision or UNKNOWN}
    if tools:
        agent["tool_definitions"] = [{"type": "function", "function": f} for f in functions(tools)]
    record = {
        "schema_version": VERSION,
        "trajectory_id": plan.plan_id,
        "agent": agent,
        "steps": [{"step_id": n, **step} for n, step in enumerate(_steps(plan), 1)],
        "extra": {KEY: beside(plan)},
    }
    return encode(record) + b"\n"


def _steps(plan: ExecutionPlan) -> Iterator[dict[str, Any]]:
    """An answer in text is no step: its text is not known."""
    for part in spoken(plan):
        if isinstance(part, str):
            yield {"source": "user", "message": part}
        elif calls := [_call(node) for node in part if node.kind != RESPOND]:
            yield {"source": "agent", "message": "", "tool_calls": calls}


def _call(node: Node) -> dict[str, Any]:
    return {"tool_call_id": node.id, "function_name": node.tool, "arguments": node.arguments}


def restored(row: dict[str, Any]) -> ExecutionPlan:
    """The plan of a line, all of it.

    Raises:
        KeyError, msgspec.ValidationError: if the row was not written here.
    """
    steps = row["steps"]
    turns = [step["message"] for step in steps if step["source"] == "user"]
    calls = [call for step in steps for call in step.get("tool_calls", ())]
    deeds = [(call["function_name"], call["arguments"]) for call in calls]
    return whole(row["trajectory_id"], turns, deeds, row["extra"][KEY])


def _told(plan: ExecutionPlan, tools: Tools) -> Told:
    return told_alone(trace(plan, tools, ""))


FORMAT = Format(line, always, _told, key=f"extra.{KEY}", restored=restored)
