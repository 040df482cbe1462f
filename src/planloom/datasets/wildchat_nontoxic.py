"""The non-toxic part of the first WildChat release, under its older terms."""

from planloom.source import Source

SOURCE = Source(
    id="allenai/WildChat-nontoxic",
    licence="ODC-By-1.0",
    rows=529_514,
    tier=3,
    gated="auto",
    languages=("mul",),
    overlap="wildchat",
    refused="superseded: its conversations are in WildChat-1M and WildChat-4.8M",
)
