"""The larger WildChat release, 2023-04 to 2025-07, non-toxic part; it contains WildChat-1M's time.

Read like WildChat-1M; its moderation has further categories (illicit) and its timestamps no zone.
"""

from planloom.datasets.wildchat_1m import PART
from planloom.source import Source

SOURCE = Source(
    id="allenai/WildChat-4.8M",
    licence="ODC-By-1.0",
    rows=3_199_860,
    tier=3,
    languages=("mul",),
    overlap="wildchat",
    parts=(PART,),
)
