"""Arena-Hard: prompts of Chatbot Arena users, two releases. A benchmark, read to decontaminate.

The prompt is a text, in the first files a list `turns` of objects. Answers of models stand in other
files and are not read.
"""

from planloom.shapes.dialogue import Dialogue, text_of
from planloom.source import Part, Row, Source
from planloom.trace import Trace


def read(row: Row) -> Trace:
    dialogue = Dialogue()
    turns = row.get("turns")
    said = [row.get("prompt"), *(turns if isinstance(turns, list) else ())]
    for turn in said:
        text = text_of(turn.get("content") if isinstance(turn, dict) else turn)
        if text:
            dialogue.user(text)
    return dialogue.trace()


SOURCE = Source(
    id="lmarena-ai/arena-hard-auto",
    licence="Apache-2.0",
    rows=1_251,
    tier=3,
    languages=("mul",),
    parts=(
        Part(
            split="questions",
            files=("**/question.jsonl", "*question.jsonl*"),
            read=read,
            category="conversation",
            policy="eval_only",
            why="a benchmark",
        ),
    ),
)
