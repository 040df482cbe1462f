"""Telemetry of one research agent under red-teaming (NVIDIA and Lakera). Every row is an attack run.

No column says safe or unsafe: the kind of attack and scores per node are all there is, so no row
is ever benign. Two layouts of the same splits are known; the loading script in it no longer runs.
"""

from planloom.shapes import spans
from planloom.source import Part, Source


def _part(kind: str, defence: str) -> Part:
    return Part(
        split=f"{kind}_data_{defence}",
        files=(
            f"data/{kind}_data/{defence}/data-*",
            f"*{kind}/{defence}*",
            f"data/{kind}/{defence}*",
        ),
        read=spans.read,
        category="function_calling",
        use="no_publish",
        policy="eval_only",
        why="its licence allows evaluation only, and every row is an attack run",
    )


SOURCE = Source(
    id="nvidia/Nemotron-AIQ-Agentic-Safety-Dataset-1.0",
    licence="LicenseRef-NVIDIA-Evaluation",
    rows=11_000,
    claim="may have adversarial labels",
    tier=3,
    parts=tuple(
        _part(kind, defence)
        for kind in ("safety", "security")
        for defence in ("with_defense", "without_defense")
    ),
)
