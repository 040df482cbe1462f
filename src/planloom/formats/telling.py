"""A plan told as a dialogue: what all layouts of messages share.

A plan holds no results and no text of the assistant, so no layout writes any.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any

import msgspec

from planloom.formats import Told, Tools
from planloom.plan import RESPOND, ExecutionPlan, Node
from planloom.trace import Call, Place, Round, Tool, Trace

ANSWERED = "answer in text, which a plan does not hold"
NO_CALL = "hold a request alone"
NAMED = "name a tool without its arguments"

encode = msgspec.json.Encoder().encode


def unfit(plan: ExecutionPlan) -> str | None:
    """Why a plan is no row to train on: its answer or its arguments would have to be made up."""
    if not plan.nodes:
        return NO_CALL
    if any(node.kind == RESPOND for node in plan.nodes):
        return ANSWERED
    return None if all(node.arguments_known for node in plan.nodes) else NAMED


def spoken(plan: ExecutionPlan) -> Iterator[str | list[Node]]:
    """User turns and the rounds of calls that follow them; turns without calls stand by themselves."""
    said = 0
    for _, group in groupby(plan.nodes, key=lambda node: node.step):
        nodes = list(group)
        due = max(node.turn for node in nodes) + 1
        yield from plan.user_turns[said:due]
        said = max(said, min(due, len(plan.user_turns)))
        yield nodes
    yield from plan.user_turns[said:]


def trace(plan: ExecutionPlan, tools: Tools, ids: str | None = None, system: str = "") -> Trace:
    """The trace that a reader makes of what is spoken; `ids` begins the id of each call."""
    rounds, turns = [], 0
    for part in spoken(plan):
        if isinstance(part, str):
            turns += 1
        elif calls := tuple(_call(node, ids) for node in part if node.kind != RESPOND):
            rounds.append(Round(calls, max(turns - 1, 0)))
    return Trace(plan.user_turns, tuple(rounds), tools=tuple(tools), system=system)


def _call(node: Node, ids: str | None) -> Call:
    return Call(node.tool, node.arguments, id=None if ids is None else f"{ids}{node.id}")


def about(plan: ExecutionPlan) -> dict[str, str]:
    """What must travel with a row that is trained on."""
    return {
        "source": plan.source,
        "licence": plan.licence,
        "use": plan.use,
        "label": plan.label,
        "category": plan.category,
    }


def told(plan: ExecutionPlan, found: Trace) -> Told:
    """The trace beside what `about` says of it."""
    place = Place(plan.source, "", "", "", 0, plan.licence, plan.use, plan.category)
    return Told(found, place, plan.label)


def told_alone(found: Trace) -> Told:
    """A trace that nothing is said of, as a reader takes rows of unknown origin."""
    return Told(
        found, Place("", "", "", "", 0, "unknown", "no_publish", "tool_reasoning"), "benign"
    )


@lru_cache(maxsize=50_000)
def function(tool: Tool, name: str) -> dict[str, Any]:
    """A declaration under a name, its schema as JSON text already."""
    said = {"description": tool.description} if tool.description else {}
    return {"name": name, **said, "parameters": msgspec.Raw(tool.parameters)}


def functions(tools: Tools) -> list[dict[str, Any]]:
    """The declarations under their own names."""
    return [function(tool, tool.name) for tool in tools]
