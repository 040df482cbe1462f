"""Rows a second from bytes to checked plans in Arrow, on one core, beside bare `json.loads`.

    python benchmarks/speed.py TREE [--rows N]

TREE is a tree of `make_seed_tree.py` with xlam and wildchat. The rows are first laid out as JSON
lines in memory, so that both sides start from the same bytes. Each stage is timed over all rows
with what came out of the stage before; the best of three runs counts.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from planloom import arrow, checks, files, records, safety
from planloom.datasets import find
from planloom.errors import BadRow
from planloom.lift import lift
from planloom.rows import Settings, carry, place_of
from planloom.source import Part, Source

CASES = {
    "xLAM-like": "Salesforce/xlam-function-calling-60k",
    "chat-like": "allenai/WildChat-1M",
}
BATCH = 2048


def lines(tree: Path, source: Source, most: int) -> list[bytes]:
    """The first rows as JSON lines, with the columns that a build reads."""
    columns = source.parts[0].columns
    found = (
        json.dumps(row).encode()
        for file in files.find(tree / source.id, source)
        for piece in files.slices(file)
        for _, row in records.read(piece, columns)
        if isinstance(row, dict)
    )
    return list(islice(found, most))


def best(work: Callable[[], Any]) -> tuple[float, Any]:
    times, result = [], None
    for _ in range(3):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return min(times), result


def measure(source: Source, part: Part, data: list[bytes]) -> dict[str, float]:
    """CPU seconds of each stage over all rows."""
    place = place_of(source, part, "speed", 0)
    limits = Settings().limits
    stages: dict[str, float] = {}
    stages["json.loads"], _ = best(lambda: [json.loads(line) for line in data])
    stages["decode"], rows = best(lambda: [msgspec.json.decode(line) for line in data])
    stages["read"], traces = best(lambda: [t for row in rows if (t := _read(part, row))])
    stages["label"], labels = best(lambda: [safety.label(t, part.benign) for t in traces])
    stages["lift"], lifted = best(
        lambda: [lift(t, place, *known) for t, known in zip(traces, labels, strict=True)]
    )
    pairs = [(p, t) for made, t in zip(lifted, traces, strict=True) for p in made.plans]
    stages["check"], _ = best(lambda: [checks.check(p, t, limits) for p, t in pairs])
    plans = [p for p, _ in pairs]
    stages["to Arrow"], _ = best(
        lambda: [arrow.table(plans[a : a + BATCH]) for a in range(0, len(plans), BATCH)]
    )
    stages["whole"], _ = best(lambda: _whole(source, part, data))
    return stages


def _read(part: Part, row: Any) -> Any:
    try:
        return part.read(row)
    except BadRow:
        return None


def _whole(source: Source, part: Part, data: list[bytes]) -> None:
    place, settings, plans = place_of(source, part, "speed", 0), Settings(), []
    for line in data:
        outcome = carry(msgspec.json.decode(line), part, place, settings)
        plans += [judged.plan for judged in outcome.plans if judged.verdict.reason is None]
        if len(plans) >= BATCH:
            arrow.table(plans)
            plans = []
    arrow.table(plans)


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("tree", type=Path)
    ap.add_argument("--rows", type=int, default=20_000)
    args = ap.parse_args()
    for name, source_id in CASES.items():
        source = find(source_id)
        data = lines(args.tree, source, args.rows)
        stages = measure(source, source.parts[0], data)
        size = sum(map(len, data)) / len(data)
        print(f"{name}: {len(data):,} rows of {size:,.0f} bytes")
        for stage, seconds in stages.items():
            each = seconds / len(data) * 1e6
            print(f"  {stage:<12}{each:>9.1f} us a row{len(data) / seconds:>12,.0f} rows/s")
        print(f"  whole / json.loads: {stages['whole'] / stages['json.loads']:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
