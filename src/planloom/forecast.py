"""What a recipe would give before anything is downloaded: supply against targets, terms, cost.

A number is never better than its origins, which stand beside it.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from planloom import cost, inputs, supply
from planloom.cost import Needs, Prices
from planloom.datasets import catalogue
from planloom.inputs import Chosen
from planloom.known import Known, Seen
from planloom.measured import Build
from planloom.recipe import CATEGORIES, Recipe, gold_room, target
from planloom.source import Source
from planloom.supply import Cells, PartSupply, bounded

EXPECTED = {1: "about 1.2M", 2: "0.2M to 0.5M more than tier 1", 3: "10M"}
"""What the seed document expects of its tiers."""
NEAR = 0.1


class Category(Struct, frozen=True):
    """Plans of a category; `supply` is what dedup and the sources' maxima leave.

    `evidence` tells what the reachable plans are made of.
    """

    name: str
    target: int
    supply: int
    reachable: int
    missing: int
    evidence: dict[str, int]


class Tier(Struct, frozen=True):
    """A build of the sources up to a tier; `gold` are gold traces that the recipe allows."""

    tier: int
    expected: str
    categories: list[Category]
    goal: int
    reachable: int
    gold: int
    missing: int


class SourceLine(Struct, frozen=True):
    """A source of the recipe; `notes` say why it gives nothing, less than wanted, or not as claimed."""

    id: str
    tier: int
    rows: int
    supply: int
    reachable: int
    origins: list[str]
    parts: list[PartSupply]
    notes: list[str]


class Filler(Struct, frozen=True):
    """A source of the catalogue that the recipe does not read; `shares` names whom it overlaps."""

    id: str
    category: str
    plans: int
    licence: str
    shares: list[str]


class Use(Struct, frozen=True):
    """How many of the reachable plans carry a use, and from which sources."""

    use: str
    plans: int
    sources: list[str]


class Forecast(Struct, frozen=True):
    recipe: str
    tiers: list[Tier]
    sources: list[SourceLine]
    fillers: list[Filler]
    uses: list[Use]
    needs: Needs


def forecast(
    recipe: Recipe,
    about: Known,
    builds: Sequence[Build] = (),
    prices: Prices | None = None,
    *,
    only: Sequence[str] = (),
    without: Sequence[str] = (),
    tier: int | None = None,
) -> Forecast:
    """What a build of the recipe would come to, for each tier up to `tier`.

    Raises:
        RecipeError: as a build would.
    """
    tiers: list[Tier] = []
    before: object = None
    for number in range(1, (tier or 3) + 1):
        chosen = inputs.choose(recipe, only, without, number)
        if tiers and chosen == before:
            continue  # this tier adds nothing
        before = chosen
        parts = _parts(chosen.sources, recipe, about)
        supplied, reached = bounded(parts, recipe)
        tiers.append(_tier(number, recipe, supplied, reached))
    read = [source.id for source in chosen.sources]
    lines = [
        _line(name, recipe, parts, chosen, about, supplied, reached)
        for name in recipe.sources
        if name in read or name in chosen.refused
    ]
    short = {category.name for category in tiers[-1].categories if category.missing}
    left = sum(part.plans for part in parts)
    needs = cost.needs(
        chosen.sources,
        parts,
        left,
        about,
        builds,
        prices or cost.prices(),
        jsonl=recipe.jsonl == "plain",
    )
    return Forecast(
        recipe.name, tiers, lines, _fillers(recipe, chosen, about, short), _uses(reached), needs
    )


def rounded(n: int) -> str:
    """Three digits: more would promise what an estimate cannot keep."""
    return f"{round(n, 3 - len(str(n))):,}" if n > 999 else str(n)


def _parts(sources: Sequence[Source], recipe: Recipe, about: Known) -> list[PartSupply]:
    read = frozenset(source.id for source in sources)
    return [part for source in sources for part in supply.of_source(source, recipe, about, read)]


def _tier(number: int, recipe: Recipe, supplied: Cells, reached: Cells) -> Tier:
    rows = []
    for name in CATEGORIES:
        wanted, got = target(recipe, name), round(_sum(reached, category=name))
        there = round(_sum(supplied, category=name))
        kinds: dict[str, int] = {}
        for (_, (category, evidence, _use)), n in reached.items():
            if category == name and n >= 0.5:
                kinds[evidence] = kinds.get(evidence, 0) + round(n)
        rows.append(Category(name, wanted, there, got, max(wanted - got, 0), kinds))
    real = sum(row.reachable for row in rows)
    gold = gold_room(recipe.gold_max, recipe.goal, real)
    missing = max(recipe.goal - real - gold, 0)
    return Tier(number, EXPECTED[number], rows, recipe.goal, real, gold, missing)


def _sum(cells: Cells, *, category: str | None = None, source: str | None = None) -> float:
    return sum(
        n
        for (name, cell), n in cells.items()
        if category in (None, cell[0]) and source in (None, name)
    )


def _line(
    name: str,
    recipe: Recipe,
    parts: Sequence[PartSupply],
    chosen: Chosen,
    about: Known,
    supplied: Cells,
    reached: Cells,
) -> SourceLine:
    source = catalogue(recipe.datasets)[name]
    mine = [part for part in parts if part.source == name]
    factors = [factor for part in mine for factor in (part.rows, *part.factors.values())]
    origins = [
        origin
        for origin in ("measured", "card", "assumed")
        if any(f.origin == origin for f in factors)
    ]
    rows = round(sum(part.rows.value for part in mine)) if mine else source.rows
    there = round(_sum(supplied, source=name))
    notes = [f"refused: {chosen.refused[name]}"] if name in chosen.refused else []
    notes += _whys(mine)
    notes += _gate(about.seen(name))
    notes += _against(source, rows, recipe.sources[name].max, there)
    return SourceLine(
        name,
        source.tier,
        rows,
        there,
        round(_sum(reached, source=name)),
        origins or ["card"],
        mine,
        notes,
    )


def _whys(parts: Sequence[PartSupply]) -> list[str]:
    """Why parts give nothing, each reason once."""
    by_why: dict[str, list[str]] = {}
    for part in parts:
        if part.why:
            by_why.setdefault(part.why, []).append(part.part)
    named = [
        (why, "" if len(names) == len(parts) else f"{', '.join(names)}: ")
        for why, names in by_why.items()
    ]
    return [f"{names}{why}" for why, names in named]


def _gate(seen: Seen) -> list[str]:
    if seen.gated in (None, "no") or seen.may_read:
        return []
    return [f"discover: gated ({seen.gated}), this token may not read it: ask on its page"]


def _against(source: Source, rows: int, wanted: int | None, there: int) -> list[str]:
    """Where the seed's claim or the recipe's maximum is not what is there."""
    notes = []
    sizes = [
        float(n.replace(",", "")) * {"K": 1e3, "M": 1e6}.get(unit, 1)
        for n, unit in re.findall(r"(\d[\d,]*)([KM]?)", source.claim)
    ]
    if sizes and abs(max(sizes) - source.rows) > NEAR * source.rows:
        notes.append(f"the seed says {source.claim}: there are {rows:,} rows")
    if wanted is not None and wanted > there:
        each = f" ({wanted / rows:.0f} for each row)" if rows and wanted > 2 * rows else ""
        notes.append(f"{wanted:,} wanted{each}: impossible, {rounded(there)} plans are there")
    return notes


def _fillers(recipe: Recipe, chosen: Chosen, about: Known, short: set[str]) -> list[Filler]:
    """Sources that are not in the recipe and could fill what is short, most plans first."""
    groups: dict[str, list[str]] = {}
    for source in chosen.sources:
        if source.overlap:
            groups.setdefault(source.overlap, []).append(source.id)
    found = []
    for source in catalogue(recipe.datasets).values():
        if source.id in recipe.sources or source.refused:
            continue
        parts = _parts([*chosen.sources, source], recipe, about)
        for name in CATEGORIES:
            plans = sum(
                n
                for part in parts
                if part.source == source.id
                for cell, n in part.cells.items()
                if cell[0] == name
            )
            if name in short and plans >= 1:
                shares = groups.get(source.overlap or "", [])
                found.append(Filler(source.id, name, round(plans), source.licence, shares))
    return sorted(found, key=lambda filler: (CATEGORIES.index(filler.category), -filler.plans))


def _uses(reached: Cells) -> list[Use]:
    """The uses of the reachable plans, freest first."""
    found = []
    for use in ("open", "share_alike", "non_commercial", "no_publish"):
        mine = {name: n for (name, cell), n in reached.items() if cell[2] == use and n >= 0.5}
        plans = sum(n for (_, cell), n in reached.items() if cell[2] == use)
        if mine:
            found.append(Use(use, round(plans), sorted(mine)))
    return found
