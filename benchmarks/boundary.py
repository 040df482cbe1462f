"""The boundary set, measured: do mutants break what they should, do controls not, and what gives a mutant away?

    python benchmarks/boundary.py [--data ../shared/data] [--tree TREE] [--json FILE]

Builds of real rows (every row with calls that is benign as far as anyone knows) and of a tree of
`make_seed_tree.py` are mutated, all kinds. For each kind: in how many plans its precondition holds;
what predicates that do not know the product (tests/mutation_truth.py) say of mutants and controls;
and how well a logistic regression tells mutants from controls by words alone (names of tools and
arguments, words of values), by the shape alone (counts of calls, edges, turns, tiers; bare: without tiers), by the words of the
request alone: area under the ROC curve, cross-validated on at most 1,500 pairs,
a plan's pairs never on both sides.

Needs scikit-learn. Exit code: 0 fine; 1 a predicate disagrees, or words tell argument kinds by .75 or more.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from cases import BESIDE, FOLDERS, PLACE, Trace, data_files, declare, holds_calls, lift, traces
from msgspec import structs
from safety import NOT_BENIGN
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from planloom import arrow, cli, stored
from planloom.plan import ExecutionPlan, id_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from mutation_truth import BROKEN, Facts

MOST_TOOLS, OTHERS = 64, 16
FOLDS, FEWEST, MOST, LEAKY = 5, 40, 1_500, 0.75
WORD = re.compile(r"[^\W_]+")
Example = tuple[str, str, ExecutionPlan, ExecutionPlan, ExecutionPlan]


def real_traces(data: Path) -> Iterator[tuple[str, Trace]]:
    """Every row with calls, with the tools declared for it; of long lists of tools a part."""
    folders = tuple(f for f in FOLDERS if (data / f.path).is_dir() and holds_calls(f))
    for folder, group in groupby(data_files(data, folders), key=lambda file: file.folder):
        if folder.name in NOT_BENIGN:
            continue
        files = list(group)
        tell = BESIDE[folder.name](files) if folder.name in BESIDE else None
        for _, name, row, trace in traces(folder, files):
            if tell is not None and not trace.tools:
                trace = structs.replace(trace, tools=tuple(declare.tools(tell(name, row), [])))
            if trace.rounds:
                yield folder.name, _with_few_tools(trace)


def _with_few_tools(trace: Trace) -> Trace:
    """Sets that name a whole catalogue would make every tool an offer."""
    if len(trace.tools) <= MOST_TOOLS:
        return trace
    called = {call.tool for call in trace.calls}
    ordered = sorted(trace.tools, key=lambda tool: tool.key)
    return structs.replace(trace, tools=tuple(t for i, t in enumerate(ordered) if i < OTHERS or t.name in called))  # fmt: skip


def build_of_rows(data: Path, out: Path) -> None:
    """plans/ and tools.parquet as a build has them."""
    plans, tools = {}, {}
    for name, trace in real_traces(data):
        plan = lift(trace, PLACE).plans[0]
        if plan.plan_id not in plans:
            plans[plan.plan_id] = structs.replace(plan, source=name, group=plan.plan_id)
            tools |= {tool.key: tool for tool in trace.tools}
    (out / "plans").mkdir(parents=True)
    ordered = [plans[key] for key in sorted(plans)]
    pq.write_table(arrow.table(ordered), out / "plans/part-00000.parquet", row_group_size=10_000)
    rows = [structs.asdict(tools[k]) | {"parameters": tools[k].parameters.decode()} for k in sorted(tools)]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, arrow.TOOLS), out / "tools.parquet")


def build_of_tree(tree: Path, out: Path) -> None:
    from tree import recipe

    path = out.with_suffix(".toml")
    path.write_text(recipe())
    assert cli.main(["build", str(path), "--data-root", str(tree), "--out", str(out)]) == 0


def pairs(folder: Path) -> Iterator[Example]:
    with pq.ParquetFile(folder / "pairs.parquet") as file:
        for batch in file.iter_batches(500):
            for row in batch.to_pylist():
                plans = (arrow.of_row(row[name]) for name in ("parent", "mutant", "control"))
                yield (row["pair"], row["kind"], *plans)


def words(plan: ExecutionPlan) -> dict[str, float]:
    """Names of tools and arguments, and words of values."""
    found: dict[str, float] = defaultdict(float)
    for node in plan.nodes:
        found[f"tool {node.tool}"] += 1
        for word in WORD.findall(node.tool.lower()):
            found[f"in tool {word}"] += 1
        for name, value in node.arguments.items():
            found[f"key {name}"] += 1
            for word in WORD.findall(json.dumps(value, ensure_ascii=False).lower()):
                found[word] += 1
    return found


def shape(plan: ExecutionPlan) -> dict[str, float]:
    """Counts, and what the judgements rest on."""
    found: dict[str, float] = defaultdict(float)
    found |= {"calls": len(plan.nodes), "turns": len(plan.user_turns), "tools": len(plan.tools)}
    found |= {"steps": len({n.step for n in plan.nodes}), "request": len(" ".join(plan.user_turns))}
    for edge in plan.edges:
        found[f"{edge.kind} edges"] += 1
        found[f"back {edge.src >= edge.dst}"] += 1
    for node in plan.nodes:
        found["arguments"] += len(node.arguments)
        found["characters"] += len(json.dumps(node.arguments))
        found["log volume"] += float(np.log(node.scope_volume))
        found[f"tier {node.provenance_tier} {node.origin.tier}"] += 1
        found[f"result {node.result_tier}"] += 1
        found[f"sensitivity {node.scope_sensitivity}"] += 1
    return found


def bare_shape(plan: ExecutionPlan) -> dict[str, float]:
    """The same without tiers, which rest on what the user said."""
    return {name: value for name, value in shape(plan).items() if not name.startswith("tier")}


def said(plan: ExecutionPlan) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for word in WORD.findall(" ".join(plan.user_turns).lower()):
        found[word] += 1
    return found


FEATURES = {"words": words, "shape": shape, "bare shape": bare_shape, "request": said}


def auroc(examples: list[Example], feature: str) -> float | None:
    """How well mutants are told from controls; None if they are too few."""
    if len(examples) < FEWEST:
        return None
    examples, make = examples[:MOST], FEATURES[feature]  # in order of a hash
    rows = [make(plan) for example in examples for plan in example[3:]]
    truth = np.tile([1, 0], len(examples))
    groups = np.repeat([example[2].plan_id for example in examples], 2)
    model = make_pipeline(DictVectorizer(), MaxAbsScaler(), LogisticRegression(max_iter=2000))
    folds = GroupKFold(FOLDS)
    scores = cross_val_predict(model, rows, truth, groups=groups, cv=folds, method="decision_function")  # fmt: skip
    return round(float(roc_auc_score(truth, np.round(scores, 9))), 3)


def judged(out: Path) -> dict[str, Any]:
    start = time.monotonic()
    assert cli.main(["mutate", str(out)]) == 0
    seconds = time.monotonic() - start
    stats = json.loads((out / "boundary/stats.json").read_bytes())
    tools = stored.tools(out / "plans" / "part-00000.parquet") or {}
    plans = (p for path in stored.corpus(out) for _, p in stored.plans(path))
    facts = Facts((p for p in plans if isinstance(p, ExecutionPlan) and p.label == "benign"), tools)
    by_kind: dict[str, list[Example]] = defaultdict(list)
    for example in pairs(out / "boundary"):
        by_kind[example[1]].append(example)
    found = {}
    for kind, one in stats["kinds"].items():
        examples = by_kind[kind]
        broken = [BROKEN[kind](parent, mutant, facts) for _, _, parent, mutant, _ in examples]
        spoiled = [BROKEN[kind](parent, control, facts) for _, _, parent, _, control in examples]
        assert all(id_of(e[3]) == e[3].plan_id and id_of(e[4]) == e[4].plan_id for e in examples)
        found[kind] = {
            **{key: one[key] for key in ("looked", "holds", "made", "left")},
            "mutants_broken": sum(broken),
            "controls_broken": sum(spoiled),
            "auroc": {feature: auroc(examples, feature) for feature in FEATURES},
        }
        for example, is_broken, is_spoiled in zip(examples, broken, spoiled, strict=True):
            if VERBOSE and (is_spoiled or not is_broken):
                print(example[0], example[3 + is_spoiled].mutation, "control broken" if is_spoiled else "not broken")  # fmt: skip
    controls: dict[str, int] = defaultdict(int)
    for example in (e for mine in by_kind.values() for e in mine):
        controls[example[4].mutation.type] += 1
    return {
        "plans": stats["plans"],
        "skipped": stats["skipped"],
        "pairs": stats["pairs"],
        "seconds": round(seconds, 1),
        "controls": dict(sorted(controls.items())),
        "kinds": found,
    }


VERBOSE = False


def is_fine(name: str, one: dict[str, Any]) -> bool:
    told = one["auroc"]["words"] or 0.5
    right = one["mutants_broken"] == one["made"] and one["controls_broken"] == 0
    return right and not (name.startswith("arg.") and told >= LEAKY)


def main() -> int:
    global VERBOSE
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--tree", type=Path)
    parser.add_argument("--build", type=Path, help="a finished build, measured as it is")
    parser.add_argument("--verbose", action="store_true", help="list where predicates disagree")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    VERBOSE = arguments.verbose
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        if arguments.data:
            build_of_rows(arguments.data, Path(folder) / "rows")
            found["real rows"] = judged(Path(folder) / "rows")
        if arguments.tree:
            build_of_tree(arguments.tree, Path(folder) / "tree")
            found["tree"] = judged(Path(folder) / "tree")
        if arguments.build:
            found["build"] = judged(arguments.build)
    for name, one in found.items():
        print(name, {key: value for key, value in one.items() if key != "kinds"})
        for kind, numbers in one["kinds"].items():
            about = {k: v for k, v in numbers.items() if k not in ("looked", "left")}
            print(f"{kind:18}", about, "" if is_fine(kind, numbers) else "<--")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")
    fine = all(is_fine(name, kind) for one in found.values() for name, kind in one["kinds"].items())
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
