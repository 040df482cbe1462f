"""Massive Multitask Agent Understanding: 26 files of a benchmark, read to decontaminate.

Only the tool_use_execution files hold calls: earlier ones in `messages`, the right next ones in
`target_message`. The others ask for a choice, code or a number: they hold requests and no plan.
"""

from planloom.shapes import chat_calls, conversation
from planloom.source import Part, Reader, Row, Source
from planloom.trace import Trace

_read = chat_calls.reader("messages", "tools")


def read(row: Row) -> Trace:
    """The messages with the target behind them."""
    messages, target = row.get("messages"), row.get("target_message")
    if isinstance(messages, list) and target is not None:
        messages = [*messages, target]
    return _read({**row, "messages": messages})


def _part(split: str, files: tuple[str, ...], reads: Reader) -> Part:
    return Part(
        split=split,
        files=files,
        read=reads,
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
        _part("tool_use_execution", ("tool_use_execution_*.jsonl",), read),
        _part(
            "other",
            ("tool_use_plan_*.jsonl", "code_*.jsonl", "math_*.jsonl"),
            conversation.reader("messages"),
        ),
    ),
)
