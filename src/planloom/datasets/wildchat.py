"""The first public WildChat release, its toxic rows taken out later."""

from planloom.source import Source

SOURCE = Source(
    id="allenai/WildChat",
    licence="ODC-By-1.0",
    rows=529_428,
    tier=3,
    languages=("mul",),
    overlap="wildchat",
    refused="superseded: its conversations are in WildChat-1M and WildChat-4.8M",
)
