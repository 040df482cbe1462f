"""A demonstration set of LLaMA-Factory: reasoning, calls and results as typed content parts.

Rows come in two encodings, sometimes for the same conversation. Rows whose tools do not fit call
nothing on purpose; others end on an unanswered call. A few offer no tool at all.
"""

from planloom.shapes import content_parts
from planloom.source import Part, Source

SOURCE = Source(
    id="llamafactory/reason-tool-use-demo-1500",
    licence="Apache-2.0",
    rows=1_500,
    claim="1,500",
    tier=3,
    parts=(
        Part(
            split="train",
            files=("*.jsonl", "*.json", "data/train-*"),
            read=content_parts.reader("messages", "tools"),
            category="tool_reasoning",
        ),
    ),
)
