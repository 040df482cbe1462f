"""The Tulu 3 mixture of instructions; `source` names the set that a row was taken from.

WildJailbreak, WildGuard and CoCoNot rows are safety training, not benign. The 100K WildChat rows
and OASST carry no labels here. No Robots is non-commercial.
"""

from planloom.shapes import conversation, origin
from planloom.source import Part, Source

SOURCE = Source(
    id="allenai/tulu-3-sft-mixture",
    licence="ODC-By-1.0",
    rows=939_343,
    tier=3,
    languages=("mul",),
    overlap="flan",
    parts=(
        Part(
            split="train",
            files=("data/train-*",),
            read=origin.mixed(conversation.reader("messages")),
            category="instruction_following",
            columns=("messages", "source"),
        ),
    ),
)
