"""Chat messages with `tool_calls` and `tools`, as OpenAI writes them, one training row a line.

Names of functions are letters, digits, `_` and `-`, at most 64: other names are written so, and
`metadata` keeps what they were. Arguments are JSON text. No call has an answer, because a plan
holds none.
"""

import re
from collections.abc import Iterable
from typing import Any

from planloom.formats import Format, Told, Tools
from planloom.formats.telling import about, encode, function, spoken, told, trace, unfit
from planloom.plan import ExecutionPlan, Node

IDS = "call_"
RENAMED = "planloom_tools"
LONGEST = 64
_LEGAL = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")


def line(plan: ExecutionPlan, tools: Tools) -> bytes:
    """One row: messages, tools, metadata."""
    names = renamed([*(tool.name for tool in tools), *(node.tool for node in plan.nodes)])
    metadata = {"plan_id": plan.plan_id, **about(plan)}
    if back := {new: old for old, new in names.items() if new != old}:
        metadata[RENAMED] = encode(back).decode()
    record: dict[str, Any] = {"messages": [_message(part, names) for part in spoken(plan)]}
    if tools:
        record["tools"] = [
            {"type": "function", "function": function(tool, names[tool.name])} for tool in tools
        ]
    return encode({**record, "metadata": metadata}) + b"\n"


def _message(part: str | list[Node], names: dict[str, str]) -> dict[str, Any]:
    if isinstance(part, str):
        return {"role": "user", "content": part}
    return {"role": "assistant", "content": None, "tool_calls": [_call(n, names) for n in part]}


def _call(node: Node, names: dict[str, str]) -> dict[str, Any]:
    given = {"name": names[node.tool], "arguments": encode(node.arguments).decode()}
    return {"id": IDS + node.id, "type": "function", "function": given}


def renamed(names: Iterable[str]) -> dict[str, str]:
    """Each name as OpenAI allows it; no two become one."""
    ordered = list(dict.fromkeys(names))
    found = {name: name for name in ordered if _LEGAL.fullmatch(name)}
    taken = set(found)
    for name in ordered:
        if name not in found:
            found[name] = _free(_ILLEGAL.sub("_", name)[:LONGEST], taken)
            taken.add(found[name])
    return found


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name[: LONGEST - len(str(number)) - 1]}_{number}"
    return free


def _told(plan: ExecutionPlan, tools: Tools) -> Told:
    return told(plan, trace(plan, tools, IDS))


FORMAT = Format(line, unfit, _told)
