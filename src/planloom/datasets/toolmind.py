"""Dialogues walked over a graph of tools, and rows derived from seven open sets. English.

Consecutive rows are prefixes of one dialogue: only the longest stays. Types drift between rows,
so the JSON lines are read one by one. Rows often end on an unanswered call. The APIGen-MT file
comes from a non-commercial set.
"""

import msgspec

from planloom.shapes import chat_calls
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_read = chat_calls.reader("conversations", "tools")
_OPEN = (
    "BUTTONInstruct",
    "ToolACE",
    "When2Call",
    "glaive-function-calling-v2",
    "tau-train",
    "xlam-function-calling-60k",
)


def read_apigen(row: Row) -> Trace:
    return msgspec.structs.replace(_read(row), licence="CC-BY-NC-4.0")


SOURCE = Source(
    id="Nanbeige/ToolMind",
    licence="Apache-2.0",
    rows=368_611,
    claim="unknown, Chinese-focused",
    tier=3,
    overlap="toolmind",
    parts=(
        Part(
            config="test",
            split="graph_syn_datasets",
            files=("graph_syn_datasets/graphsyn.jsonl",),
            read=_read,
            category="function_calling",
        ),
        Part(
            config="test",
            split="open_datasets",
            files=tuple(f"open_datasets/{name}-query.jsonl" for name in _OPEN),
            read=_read,
            category="function_calling",
        ),
        Part(
            config="test",
            split="open_datasets/APIGen-MT-5k",
            files=("open_datasets/APIGen-MT-5k-query.jsonl",),
            read=read_apigen,
            category="function_calling",
            use="non_commercial",
        ),
    ),
)
