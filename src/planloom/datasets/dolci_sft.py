"""The Olmo 3 instruct mixture: 2.15M conversations on maths, code, science, instructions, chat.

A row names its origin in `domain` and `source_dataset`, in an older revision in `source` alone.
Tool rows are Dolci-Instruct-SFT-Tool-Use once more, so they are read there and only there. Chat is
text of real users (WildChat, OpenAssistant) without the labels that those sets carry: left. Safety
rows are jailbreaks and refusals: adversarial. Hardcoded rows are about the model itself: adversarial too.
"""

import re

import msgspec

from planloom.errors import BadRow, Reason
from planloom.plan import Finding
from planloom.shapes import conversation
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_ORIGIN = ("domain", "dataset_source", "source_dataset", "source")
_APART = {
    "safety_data": re.compile(r"^safety$|wild_?jailbreak|wild_?guard|coconot", re.MULTILINE),
    "hardcoded": re.compile(r"hard_?coded"),
}
_LEFT = (
    (r"^tool[ _-]?use$|toolu", "read from allenai/Dolci-Instruct-SFT-Tool-Use"),
    (r"^chat$|wild_?chat|openassistant|oasst", "text of real users without a safety label"),
)
_read = conversation.reader("messages")


def read(row: Row) -> Trace:
    origin = "\n".join(str(row.get(column) or "") for column in _ORIGIN).lower()
    finding = _finding(origin)
    if finding is None:
        for pattern, why in _LEFT:
            if re.search(pattern, origin, re.MULTILINE):
                raise BadRow(Reason.policy, why)
    trace = _read(row)
    return msgspec.structs.replace(trace, findings=(finding,)) if finding else trace


def _finding(origin: str) -> Finding | None:
    for cls, pattern in _APART.items():
        if match := pattern.search(origin):
            return Finding("dolci_domain", cls, match[0])
    return None


SOURCE = Source(
    id="allenai/Dolci-Instruct-SFT",
    licence="ODC-By-1.0",
    rows=2_152_112,
    claim="937",
    tier=3,
    languages=("mul",),
    overlap="dolci",
    parts=(
        Part(
            split="train",
            files=("data/train-*",),
            read=read,
            category="instruction_following",
        ),
    ),
)
