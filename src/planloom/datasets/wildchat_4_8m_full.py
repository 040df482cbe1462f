"""WildChat-4.8M with its 1.5 million toxic conversations, behind a manual gate."""

from planloom.source import Source

SOURCE = Source(
    id="allenai/WildChat-4.8M-Full",
    licence="ODC-By-1.0",
    rows=4_743_336,
    tier=3,
    gated="manual",
    languages=("mul",),
    overlap="wildchat",
    refused="keeps toxic conversations; its non-toxic part is WildChat-4.8M",
)
