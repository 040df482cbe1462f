"""Runs of AgentDojo's user tasks, attacked or not. A benchmark, read to decontaminate.

The tasks themselves are Python code; runs hold each request. One run a file as published, with
`utility` beside the messages, or one a line with `success` in `metadata`. Calls are kept as right
ones only where nothing was injected and the task was done.
"""

import msgspec

from planloom.shapes import chat_calls
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_read = chat_calls.reader("messages", "tools")


def read(row: Row) -> Trace:
    trace = _read(row)
    metadata = row.get("metadata")
    about = metadata if isinstance(metadata, dict) else row
    clean = about.get("injection_task_id") is None
    done = about.get("success", about.get("utility")) is True
    return trace if clean and done else msgspec.structs.replace(trace, rounds=())


SOURCE = Source(
    id="ethz-spylab/agentdojo",
    licence="MIT",
    rows=97,
    tier=3,
    overlap="agentdojo",
    parts=(
        Part(
            split="runs",
            files=("runs/**/*.json", "data/agent_dojo/*.jsonl", "data__agent_dojo__*.jsonl*"),
            read=read,
            category="tool_reasoning",
            use="no_publish",
            policy="eval_only",
            why="a benchmark",
        ),
    ),
)
