"""R-Judge: what agents did, judged by people. `label` 1 is unsafe, 0 is safe.

A safe run with `attack_type` injection was attacked and handled it well: it still holds the attack.
Safe runs without an attack are those of a benchmark: held out. An action is prose, or a tool's name
with an object after it; the row is a prompt where no action is a call. Not on the hub: it is read
from a data root.
"""

import re
from typing import Any

import msgspec

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Finding
from planloom.shapes.dialogue import Dialogue
from planloom.source import Part, Row, Source
from planloom.trace import Call, Trace

_ACTION = re.compile(r"\s*(\w+):?\s*(?:Action Input:)?\s*(\{.*\})\s*", re.DOTALL)


def read(row: Row) -> Trace:
    label, parts = row.get("label"), row.get("contents")
    if label not in (0, 1) or not isinstance(parts, list):
        raise BadRow(Reason.unknown_shape, "no label of 0 or 1, or no contents")
    dialogue = Dialogue()
    for message in (m for part in parts if isinstance(part, list) for m in part):
        if isinstance(message, dict):
            _take(dialogue, message)
    attacked = row.get("attack_type") == "injection"
    if label == 0 and not attacked:
        return msgspec.structs.replace(dialogue.trace(), policy="eval_only")
    cls = "unsafe_action" if label == 1 else "attack_resisted"
    finding = Finding("rjudge_label", cls, str(row.get("risk_description") or "")[:200])
    return msgspec.structs.replace(dialogue.trace(), findings=(finding,))


def _take(dialogue: Dialogue, message: dict[str, Any]) -> None:
    text = str(message.get("content") or "")
    if message.get("role") == "user":
        dialogue.user(text)
    elif message.get("role") == "environment" and text:
        dialogue.result(text)
    elif message.get("role") == "agent":
        dialogue.think(str(message.get("thought") or ""))
        action = str(message.get("action") or text)
        call = _call(action, dialogue.notes)
        dialogue.calls([call]) if call else dialogue.answer(action)


def _call(action: str, notes: list[str]) -> Call | None:
    match = _ACTION.fullmatch(action)
    return payload.call({"name": match[1], "arguments": match[2]}, notes) if match else None


SOURCE = Source(
    id="lordog/r-judge",
    licence="none stated",
    rows=378,
    tier=3,
    parts=(
        Part(
            split="judged",
            files=("data/R-Judge/**/*.json*", "data__R-Judge__*.json*"),
            read=read,
            category="tool_reasoning",
            use="no_publish",
        ),
    ),
)
