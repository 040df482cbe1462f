"""What unknown rows are: their layouts, each with the shape that reads it and what comes of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from planloom import files, records, shapes
from planloom.files import DataFile, Record
from planloom.plan import Category
from planloom.rows import Outcome, Settings, carry
from planloom.shapes import Candidate
from planloom.source import Part, Reader, Row, ShapeReader
from planloom.trace import Place

SAMPLE = 200
SLICES = 10


class Layout(NamedTuple):
    """Rows that one reader fits. `read` is None where no shape fits; `lifted` gave a good plan."""

    columns: tuple[str, ...]
    shape: str | None
    read: Reader | None
    category: Category | None
    rows: list[Row]
    outcomes: list[Outcome]

    @property
    def lifted(self) -> int:
        return sum(any(j.verdict.reason is None for j in out.plans) for out in self.outcomes)

    @property
    def share(self) -> float:
        """The share of the rows that give a plan which passes the checks."""
        return self.lifted / len(self.rows) if self.outcomes else 0.0

    @property
    def calls(self) -> int:
        nodes = (n for out in self.outcomes for j in out.plans for n in j.plan.nodes)
        return sum(node.kind == "call" for node in nodes)

    @property
    def reasons(self) -> Counter[str]:
        """Why rows and plans were left."""
        left = Counter(str(out.left[1]) for out in self.outcomes if out.left)
        verdicts = (j.verdict.reason for out in self.outcomes for j in out.plans)
        return left + Counter(str(reason) for reason in verdicts if reason is not None)


def sample(file: DataFile, most: int = SAMPLE) -> list[Record]:
    """At most that many records, spread over the slices of a file; the beginning of each."""
    pieces = files.slices(file)
    step = max(1, len(pieces) // SLICES)
    chosen = pieces[::step][:SLICES]
    each = -(-most // len(chosen)) if chosen else 0
    return [r for piece in chosen for r in islice(records.read(piece), each)][:most]


def detect(rows: Sequence[Row]) -> list[Layout]:
    """The layouts of the rows, the largest first; more than one where the rows are mixed.

    The reader that reads the largest share of the rows that are left (of equals the one that finds
    most calls) takes them, until no reader takes any.
    """
    rest, found = list(rows), []
    candidates = shapes.candidates(rows)
    while rest:
        best, taken = _best(candidates, rest)
        if best is None:
            found.append(_unread(rest))
            break
        found.append(_layout(best, taken))
        chosen = set(map(id, taken))
        rest = [row for row in rest if id(row) not in chosen]
    return sorted(_at_home(found), key=lambda layout: -len(layout.rows))


def _at_home(layouts: list[Layout]) -> Iterator[Layout]:
    """Rows that look like those of a layout, but cannot be read, belong to it: with their Reasons."""
    broken = [row for layout in layouts if layout.read is None for row in layout.rows]
    looks = {id(row): {c.read for c in shapes.candidates([row])} for row in broken}
    for layout in layouts:
        if layout.read is None:
            continue
        mine = [row for row in broken if layout.read in looks[id(row)]]
        broken = [row for row in broken if layout.read not in looks[id(row)]]
        whole = Candidate(str(layout.shape), layout.read, layout.category or "conversation")
        yield _layout(whole, [*layout.rows, *mine]) if mine else layout
    if broken:
        yield _unread(broken)


def _best(
    candidates: Sequence[Candidate], rows: Sequence[Row]
) -> tuple[Candidate | None, list[Row]]:
    """The reader that gets most out of the rows; rows that hold calls are no mere text to it."""
    best: tuple[float, int] = (0.0, 0)
    chosen, taken = None, []
    fits = [shapes.best(row) for row in rows]
    called = [fit is not None and fit.category not in shapes.TEXT for fit in fits]
    for candidate in candidates:
        is_text = candidate.category in shapes.TEXT
        scores = [
            (0.0, 0) if is_text and has_calls else shapes.score(candidate.read, row)
            for row, has_calls in zip(rows, called, strict=True)
        ]
        key = sum(share for share, _ in scores), sum(calls for _, calls in scores)
        mine = [row for row, (share, _) in zip(rows, scores, strict=True) if share]
        if mine and key > best:
            best, chosen, taken = key, candidate, mine
    return chosen, taken


def _layout(best: Candidate, rows: list[Row]) -> Layout:
    part = Part("train", ("*",), best.read, best.category)
    place = Place("", "", "", "", 0, "unknown", "no_publish", best.category)
    outcomes = [carry(row, part, place, Settings()) for row in rows]
    return Layout(_columns(rows), best.shape, best.read, best.category, rows, outcomes)


def _unread(rows: list[Row]) -> Layout:
    return Layout(_columns(rows), None, None, None, rows, [])


def _columns(rows: Sequence[Row]) -> tuple[str, ...]:
    """Every column that is not null somewhere, in order of appearance."""
    return tuple(dict.fromkeys(name for row in rows for name in row if row[name] is not None))


def told(layouts: Sequence[Layout]) -> Iterator[str]:
    """A line or two for each layout."""
    for layout in layouts:
        columns = ", ".join(layout.columns)
        if layout.shape is None:
            yield f"{len(layout.rows)} rows that no shape fits: {columns}"
            continue
        counts = f"{layout.lifted} lift ({layout.share:.0%}), {layout.calls} calls"
        yield f"{len(layout.rows)} rows of {layout.shape} ({_mapping(layout.read)}): {counts}"
        yield f"  columns: {columns}"
        if layout.reasons:
            left = ", ".join(f"{reason} {n}" for reason, n in layout.reasons.most_common())
            yield f"  left: {left}"


def _mapping(read: Reader | None) -> str:
    """What a reader takes each part of a row from; what it does not use is left out."""
    arguments = read.arguments if isinstance(read, ShapeReader) else {}
    return ", ".join(f"{name} = {_name(value)}" for name, value in arguments.items() if value)


def _name(value: object) -> str:
    return " + ".join(map(str, value)) if isinstance(value, tuple) else str(value)
