"""Tool use over 426 public APIs, simulated by a language model. One record is an API with its tasks.

Training records hold runs (`Instances`) of steps `[[tool, input, log], observation]`; the hint
behind a request is advice to the agent. Evaluation records hold the right calls of each task, one
after the other; an input such as `{"id": ${id from search}}` is no JSON, and its row is left. Tools
are described in prose, so calls are not checked.
"""

from typing import Any

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.shapes.dialogue import Dialogue, text_of
from planloom.source import Part, Row, Source
from planloom.trace import Trace


def read_run(row: Row) -> Trace:
    run = row.get("Instances")
    if not isinstance(run, dict) or not isinstance(run.get("intermediate_steps"), list):
        raise BadRow(Reason.unknown_shape, "no run with its steps")
    dialogue = Dialogue()
    dialogue.user(text_of(run.get("input")).rsplit("\nHint: ", 1)[0])
    for step in run["intermediate_steps"]:
        _take(dialogue, step)
    dialogue.answer(text_of(run.get("output")))
    return dialogue.trace()


def _take(dialogue: Dialogue, step: Any) -> None:
    match step:
        case [[tool, given, log], observation]:
            dialogue.think(text_of(log).split("\nAction:", 1)[0])
            dialogue.calls([payload.call({"name": tool, "arguments": given}, dialogue.notes)])
            dialogue.result(text_of(observation))
        case _:
            raise BadRow(Reason.not_a_call, repr(step))


def read_gold(row: Row) -> Trace:
    dialogue = Dialogue()
    dialogue.user(text_of(row.get("Instructions")))
    for call in payload.calls(row.get("Golden_Answers"), dialogue.notes):
        dialogue.calls([call])
    return dialogue.trace()


SOURCE = Source(
    id="tangqiaoyu/ToolAlpaca",
    licence="Apache-2.0",
    url="https://github.com/tangqiaoyu/ToolAlpaca",
    rows=4_152,
    tier=3,
    overlap="toolalpaca",
    parts=(
        Part(
            split="train",
            files=("data/train_data.json", "data__train_data.json*"),
            read=read_run,
            category="tool_reasoning",
            each=("Instances",),
        ),
        Part(
            split="eval",
            files=("data/eval_*.json", "data__eval_*.json*"),
            read=read_gold,
            category="function_calling",
            each=("Instructions", "Golden_Answers"),
            policy="eval_only",
            why="the evaluation set",
        ),
    ),
)
