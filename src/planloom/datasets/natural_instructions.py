"""Super-NaturalInstructions flattened to one row per instance and output.

An id repeats with other targets: it is one task. Some tasks are about toxic text by design; their
names say so. The licences of the instances were lost in the flattening, so nothing may be passed
on. `test` is the official benchmark.
"""

import re

import msgspec

from planloom.plan import Finding
from planloom.shapes import instruction
from planloom.source import Part, Row, Source
from planloom.trace import Trace

TOXIC = re.compile(
    r"toxic|hate|offens|civil_comments|abusive|threat(?!ened)|obscen|sexual|jigsaw|inappropriate"
)
_read = instruction.reader(("definition", "inputs"), "targets")


def read(row: Row) -> Trace:
    name = row.get("task_name")
    task = name if isinstance(name, str) else ""
    match = TOXIC.search(task.lower())
    findings = (Finding("natural_instructions_task_name", "toxic_task", match[0]),) if match else ()
    return msgspec.structs.replace(_read(row), intent=task or None, findings=findings)


def _part(split: str, policy: str) -> Part:
    return Part(
        split=split,
        files=(f"{split}/*.jsonl",),
        read=read,
        category="instruction_following",
        use="no_publish",
        policy="eval_only" if policy else "train",
        why=policy,
        unique="id",
    )


SOURCE = Source(
    id="Muennighoff/natural-instructions",
    licence="none stated",
    rows=7_146_473,
    claim="1M",
    tier=3,
    overlap="flan",
    parts=(_part("train", ""), _part("test", "the official benchmark")),
)
