"""All of a plan beside a dialogue that tells it: what other layouts lack, nothing of it twice.

User turns, tools' names and arguments stand in the dialogue; the rest stands under one key of ours.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import structs

from planloom.plan import RESPOND, SCHEMA_VERSION, ExecutionPlan, Node

KEY = "planloom"
_ELSEWHERE = ("plan_id", "request", "user_turns", "nodes")

Deed = tuple[str, dict[str, Any]]
"""Tool and arguments of a call."""


def beside(plan: ExecutionPlan) -> dict[str, Any]:
    """What the dialogue does not tell. A request that repeats a user turn is that turn's number."""
    turns = plan.user_turns
    rest = {
        name: value
        for name, value in structs.asdict(plan).items()
        if name not in _ELSEWHERE and value not in (None, ())
    }
    request = turns.index(plan.request) if plan.request in turns else plan.request
    nodes = [_judged(node) for node in plan.nodes]
    return {"schema": SCHEMA_VERSION, "request": request, **rest, "nodes": nodes}


def _judged(node: Node) -> dict[str, Any]:
    return {k: v for k, v in structs.asdict(node).items() if k not in ("tool", "arguments")}


def whole(
    plan_id: str, turns: Sequence[str], deeds: Iterable[Deed], rest: dict[str, Any]
) -> ExecutionPlan:
    """The plan of a dialogue and what stood beside it.

    Raises:
        msgspec.ValidationError: if it is none.
    """
    told = iter(deeds)
    nodes = [{**node, **_deed(node, told)} for node in rest["nodes"]]
    request = turns[rest["request"]] if isinstance(rest["request"], int) else rest["request"]
    given = {k: v for k, v in rest.items() if k in ExecutionPlan.__struct_fields__}
    read = {"plan_id": plan_id, "user_turns": turns, "request": request, "nodes": nodes}
    given.setdefault("edges", ())
    return msgspec.convert({**given, **read}, ExecutionPlan)


def _deed(node: dict[str, Any], told: Iterable[Deed]) -> dict[str, Any]:
    if node["kind"] == RESPOND:
        return {"tool": RESPOND, "arguments": {}}
    tool, arguments = next(iter(told))
    return {"tool": tool, "arguments": arguments}
