"""A mixture of synthetic instructions, mostly by GPT-4, as one JSON array. No licence is stated.

Rows that `source` says came from real users (Chatbot Arena, ShareGPT) carry no labels.
"""

from planloom.shapes import conversation, origin
from planloom.source import Part, Source

SOURCE = Source(
    id="teknium/OpenHermes-2.5",
    licence="none stated",
    rows=1_001_551,
    tier=3,
    parts=(
        Part(
            split="train",
            files=("openhermes2_5.json",),
            read=origin.mixed(conversation.reader("conversations")),
            category="instruction_following",
            use="no_publish",
            columns=("conversations", "source"),
        ),
    ),
)
