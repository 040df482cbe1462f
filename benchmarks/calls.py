"""Does planloom find exactly the calls that a row holds? Measured against truth it did not produce.

    python benchmarks/calls.py --data ../shared/data [--json FILE] [--misses N] [--truth-only]

One line a file: rows, well-formed rows (every call in them readable by `truth.py`), calls in truth, calls
exactly right (name and arguments, in order; 1 equals 1.0, true does not equal 1), missed, invented, rows left
by reason. A call with one wrong argument counts as missed and as invented. Rows that are not well-formed are
listed and not scored. Genuine rows are read twice: with their source named, and detected. Addresses are
FILE@LINE (from 1) for JSON lines, FILE@INDEX (from 0) otherwise.

Exit code: 0 fine; 1 under 99.5 % of the calls right, a call invented, or a statement of the READMEs that
fails unexpectedly; 2 wrong use.
"""

import argparse
import importlib
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from truth import Call, DataFile, Found, data_files, found, self_check

WANTED_SHARE = 0.995
NUMBERS = ("rows", "well_formed", "calls", "right", "missed", "invented")
Transform = Callable[..., Any]


@dataclass(frozen=True)
class Miss:
    """A row whose calls are not exactly those expected: what was not found, and what was found in vain."""

    address: str
    expected: list[Call]
    got: list[Call]


@dataclass
class Score:
    """The counts of one file, or of several added up."""

    label: str
    rows: int = 0
    well_formed: int = 0
    calls: int = 0
    right: int = 0
    missed: int = 0
    invented: int = 0
    left: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)

    @property
    def numbers(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in NUMBERS}


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


def aligned(expected: list[Call], got: list[Call]) -> set[tuple[int, int]]:
    """Index pairs of the longest run of equal calls that keeps the order of both lists."""
    left, right = [canonical(one) for one in expected], [canonical(one) for one in got]
    longest = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            skipped = max(longest[i + 1][j], longest[i][j + 1])
            longest[i][j] = (
                max(skipped, longest[i + 1][j + 1] + 1) if left[i] == right[j] else skipped
            )
    return set(walk(longest, left, right))


def walk(
    longest: list[list[int]], left: list[object], right: list[object]
) -> Iterator[tuple[int, int]]:
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] == right[j]:
            yield i, j
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1


# Scoring


def score_truth(file: DataFile) -> Score:
    """What the file holds, without a look at the product."""
    score = Score(file.label)
    for index, row in enumerate(file.rows):
        count_truth(score, found(file.folder.extract, row), file.address(index))
    return score


def count_truth(score: Score, truth: Found, address: str) -> None:
    score.rows += 1
    if truth.why is None:
        score.well_formed += 1
        score.calls += len(truth.calls)
    else:
        score.unread.append(f"{address} {truth.why}")


def score_file(file: DataFile, transform: Transform, source: str | None) -> Score:
    """What the product makes of the file's rows, beside what they hold."""
    score = Score(f"{file.label} (named)" if source else file.label)
    for index, row in enumerate(file.rows):
        address = f"{file.address(index)}{' (named)' if source else ''}"
        truth = found(file.folder.extract, row)
        count_truth(score, truth, address)
        got = product_calls(score, transform, row, source, address)
        if truth.why is None:
            compare(score, truth.calls, got, address)
    return score


def product_calls(
    score: Score, transform: Transform, row: Any, source: str | None, address: str
) -> list[Call]:
    """The calls of all plans of a row, as written; what was left is counted on the way."""
    try:
        lifted = transform(row, source=source)
    except Exception as error:
        error.add_note(f"transform raised at {address}; it should leave the row with a reason")
        raise
    score.left.update(reason.value for reason, _ in lifted.left)
    if not lifted.plans and not lifted.left:
        score.left["(silent)"] += 1
    return [
        Call(node.tool, node.arguments)
        for plan in lifted.plans
        for node in plan.nodes
        if node.kind == "call"
    ]


def compare(score: Score, expected: list[Call], got: list[Call], address: str) -> None:
    pairs = aligned(expected, got)
    matched, used = {i for i, _ in pairs}, {j for _, j in pairs}
    missed = [one for i, one in enumerate(expected) if i not in matched]
    invented = [one for j, one in enumerate(got) if j not in used]
    score.right += len(pairs)
    score.missed += len(missed)
    score.invented += len(invented)
    if missed or invented:
        score.misses.append(Miss(address, missed, invented))


