"""ShareGPT turns as LLaMA-Factory reads them: `function_call` turns, tools as JSON text.

Each round of calls is one turn with a JSON list. No `observation` stands between two rounds,
because a plan holds no results: a trainer that wants strict alternation takes only rows with one
round a user turn.
"""

from typing import Any

from planloom.formats import Format, Told, Tools
from planloom.formats.telling import about, encode, functions, spoken, told, trace, unfit
from planloom.plan import ExecutionPlan, Node


def line(plan: ExecutionPlan, tools: Tools) -> bytes:
    """One row: id, conversations, tools, and what must travel with it."""
    record = {
        "id": plan.plan_id,
        "conversations": [_turn(part) for part in spoken(plan)],
        "tools": encode(functions(tools)).decode(),
        **about(plan),
    }
    return encode(record) + b"\n"


def _turn(part: str | list[Node]) -> dict[str, Any]:
    if isinstance(part, str):
        return {"from": "human", "value": part}
    calls = [{"name": node.tool, "arguments": node.arguments} for node in part]
    return {"from": "function_call", "value": encode(calls).decode()}


def _told(plan: ExecutionPlan, tools: Tools) -> Told:
    return told(plan, trace(plan, tools))


FORMAT = Format(line, unfit, _told)
