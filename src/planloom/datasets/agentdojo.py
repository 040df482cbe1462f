"""Runs of AgentDojo: an agent with a mailbox, a bank, a workspace, and attacks in what its tools say.

`metadata.security` is named the wrong way round: on an attacked run true means that the attacker
reached its goal. Runs without an attack carry true always, and so do attacked runs that broke off,
which is why a crash is read first. A resisted run still holds the attack in a result. Runs without
an attack are those of a benchmark: held out. Not on the hub: it is read from a data root.
"""

import msgspec

from planloom.errors import BadRow, Reason
from planloom.plan import Finding
from planloom.shapes import chat_calls
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_read = chat_calls.reader("messages")


def read(row: Row) -> Trace:
    about = row.get("metadata")
    if not isinstance(about, dict) or "injection_task_id" not in about:
        raise BadRow(Reason.unknown_shape, "no metadata of a run")
    for error in (row.get("error"), about.get("error")):
        if error is not None:
            raise BadRow(Reason.failed_run, str(error))
    trace = _read(row)
    if about["injection_task_id"] is None:
        return msgspec.structs.replace(trace, policy="eval_only")
    return msgspec.structs.replace(trace, findings=(_finding(about),))


def _finding(about: dict[str, object]) -> Finding:
    reached = about.get("security")
    cls = "attack_succeeded" if reached is True else "attack_resisted"
    if not isinstance(reached, bool):
        cls = "no_verdict"
    span = f"{about.get('attack_type')}: {about['injection_task_id']}"
    return Finding("agentdojo_security", cls, span)


SOURCE = Source(
    id="ethz-spylab/agentdojo-runs",
    licence="none stated",
    rows=296,
    tier=3,
    overlap="agentdojo",
    parts=(
        Part(
            split="runs",
            files=("data/agent_dojo/*.jsonl*", "data__agent_dojo__*.jsonl*"),
            read=read,
            category="tool_reasoning",
            use="no_publish",
        ),
    ),
)
