"""S2d: a solution in one text, with Python code in `<tool_call>` tags (OpenMathReasoning `tir`).

An output block behind the tag is the result. The row names no tool: the node is `python`, its only
argument `code`. Code runs in one session, block after block, so every block is a round of its own.
Blocks also stand inside the reasoning: they were run there.
"""

import re

from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes.dialogue import Dialogue, without_thinking
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Trace

CATEGORY: Category = "tool_reasoning"
TOOL = "python"

# Whatever is never closed reaches to the end, so that no scan begins anew inside it.
_BLOCK = re.compile(
    r"<tool_call>(?P<code>.*?)(?P<end></tool_call>|\Z)"
    r"(?:\s*+```output[^\S\n]*+\n(?P<output>.*?)(?:\n?```|\Z))?",
    re.DOTALL,
)


@shape_reader
def reader(request: str = "problem", solution: str = "generated_solution") -> Reader:
    """Reads rows whose columns have these names."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        asked, text = row.get(request), row.get(solution)
        if not isinstance(text, str):
            raise BadRow(Reason.unknown_shape, f"{solution} is {type(text).__name__}")
        if isinstance(asked, str):
            dialogue.user(asked)
        for block in _BLOCK.finditer(text):
            _take(dialogue, block)
        answer, thinking = without_thinking(_BLOCK.sub("", text))
        dialogue.think(thinking)
        dialogue.answer(answer.strip())
        return dialogue.trace()

    return read


def _take(dialogue: Dialogue, block: re.Match[str]) -> None:
    if not block["end"]:
        raise BadRow(Reason.truncated, block[0][:300])
    code = block["code"].strip("\r\n")
    if not code.strip():
        raise BadRow(Reason.not_a_call, "an empty <tool_call>")
    dialogue.calls([Call(TOOL, {"code": code})])
    if block["output"] is not None:
        dialogue.result(block["output"])


def sniff(row: Row) -> Reader | None:
    """A reader, if a problem and a solution are there and the solution runs code."""
    asked, text = row.get("problem"), row.get("generated_solution")
    if isinstance(asked, str) and isinstance(text, str) and _BLOCK.search(text):
        return reader()
    return None
