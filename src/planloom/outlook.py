"""A forecast as text that fits the terminal: tables, then sentences."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from planloom.cost import SEED
from planloom.forecast import Filler, Forecast, SourceLine, Tier, Use, rounded
from planloom.recipe import TITLES
from planloom.supply import PartSupply

NARROW = 72
SAMPLE = "The packed rows are made up; this forecast is of the real datasets that they stand for."
NOTABLE = 0.01
"""The share of a gap below which a source that could fill it is not named."""
MEANING = {
    "open": "training and publishing, with attribution and the licence's own conditions",
    "share_alike": "training; what is published keeps the same licence",
    "non_commercial": "training and publishing for non-commercial purposes only",
    "no_publish": "training where it lies; may not be passed on",
}


def text(forecast: Forecast, width: int, *, factors: bool = False) -> str:
    """The whole forecast in lines of at most `width` characters where words allow it."""
    wide = width >= NARROW
    lines = [
        f"Forecast of {forecast.recipe}, before any download; plans are rounded to three digits.",
        *([SAMPLE] if forecast.recipe == "sample" else ()),
    ]
    for tier in forecast.tiers:
        lines += ["", *_tier(tier, wide=wide)]
    lines += _made_of(forecast.tiers[-1])
    lines += ["", *_sources(forecast, factors=factors, wide=wide)]
    lines += ["", *_gaps(forecast), "", *_terms(forecast), "", *_needs(forecast)]
    lines += ["", *_costs(forecast)]
    return "\n".join(part for line in lines for part in _wrapped(line, width))


def as_json(found: Forecast) -> bytes:
    """The forecast with the factors of every part, unrounded."""
    lines = [
        {
            **{f: getattr(line, f) for f in line.__struct_fields__},
            "parts": [_as_json(p) for p in line.parts],
        }
        for line in found.sources
    ]
    told = {name: getattr(found, name) for name in found.__struct_fields__}
    return msgspec.json.format(
        msgspec.json.encode({"version": 1, **told, "sources": lines}), indent=1
    )


def _as_json(part: PartSupply) -> dict[str, Any]:
    cells = [(*cell, n) for cell, n in part.cells.items()]
    told = {name: getattr(part, name) for name in part.__struct_fields__}
    return {**told, "plans": part.plans, "cells": cells}


def _wrapped(line: str, width: int) -> list[str]:
    """Sentences in lines; a row of a table, known by its wide gaps, stays whole."""
    if len(line) <= width or "   " in line.strip():
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)  # fmt: skip


def _row(name: str, cells: tuple[str, ...], *, wide: bool) -> str:
    """Names on the left, figures in columns; short names and columns where space is short."""
    if wide:
        return f"{name:<24}" + "".join(f"{cell:>12}" for cell in cells)
    return f"{name.split(' ', maxsplit=1)[0]:<13}" + "".join(f"{cell:>11}" for cell in cells)


def _tier(tier: Tier, *, wide: bool) -> Iterator[str]:
    yield f"Sources up to tier {tier.tier} (the seed expects {tier.expected})"
    yield _row("", ("target", "supply", "reachable", "missing"), wide=wide)
    for one in tier.categories:
        numbers = tuple(map(rounded, (one.supply, one.reachable, one.missing)))
        yield _row(TITLES[one.name], (f"{one.target:,}", *numbers), wide=wide)
    supply = sum(one.supply for one in tier.categories)
    short = max(tier.goal - tier.reachable, 0)
    numbers = tuple(map(rounded, (supply, tier.reachable, short)))
    yield _row("Total", (f"{tier.goal:,}", *numbers), wide=wide)
    gold, missing = rounded(tier.gold), rounded(tier.missing)
    yield f"real {rounded(tier.reachable)} + gold traces {gold} + missing {missing} = {tier.goal:,}"


def _made_of(tier: Tier) -> Iterator[str]:
    for one in tier.categories:
        kinds = ", ".join(f"{kind} {rounded(n)}" for kind, n in sorted(one.evidence.items()))
        if kinds:
            yield f"{TITLES[one.name]}: {kinds}"


def _sources(forecast: Forecast, *, factors: bool, wide: bool) -> Iterator[str]:
    yield "Sources (supply: what dedup and the source's maximum leave; used: within the targets; m: measured, c: from a card, a: assumed)"
    yield (f"{'':<31}" if wide else "  ") + f"{'rows':>10}{'supply':>11}{'used':>11}  from"
    for line in forecast.sources:
        yield from _source(line, wide=wide)
        if factors:
            for part in line.parts:
                if part.cells:
                    steps = {"rows": part.rows, **part.factors}
                    yield f"  {part.part}: {part.plans:,.0f} plans ="
                    for name, factor in steps.items():
                        yield f"    {name} {factor.value:,.4g} ({factor.origin}: {factor.why})"


def _source(line: SourceLine, *, wide: bool) -> Iterator[str]:
    name = line.id.split("/")[-1]
    origins = "+".join(origin[0] for origin in line.origins)
    figures = f"{line.rows:>10,}{rounded(line.supply):>11}{rounded(line.reachable):>11}  {origins}"
    if wide:
        yield f"{name if len(name) < 31 else name[:29] + '…':<31}{figures}"
    else:
        yield name
        yield f"  {figures}"
    yield from (f"  {note}" for note in line.notes)


def _gaps(forecast: Forecast) -> Iterator[str]:
    last = forecast.tiers[-1]
    short = [one for one in last.categories if one.missing]
    yield "Targets that real plans do not reach" if short else "Real plans reach every target."
    for one in short:
        yield f"  {TITLES[one.name]}: {rounded(one.missing)} of {one.target:,} missing"
        mine = [filler for filler in forecast.fillers if filler.category == one.name]
        named = _enough(mine, one.missing)
        if named:
            yield f"    could come from: {'; '.join(map(_filler, named))}"
        if (most := sum(filler.plans for filler in mine)) < one.missing:
            yield f"    the catalogue gives {rounded(most)} at most; {rounded(one.missing - most)} need gold traces"
    if short and last.gold:
        yield f"  Gold traces may fill up to {rounded(last.gold)}, shown apart, never counted as real."


def _enough(fillers: Sequence[Filler], missing: int) -> list[Filler]:
    """The largest until the gap is closed, three at least, none that hardly matters."""
    named: list[Filler] = []
    for filler in fillers:
        closed = sum(one.plans for one in named) >= missing
        if filler.plans >= NOTABLE * missing and not (closed and len(named) > 2):
            named.append(filler)
    return named


def _filler(filler: Filler) -> str:
    names = [name.split("/")[-1] for name in filler.shares]
    shares = f", shares rows with {' and '.join(names)}" if names else ""
    return f"{filler.id} {rounded(filler.plans)} ({filler.licence}{shares})"


def _terms(forecast: Forecast) -> Iterator[str]:
    yield "What may be done with it"
    for use in forecast.uses:
        yield f"  {use.use} {rounded(use.plans)}: {MEANING[use.use]}{_named(use)}"
    names = {use.use: use.plans for use in forecast.uses}
    total = sum(names.values())
    limits = []
    if "non_commercial" in names:
        limits.append("non-commercial training only")
    if closed := names.get("no_publish", 0):
        limits.append(
            f"not to be published; {rounded(total - closed)} plans are left without no_publish"
        )
    if "share_alike" in names:
        limits.append("the share-alike plans bring their licence along")
    yield f"  As a whole: may be trained on; {'; '.join(limits) or 'may be published with attribution'}."


def _named(use: Use) -> str:
    named = ", ".join(name.split("/")[-1] for name in use.sources)
    return "" if use.use == "open" else f" ({named})"


def _needs(forecast: Forecast) -> Iterator[str]:
    needs = forecast.needs
    name, size = needs.largest
    told = needs.origins
    yield "What it takes"
    yield f"  download {_gb(needs.download)}, of which {name.split('/')[-1]} {_gb(size)}"
    yield f"  disk {_gb(needs.disk)}: the files, and {told['disk_plan'].value:,.0f} bytes a plan ({told['disk_plan'].origin})"
    yield f"  time {_time(needs.hours)}: download {_time(needs.download_seconds / 3600)} ({told['bytes_second'].origin}: {told['bytes_second'].why}), build {_time(needs.build_seconds / 3600)} for {needs.rows:,} rows at {told['rows_second'].value:,.0f} a second ({told['rows_second'].origin}: {told['rows_second'].why})"
    yield f"  cost ${needs.dollars:,.2f}: ${needs.prices.hour:.2f} an hour (--price-hour), ${needs.prices.gb:.2f} a GB of disk (--price-gb); both are assumptions"


def _time(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours >= 1 else f"{hours * 60:,.0f} minutes"


def _gb(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"


def _costs(forecast: Forecast) -> Iterator[str]:
    """The seed's table with a row of this forecast."""
    last, needs = forecast.tiers[-1], forecast.needs
    ours = (f"This forecast ({last.reachable / 1e6:.1f}M real)", f"${needs.dollars:,.2f}", _time(needs.hours))  # fmt: skip
    yield f"{'Approach':<30}{'Cost':<14}Timeline"
    for approach, cost, timeline in (*SEED, ours):
        yield f"{approach:<30}{cost:<14}{timeline}"
    gap = max(last.goal - last.reachable, 0)
    if gap:
        price = f"${gap * needs.synthetic_plan:,.0f}"
        yield f"The {rounded(gap)} missing plans from a model, at the seed's price of $2,000 for 10M: {price} more; as gold traces nothing but machine time."
