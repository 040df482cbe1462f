"""Massive Multitask Agent Understanding: 26 files of a benchmark, read to decontaminate.

Only the tool_use_execution files hold calls: earlier ones in `messages`, the right next ones in
`target_message`. The others ask for a choice, code or a number: they hold requests and no plan.
"""

from planloom.shapes import chat_calls, conversation
from planloom.source import Part, Reader, Source


def _part(split: str, files: tuple[str, ...], read: Reader) -> Part:
    return Part(
        split=split,
        files=files,
        read=read,
        category="function_calling",
        use="share_alike",
        policy="eval_only",
        why="a benchmark",
    )


SOURCE = Source(
    id="apple/mmau",
    licence="CC-BY-SA-4.0",
    rows=2_700,
    claim="mobile actions",
    tier=3,
    parts=(
        _part(
            "tool_use_execution",
            ("tool_use_execution_*.jsonl",),
            chat_calls.reader("messages", "tools", target=chat_calls.TARGET),
        ),
        _part(
            "other",
            ("tool_use_plan_*.jsonl", "code_*.jsonl", "math_*.jsonl"),
            conversation.reader("messages"),
        ),
    ),
)
