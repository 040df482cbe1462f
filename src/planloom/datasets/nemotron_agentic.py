"""Synthetic multi-turn tool use: single tasks, and an agent that talks to a simulated user.

Arguments are objects in one file and JSON texts in the other. Probably shares rows with the
tool_calling split of Nemotron-Post-Training-Dataset-v1.
"""

from planloom.plan import Category
from planloom.shapes import chat_calls, origin
from planloom.source import Part, Source


def _part(split: str, category: Category) -> Part:
    return Part(
        split=split,
        files=(f"data/{split}.jsonl",),
        read=origin.licensed(chat_calls.reader("messages", "tools")),
        category=category,
        columns=("license", "messages", "tools"),
    )


SOURCE = Source(
    id="nvidia/Nemotron-Agentic-v1",
    licence="CC-BY-4.0",
    rows=335_122,
    tier=3,
    overlap="nemotron",
    parts=(
        _part("tool_calling", "function_calling"),
        _part("interactive_agent", "tool_reasoning"),
    ),
)
