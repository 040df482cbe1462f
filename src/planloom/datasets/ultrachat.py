"""Synthetic conversations of two models (UltraChat, filtered by HuggingFaceH4).

`train_gen` holds prompts for ranking that partly repeat `train_sft` and is not used.
"""

from planloom.shapes import conversation
from planloom.source import Part, Source

_read = conversation.reader("messages")

SOURCE = Source(
    id="HuggingFaceH4/ultrachat_200k",
    licence="MIT",
    rows=515_311,
    tier=3,
    parts=(
        Part(
            split="train_sft",
            files=("data/train_sft-*",),
            read=_read,
            category="conversation",
            columns=("messages",),
        ),
        Part(
            split="test",
            files=("data/test_sft-*", "data/test_gen-*"),
            read=_read,
            category="conversation",
            policy="eval_only",
            why="the held-out splits test_sft and test_gen",
            columns=("messages",),
        ),
    ),
)
