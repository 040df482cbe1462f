"""xLAM rows with the request and a chain of thought in Traditional Chinese; values stay English.

`id` is xLAM's. `messages` repeats `answer` in tags, so only `answer` is read. `think` is cut at a
length cap, then it ends in "...".
"""

from planloom.shapes import gold_list
from planloom.source import Part, Source

SOURCE = Source(
    id="twinkle-ai/tw-function-call-reasoning-10k",
    licence="CC-BY-4.0",
    rows=10_000,
    claim="10K",
    tier=2,
    languages=("zh",),
    overlap="xlam",
    parts=(
        Part(
            split="train",
            files=("data/train-*",),
            read=gold_list.reader("query_zhtw", "answer", "tools", reasoning="think"),
            category="tool_reasoning",
            columns=("query_zhtw", "answer", "tools", "think"),
        ),
    ),
)
