"""Prompts that ask for JSON obeying a schema, for reinforcement learning. No row has an answer.

One or two user messages, schema and document in either order: together they are the request. Names
and ids in the documents are invented. Later versions, not under this id, offer tools.
"""

import msgspec

from planloom.shapes import responses
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_read = responses.reader()


def read(row: Row) -> Trace:
    trace = _read(row)
    if len(trace.user_turns) < 2 or any(trace.answers) or trace.rounds:
        return trace
    joined = "\n\n".join(trace.user_turns)
    return msgspec.structs.replace(trace, user_turns=(joined,), answers=(None,))


def _part(split: str, suffix: str, why: str = "") -> Part:
    return Part(
        split=split,
        files=(f"structured_outputs_*_{suffix}.jsonl",),
        read=read,
        category="instruction_following",
        policy="eval_only" if why else "train",
        why=why,
    )


SOURCE = Source(
    id="nvidia/Nemotron-RL-instruction_following-structured_outputs",
    licence="CC-BY-4.0",
    rows=9_949,
    claim="500K",
    tier=3,
    parts=(_part("train", "train"), _part("validation", "val", "the official validation split")),
)
