"""Turkish requests with tools in OpenAI form and the right calls, never run.

Calls are `{type, function}` objects, their arguments an object or its JSON text. Null or empty
answers are no defect: none of the tools fits. Rows seem to derive from xLAM; no licence is stated.
"""

from planloom.shapes import gold_list
from planloom.source import Part, Source

SOURCE = Source(
    id="atasoglu/turkish-function-calling-20k",
    licence="none stated",
    rows=21_000,
    claim="20K",
    tier=3,
    languages=("tr",),
    overlap="xlam",
    parts=(
        Part(
            split="train",
            files=("data/train-*",),
            read=gold_list.reader("query", "answers", "tools"),
            category="function_calling",
            use="no_publish",
        ),
    ),
)
