"""How many plans a part can give, as a product of factors, each with the origin of its figure.

rows x plans a row x the share that labels and checks let through x the share that dedup leaves. An
earlier, smaller build decides over what is published, what is published over what is assumed;
only rows come from a look at the dataset first, because a smaller build cannot know them.
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import product

import msgspec
from msgspec import Struct

from planloom.known import Factor, Known, PartFacts, Sample, SeenPart, facts, facts_of
from planloom.measured import Gauge, growth
from planloom.mix import Cap, caps
from planloom.plan import Evidence
from planloom.recipe import Recipe
from planloom.rows import Settings, forbidden
from planloom.source import Part, Source

Cell = tuple[str, str, str]
"""(category, evidence, use) of plans."""
Cells = dict[tuple[str, Cell], float]
"""Plans by source and cell."""


class PartSupply(Struct, frozen=True):
    """What a part gives after dedup, by cell; `why` tells why it gives nothing."""

    source: str
    part: str
    rows: Factor
    factors: dict[str, Factor]
    cells: dict[Cell, float]
    why: str = ""

    @property
    def plans(self) -> float:
        return sum(self.cells.values())


def of_source(
    source: Source, recipe: Recipe, known: Known, read: frozenset[str]
) -> list[PartSupply]:
    """What each part gives in a build that reads the sources `read`."""
    settings = Settings(recipe.limits, recipe.allow_non_commercial)
    parts = [_part(source, part, settings, known, read) for part in source.parts]
    about = facts_of(source.id)
    total = sum(part.plans for part in parts)
    if about.tasks is None:
        return parts
    shared = math.prod(1 - f.value for other, f in about.repeats.items() if other in read)
    most = about.tasks.value * shared
    return [_at_most(part, about.tasks, most / total) for part in parts] if total > most else parts


def _at_most(part: PartSupply, tasks: Factor, share: float) -> PartSupply:
    cells = {cell: n * share for cell, n in part.cells.items()}
    bound = Factor(share, f"at most {tasks.value:,.0f} in all: {tasks.why}", tasks.origin)
    return msgspec.structs.replace(part, cells=cells, factors={**part.factors, "tasks": bound})


def _part(
    source: Source, part: Part, settings: Settings, known: Known, read: frozenset[str]
) -> PartSupply:
    rows = rows_of(source, part, known)
    if closed := forbidden(part, settings) or _unavailable(source, known):
        return PartSupply(source.id, part.name, rows, {}, {}, closed)
    gauges = known.gauges.get((source.id, part.name), [])
    factors = _measured(gauges, rows) if gauges else _published(source, part, known, read)
    plans = rows.value * math.prod(factor.value for factor in factors.values())
    shares = _shares(source, part, known, gauges)
    cells = {cell: plans * share for cell, share in shares.items()}
    zero = next((f.why for f in factors.values() if f.value == 0), "")
    return PartSupply(source.id, part.name, rows, factors, cells, zero)


def _unavailable(source: Source, known: Known) -> str:
    """Why the hub gives nothing of the source to anyone; a gate can be opened by asking."""
    seen = known.seen(source.id)
    return "" if seen.status in ("ok", "gated") else f"discover: {seen.status}: {seen.detail or ''}"


def rows_of(source: Source, part: Part, known: Known) -> Factor:
    """The rows of a part: looked up, published, or its share of the source's."""
    seen = known.seen(source.id).of(part.name)
    counts = [_share(one, source, part) * one.rows for one in seen if one.rows is not None]
    if counts and len(counts) == len(seen):
        shared = any(len(one.parts) > 1 for one in seen)
        why = " and ".join(dict.fromkeys(f"discover: {one.rows_origin}" for one in seen))
        why += ", split among our parts as on the card" if shared else ""
        return Factor(sum(counts), why, "assumed" if shared else "measured")
    return _card_rows(source, part)


def _share(seen: SeenPart, source: Source, part: Part) -> float:
    """The share of a config and split of the hub that is this part's."""
    mine = [p for p in source.parts if p.name in seen.parts]
    total = sum(_card_rows(source, one).value for one in mine)
    return _card_rows(source, part).value / total if total else 1 / len(mine)


def _card_rows(source: Source, part: Part) -> Factor:
    told = facts_of(source.id).parts
    if fact := told.get(part.name, PartFacts()).rows:
        return fact
    open_parts = [p for p in source.parts if p.policy == "train"] or list(source.parts)
    if part not in open_parts:
        return Factor(0, "held out, not counted apart", "assumed")
    rest = source.rows - sum(p.rows.value for p in told.values() if p.rows)
    silent = [p for p in open_parts if told.get(p.name, PartFacts()).rows is None]
    if len(silent) == 1:
        return Factor(rest, "rows of the card")
    return Factor(rest / len(silent), f"the card's rows over {len(silent)} parts alike", "assumed")


