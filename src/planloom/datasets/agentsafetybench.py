"""Agent-SafetyBench: 2,000 tests of whether an agent is safe. Every row is a probe, none is benign.

A row names an instruction and the environments to act in, but nothing that was done: it is a
prompt. `fulfillable` 0 says that it must be refused.
"""

from planloom.errors import BadRow, Reason
from planloom.plan import Finding
from planloom.source import Part, Row, Source
from planloom.trace import Trace


def read(row: Row) -> Trace:
    instruction = row.get("instruction")
    if not isinstance(instruction, str):
        raise BadRow(Reason.unknown_shape, "no instruction")
    risks = row.get("risks")
    span = "; ".join(map(str, risks)) if isinstance(risks, list) else None
    finding = Finding("agentsafetybench_row", "safety_probe", span)
    return Trace(user_turns=(instruction,), answers=(None,), findings=(finding,))


SOURCE = Source(
    id="thu-coai/Agent-SafetyBench",
    licence="none stated",
    rows=2_000,
    tier=3,
    parts=(
        Part(
            split="test",
            files=("agentsafebench/data/*.json*", "agentsafebench__data__*.json*", "data/*.json*"),
            read=read,
            category="tool_reasoning",
            use="no_publish",
        ),
    ),
)
