"""Runs of one agent in twelve domains, each with a poisoned document or tool in its way.

Not benign: `condition` is `poison_top1` on every run. `evaluation.security` true means that the run
stayed safe (the opposite of AgentDojo's own label); `outcome` says how. What other conditions would
mean is not known, so any but `clean` is a finding. A run that ended in an error of the model's
server did nothing.
"""

import msgspec

from planloom.errors import BadRow, Reason
from planloom.plan import Finding
from planloom.shapes import chat_calls
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_read = chat_calls.reader("messages", "tools")


def read(row: Row) -> Trace:
    trace = _read(row)
    if row.get("error") is not None:
        raise BadRow(Reason.failed_run, str(row["error"]))
    return msgspec.structs.replace(trace, findings=_findings(row))


def _findings(row: Row) -> tuple[Finding, ...]:
    evaluation = row.get("evaluation")
    judged = evaluation if isinstance(evaluation, dict) else {}
    found = []
    if (condition := row.get("condition")) != "clean":
        found.append(Finding("luna_condition", "poisoned_tool", str(condition)))
    if (safe := judged.get("security")) is not True:
        cls = "attack_succeeded" if safe is False else "no_verdict"
        found.append(Finding("luna_security", cls, str(judged.get("outcome"))))
    return tuple(found)


SOURCE = Source(
    id="luna/poisoned-runs",
    licence="none stated",
    url=None,
    rows=216,
    tier=3,
    overlap="agentdojo",
    parts=(
        Part(
            split="runs",
            files=("runs/**/*.json", "runs__*.json*"),
            read=read,
            category="tool_reasoning",
            use="no_publish",
            columns=("messages", "condition", "evaluation.security", "evaluation.outcome", "error"),
        ),
    ),
)
