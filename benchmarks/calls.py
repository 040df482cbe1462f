"""Does planloom find exactly the calls that a row holds? Measured against truth it did not produce.

    python benchmarks/calls.py --data ../shared/data [--json FILE] [--misses N] [--truth-only]

One line a folder: rows, well-formed rows (every call in them readable by `truth`), calls in truth, calls
exactly right (name and arguments, in order; 1 equals 1.0, true does not equal 1), missed, invented, rows left
by reason, and of how many calls. A call with one wrong argument counts as missed and as invented. Rows that
are not well-formed are listed and not scored. A folder whose source is in the catalogue is read as a build
reads it; if the source makes other rows of a file than the README, the calls of the whole file are compared,
in any order. Other rows are read by themselves, their shape detected, and so are all genuine rows once more.
Addresses are FILE@LINE (from 1) for JSON lines, FILE@INDEX (from 0) otherwise.

Exit code: 0 fine; 1 under 99.5 % of the calls right (runs that failed by their source's word do not count),
a call invented, or a statement of the READMEs that fails unexpectedly; 2 wrong use.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from score import (
    NUMBERS,
    Miss,
    Score,
    Transform,
    covered,
    same_calls,
    score_detected,
    score_named,
    score_truth,
    total,
)
from truth import FOLDERS, Call, DataFile, Folder, data_files, self_check

WANTED_SHARE = 0.995
By = dict[Folder, list[DataFile]]


def scores(folders: By, transform: Transform, catalogue: dict[str, Any]) -> Iterator[Score]:
    """Every folder once as its source, if that is known; by detection genuine rows and all other files."""
    for folder, files in folders.items():
        source = catalogue.get(folder.source or "")
        rest = files
        if source is not None and source.parts:
            yield score_named(folder, files, transform, source)
            if not folder.is_genuine:
                read = {Path(one.path) for one in covered(files, source)}
                rest = [file for file in files if file.path not in read]
        if rest:
            yield score_detected(folder, rest, transform)


def good_enough(score: Score) -> bool:
    wanted = score.calls - score.left_calls["failed_run"]
    return score.right >= WANTED_SHARE * wanted and score.invented == 0


# Printing


def table(parts: list[Score], columns: int) -> Iterator[str]:
    """The lines of the table, of which a truth-only run shows the first three columns of numbers."""
    width = max(len(label(part)) for part in parts)
    heads = (f"{name.replace('_', '-'):>11}" for name in NUMBERS[:columns])
    yield " ".join(
        [f"{'folder':{width}}", *heads, "" if columns < len(NUMBERS) else " left, by reason"]
    ).rstrip()
    for part in parts:
        numbers = (f"{number:>11,}" for number in list(part.numbers.values())[:columns])
        yield " ".join([f"{label(part):{width}}", *numbers, f" {left(part)}"]).rstrip()


def label(part: Score) -> str:
    return f"{part.label} ({part.how})" if part.how else part.label


def left(part: Score) -> str:
    """Rows left by reason and, where they hold some, their calls."""
    calls = {reason: f" ({number:,} calls)" for reason, number in part.left_calls.items() if number}
    reasons = part.left.most_common()
    return ", ".join(f"{reason} {rows:,}{calls.get(reason, '')}" for reason, rows in reasons)


def not_scored(whole: Score, limit: int) -> list[str]:
    outside = (f"{folder.name} ({folder.outside})" for folder in FOLDERS if folder.outside)
    return [
        f"hold calls in a form without one truth, so that none may be found: {', '.join(outside)}",
        f"not well-formed: {len(whole.unread)}",
        *whole.unread[:limit],
    ]


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


def as_json(parts: list[Score], extra: dict[str, Any]) -> str:
    """Counts, reasons and addresses; no text of any row."""
    folders = [
        {
            "folder": part.label,
            "how": part.how,
            **part.numbers,
            "left": dict(sorted(part.left.items())),
            "left_calls": dict(sorted((+part.left_calls).items())),
            "missed_rows": len(part.misses),
            "first_missed": [miss.address.partition(" (")[0] for miss in part.misses[:20]],
        }
        for part in parts[:-1]
    ]
    outside = {folder.name: folder.outside for folder in FOLDERS if folder.outside}
    document = {**extra, "total": parts[-1].numbers, "outside": outside, "folders": folders}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


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
        "--json", type=Path, metavar="FILE", help="write counts and addresses of missed rows here"
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
        files = list(data_files(options.data, FOLDERS))
    except FileNotFoundError as error:
        print(
            f"no such folder: {error.filename}; name the one with corpora/ and genuine/ with --data",
            file=sys.stderr,
        )
        return 2
    checked, broken = self_check(files)
    print("\n".join([checked, *broken]))
    folders = {folder: list(group) for folder, group in groupby(files, lambda file: file.folder)}
    if options.truth_only:
        parts = [score_truth(folder, group) for folder, group in folders.items()]
        parts.append(total(parts))
        print("\n".join([*table(parts, 3), *not_scored(parts[-1], options.misses)]))
        return int(bool(broken))
    return measure(folders, checked, options) or int(bool(broken))


def measure(folders: By, checked: str, options: argparse.Namespace) -> int:
    try:
        planloom = importlib.import_module("planloom")
        datasets = importlib.import_module("planloom.datasets")
    except ModuleNotFoundError as error:
        if error.name != "planloom":
            raise
        print(
            "planloom is not installed in this Python; install it, or count the truth with --truth-only",
            file=sys.stderr,
        )
        return 2
    parts = list(scores(folders, planloom.transform, datasets.catalogue()))
    parts.append(total(parts))
    named = {folder.name: group for folder, group in folders.items()}
    pair = named["hammer_xlam_format"][0], named["toolrl_apibank"][0]
    equal, rows = same_calls(*pair, planloom.transform)
    print(
        f"API-Bank in two layouts: {equal} of {rows} rows give the same calls (394 hold the same)"
    )
    if options.json:
        extra = {"self_check": checked, "same_calls": {"rows": rows, "equal": equal}}
        options.json.write_text(as_json(parts, extra), "utf-8")
    return report(parts, options.misses)


def report(parts: list[Score], limit: int) -> int:
    """Print all there is to say, and return the exit code."""
    whole = parts[-1]
    print("\n".join(table(parts, len(NUMBERS))))
    print("\n".join(not_scored(whole, limit)))
    share = whole.right / max(whole.calls, 1)
    print(f"exactly right: {share:.2%} of {whole.calls:,} calls; invented: {whole.invented:,}")
    print("\n".join(show_misses(whole.misses, limit)))
    return 0 if good_enough(whole) else 1


if __name__ == "__main__":
    raise SystemExit(main())
