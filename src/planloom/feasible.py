"""How hard a dataset is to use, and how it differs from its card: rules, the first that speaks."""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from planloom.facts import Facts, Feasibility, Sample
from planloom.source import Source

FEW, MOST = 0.5, 0.9
"""Shares of rows that lift: below the first it is hard, from the second on easy."""
EXACT, ESTIMATED = 0.01, 0.1
"""By how much rows may differ from the card, counted or estimated."""

Test = Callable[[Facts, Source | None], str]


class Rule(NamedTuple):
    """`says` gives the reason, or nothing where the rule does not hold; its docstring is the rule."""

    level: Feasibility
    says: Test

    @property
    def meaning(self) -> str:
        return inspect.getdoc(self.says) or ""


def _refused(facts: Facts, card: Source | None) -> str:
    """The card refuses it."""
    return f"refused: {card.refused}" if card and card.refused else ""


def _absent(facts: Facts, card: Source | None) -> str:
    """It is not on the hub, disabled, or private."""
    return facts.detail if facts.status in ("missing", "private", "disabled") else ""


def _held_out(facts: Facts, card: Source | None) -> str:
    """Every part of the card is held out."""
    policies = {part.policy for part in card.parts} if card else {"train"}
    whys = dict.fromkeys(part.why for part in card.parts) if card else {}
    return "" if "train" in policies else f"held out: {', '.join(filter(None, whys))}"


def _closed(facts: Facts, card: Source | None) -> str:
    """Gated and closed to this token, only a script, or unreadable."""
    return facts.detail if facts.status != "ok" else ""


def _nothing(facts: Facts, card: Source | None) -> str:
    """No row could be sampled, or none lifts."""
    sample = facts.sample
    if sample is None or not sample.rows:
        return "no row could be sampled"
    return "" if sample.lifted else f"no sampled row lifts: {_reasons(sample)}"


def _little(facts: Facts, card: Source | None) -> str:
    """Less than half of sampled rows lift."""
    return _below(facts, FEW)


def _non_commercial(facts: Facts, card: Source | None) -> str:
    """Every part is non-commercial."""
    closed = card and all(part.use == "non_commercial" for part in card.parts)
    return "non-commercial: only with allow_non_commercial = true" if closed else ""


def _unlicensed(facts: Facts, card: Source | None) -> str:
    """No licence is stated."""
    stated = facts.licence_hub or (card and _licence(card.licence))
    return "" if stated else "no licence is stated"


def _unknown(facts: Facts, card: Source | None) -> str:
    """There is no card."""
    return "" if card else f"no card yet: planloom new {facts.id} drafts one"


def _changed(facts: Facts, card: Source | None) -> str:
    """A column that the card names is gone."""
    return next((line for line in facts.drift if line.startswith("column")), "")


def _partly(facts: Facts, card: Source | None) -> str:
    """Less than nine tenths of sampled rows lift."""
    return _below(facts, MOST)


RULES = (
    Rule("none", _refused),
    Rule("none", _absent),
    Rule("none", _held_out),
    Rule("hard", _closed),
    Rule("hard", _nothing),
    Rule("hard", _little),
    Rule("medium", _changed),
    Rule("medium", _non_commercial),
    Rule("medium", _unlicensed),
    Rule("medium", _unknown),
    Rule("medium", _partly),
)


def judged(facts: Facts, card: Source | None) -> tuple[Feasibility, str]:
    """What the first rule says that holds; `easy` if none does."""
    for rule in RULES:
        if why := rule.says(facts, card):
            return rule.level, why
    sample = facts.sample
    return "easy", f"{sample.share:.0%} of sampled rows lift" if sample else ""


def _below(facts: Facts, share: float) -> str:
    sample = facts.sample
    if sample is None or sample.share >= share:
        return ""
    return f"{sample.share:.0%} of sampled rows lift: {_reasons(sample)}"


def _reasons(sample: Sample) -> str:
    most = sorted(sample.reasons.items(), key=lambda pair: -pair[1])[:2]
    return ", ".join(f"{reason} {n}" for reason, n in most)


def drift(facts: Facts, card: Source, needed: Sequence[str]) -> Iterator[str]:
    """How the hub differs from the card; `needed` are the columns that its readers name."""
    if card.revision and facts.commit and card.revision != facts.commit:
        yield f"revision: the card pins {card.revision[:12]}, main is {facts.commit[:12]}"
    if facts.commit and not _same_licence(facts.licence_hub, card.licence):
        yield f"licence: {facts.licence_hub or 'none'} on the hub, {card.licence} in the card"
    if facts.gated and facts.gated != card.gated:
        yield f"gated: {facts.gated} on the hub, {card.gated} in the card"
    yield from _parts(facts, card)
    rows = facts.rows
    if rows is not None and abs(rows - card.rows) > card.rows * (
        EXACT if facts.exact else ESTIMATED
    ):
        about = "" if facts.exact else "about "
        yield f"rows: {about}{rows:,} on the hub, {card.rows:,} in the card"
    columns = {name for part in facts.parts for name in part.columns}
    if missing := [name for name in needed if name not in columns] if columns else []:
        yield f"columns: no {', '.join(missing)}"


def _parts(facts: Facts, card: Source) -> Iterator[str]:
    for part in facts.parts if card.parts else ():
        if not part.card:
            yield f"new: {part.config}/{part.split} is in no part of the card"
    read = {name for part in facts.parts for name in part.card}
    gone = [part.name for part in card.parts if part.name not in read]
    if facts.parts and gone:
        yield f"gone: no file for {', '.join(gone)}"


def _same_licence(hub: str | None, card: str) -> bool:
    """One is the beginning of the other: the hub writes odc-by for ODC-By-1.0."""
    ours = _licence(card)
    theirs = [_licence(name) for name in (hub or "").split(",")]
    if not ours or ours.startswith("licenseref"):
        return not ours or theirs[0] in ("", "other", "unknown")
    return any(name and (ours.startswith(name) or name.startswith(ours)) for name in theirs)


def _licence(text: str) -> str:
    first = re.split(r"[,;]", text.lower())[0].strip()
    return "" if first in ("none stated", "unknown") else first
