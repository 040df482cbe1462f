"""MT-Bench: 80 questions of two turns. A benchmark, read to decontaminate.

The turns stand in `prompt` on the hub, in `turns` in the original file.
"""

from planloom.shapes import origin
from planloom.shapes.dialogue import Dialogue
from planloom.source import Part, Row, Source
from planloom.trace import Trace


def read(row: Row) -> Trace:
    dialogue = Dialogue()
    for turn in origin.texts(row.get("prompt")) or origin.texts(row.get("turns")):
        dialogue.user(turn)
    return dialogue.trace()


SOURCE = Source(
    id="HuggingFaceH4/mt_bench_prompts",
    licence="Apache-2.0",
    rows=80,
    tier=3,
    parts=(
        Part(
            split="train",
            files=("raw/question.jsonl", "data/train-*", "*question.jsonl*"),
            read=read,
            category="conversation",
            policy="eval_only",
            why="a benchmark",
        ),
    ),
)
