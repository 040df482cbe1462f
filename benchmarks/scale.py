"""What a slice costs, by source: CPU-seconds, bytes in and out, bytes of index; and how uneven slices are.

    python benchmarks/scale.py RECIPE TREE [--slices N] [--json FILE]

The first N slices of each source of the recipe are made in this process, one after the other; imports and the
language model are loaded before. `us/row` is CPU time from file to stage folder, `in` the bytes of the file,
`plans` those of the plans' Arrow files, `index` those of all that dedup reads.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from planloom import inputs, slices
from planloom.language import language_of
from planloom.ledger import Ledger
from planloom.pipeline import Options
from planloom.recipe import load
from planloom.slices import Task

INDEX = ("index.npy", "low.npy", "buckets.npy", "sketches.npy", "prefixes.npy")


def measured(task: Task) -> dict[str, float]:
    start = time.process_time()
    folder = slices.run(task)
    cpu = time.process_time() - start
    ledger = Ledger.of(json.loads((folder / "ledger.json").read_bytes())["rows"])
    return {
        "cpu": cpu,
        "rows": ledger.total(stage="read", unit="row", left=False),
        "plans": sum(path.stat().st_size for path in folder.glob("*/plans.arrow")),
        "index": sum(path.stat().st_size for name in INDEX for path in folder.glob(f"*/{name}")),
        "count": sum(len(np.load(path)) for path in folder.glob("*/index.npy")),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("tree")
    parser.add_argument("--slices", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    recipe = load(arguments.recipe)
    language_of("qualche parola in una lingua")
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as stage:
        chosen = inputs.choose(recipe)
        located = inputs.locate(recipe, chosen, Options(stage, data_root=arguments.tree), {})
        tasks = inputs.tasks(recipe, chosen, located, Path(stage), None)
        by_source: dict[str, list[Task]] = defaultdict(list)
        for task in tasks:
            by_source[task.source].append(task)
        weights = {id(t): w for t, w in zip(tasks, inputs.weights(tasks), strict=True)}
        for source, mine in by_source.items():
            some = mine[: arguments.slices]
            runs = [measured(task) for task in some]
            sums = {key: sum(run[key] for run in runs) for key in runs[0]}
            sums["in"] = sum(weights[id(task)] for task in some)
            sums["longest"] = max(run["cpu"] for run in runs)
            found[source] = {**sums, "slices": len(mine)}
            rows, plans = max(sums["rows"], 1), max(sums["count"], 1)
            print(
                f"{source:62}{rows:8,.0f} rows{sums['cpu'] / rows * 1e6:7,.0f} us/row"
                f"{sums['in'] / rows:7,.0f} B in{plans / rows:6.2f} plans/row"
                f"{sums['plans'] / plans:7,.0f} B plan{sums['index'] / plans:5,.0f} B index"
                f"{sums['longest']:7.1f} s longest",
                flush=True,
            )
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
