"""Runs of three teacher models against real MCP servers. Columns are JSON texts.

Calls use the legacy key `function_call`, text and call may be two messages, and results have role
`function`. Kimi-K2 wraps the tools into the system text too; `available_tools` is the better copy.
The SFT config (roles `tool_call` and `tool_response`) is a subset. Questions recur over the
teachers: one run a question is kept. Some rows call nothing on purpose.
"""

from planloom.plan import Category
from planloom.shapes import chat_calls
from planloom.source import Part, Source


def _part(config: str, category: Category, tools: str = "available_tools") -> Part:
    return Part(
        config=config,
        split="train",
        files=(f"{config}/train-*",),
        read=chat_calls.reader("messages", tools),
        category=category,
        columns=("messages", "question", tools),
        unique="question",
    )


SOURCE = Source(
    id="Agent-Ark/Toucan-1.5M",
    licence="Apache-2.0",
    rows=1_646_546,
    tier=3,
    overlap="toucan",
    parts=(
        _part("OSS", "tool_reasoning"),
        _part("Kimi-K2", "function_calling"),
        _part("Qwen3", "function_calling"),
        _part("SFT", "function_calling", "tools"),
    ),
)
