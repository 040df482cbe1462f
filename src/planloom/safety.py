"""Is a row benign? Closed by default: unknown is not benign where a source needs a label."""

from planloom.plan import Finding, Label
from planloom.source import Safety
from planloom.trace import Moderation, Trace


def label(
    trace: Trace, benign: Safety, *, max_score: float | None = None
) -> tuple[Label, tuple[Finding, ...]]:
    """The label of a whole row, and the findings behind it.

    A finding of the source, or a flag on any message, makes the row adversarial. Where labels are
    needed, a missing one makes it unknown. `max_score` also flags scores from there on.
    """
    findings = list(trace.findings)
    for entry in trace.moderation or ():
        if entry is not None:
            findings += _flags(entry, max_score)
    if findings:
        return "adversarial", tuple(dict.fromkeys(findings))
    if benign == "labelled" and (not trace.moderation or None in trace.moderation):
        return "unknown", ()
    return "benign", ()


def _flags(entry: Moderation, max_score: float | None) -> list[Finding]:
    found = [Finding("moderation_flag", "moderation", category) for category in entry.flagged]
    score = entry.max_score
    if max_score is not None and score is not None and score >= max_score and not found:
        found.append(Finding("moderation_score", "moderation", f"{score:.3f}"))
    return found
