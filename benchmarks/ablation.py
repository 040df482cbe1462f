"""What of a corpus does a model learn from? The same plans with something taken away, before training and judging alike.

    python benchmarks/ablation.py CORPUS DIR [--json FILE] [--seed N] [--source ID ...] [--only NAME ...]

CORPUS is a folder in the layout of a build. `gold traces only` is judged on the held-out plans of CORPUS. `flattened` is
what the earlier prototype made of a row: one node named after the first call, no arguments, no edges, scope and tier constant.
Takes a few minutes a variant on one core; what is in DIR is not made again.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from msgspec import structs

from planloom import arrow, stored
from planloom.jepa import evaluate
from planloom.plan import ExecutionPlan, Node, Origin

ROWS = 8192
START = "import sys; from planloom.cli import main; sys.exit(main(sys.argv[1:]))"
Change = Callable[[ExecutionPlan], ExecutionPlan | None]


def without_edges(plan: ExecutionPlan) -> ExecutionPlan:
    return structs.replace(plan, edges=())


def _plain(node: Node) -> Node:
    return structs.replace(
        node,
        provenance_tier=1,
        result_tier=2,
        scope_volume=1,
        scope_sensitivity=1,
        origin=Origin(),
        rules=(),
    )


def constant(plan: ExecutionPlan) -> ExecutionPlan:
    return structs.replace(plan, nodes=tuple(map(_plain, plan.nodes)))


def gold_only(plan: ExecutionPlan) -> ExecutionPlan | None:
    keep = plan.category == "gold_traces" or plan.fold != "train"
    return plan if keep else None


def flattened(plan: ExecutionPlan) -> ExecutionPlan:
    first = _plain(plan.nodes[0])
    return structs.replace(plan, nodes=(structs.replace(first, arguments={}),), edges=())


VARIANTS: dict[str, Change] = {
    "this corpus": lambda plan: plan,
    "without edges": without_edges,
    "constant tiers and scopes": constant,
    "gold traces only": gold_only,
    "flattened": flattened,
}


def changed(corpus: Path, to: Path, change: Change) -> None:
    """The corpus with every plan changed."""
    (to / "plans").mkdir(parents=True)
    for path in stored.corpus(corpus):
        made = [new for plan in _plans(path) if (new := change(plan)) is not None]
        if made:
            pq.write_table(arrow.table(made), to / "plans" / path.name, row_group_size=ROWS)
    shutil.copy(corpus / "tools.parquet", to / "tools.parquet")
    (to / "manifest.json").write_text(json.dumps({"changed": to.name}))


def _plans(path: Path) -> Iterator[ExecutionPlan]:
    for _, plan in stored.plans(path):
        assert isinstance(plan, ExecutionPlan), plan
        yield plan


def planloom(*words: object) -> None:
    ran = subprocess.run([sys.executable, "-c", START, *map(str, words)], check=False)
    if ran.returncode not in (0, 1):
        sys.exit(ran.returncode)


def measured(name: str, given: argparse.Namespace) -> dict[str, Any]:
    folder = given.dir / name.replace(" ", "-")
    if not (folder / "corpus/manifest.json").exists():
        changed(given.corpus, folder / "corpus", VARIANTS[name])
    planloom("tensors", folder / "corpus", "--out", folder / "tensors", "--workers", 1)
    planloom("train", folder / "tensors", "--out", folder / "run", "--seed", given.seed)
    found = evaluate.evaluate([folder / "run"], str(folder / "tensors"), sources=given.source)
    (one,) = found["seeds"]
    return {
        "trained on": found["trained_on"],
        "plans": found["plans"],
        **{k: one[k] for k in ("trained", "untrained")},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("dir", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--source", action="append", default=[])
    parser.add_argument("--only", nargs="+", default=list(VARIANTS))
    given = parser.parse_args()
    known = json.loads(given.json.read_text()) if given.json and given.json.exists() else {}
    for name in given.only:
        known[name] = measured(name, given)
        text = json.dumps({one: known[one] for one in VARIANTS if one in known}, indent=1)
        if given.json:
            given.json.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
