"""Berkeley Function-Calling Leaderboard: requests, tools on offer, right calls. Read to decontaminate.

The files end in .json and hold JSON lines. Right calls stand in files of their own
(`possible_answer`) under the same id: a row there has no request. Of the values accepted for an
argument the first is taken; an argument that may be left out (an empty text is accepted) is left
out if that is the first. Answers of multi-turn tasks are calls written as Python.
"""

from itertools import chain
from typing import Any

from planloom import payload
from planloom.shapes import declare, python_calls
from planloom.shapes.dialogue import Dialogue, messages
from planloom.source import Part, Row, Source
from planloom.trace import Call, Trace


def read(row: Row) -> Trace:
    dialogue = Dialogue()
    question = row.get("question")
    for message in chain(*map(messages, question if isinstance(question, list) else ())):
        if message.role == "user":
            dialogue.user(message.text)
    answers = row.get("ground_truth")
    for answer in answers if isinstance(answers, list) else ():
        dialogue.calls(_calls(answer))
    return dialogue.trace(declare.tools(row.get("function"), dialogue.notes))


def _calls(answer: Any) -> list[Call]:
    """A call as an object, as text, or a turn's list of texts."""
    if isinstance(answer, dict):
        return [payload.call({"name": k, "arguments": _firsts(v)}, []) for k, v in answer.items()]
    texts = answer if isinstance(answer, list) else [answer]
    return [call for text in texts for call in python_calls.lines(str(text), {})]


def _firsts(accepted: Any) -> dict[str, Any]:
    given = accepted if isinstance(accepted, dict) else {}
    firsts = {k: v[0] if isinstance(v, list) and v else v for k, v in given.items()}
    return {name: _inner(value) for name, value in firsts.items() if value != ""}


def _inner(value: Any) -> Any:
    """Inside an object each value is a list of accepted ones again."""
    if isinstance(value, list):
        return [_inner(item) for item in value]
    return _firsts(value) if isinstance(value, dict) else value


SOURCE = Source(
    id="gorilla-llm/Berkeley-Function-Calling-Leaderboard",
    licence="Apache-2.0",
    rows=5_000,
    tier=3,
    parts=(
        Part(
            split="test",
            files=("**/*BFCL_v*.json*",),
            read=read,
            category="function_calling",
            policy="eval_only",
            why="a benchmark",
        ),
    ),
)
