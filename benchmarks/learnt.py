"""Would weights learnt from mutants put terms together better? An attempt; what came of it stands in docs/score.md.

    python benchmarks/learnt.py OUT BOUNDARY... [--cases FILE]

A logistic regression without negative weights tells mutants from controls by the largest -log p of each term, divided
as in `choose.py`: learnt on all families of kinds but one, judged on that one, beside the mean of 1 / p. Then learnt
on all of them and tried on AgentDojo's tasks (FILE of `dojo.py --cases`).
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import choose
import numpy as np
from choose import Floats
from curves import auroc
from dojo import kept
from scipy.optimize import minimize

from planloom.jepa import tensors
from planloom.jepa.conformal import Ladder, each
from planloom.jepa.fitted import NAMES
from planloom.plan import ExecutionPlan

PENALTY = 1e-3


def learnt(yes: Floats, no: Floats) -> Floats:
    rows = np.concatenate([yes, no])
    truth = np.repeat([1.0, 0.0], [len(yes), len(no)])

    def loss(w: Floats) -> tuple[float, Floats]:
        z = rows @ w[:-1] + w[-1]
        wrong = 1 / (1 + np.exp(-z)) - truth
        slope = rows.T @ wrong / len(rows) + PENALTY * w[:-1]
        whole = (np.logaddexp(0, z) - truth * z).mean() + PENALTY / 2 * (w[:-1] ** 2).sum()
        return float(whole), np.append(slope, wrong.mean())

    columns = rows.shape[1]
    bounds = [(0.0, None)] * columns + [(None, None)]
    found: Floats = minimize(loss, np.zeros(columns + 1), jac=True, bounds=bounds).x[:-1]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("boundary", nargs="+", type=Path)
    parser.add_argument("--cases", type=Path)
    given = parser.parse_args()
    one, scales = choose.prepared(given.out)
    ladders = [Ladder.of(c) for c in np.concatenate([call for _, call, _ in scales]).T]

    def told(plans: list[ExecutionPlan]) -> Floats:
        _, calls, at = choose.scored(tensors.table(plans, one.about, {}), one)
        return np.maximum.reduceat(-np.log(each(ladders, calls)), at[:-1], axis=0)

    pairs: dict[str, tuple[list[ExecutionPlan], list[ExecutionPlan]]] = defaultdict(
        lambda: ([], [])
    )
    for kind, mutant, control in choose.pairs(given.boundary):
        if len(pairs[kind][0]) < choose.MOST:
            pairs[kind][0].append(mutant)
            pairs[kind][1].append(control)
    rows = {
        k: [told(p) for p in both] for k, both in pairs.items() if len(both[0]) >= choose.FEWEST
    }
    ours, plain = [], []
    for family in sorted({kind.partition(".")[0] for kind in rows}):
        rest = [both for kind, both in rows.items() if kind.partition(".")[0] != family]
        w = learnt(*(np.concatenate(side) for side in zip(*rest, strict=True)))
        for yes, no in (both for kind, both in rows.items() if kind.partition(".")[0] == family):
            ours.append(auroc(yes @ w, no @ w))
            plain.append(auroc(np.exp(yes).mean(1), np.exp(no).mean(1)))
    print(f"kinds of a family not learnt: {np.mean(ours):.3f}, harmonic {np.mean(plain):.3f}")
    w = learnt(*(np.concatenate(side) for side in zip(*rows.values(), strict=True)))
    print(json.dumps(dict(zip(NAMES, w.round(3).tolist(), strict=True))))
    if given.cases:
        cases = kept(given.cases)
        by = {
            kind: told([case.plan for case in cases if case.kind == kind]) @ w
            for kind in ("attack", "benign", "control")
        }
        print(f"natural {auroc(by['attack'], by['benign']):.3f}", end=" ")
        print(f"matched {auroc(by['attack'], by['control']):.3f}")


if __name__ == "__main__":
    main()
