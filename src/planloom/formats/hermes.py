"""Hermes text: tools in `<tools>` of the system turn, each call in `<tool_call>` tags.

JSON inside tags must not look like a tag of this layout, so that `<` is written as JSON's escape
there. A user turn that is a `<tool_response>` would be read as a result: such plans are left out.
"""

import re

from planloom.formats import Format, Told, Tools
from planloom.formats.telling import about, encode, functions, spoken, told, trace
from planloom.formats.telling import unfit as untold
from planloom.plan import ExecutionPlan, Node

FALSE_RESULT = "hold a user turn that reads as a tool's result"
SYSTEM = (
    "You can call the functions that are declared here. Write each call as JSON with the keys name "
    "and arguments, between <tool_call> and </tool_call>.\n<tools>{}</tools>"
)
_TAG = re.compile(
    r"<(?=/?(?:tools|tool_call|toolcall|tool_response|think|thinking|scratch_?pad)>)", re.IGNORECASE
)


def line(plan: ExecutionPlan, tools: Tools) -> bytes:
    """One row: id, conversations, and what must travel with it."""
    turns = [{"from": "system", "value": _system(tools)}] if tools else []
    for part in spoken(plan):
        said = ("human", part) if isinstance(part, str) else ("gpt", "\n".join(map(_call, part)))
        turns.append(dict(zip(("from", "value"), said, strict=True)))
    return encode({"id": plan.plan_id, "conversations": turns, **about(plan)}) + b"\n"


def _system(tools: Tools) -> str:
    return SYSTEM.format(_json(functions(tools))) if tools else ""


def _call(node: Node) -> str:
    call = _json({"name": node.tool, "arguments": node.arguments})
    return f"<tool_call>\n{call}\n</tool_call>"


def _json(value: object) -> str:
    return _TAG.sub(r"\\u003c", encode(value).decode())


def unfit(plan: ExecutionPlan) -> str | None:
    """As for all messages; and a turn that another reader would take for a result."""
    if why := untold(plan):
        return why
    said = (turn.strip() for turn in plan.user_turns)
    tags = ("<tool_response>", "</tool_response>")
    false = any(turn.startswith(tags[0]) and turn.endswith(tags[1]) for turn in said)
    return FALSE_RESULT if false else None


def _told(plan: ExecutionPlan, tools: Tools) -> Told:
    return told(plan, trace(plan, tools, system=_system(tools)))


FORMAT = Format(line, unfit, _told)
