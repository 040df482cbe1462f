"""The sections of the report: figures of the ledger and the statistics, nothing counted anew."""

from collections.abc import Iterator, Mapping
from typing import Any

from planloom.errors import Reason
from planloom.ledger import STAGES
from planloom.recipe import TITLES
from planloom.report.built import Built
from planloom.report.contamination import contaminated
from planloom.report.gate import gate
from planloom.report.spent import spent
from planloom.section import Bars, Block, Flow, Section, Table, Tile, Tiles

MOST = 25
"""Bars of a kind: the longest ones, and one for all others."""
BASES = ("observed", "inferred", "default")


def headline(built: Built) -> Section:
    """Target, built and missing: in all, per category, tier and evidence."""
    made = built.by_category()
    got = {name: sum(by_evidence.values()) for name, by_evidence in made.items()}
    wanted = {name: built.wanted(name) for name in made}
    rows = [
        (
            TITLES[name],
            wanted[name],
            got[name],
            max(wanted[name] - got[name], 0),
            ", ".join(f"{evidence} {n:,}" for evidence, n in made[name].items()),
        )
        for name in made
    ]
    names = tuple(TITLES[name] for name in made)
    series: dict[str, tuple[float, ...]] = {
        "target": tuple(wanted.values()),
        "built": tuple(got.values()),
    }
    blocks: tuple[Block, ...] = (
        Tiles(tuple(_tiles(built))),
        Bars("Plans per category", names, series, lying=True, unit="plans"),
        _tiers(built),
        Table(("category", "target", "built", "missing", "evidence"), tuple(rows)),
    )
    rows_of = (
        "made-up rows, packed to try Planloom," if built.manifest.get("made_up") else "real rows"
    )
    rows_of += " and gold traces" if built.gold else ""
    return Section("Composition", f"What was wanted and what {rows_of} gave.", blocks)


def _tiles(built: Built) -> Iterator[Tile]:
    goal, kept = built.goal, built.kept
    totals = built.counted("totals")
    read = built.ledger.total(stage="read", unit="row", left=False)
    yield Tile("target", f"{goal:,}", "plans")
    yield Tile("built", f"{kept:,}", f"{_share(kept, goal)} of the target")
    if built.gold:
        yield Tile("generated", f"{built.gold:,}", "gold traces, among those built")
    room = built.wanted("gold_traces") - built.gold
    yield Tile("missing", f"{max(goal - kept, 0):,}", f"of them {room:,} may be gold traces")
    yield Tile("rows read", f"{read:,}", f"from {len(built.manifest['sources'])} sources")
    yield Tile("calls", f"{totals.get('calls', 0):,}", f"of {totals.get('tools', 0):,} tools")
    edges = f"and {totals.get('order_edges', 0):,} of mere order"
    yield Tile("data edges", f"{totals.get('data_edges', 0):,}", edges)


def _tiers(built: Built) -> Table:
    kept = {name: sum(n.values()) for name, n in built.counted("source").items()}
    rows = []
    for tier in (1, 2, 3):
        mine = [
            source["id"]
            for source in built.manifest["sources"]
            if source["tier"] == tier and not source.get("generated")
        ]
        plans = sum(kept.get(name, 0) for name in mine)
        rows.append((f"Tier {tier}", len(mine), plans, _percent(plans, built.kept)))
    return Table(("tier", "sources", "plans kept", "% of the corpus"), tuple(rows))


def way(built: Built) -> Section:
    """From rows read to plans written, with every Reason."""
    ledger = built.ledger
    read = ledger.total(stage="read", unit="row", left=False)
    lifted = ledger.total(stage="lift", unit="row", left=False)
    made = ledger.total(stage="lift", unit="plan", left=False)
    counts = built.left("stage unit reason")
    rows = [
        (reason, unit, stage, n, _percent(n, read if unit == "row" else made), reason.meaning)
        for (stage, unit, reason), n in sorted(
            counts.items(), key=lambda item: (STAGES.index(item[0][0]), -item[1])
        )
    ]
    head = ("Reason", "unit", "left at", "count", "% of rows read or plans made", "meaning")
    blocks = (
        _flow(
            "Rows",
            "row",
            {"read": "rows read", "lift": "read", "": "lifted to plans"},
            counts,
            lifted,
        ),
        _flow("Plans", "plan", PLAN_WAY, counts, built.kept),
        Table(head, tuple(rows)),
    )
    wrong = ledger.problems()
    sum_up = (
        "The ledger adds up: what is not listed below was kept." if not wrong else "; ".join(wrong)
    )
    text = f"{read:,} rows were read, {lifted:,} of them became {made:,} plans, {built.kept:,} plans were kept. {sum_up}"
    return Section("From row to plan", text, blocks)


