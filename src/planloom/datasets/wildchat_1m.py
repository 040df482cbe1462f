"""Real conversations of anonymous users with OpenAI models. No calls in any row.

`toxic` is false on every public row, so the moderation labels decide: any flag on any message
takes the whole conversation out, and a missing label sends it to quarantine. Columns that link
users (hashed_ip, state, country, header) are never read. Part of WildChat-4.8M: use one of them.
"""

from planloom.shapes import conversation
from planloom.source import Part, Source

COLUMNS = (
    "conversation.content",
    "conversation.role",
    "conversation.toxic",
    "openai_moderation.categories",
    "openai_moderation.category_scores",
    "openai_moderation.flagged",
    "toxic",
)

PART = Part(
    split="train",
    files=("data/train-*",),
    read=conversation.reader("conversation", "openai_moderation"),
    category="conversation",
    benign="labelled",
    columns=COLUMNS,
)

SOURCE = Source(
    id="allenai/WildChat-1M",
    licence="ODC-By-1.0",
    rows=837_989,
    claim="270K of 1M, 3M scaled",
    tier=1,
    languages=("mul",),
    overlap="wildchat",
    parts=(PART,),
)
