"""xLAM's 60,000 rows and 49,402 of Argilla's own, made the same way. Read like xLAM; not gated."""

from planloom.datasets.xlam import read
from planloom.source import Part, Source

SOURCE = Source(
    id="argilla/apigen-function-calling",
    licence="CC-BY-4.0",
    rows=109_402,
    tier=3,
    overlap="xlam",
    parts=(
        Part(
            split="train",
            files=("data/train-*",),
            read=read,
            category="function_calling",
            columns=("answers", "query", "tools"),
        ),
    ),
)
