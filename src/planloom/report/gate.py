"""The section of the report on what the gate found: figures of the statistics and the ledger alone."""

from collections import Counter
from typing import Any

from planloom.errors import Reason
from planloom.report.built import Built
from planloom.section import Bars, Block, Section, Table, Tile, Tiles

PLACES = ("plans", "adversarial", "quarantine", "prompts")
"""Where what bears a finding went; in plans/ it is only noted."""


def gate(built: Built) -> Section:
    """Findings by rule and class per source, and what is kept beside the corpus."""
    counts = built.left()
    tiles = tuple(Tile(str(r), f"{counts[r]:,}", r.meaning) for r in REASONS)
    found = _found(built)
    places = Counter[tuple[str, str]]()
    for (_, place, cls, _), n in found.items():
        places[cls, place] += n
    classes = sorted({cls for cls, _ in places})
    blocks: tuple[Block, ...] = (Tiles(tiles),)
    if classes:
        series = {p: tuple(float(places[cls, p]) for cls in classes) for p in PLACES}
        blocks += (
            Bars("Findings per class", tuple(classes), series, stacked=True, lying=True),
            Table(("source", "kept in", "class", "rule", "plans or prompts"), _rows(found)),
        )
    noted = sum(n for (_, place, _, _), n in found.items() if place == "plans")
    text = f"What is not benign, or not known to be, is kept beside the corpus. {noted:,} findings on benign plans are only noted. Duplicates are counted where they lie beside the corpus."
    return Section("The gate", text, blocks)


REASONS = (Reason.flagged, Reason.attacked, Reason.suspect, Reason.unlabelled, Reason.prompt)


def _found(built: Built) -> dict[tuple[str, str, str, str], int]:
    table: dict[str, Any] = built.counted("findings")
    return {
        (source, place, cls, rule): n
        for source, by_place in table.items()
        for place, by_class in by_place.items()
        for cls, by_rule in by_class.items()
        for rule, n in by_rule.items()
    }


def _rows(
    found: dict[tuple[str, str, str, str], int],
) -> tuple[tuple[str | float | None, ...], ...]:
    return tuple((*key, n) for key, n in sorted(found.items(), key=lambda item: -item[1]))
