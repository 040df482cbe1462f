"""Gold traces: made by Planloom from tool schemas, without a model. No row of it is real.

The way in is that of any dataset, so that edges, trust and scope are concluded from the text of a row
and not from what the generator meant. Each row states the licence of the tools that it is made from.
"""

from planloom.shapes import chat_calls, origin
from planloom.source import Part, Source

SOURCE = Source(
    id="planloom/synth",
    licence="Apache-2.0",
    rows=0,
    tier=3,
    languages=("mul",),
    url=None,
    parts=(
        Part(
            split="train",
            files=("block-*.jsonl.zst",),
            read=origin.licensed(chat_calls.reader("messages", "tools")),
            category="gold_traces",
            config="gold",
        ),
    ),
)
