"""ToolBench search trees rewritten into rounds of parallel calls (DTA, arXiv 2501.12432).

The one set that states its order: calls of a list are one layer, the next list is a later one.
`id` is the request, so ids repeat. Results are cut with "..." and hold errors of dead services. A
second user message is a leak of the search and dropped. `give_up_and_restart` marks a failed run.
"""

from planloom.shapes import thought_calls
from planloom.source import Part, Source

SOURCE = Source(
    id="dongsheng/DTA-Tool",
    licence="none stated",
    paper="2501.12432",
    rows=21_000,
    claim="unknown",
    tier=3,
    overlap="toolbench",
    parts=(
        Part(
            split="train",
            files=("DTA_tool.json",),
            read=thought_calls.reader("conversations"),
            category="function_calling",
            use="no_publish",
        ),
    ),
)
