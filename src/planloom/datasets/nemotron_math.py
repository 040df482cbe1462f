"""Solutions of 347K mathematical problems by gpt-oss-120b, about twenty a problem.

Only the rows with a stateful Python tool hold calls: a chain, since state flows from call to call
even where no value repeats. One solution a problem is kept. Names and addresses of the people who
asked are never read. Rows of the StackExchange part are CC BY-SA.
"""

from planloom.shapes import chat_calls, origin
from planloom.source import Part, Source

_read = origin.licensed(chat_calls.reader("messages", "tools"))


def _part(split: str, *files: str) -> Part:
    return Part(
        split=split,
        files=tuple(f"data/{file}.jsonl" for file in files),
        read=_read,
        category="tool_reasoning",
        columns=("license", "messages", "problem", "tools"),
        unique="problem",
    )


SOURCE = Source(
    id="nvidia/Nemotron-Math-v2",
    licence="CC-BY-4.0",
    rows=7_085_839,
    claim="unknown",
    tier=3,
    overlap="nemotron",
    parts=(
        _part("high_part00", "high.part_00", "high_part00"),
        _part("high_part01", "high.part_01", "high_part01"),
        _part("high_part02", "high.part_02", "high_part02"),
        _part("medium", "medium"),
        _part("low", "low"),
    ),
)
