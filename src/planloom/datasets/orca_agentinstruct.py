"""Synthetic instructions made from raw documents by agents (AgentInstruct), a split a skill.

`messages` is JSON text; its first message is often an empty system text.
"""

from planloom.shapes import conversation
from planloom.source import Part, Source

_SPLITS = (
    "analytical_reasoning",
    "brain_teaser",
    "code_",
    "creative_content",
    "fermi",
    "follow_up",
    "fs_cot_flow",
    "mcq",
    "open_domain_qa",
    "rag",
    "rc",
    "struct2text_flow",
    "text_classification",
    "text_extraction",
    "text_modification",
)


def _part(split: str) -> Part:
    return Part(
        split=split,
        files=(f"data/{split}-*",),
        read=conversation.reader("messages"),
        category="instruction_following",
    )


SOURCE = Source(
    id="microsoft/orca-agentinstruct-1M-v1",
    licence="CDLA-Permissive-2.0",
    rows=1_046_410,
    tier=3,
    parts=tuple(map(_part, _SPLITS)),
)
