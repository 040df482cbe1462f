"""tau-bench: tasks of customer service with their right actions, as its runs state them. A benchmark.

The tasks are Python code; each run repeats its task under `info`. What is compared is the task: its
instruction to the simulated user and its actions (`kwargs`). What a model did in the run is not.
"""

from planloom import payload
from planloom.shapes.dialogue import Dialogue, text_of
from planloom.shapes.task_actions import cell
from planloom.source import Part, Row, Source
from planloom.trace import Trace


def read(row: Row) -> Trace:
    task = cell(cell(row, "info"), "task") or row
    dialogue = Dialogue()
    dialogue.user(text_of(task.get("instruction")))
    for action in payload.calls(task.get("actions"), dialogue.notes):
        dialogue.calls([action])
    return dialogue.trace()


SOURCE = Source(
    id="sierra-research/tau-bench",
    licence="MIT",
    rows=165,
    tier=3,
    overlap="tau",
    parts=(
        Part(
            split="tasks",
            files=("historical_trajectories/*.json", "historical_trajectories__*.json*"),
            read=read,
            category="function_calling",
            policy="eval_only",
            why="a benchmark",
        ),
    ),
)