def _measured(gauges: list[Gauge], rows: Factor) -> dict[str, Factor]:
    """The shares of the largest build; duplicates grow with the rows as `growth` tells."""
    most = max(gauges, key=lambda gauge: gauge.rows)
    said = f"a build of {most.rows:,} rows"
    rate = growth(gauges)
    lost = most.loss.lost / max(most.loss.left, 1) * (max(rows.value, 1) / most.rows) ** rate
    grown = f"; duplicates a plan grow with rows^{rate:.2f}" if rate else ""
    return {
        "plans": Factor(most.plans / most.rows, said, "measured"),
        "passed": Factor(most.passed / most.plans if most.plans else 0.0, said, "measured"),
        "left": Factor(1 / (1 + lost), said + grown, "measured"),
    }


def _published(source: Source, part: Part, known: Known, read: frozenset[str]) -> dict[str, Factor]:
    assumed = facts().assumed[part.category]
    about = facts_of(source.id)
    told = about.parts.get(part.name, PartFacts())
    factors = {
        "plans": told.plans or assumed.plans,
        "passed": told.passed or assumed.passed,
        "left": told.left or assumed.left,
    }
    factors |= _sampled(_sample(source, part, known))
    for other, share in about.repeats.items():
        if other in read:
            why = f"{share.value:.0%} is in {other}: {share.why}"
            factors[f"not in {other}"] = Factor(1 - share.value, why, share.origin)
    return factors


def _sample(source: Source, part: Part, known: Known) -> Sample:
    """The samples of a part, added up."""
    seen = [one.sample for one in known.seen(source.id).of(part.name) if one.sample]
    categories: Counter[str] = Counter()
    evidence: Counter[str] = Counter()
    for sample in seen:
        categories.update(sample.categories)
        evidence.update(sample.evidence)
    rows, plans = sum(s.rows for s in seen), sum(s.plans for s in seen)
    return Sample(rows, plans, dict(categories), dict(evidence))


def _sampled(sample: Sample) -> dict[str, Factor]:
    """Plans a row and the share that passes of a sample; its duplicates say nothing of the whole."""
    if not (sample.rows and sample.plans):
        return {}
    said = f"a sample of {sample.rows:,} rows"
    passed = sum(sample.categories.values()) / sample.plans
    return {
        "plans": Factor(sample.plans / sample.rows, said, "measured"),
        "passed": Factor(passed, said, "measured"),
    }


def _shares(source: Source, part: Part, known: Known, gauges: list[Gauge]) -> dict[Cell, float]:
    """How the plans of a part spread over category, evidence and use."""
    if gauges:
        cells = max(gauges, key=lambda gauge: gauge.rows).cells
        return {cell: n / sum(cells.values()) for cell, n in cells.items()}
    sample = _sample(source, part, known)
    usual = facts_of(source.id).evidence or _usual(part)
    categories = sample.categories or {part.category: 1}
    kinds = sample.evidence or {usual: 1}
    total = sum(categories.values()) * sum(kinds.values())
    return {
        (category, kind, part.use): n * m / total
        for (category, n), (kind, m) in product(categories.items(), kinds.items())
        if total
    }


def _usual(part: Part) -> Evidence:
    text = part.category in ("conversation", "instruction_following")
    return "response" if text else "observed"


def bounded(parts: Sequence[PartSupply], recipe: Recipe) -> tuple[Cells, Cells]:
    """What the sources' maxima leave, and what all bounds of the mix leave.

    A bound takes from all that falls under it alike, as the seeded hash of the mix does.
    """
    cells: Cells = {}
    for part in parts:
        for cell, n in part.cells.items():
            cells[part.source, cell] = cells.get((part.source, cell), 0.0) + n
    bounds = list(caps(recipe))
    supplied = _capped(cells, [cap for cap in bounds if cap.source is not None])
    return supplied, _capped(cells, bounds)


def _capped(cells: Cells, bounds: Sequence[Cap]) -> Cells:
    left = dict(cells)
    for cap in bounds:
        mine = [key for key in left if _under(cap, *key)]
        total = sum(left[key] for key in mine)
        if total > cap.most:
            left |= {key: left[key] * cap.most / total for key in mine}
    return left


def _under(cap: Cap, source: str, cell: Cell) -> bool:
    category, evidence, _ = cell
    if cap.skeleton:
        return evidence == "skeleton"
    return cap.source == source if cap.source is not None else cap.category == category
