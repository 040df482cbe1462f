"""Tool-use conversations with long reasoning over the requests and tools of five older sets.

Multi-step rows carry guidance for the model at the end of the user turn ("You are in sequential
tool calling mode ..."), tool turns a reminder to think; neither is part of the request.
Relevance rows (about 14,500) call nothing on purpose.
"""

import re

from planloom.shapes import tagged_text
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_GUIDANCE = re.compile(
    r"(?:You are in sequential tool calling mode|Reply with a <think> block).*\Z",
    re.DOTALL | re.IGNORECASE,
)
_read = tagged_text.reader("conversations", "tools")


def read(row: Row) -> Trace:
    return _read({**row, "conversations": _without_guidance(row.get("conversations"))})


def _without_guidance(turns: object) -> object:
    if not isinstance(turns, list):
        return turns
    return [
        {**turn, "value": _GUIDANCE.sub("", turn["value"]).rstrip()}
        if isinstance(turn, dict)
        and turn.get("from") in ("human", "tool")
        and isinstance(turn.get("value"), str)
        else turn
        for turn in turns
    ]


SOURCE = Source(
    id="interstellarninja/hermes_reasoning_tool_use",
    licence="Apache-2.0",
    rows=51_004,
    claim="unknown; 100K in the mix",
    tier=2,
    overlap="hermes",
    parts=(
        Part(
            split="train",
            files=("data/train-*",),
            read=read,
            category="tool_reasoning",
            columns=("conversations", "tools"),
        ),
    ),
)
