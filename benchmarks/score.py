"""What the product makes of the rows, beside what they hold."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from truth import Call, DataFile, Folder, Found

NUMBERS = ("rows", "well_formed", "calls", "right", "missed", "invented")
Transform = Callable[..., Any]


@dataclass(frozen=True)
class Miss:
    """A row (or file) whose calls are not exactly those expected: what was missed, and what invented."""

    address: str
    expected: list[Call]
    got: list[Call]


@dataclass
class Score:
    """The counts of one folder, or of several added up; `left` counts rows, `left_calls` their calls."""

    label: str
    how: str = ""
    rows: int = 0
    well_formed: int = 0
    calls: int = 0
    right: int = 0
    missed: int = 0
    invented: int = 0
    left: Counter[str] = field(default_factory=Counter)
    left_calls: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)

    @property
    def numbers(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in NUMBERS}

    def count(self, truth: Found, address: str) -> None:
        self.rows += 1
        if truth.why is None:
            self.well_formed += 1
            self.calls += len(truth.calls)
        else:
            self.unread.append(f"{address} {truth.why}")

    def compare(
        self, expected: list[Call], got: list[Call], address: str, *, ordered: bool = True
    ) -> None:
        pairs = aligned(expected, got) if ordered else paired(expected, got)
        matched, used = {i for i, _ in pairs}, {j for _, j in pairs}
        missed = [one for i, one in enumerate(expected) if i not in matched]
        invented = [one for j, one in enumerate(got) if j not in used]
        self.right += len(pairs)
        self.missed += len(missed)
        self.invented += len(invented)
        if missed or invented:
            self.misses.append(Miss(address, missed, invented))


def total(parts: list[Score]) -> Score:
    summed = Score("total")
    for part in parts:
        for name, number in part.numbers.items():
            setattr(summed, name, getattr(summed, name) + number)
        summed.left.update(part.left)
        summed.left_calls.update(part.left_calls)
        summed.unread.extend(part.unread)
        summed.misses.extend(part.misses)
    return summed


# Equality of calls


def canonical(value: object) -> object:
    """The value in a form in which `==` means the same argument: numbers by value, truth values apart."""
    if isinstance(value, dict):
        return "object", {key: canonical(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return "list", [canonical(one) for one in value]
    if isinstance(value, float) and math.isnan(value):  # NaN equals nothing, not even itself
        return "number", "nan"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number", value
    return type(value).__name__, value


def equalities(expected: list[Call], got: list[Call]) -> list[list[bool]]:
    """Which calls are the same; arguments without names are not compared."""
    left = [(one.name, canonical(one.arguments)) for one in expected]
    right = [(one.name, canonical(one.arguments)) for one in got]
    nameless = [one.arguments is None for one in expected]
    return [
        [a == b or (loose and a[0] == b[0]) for b in right]
        for a, loose in zip(left, nameless, strict=True)
    ]


def aligned(expected: list[Call], got: list[Call]) -> list[tuple[int, int]]:
    """Index pairs of the longest run of equal calls that keeps the order of both lists."""
    same = equalities(expected, got)
    longest = [[0] * (len(got) + 1) for _ in range(len(expected) + 1)]
    for i in reversed(range(len(expected))):
        for j in reversed(range(len(got))):
            skipped = max(longest[i + 1][j], longest[i][j + 1])
            longest[i][j] = max(skipped, longest[i + 1][j + 1] + 1) if same[i][j] else skipped
    return list(walk(longest, same))


def walk(longest: list[list[int]], same: list[list[bool]]) -> Iterator[tuple[int, int]]:
    i = j = 0
    while i < len(same) and j < len(same[i]):
        if same[i][j]:
            yield i, j
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1


def paired(expected: list[Call], got: list[Call]) -> list[tuple[int, int]]:
    """Index pairs of equal calls, whatever their order."""
    pairs: dict[int, int] = {}
    for i, row in enumerate(equalities(expected, got)):
        j = next((j for j, equal in enumerate(row) if equal and j not in pairs), None)
        if j is not None:
            pairs[j] = i
    return [(i, j) for j, i in pairs.items()]


# Reading


@dataclass(frozen=True)
class Reading:
    """What the product made of one row: the calls of all its plans, or why it was left."""

    calls: list[Call]
    left: list[str]


def product_reading(transform: Transform, row: Any, address: str, **named: Any) -> Reading:
    try:
        lifted = transform(row, **named)
    except Exception as error:
        error.add_note(f"transform raised at {address}; it should leave the row with a reason")
        raise
    nodes = (node for plan in lifted.plans for node in plan.nodes if node.kind == "call")
    left = [reason.value for reason, _ in lifted.left]
    silent = [] if lifted.plans or left else ["(silent)"]
    return Reading([Call(node.tool, node.arguments) for node in nodes], left or silent)


def score_truth(folder: Folder, files: list[DataFile]) -> Score:
    """What the folder holds, without a look at the product."""
    score = Score(folder.name)
    for file in files:
        for index, truth in enumerate(file.truth):
            score.count(truth, file.address(index))
    return score


def score_detected(folder: Folder, files: list[DataFile], transform: Transform) -> Score:
    """Each row by itself, its shape detected."""
    score = Score(folder.name, "detected")
    for file in files:
        rows = enumerate(file.rows)
        score_rows(
            score, file, [product_reading(transform, row, file.address(i)) for i, row in rows]
        )
    return score


def score_named(folder: Folder, files: list[DataFile], transform: Transform, source: Any) -> Score:
    """The files that the source finds, read as a build reads them."""
    score = Score(folder.name, f"as {source.id}")
    known = {file.path: file for file in files}
    for one in covered(files, source):
        part = source.part(folder.part) if folder.part else source.parts[one.part]
        file = known[Path(one.path)]
        readings = build_readings(one, part, file, transform, source.id)
        if len(readings) == len(file.rows):
            score_rows(score, file, readings)
        else:
            score_units(score, file, readings)
    return score


def covered(files: list[DataFile], source: Any) -> list[Any]:
    """The files that the patterns of the source find in a folder, as planloom's own DataFile."""
    from planloom import files as finder

    return finder.find(files[0].path.parent, source)


