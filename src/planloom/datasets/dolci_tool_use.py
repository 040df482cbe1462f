"""The tool part of the Olmo 3 instruct mixture: simulated functions, and science and web search.

Calls stand beside the content (which is null then), as Python call text, one call a line. Defaults
are mistyped ("3" for an integer) and `required` is mostly absent. Requests often join two unrelated
jobs. Some rows search with real servers. The card states no licence; the mixture's is ODC-By.
"""

from planloom.shapes import call_lines
from planloom.source import Part, Source

SOURCE = Source(
    id="allenai/Dolci-Instruct-SFT-Tool-Use",
    licence="ODC-By-1.0",
    rows=227_579,
    claim="937",
    tier=3,
    overlap="dolci",
    parts=(
        Part(
            split="train",
            files=("data/train-*",),
            read=call_lines.reader("messages"),
            category="function_calling",
        ),
    ),
)
