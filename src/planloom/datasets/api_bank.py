"""Dialogues written by people, with API calls and their real results. One file is one dialogue.

A line is a turn: `{role: User | AI, text}` or `{role: API, api_name, param_dict, result}`. Tokens
that one call returns and the next one needs make chains of data. Accounts and passwords are made up.
"""

from typing import Any

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.shapes.dialogue import Dialogue, text_of
from planloom.source import Part, Row, Source
from planloom.trace import Trace


def read(row: Row) -> Trace:
    turns = row.get("records")
    if not isinstance(turns, list):
        raise BadRow(Reason.unknown_shape, "no list of turns")
    dialogue = Dialogue()
    for turn in turns:
        _take(dialogue, turn)
    return dialogue.trace()


def _take(dialogue: Dialogue, turn: Any) -> None:
    match turn:
        case {"role": "User"}:
            dialogue.user(text_of(turn.get("text")))
        case {"role": "AI"}:
            dialogue.answer(text_of(turn.get("text")))
        case {"role": "API"}:
            dialogue.calls([payload.call(turn, dialogue.notes)])
            dialogue.result(_result(turn.get("result")))
        case _:
            raise BadRow(Reason.unknown_shape, f"a turn is {turn!r}")


def _result(result: Any) -> str:
    """What the call brought in: `input` beside it only repeats the arguments."""
    if not isinstance(result, dict):
        return text_of(result)
    given = result.get("exception") or result.get("output")
    return given if isinstance(given, str) else payload.dumps(given)


SOURCE = Source(
    id="AlibabaResearch/API-Bank",
    licence="MIT",
    url="https://github.com/AlibabaResearch/DAMO-ConvAI/tree/main/api-bank",
    rows=214,
    tier=3,
    overlap="api_bank",
    parts=(
        Part(
            config="level-1",
            split="test",
            files=(
                "api-bank/lv1-lv2-samples/level-1-given-desc/*.jsonl",
                "api-bank__lv1-lv2-samples__level-1-given-desc__*.jsonl*",
            ),
            read=read,
            category="function_calling",
            whole=True,
            policy="eval_only",
            why="a benchmark: level 1 of its evaluation dialogues",
        ),
    ),
)
