"""Requests to a phone assistant with seven fixed tools (FunctionGemma fine-tuning set). Synthetic.

The column `metadata` is the real split: its `eval` rows are held out. Copies that went through a
columnar store carry null for every absent argument.
"""

import msgspec

from planloom.shapes import chat_calls
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_read = chat_calls.reader("messages", "tools", padded=True)


def read(row: Row) -> Trace:
    policy = "eval_only" if row.get("metadata") == "eval" else None
    return msgspec.structs.replace(_read(row), policy=policy)


SOURCE = Source(
    id="google/mobile-actions",
    licence="CC-BY-4.0",
    rows=9_654,
    claim="unknown",
    tier=3,
    parts=(
        Part(
            split="train",
            files=("dataset.jsonl",),
            read=read,
            category="function_calling",
            held_out=True,
        ),
    ),
)
