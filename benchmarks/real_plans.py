"""Real rows as a folder of plans in the layout of a build, for what is fitted on plans alone.

    python benchmarks/real_plans.py --data ../shared/data OUT [--beside BUILD ...]

Of every folder with calls but those of evaluation sets: benchmarks whose card says `eval_only`, runs with
attacks, and rows that repeat such a set in another layout. A plan's fold is drawn by the set of its tools, so
that the plans of `valid` and `test` call tools of their own. With --beside the plans of builds lie beside them.
"""

import argparse
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from cases import BESIDE, FOLDERS, PLACE, data_files, declare, holds_calls, lift, traces
from msgspec import structs

from planloom import arrow
from planloom.plan import ExecutionPlan
from planloom.trace import Tool, Trace

HELD_OUT = (
    frozenset(
        ("agentdojo_runs_dev", "luna_poisoned", "rjudge", "bfcl_single", "nestful", "tau2_banking")
    )
    | frozenset(
        ("taubench_traj", "agentbench_traj", "apibank_dev", "toolrl_apibank", "hammer_xlam_format")
    )
    | frozenset(("toolalpaca", "similar__tau2_telecom"))
)
UNSEEN = frozenset(("toolbench_tooleval",))
"""A dataset of which no plan is trained on: all are of fold `test`."""
FOLDS = (*["train"] * 7, "valid", "valid", "test")
ROWS = 8192


def plans(data: Path) -> Iterator[tuple[str, ExecutionPlan, Trace]]:
    folders = tuple(
        f for f in FOLDERS if (data / f.path).is_dir() and holds_calls(f) and f.name not in HELD_OUT
    )
    for folder, group in groupby(data_files(data, folders), key=lambda file: file.folder):
        files = list(group)
        declared, tools = None, ()
        tell = BESIDE[folder.name](files) if folder.name in BESIDE else None
        for _, name, row, trace in traces(folder, files):
            if tell is not None and not trace.tools:
                if (given := tell(name, row)) is not declared:
                    declared, tools = given, declare.tools(given, [])
                trace = structs.replace(trace, tools=tools)
            if trace.rounds:
                yield folder.name, lift(trace, PLACE).plans[0], trace


def with_fold(plan: ExecutionPlan, corpus: str) -> ExecutionPlan:
    universe = " ".join(sorted({node.tool for node in plan.nodes}))
    drawn = int.from_bytes(hashlib.blake2b(universe.encode(), digest_size=4).digest(), "big")
    group = hashlib.blake2b(universe.encode(), digest_size=16).hexdigest()
    fold = "test" if corpus in UNSEEN else FOLDS[drawn % len(FOLDS)]
    return structs.replace(plan, source=corpus, group=group, fold=fold)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--beside", type=Path, nargs="+", default=[], metavar="BUILD")
    given = parser.parse_args()
    found: dict[str, ExecutionPlan] = {}
    tools: dict[str, Tool] = {}
    for corpus, plan, trace in plans(given.data):
        if plan.nodes and plan.plan_id not in found:
            found[plan.plan_id] = with_fold(plan, corpus)
            tools |= {tool.key: tool for tool in trace.tools}
    (given.out / "plans").mkdir(parents=True, exist_ok=True)
    rows = arrow.table([found[one] for one in sorted(found)])
    pq.write_table(rows, given.out / "plans/part-real.parquet", row_group_size=ROWS)
    about = [structs.asdict(t) | {"parameters": t.parameters.decode()} for t in tools.values()]
    table = pa.Table.from_pylist(about, arrow.TOOLS)
    for number, build in enumerate(given.beside):
        for path in build.glob("plans/part-*.parquet"):
            shutil.copy(path, given.out / "plans" / f"part-{number}{path.name[4:]}")
        table = pa.concat_tables([pq.read_table(build / "tools.parquet"), table])
    pq.write_table(table, given.out / "tools.parquet")
    counted = Counter(plan.source for plan in found.values())
    (given.out / "manifest.json").write_text(json.dumps(counted, indent=1, sort_keys=True))
    print(json.dumps(counted, indent=1), sum(len(plan.nodes) > 1 for plan in found.values()))


if __name__ == "__main__":
    main()
