"""Dialogues of several agents over 26,507 synthetic tools (ToolACE, arXiv 2409.00920).

Tool names hold spaces and slashes. Results are there for some rounds only. Rows in which no tool
fits or a parameter is missing are answered in plain text: they call nothing on purpose.
"""

from planloom.shapes import bracketed_calls
from planloom.source import Part, Source

SOURCE = Source(
    id="Team-ACE/ToolACE",
    licence="Apache-2.0",
    paper="2409.00920",
    rows=11_300,
    tier=3,
    languages=("mul",),
    overlap="toolace",
    parts=(
        Part(
            split="train",
            files=("data.json",),
            read=bracketed_calls.reader("conversations", "system"),
            category="function_calling",
        ),
    ),
)
