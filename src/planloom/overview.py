"""The facts as a table that fits the window, and what there is to say of one dataset."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from planloom.facts import Facts, Feasibility, PartFacts, Sample
from planloom.terminal import cut, printable, width_of, wrapped

REASON = 30
"""Characters that the reason needs beside a table; with fewer, every dataset is a paragraph."""
LEVELS: tuple[Feasibility, ...] = ("easy", "medium", "hard", "none")
CLAIM = 16
FEWEST = 4


class Column(NamedTuple):
    """A column of the table; in a narrow window the last ones go first."""

    head: str
    about: str
    cell: Callable[[Facts], str]


def render(found: Sequence[Facts], width: int, *, details: bool = False) -> str:
    """Table, drift, and with `details` what is known of every part."""
    lines = list(_table(found, width)) if len(found) > 1 or not details else []
    if not lines and not details:
        lines = [line for facts in found for line in _paragraph(facts, width)]
    for facts in found if details else ():
        lines += ["", *_about(facts, width)]
    if len(found) > 1:
        lines += ["", *wrapped(_total(found), width, "")]
    return "\n".join(map(printable, lines)).lstrip("\n")


def _rows(facts: Facts) -> str:
    return "" if facts.rows is None else f"{'' if facts.exact else '~'}{facts.rows:,}"


def _per_plan(count: Callable[[Sample], int]) -> Callable[[Facts], str]:
    return lambda f: (
        f"{count(f.sample) / f.sample.plans:.1f}" if f.sample and f.sample.plans else ""
    )


def _share(count: Callable[[Sample], int], of: Callable[[Sample], int]) -> Callable[[Facts], str]:
    return lambda f: f"{count(f.sample) / of(f.sample):.0%}" if f.sample and of(f.sample) else ""


COLUMNS = (
    Column("use", "feasibility by the rules below", lambda f: f.feasibility),
    Column("rows", "of all configs and splits; `~` if some are estimated", _rows),
    Column("seed says", "the seed document's claim", lambda f: cut(f.claim or "", CLAIM)),
    Column(
        "lift",
        "share of the sampled rows that give a plan which passes the checks",
        _share(lambda s: s.lifted, lambda s: s.rows),
    ),
    Column(
        "bytes", "of the data files, as they lie there", lambda f: size(f.bytes) if f.parts else ""
    ),
    Column("calls", "a plan, of the plans that pass", _per_plan(lambda s: s.calls)),
    Column("edges", "a plan, of the plans that pass", _per_plan(lambda s: s.edges)),
    Column(
        "dup",
        "share of the plans whose id was seen before",
        _share(lambda s: s.duplicates, lambda s: s.plans),
    ),
    Column(
        "flagged",
        "share of the rows with a label or finding against them",
        _share(lambda s: s.flagged, lambda s: s.rows),
    ),
    Column(
        "language",
        "the most frequent of the requests",
        lambda f: _most(f.sample.languages, 1) if f.sample else "",
    ),
    Column(
        "gated",
        "how, and whether this token may read",
        lambda f: "" if f.gated in (None, "no") else _access(f),
    ),
    Column("licence", "on the hub", lambda f: cut(f.licence_hub or "", CLAIM)),
)


def _access(facts: Facts) -> str:
    return f"{facts.gated}, {'open' if facts.may_read else 'closed'} to you"


def _table(found: Sequence[Facts], width: int) -> Iterator[str]:
    """Nothing where the window is too narrow for a few columns beside the reason."""
    table = [[column.head for column in COLUMNS], *([c.cell(f) for c in COLUMNS] for f in found)]
    widths = [max(map(width_of, cells)) for cells in zip(*table, strict=True)]
    first = min(max(len(facts.id) for facts in found), width // 3)
    room = width - first - REASON
    shown = sum(1 for at in range(len(COLUMNS)) if sum(widths[: at + 1]) + 2 * at + 4 <= room)
    if shown < FEWEST:
        return
    lines = [
        "  ".join(f"{cell:>{w}}" for cell, w in zip(cells[:shown], widths, strict=False))
        for cells in table
    ]
    yield f"{'':<{first}}  {lines[0]}  why"
    for facts, line in zip(found, lines[1:], strict=True):
        yield cut(f"{cut(facts.id, first):<{first}}  {line}  {facts.why}", width)
        for drift in facts.drift:
            yield from wrapped(drift, width, "    ! ")


def _paragraph(facts: Facts, width: int) -> Iterator[str]:
    """The same in a narrow window."""
    yield from wrapped(facts.id, width, "")
    said = [f"{column.head} {cell}" for column in COLUMNS if (cell := column.cell(facts))]
    yield from wrapped(", ".join(said), width, "  ")
    yield from wrapped(facts.why, width, "  ")
    for drift in facts.drift:
        yield from wrapped(drift, width, "  ! ")


def _about(facts: Facts, width: int) -> Iterator[str]:
    at = f" at {facts.commit[:12]}" if facts.commit else ""
    yield from wrapped(f"{facts.id}{at}: {facts.feasibility}, {facts.why}", width, "")
    if facts.commit:
        licence = f"licence {facts.licence_hub or 'not stated'}"
        licence += f", {facts.licence_card} in the card" if facts.licence_card else ""
        gate = "not gated" if facts.gated == "no" else f"gated: {_access(facts)}"
        yield from wrapped(f"{licence}; {gate}", width, "  ")
    yield from wrapped(f"the seed says: {facts.claim}", width, "  ") if facts.claim else ()
    yield from wrapped(facts.detail, width, "  ") if facts.detail != facts.why else ()
    for drift in facts.drift:
        yield from wrapped(drift, width, "  ! ")
    for part in facts.parts:
        yield from _part(part, width)


def _part(part: PartFacts, width: int) -> Iterator[str]:
    rows = "rows unknown" if part.rows is None else f"{part.rows:,} rows ({part.rows_origin})"
    files = f"{part.files} file{'s' * (part.files != 1)} of {part.format}"
    yield from wrapped(
        f"{part.config}/{part.split}: {rows}, {size(part.bytes)} in {files}", width, "  "
    )
    read = ", ".join(f"{role} = {column}" for role, column in part.mapping.items())
    if part.shape:
        yield from wrapped(f"read as {part.shape}" + (f" ({read})" if read else ""), width)
    columns = ", ".join(f"{name} {kind}" for name, kind in part.columns.items())
    yield from wrapped(f"columns: {columns}", width) if columns else ()
    yield from _sample(part.sample, width) if part.sample else ()


def _sample(sample: Sample, width: int) -> Iterator[str]:
    yield from wrapped(
        f"{sample.rows} rows looked at, {sample.lifted} lift: {sample.plans} plans, "
        f"{sample.calls} calls, {sample.edges} edges, {sample.duplicates} plans more than once, "
        f"{sample.flagged} rows flagged",
        width,
    )
    for name in ("reasons", "evidence", "categories", "languages"):
        if table := getattr(sample, name):
            yield from wrapped(f"{name}: {_most(table)}", width)
    yield from (cut(f"    {text}", width) for text in sample.examples)


def _total(found: Sequence[Facts]) -> str:
    levels = Counter(facts.feasibility for facts in found)
    told = ", ".join(f"{levels[level]} {level}" for level in LEVELS if levels[level])
    rows = sum(facts.rows or 0 for facts in found)
    about = "" if all(facts.exact for facts in found if facts.parts) else "about "
    return f"{len(found)} datasets ({told}), {about}{rows:,} rows"


def _most(table: Mapping[str, int], number: int | None = None) -> str:
    names = sorted(table, key=lambda name: -table[name])
    if number == 1:
        return f"{names[0]} {table[names[0]] / sum(table.values()):.0%}" if names else ""
    return ", ".join(f"{name} {table[name]:,}" for name in names)


def size(number: float) -> str:
    """Bytes in the unit that people use."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return (
                f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.3g} {unit}"
            )
        number /= 1000
    return f"{number:,.1f} TB"
