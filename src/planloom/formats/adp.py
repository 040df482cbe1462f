"""Agent Data Protocol v1: actions and observations in a row; what it lacks is text in `details`.

It has no groups, so that others see parallel calls one after another; no tools; no ids.
"""

from typing import Any

import msgspec

from planloom.formats import Format, Told, Tools
from planloom.formats.telling import encode, functions, spoken, told_alone, trace, unfit
from planloom.formats.whole import KEY, beside, whole
from planloom.plan import ExecutionPlan, Node


def line(plan: ExecutionPlan, tools: Tools) -> bytes:
    """One trajectory."""
    items = [item for part in spoken(plan) for item in _items(part)]
    ours = {**beside(plan), "declared": functions(tools)}
    details = {KEY: encode(ours).decode()}
    return encode({"id": plan.plan_id, "content": items, "details": details}) + b"\n"


def _items(part: str | list[Node]) -> list[dict[str, Any]]:
    if isinstance(part, str):
        return [{"class_": "text_observation", "content": part, "source": "user"}]
    return [
        {"class_": "api_action", "function": node.tool, "kwargs": node.arguments} for node in part
    ]


def restored(row: dict[str, Any]) -> ExecutionPlan:
    """The plan of a line, all of it.

    Raises:
        KeyError, msgspec.ValidationError: if the row was not written here.
    """
    items = row["content"]
    turns = [item["content"] for item in items if item["class_"] == "text_observation"]
    deeds = [(i["function"], i["kwargs"]) for i in items if i["class_"] == "api_action"]
    return whole(row["id"], turns, deeds, msgspec.json.decode(row["details"][KEY]))


def _told(plan: ExecutionPlan, _: Tools) -> Told:
    return told_alone(trace(plan, ()))


FORMAT = Format(line, unfit, _told, key=f"details.{KEY}", restored=restored)
