"""What the source's own labels of messages say."""

from collections.abc import Iterator

from planloom.plan import Finding
from planloom.trace import Trace


def find(trace: Trace, max_score: float | None) -> Iterator[Finding]:
    """A finding for each flag; with `max_score` also for scores from there on."""
    for entry in trace.moderation or ():
        if entry is None:
            continue
        for category in entry.flagged:
            yield Finding("moderation_flag", "moderation", category)
        score = entry.max_score
        if max_score is not None and score is not None and score >= max_score and not entry.flagged:
            yield Finding("moderation_score", "moderation", f"{score:.3f}")
