"""Which way of putting terms together tells mutants from controls best? Chosen here, never on attacks.

    python benchmarks/choose.py OUT BOUNDARY... [--json FILE]

OUT is a build with tensors, BOUNDARY a folder of `planloom mutate`. Plans are divided by the first byte of their
group: the upper half is counted, the next quarter makes the scales, mutants and controls of the rest are
told apart: area under the ROC curve by kind, then the mean of kinds. A way is: what is made of calls, and how
p-values are put together.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from curves import auroc
from numpy.typing import NDArray

from planloom import stored
from planloom.jepa import asked, calls, fitted, ragged, tensors, terms
from planloom.jepa.conformal import COMBINATIONS, SILENT, Ladder, each
from planloom.jepa.fitted import NAMES, Fitted
from planloom.jepa.keep import Keep
from planloom.jepa.tables import Tally
from planloom.plan import ExecutionPlan

Floats = NDArray[np.float64]
COUNTED, SCALED, FEWEST, MOST = 0x80, 0x40, 30, 1000
Scored = tuple[Floats, Floats, NDArray[np.int64]]
"""Of plans and terms the largest score, of calls and terms the score, where each plan's calls begin."""


def parts(out: str) -> Iterator[tuple[bool, pa.Table]]:
    """Tensors to be counted (True) and for the scales."""
    for table in fitted.read(out, Keep(label=("benign",)), ("meta.group",)):
        about = pa.Table.from_struct_array(table["meta"].combine_chunks())
        first = np.array([one[0] for one in about["group"].to_pylist()])
        for counted, chosen in (
            (True, first >= COUNTED),
            (False, (first >= SCALED) & (first < COUNTED)),
        ):
            yield counted, table.filter(pa.array(chosen))


def prepared(out: str) -> tuple[Fitted, list[Scored]]:
    about = ragged.find(out).about
    tallies, bags, rest, plans = {t.name: Tally() for t in terms.TERMS}, [], [], 0
    for counted, table in parts(out):
        if not counted:
            rest.append(table)
            continue
        some = calls.of_table(table)
        plans += some.plans
        terms.count(some, tallies)
        bags.append(asked.bag(some, about.vocabulary))
    counted_ = {name: tally.table() for name, tally in tallies.items()}
    one = Fitted(about, plans, counted_, asked.fit(asked.joined(bags), about.vocabulary))
    return one, [scored(table, one) for table in rest if table.num_rows]


def scored(table: pa.Table, one: Fitted) -> Scored:
    flat = calls.of_table(table)
    amount = fitted.surprises(flat, one).amount
    plain = np.where(np.isnan(amount), SILENT, amount)
    return np.maximum.reduceat(plain, flat.call_at[:-1], axis=0), amount, flat.call_at


def pairs(folders: list[Path]) -> Iterator[tuple[str, ExecutionPlan, ExecutionPlan]]:
    """Mutants, each with its control behind it."""
    for path in (file for folder in folders for file in sorted(folder.glob(stored.PARTS))):
        mutant = None
        for _, plan in stored.plans(path):
            assert not isinstance(plan, str) and plan.mutation is not None
            if not plan.mutation.type.startswith("control"):
                mutant = plan
            elif mutant is not None and held_out(mutant) and held_out(plan):
                assert mutant.mutation is not None
                yield mutant.mutation.type, mutant, plan


def held_out(plan: ExecutionPlan) -> bool:
    return int((plan.group or plan.plan_id)[:2], 16) < SCALED and len(plan.nodes) <= 32


def ways(scales: list[Scored]) -> dict[str, Callable[[Scored], Floats]]:
    by_plan = [Ladder.of(c) for c in np.concatenate([plan for plan, _, _ in scales]).T]
    by_call = [Ladder.of(c) for c in np.concatenate([call for _, call, _ in scales]).T]

    found: dict[str, Callable[[Scored], Floats]] = {}
    for name, put in (*COMBINATIONS.items(), *((f"top {k}", top(k)) for k in (1, 2, 3, 4, 6))):
        found[f"terms of the plan, {name}"] = lambda s, put=put: put(each(by_plan, s[0]))
        found[f"worst call, {name}"] = lambda s, put=put: np.maximum.reduceat(
            put(each(by_call, s[1])), s[2][:-1]
        )
        found[f"mean of calls, {name}"] = lambda s, put=put: (
            np.add.reduceat(put(each(by_call, s[1])), s[2][:-1]) / np.diff(s[2])
        )
    for index, name in enumerate(NAMES):
        found[f"only {name}"] = lambda s, index=index: s[0][:, index]
    return found


def top(count: int) -> Callable[[Floats], Floats]:
    return lambda p: np.sort(-np.log(p), 1)[:, -count:].mean(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("boundary", nargs="+", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    one, scales = prepared(given.out)
    found: dict[str, tuple[list[ExecutionPlan], list[ExecutionPlan]]] = defaultdict(
        lambda: ([], [])
    )
    for kind, mutant, control in pairs(given.boundary):
        if len(found[kind][0]) < MOST:
            found[kind][0].append(mutant)
            found[kind][1].append(control)
    table = {
        kind: [scored(tensors.table(plans, one.about, {}), one) for plans in both]
        for kind, both in sorted(found.items())
        if len(both[0]) >= FEWEST
    }
    result: dict[str, Any] = {"counted": one.plans, "scaled": sum(len(s[0]) for s in scales)}
    result["pairs"] = {kind: len(found[kind][0]) for kind in table}
    result["ways"] = {}
    for name, way in ways(scales).items():
        aurocs = {kind: round(auroc(way(a), way(b)), 3) for kind, (a, b) in table.items()}
        result["ways"][name] = {"mean": round(float(np.mean([*aurocs.values()])), 3), **aurocs}
    ranked = sorted(result["ways"].items(), key=lambda item: -item[1]["mean"])
    for name, aurocs in ranked:
        print(f"{name:34}", *(f"{value:.2f}" for value in aurocs.values()))
    print(*(f"{kind} {count}" for kind, count in result["pairs"].items()))
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