def build_readings(
    one: Any, part: Any, file: DataFile, transform: Transform, source: str
) -> list[Reading]:
    from planloom import files, records

    pieces = files.slices(one, whole=True)
    read = (
        pair
        for piece in pieces
        for pair in records.read(piece, part.columns, part.each, whole=part.whole)
    )
    return [
        Reading([], ["unreadable"])
        if isinstance(record, records.Broken)
        else product_reading(transform, record, f"{file.path}@{at}", source=source, part=part.name)
        for at, record in read
    ]


def score_rows(score: Score, file: DataFile, readings: list[Reading]) -> None:
    """Row by row, the calls in order."""
    for index, (truth, reading) in enumerate(zip(file.truth, readings, strict=True)):
        address = f"{file.address(index)} ({score.how})"
        score.count(truth, address)
        score.left.update(reading.left)
        if not reading.calls and reading.left:
            score.left_calls[reading.left[0]] += len(truth.calls)
        if truth.why is None:
            score.compare(truth.calls, reading.calls, address)


def score_units(score: Score, file: DataFile, readings: list[Reading]) -> None:
    """Rows that the product cuts otherwise: all calls of the file, in any order.

    Of a row that is not well-formed the calls are unknown, so in its file no call counts as invented.
    """
    for index, truth in enumerate(file.truth):
        score.count(truth, f"{file.address(index)} ({score.how})")
    for reading in readings:
        score.left.update(reading.left)
    expected = [one for truth in file.truth for one in truth.calls]
    got = [one for reading in readings for one in reading.calls]
    if any(truth.why for truth in file.truth):
        got = [got[j] for _, j in paired(expected, got)]
    address = f"{file.folder.path}/{file.path.name} ({score.how})"
    score.compare(expected, got, address, ordered=False)


def same_calls(left: DataFile, right: DataFile, transform: Transform) -> tuple[int, int]:
    """In how many rows of two files the product finds the same calls, and of how many rows."""
    both = [
        [product_reading(transform, row, file.address(i)).calls for i, row in enumerate(file.rows)]
        for file in (left, right)
    ]
    equal = [canonical(a) == canonical(b) for a, b in zip(*both, strict=True)]
    return sum(equal), len(equal)