PLAN_WAY = {
    "lift": "plans made",
    "label": "lifted",
    "check": "benign",
    "dedup": "sound",
    "mix": "different",
    "": "kept",
}
"""Stages at which plans leave, each with the name of what comes to it."""


def _flow(title: str, unit: str, way: dict[str, str], counts: Any, end: int) -> Flow:
    """The stream through the stages; one at which nothing leaves is passed over."""
    left: dict[str, dict[str, int]] = {stage: {} for stage in way}
    ordered = sorted(counts.items(), key=lambda item: STAGES.index(item[0][0]))
    for (stage, of, reason), n in ordered:
        if of == unit:  # a Reason of two stages is told apart
            again = any(reason in by for at, by in left.items() if at != stage)
            left[stage][f"{reason} at {stage}" if again else str(reason)] = n
    stages = [stage for stage in way if left[stage]]
    first, kept = next(iter(way.values())), way[""]
    names = [first, *(way[stage] for stage in stages[1:]), kept]
    links: list[tuple[str, str, int]] = []
    rest = end + sum(sum(left[stage].values()) for stage in stages)
    for stage, name, after in zip(stages, names, names[1:], strict=False):
        rest -= sum(left[stage].values())
        links.append((name, after, rest))
        links += [
            (name, reason, n) for reason, n in sorted(left[stage].items(), key=lambda i: -i[1])
        ]
    if not stages:
        links.append((first, kept, end))
    return Flow(title, tuple(link for link in links if link[2]), kept, unit=f"{unit}s")


def sources(built: Built) -> Section:
    """Each source: what was said of it, what it has, what it gave."""
    head = (
        *("source", "tier", "the seed says", "really has", "rows read", "plans made"),
        *("plans kept", "% kept", "evidence", "licence", "use"),
    )
    rows = [_source(built, source) for source in built.manifest["sources"]]
    refused = [(name, why) for name, why in built.manifest["refused"].items()]
    blocks: list[Block] = [Table(head, tuple(rows))]
    if refused:
        blocks.append(Table(("source", "why not a row of it was read"), tuple(refused), "Refused"))
    return Section(
        "Sources", "Claims beside facts. Licence and use are those of plans kept.", tuple(blocks)
    )


def _source(built: Built, source: Mapping[str, Any]) -> tuple[str | float | None, ...]:
    name, ledger = source["id"], built.ledger
    read = ledger.total(source=name, stage="read", unit="row", left=False)
    made = ledger.total(source=name, stage="lift", unit="plan", left=False)
    kept = ledger.total(source=name, stage="write", unit="plan", left=False)
    uses = built.counted("source_use").get(name, {})
    licences = sorted({licence for by in uses.values() for licence in by}) or [source["licence"]]
    evidence = ", ".join(built.counted("source_evidence").get(name, {}))
    return (
        *(name, source["tier"], source["claim"], source["rows"], read, made, kept),
        *(_percent(kept, made), evidence, "; ".join(licences), ", ".join(uses)),
    )


def shape(built: Built) -> Section:
    """Calls, depth, edges, tools, turns and length of requests."""
    edges = built.counted("edges")
    calls = built.counted("totals").get("calls", 0)
    by_evidence: dict[str, int] = {
        f"{kind}: {how}": n for kind, by in edges.items() for how, n in by.items()
    }
    blocks = (
        _histogram(built, "calls_per_plan", "Calls per plan", "calls"),
        _histogram(built, "depth_per_plan", "Depth: nodes on the longest way along edges", "nodes"),
        _histogram(built, "data_edges_per_plan", "Data edges per plan", "edges"),
        _longest("Edges by kind and evidence", by_evidence, "edges"),
        _longest("Tools called most", built.counted("tools"), "calls", calls),
        _histogram(built, "user_turns_per_plan", "User turns per plan", "turns"),
        _histogram(built, "request_letters", "Length of the request", "characters", doubling=True),
    )
    return Section("Shape of the plans", "What the plans kept look like.", blocks)