def scores(files: list[DataFile], transform: Transform) -> Iterator[Score]:
    for file in files:
        if file.folder.source:
            yield score_file(file, transform, file.folder.source)
        yield score_file(file, transform, None)


def total(parts: list[Score]) -> Score:
    summed = Score("total")
    for part in parts:
        for name, number in part.numbers.items():
            setattr(summed, name, getattr(summed, name) + number)
        summed.left.update(part.left)
        summed.unread.extend(part.unread)
        summed.misses.extend(part.misses)
    return summed


def good_enough(score: Score) -> bool:
    return score.right >= WANTED_SHARE * score.calls and score.invented == 0


# Printing


def table(parts: list[Score], columns: int) -> Iterator[str]:
    """The lines of the table, of which a truth-only run shows the first three columns of numbers."""
    width = max(len(part.label) for part in parts)
    heads = (f"{name.replace('_', '-'):>11}" for name in NUMBERS[:columns])
    yield " ".join(
        [f"{'file':{width}}", *heads, "" if columns < len(NUMBERS) else " left, by reason"]
    ).rstrip()
    for part in parts:
        numbers = (f"{number:>11,}" for number in list(part.numbers.values())[:columns])
        left = ", ".join(f"{reason} {n:,}" for reason, n in part.left.most_common())
        yield " ".join([f"{part.label:{width}}", *numbers, f" {left}"]).rstrip()


def show_misses(misses: list[Miss], limit: int) -> Iterator[str]:
    for miss in misses[:limit]:
        yield miss.address
        yield f"  expected {shown(miss.expected)}"
        yield f"  got      {shown(miss.got)}"
    if len(misses) > limit:
        yield f"{len(misses) - limit:,} more rows with misses (--misses N shows N)"


def shown(calls: list[Call], limit: int = 1_000) -> str:
    text = ", ".join(
        f"{one.name}({json.dumps(one.arguments, ensure_ascii=False, default=repr)})"
        for one in calls
    )
    return (text if len(text) <= limit else f"{text[:limit]} ...") or "no further call"


def as_json(parts: list[Score]) -> str:
    files = [
        {"file": part.label, **part.numbers, "left": part.left, "unread": part.unread}
        for part in parts
    ]
    document = {"files": files, "misses": [asdict(miss) for miss in parts[-1].misses]}
    return json.dumps(document, ensure_ascii=False, indent=1, default=repr)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure planloom's calls against calls read without planloom."
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("../shared/data"),
        help="the folder with corpora/ and genuine/",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write counts and all misses here"
    )
    parser.add_argument(
        "--misses", type=int, default=10, metavar="N", help="show at most N rows with misses (10)"
    )
    parser.add_argument(
        "--truth-only", action="store_true", help="count the truth, without importing planloom"
    )
    return parser.parse_args()


def main() -> int:
    options = arguments()
    try:
        files = list(data_files(options.data))
    except FileNotFoundError as error:
        print(
            f"no such folder: {error.filename}; name the one with corpora/ and genuine/ with --data",
            file=sys.stderr,
        )
        return 2
    checked, broken = self_check(files)
    print("\n".join([checked, *broken]))
    try:
        parts = (
            [score_truth(file) for file in files]
            if options.truth_only
            else list(scores(files, product()))
        )
    except ModuleNotFoundError as error:
        if error.name != "planloom":
            raise
        print(
            "planloom is not installed in this Python; install it, or count the truth with --truth-only",
            file=sys.stderr,
        )
        return 2
    return report([*parts, total(parts)], options) or int(bool(broken))


def product() -> Transform:
    """planloom's `transform`, imported late so that --truth-only needs no planloom."""
    transform: Transform = importlib.import_module("planloom").transform
    return transform


def report(parts: list[Score], options: argparse.Namespace) -> int:
    """Print all there is to say, and return the exit code."""
    whole = parts[-1]
    print("\n".join(table(parts, 3 if options.truth_only else len(NUMBERS))))
    print("\n".join([f"not well-formed: {len(whole.unread)}", *whole.unread]))
    if options.json:
        options.json.write_text(as_json(parts), "utf-8")
    if options.truth_only:
        return 0
    share = whole.right / max(whole.calls, 1)
    print(f"exactly right: {share:.2%} of {whole.calls:,} calls; invented: {whole.invented:,}")
    print("\n".join(show_misses(whole.misses, options.misses)))
    return 0 if good_enough(whole) else 1


if __name__ == "__main__":
    raise SystemExit(main())
