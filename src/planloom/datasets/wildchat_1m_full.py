"""WildChat-1M with its toxic conversations, behind a manual gate."""

from planloom.source import Source

SOURCE = Source(
    id="allenai/WildChat-1M-Full",
    licence="ODC-By-1.0",
    rows=1_039_785,
    tier=3,
    gated="manual",
    languages=("mul",),
    overlap="wildchat",
    refused="keeps toxic conversations; its non-toxic part is WildChat-1M",
)