def _histogram(built: Built, name: str, title: str, unit: str, *, doubling: bool = False) -> Bars:
    counts = {int(size): n for size, n in built.counted(name).items()}
    top = max(counts, default=0)
    if doubling:
        sizes = [0] * (0 in counts) + [2**k for k in range(top.bit_length())]
        sizes = [size for size in sizes if size >= min(counts, default=0)]
        names = [f"{size:,}–{2 * size - 1:,}" if size > 1 else str(size) for size in sizes]
    else:
        sizes = list(range(top + 1))
        names = [f"{size}+" if size == 20 else str(size) for size in sizes]
    series = {"plans": tuple(counts.get(size, 0) for size in sizes)}
    return Bars(title, tuple(names), series, unit="plans", note=f"across: {unit}")


def _longest(title: str, counts: Mapping[str, int], unit: str, whole: int = 0) -> Bars:
    """The longest bars; what they leave of the whole is told below."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = dict(ordered[:MOST])
    rest = max(whole, sum(counts.values())) - sum(shown.values())
    note = f"all others: {rest:,} {unit}" if rest else ""
    values: tuple[float, ...] = tuple(shown.values())
    return Bars(title, tuple(shown), {unit: values}, lying=True, unit=unit, note=note)


def trust(built: Built) -> Section:
    """Tiers and scope, each with how it is known."""
    blocks = (
        _judged(built, "provenance_tier", "Provenance tier of the arguments"),
        _judged(built, "result_tier", "Tier of what a call brings in"),
        _judged(built, "scope_volume", "Volume asked for: rows, records or files"),
        _judged(built, "scope_sensitivity", "Sensitivity"),
    )
    text = "Each judgement is observed in the row, inferred by a rule from words, or the default. Tier 1 is the user and system, 2 a known first-party tool, 3 other people's text."
    return Section("Trust and scope", text, (_bases(built), *blocks))


def _judged(built: Built, name: str, title: str) -> Bars:
    counts = {int(value): by for value, by in built.counted(name).items()}
    values = sorted(counts)
    series = {basis: tuple(counts[value].get(basis, 0) for value in values) for basis in BASES}
    volume = name == "scope_volume"
    names = tuple(f"{v:,}–{10 * v - 1:,}" if volume else str(v) for v in values)
    return Bars(title, names, series, stacked=True, unit="nodes")


def _bases(built: Built) -> Bars:
    names = ("provenance_tier", "result_tier", "scope_volume", "scope_sensitivity")
    sums = {
        basis: tuple(sum(by.get(basis, 0) for by in built.counted(name).values()) for name in names)
        for basis in BASES
    }
    titles = ("provenance tier", "result tier", "volume", "sensitivity")
    return Bars(
        "How each judgement is known",
        titles,
        sums,
        stacked=True,
        lying=True,
        share=True,
        unit="nodes",
    )


def kinds(built: Built) -> Section:
    """Languages, licences, terms of use, folds."""
    blocks = (
        _longest("Language of the request", built.counted("language"), "plans"),
        _longest("Licence", built.counted("licence"), "plans"),
        _longest("Use", built.counted("use"), "plans"),
        _longest("Fold", built.counted("fold"), "plans"),
    )
    return Section("Languages and licences", "und: too short or too mixed to tell.", blocks)


def repeats(built: Built) -> Section:
    """Duplicates, caps and targets."""
    names = (
        *(Reason.duplicate, Reason.near_duplicate, Reason.same_task, Reason.prefix_of_longer),
        *(Reason.template_cap, Reason.over_target),
    )
    made = built.ledger.total(stage="lift", unit="plan", left=False)
    counts = built.left()
    rows = tuple((str(r), counts[r], _percent(counts[r], made), r.meaning) for r in names)
    dedup = built.manifest["recipe"]["dedup"]
    text = f"Requests are near duplicates from a similarity of {dedup['near_duplicates']} on, with equal calls; at most {dedup['template_cap']:,} plans of one template stay."
    return Section(
        "Duplicates and caps",
        text,
        (Table(("Reason", "plans", "% of plans made", "meaning"), rows),),
    )


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 6) if whole else None


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


SECTIONS = (
    *(headline, way, sources, shape, trust, gate, kinds, repeats),
    *(contaminated, spent),
)
