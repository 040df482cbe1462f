"""One million conversations with 25 models from the Chatbot Arena. No calls in any row.

About 5 % of the conversations carry a moderation flag, and unsafe text was kept on purpose. Names
were replaced by NAME_1. The licence forbids passing the data on: every plan says `no_publish`.
"""

from planloom.shapes import conversation
from planloom.source import Part, Source

SOURCE = Source(
    id="lmsys/lmsys-chat-1m",
    licence="LicenseRef-LMSYS-Chat-1M",
    rows=1_000_000,
    claim="270K of 1M, 3M scaled",
    tier=1,
    gated="auto",
    languages=("mul",),
    overlap="lmsys",
    parts=(
        Part(
            split="train",
            files=("data/train-*",),
            read=conversation.reader("conversation", "openai_moderation"),
            category="conversation",
            use="no_publish",
            benign="labelled",
            columns=(
                "conversation.content",
                "conversation.role",
                "openai_moderation.categories",
                "openai_moderation.category_scores",
                "openai_moderation.flagged",
            ),
        ),
    ),
)
