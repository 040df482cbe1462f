"""Synthetic chats with calls, each in one string (Glaive). Many rows offer no function at all.

Arguments are JSON in single quotes, which an apostrophe inside breaks. One call a message, so
calls are in series. Other sets hold the same rows in richer forms.
"""

from planloom.shapes import glaive_text
from planloom.source import Part, Source

SOURCE = Source(
    id="glaiveai/glaive-function-calling-v2",
    licence="Apache-2.0",
    rows=112_960,
    tier=3,
    overlap="glaive",
    parts=(
        Part(
            split="train",
            files=("glaive-function-calling-v2.json",),
            read=glaive_text.reader("chat", "system"),
            category="function_calling",
        ),
    ),
)
