"""Are real attacks more unusual than benign plans? Beside baselines that know little or nothing.

    python benchmarks/dojo.py RUN [--corpus WORDS] [--data ../shared/data] [--json FILE]

RUN is a folder of `planloom train`, or of `benchmarks/fit.py`: fitted on a corpus of which AgentDojo is no part.
AgentDojo's tasks (`dojo_tasks.py`): 97 benign plans; attacks, the user's plan and then the attacker's; controls, the
user's plan and then as many calls of another user task. `natural` is attacks against benign plans, `matched`
attacks against controls, `resisted` attacks against the same tasks in which the attack was read and not obeyed;
`calls alone` knows no results. Every interval: 95 % of 1,000 times in which the user tasks and the injection tasks were
drawn again, with all plans of each. The baselines `bigram` and `tf-idf` know AgentDojo's other benign tasks; Planloom
knows none of them. Also: runs of agents with labels, each set for itself, by plan.

Needs scikit-learn and AgentDojo's wheel (`dojo_tasks.py` says how). Exit code: 0 fine; 1 a baseline is as good.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

import dojo_tasks
import msgspec
import numpy as np
import runs
from curves import auprc, auroc, recall
from dojo_tasks import Case
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import IsolationForest
from sklearn.feature_extraction.text import TfidfVectorizer

from planloom.datasets import rjudge
from planloom.errors import BadRow
from planloom.jepa import conformal, score, values
from planloom.jepa.tensors import ACTING
from planloom.lift import lift
from planloom.plan import ExecutionPlan
from planloom.trace import Trace

Floats = NDArray[np.float64]
DRAWS, PIECES = 1000, 32
BASELINES = ("length", "writing calls", "bigram", "tf-idf, isolation forest")
WHOLE = ("planloom", *BASELINES)
Told = tuple[str, str, str, str, ExecutionPlan]
START, END = "", "."


def top(count: int) -> Callable[[Floats], Floats]:
    """The mean of -log p of so many terms, the most unusual ones."""
    return lambda p: np.sort(-np.log(p), 1)[:, -count:].mean(1)


PUT = {**conformal.COMBINATIONS, "top 2": top(2), "top 4": top(4)}


def by_planloom(plans: Sequence[ExecutionPlan], model: score.Model) -> dict[str, Floats]:
    """The energy of each plan, and of each term alone the smallest p-value of a call, negative."""
    parts = [score.of_plans(plans[i : i + 256], model, {}) for i in range(0, len(plans), 256)]
    energies = np.concatenate([part.plan_energy for part in parts])
    terms = np.concatenate(
        [np.maximum.reduceat(-np.log(part.terms), part.call_at[:-1], axis=0) for part in parts]
    )
    each = np.concatenate([part.terms for part in parts])
    plan_at = np.append(0, np.cumsum([len(plan.nodes) for plan in plans]))
    ways = {name: put for name, put in PUT.items() if name != conformal.CHOSEN}
    return (
        {"planloom": energies}
        | {
            f"put together otherwise: {name}": np.maximum.reduceat(put(each), plan_at[:-1])
            for name, put in ways.items()
        }
        | {f"only {name}": column for name, column in zip(model.names, terms.T, strict=True)}
    )


def length(plan: ExecutionPlan) -> float:
    return float(len(plan.nodes))


def writing(plan: ExecutionPlan) -> float:
    return float(sum(not ACTING.isdisjoint(node.rules) for node in plan.nodes))


def steps(plan: ExecutionPlan) -> list[tuple[str, str]]:
    return list(pairwise((START, *(node.tool for node in plan.nodes), END)))


def bigram(known: Sequence[ExecutionPlan], plans: Sequence[ExecutionPlan]) -> list[float]:
    """The largest surprise of a tool after the one before, counted in `known`."""
    pairs = Counter(pair for plan in known for pair in steps(plan))
    firsts = Counter(pair[0] for plan in known for pair in steps(plan))
    kinds = len({pair[1] for pair in pairs}) + 1
    return [
        max(-log((pairs[p] + 1) / (firsts[p[0]] + kinds)) for p in steps(plan)) for plan in plans
    ]


def text(plan: ExecutionPlan) -> str:
    words = [plan.request]
    for node in plan.nodes:
        words += [node.tool, *(f"{key} {value}" for key, value in values.leaves(node.arguments))]
    return " ".join(words)


def forest(known: Sequence[ExecutionPlan], plans: Sequence[ExecutionPlan]) -> list[float]:
    """TF-IDF of all words, fewer dimensions, isolation forest."""
    words = TfidfVectorizer(sublinear_tf=True)
    seen = words.fit_transform(map(text, known))
    fewer = TruncatedSVD(PIECES, random_state=0)
    trees = IsolationForest(random_state=0).fit(fewer.fit_transform(seen))
    found: list[float] = (
        -trees.score_samples(fewer.transform(words.transform(map(text, plans))))
    ).tolist()
    return found


def without_own(cases: Sequence[Case], tell: Callable[..., list[float]]) -> Floats:
    """What `tell` says of each case, having seen the benign plans of all other user tasks."""
    found = np.zeros(len(cases))
    benign = [case for case in cases if case.kind == "benign"]
    for task in {case.task for case in cases}:
        known = [case.plan for case in benign if case.task != task]
        mine = [index for index, case in enumerate(cases) if case.task == task]
        found[mine] = tell(known, [cases[index].plan for index in mine])
    return found


def scores(cases: Sequence[Case], model: score.Model) -> dict[str, Floats]:
    plans = [case.plan for case in cases]
    found = by_planloom(plans, model)
    found["length"] = np.array([*map(length, plans)])
    found["writing calls"] = np.array([*map(writing, plans)])
    found["bigram"] = without_own(cases, bigram)
    found["tf-idf, isolation forest"] = without_own(cases, forest)
    return found


def measured(yes: Floats, no: Floats, a: Floats, b: Floats) -> list[float]:
    found = [auroc(yes, no, a, b), auprc(yes, no, a, b)]
    return [*found, recall(yes, no, 0.01, a, b), recall(yes, no, 0.05, a, b)]


MEASURES = ("auroc", "auprc", "tpr at 1 %", "tpr at 5 %")


SETTINGS = {
    "natural": ("attack", "benign"),
    "matched": ("attack", "control"),
    "resisted": ("attack", "resisted"),
    "natural, calls alone": ("bare attack", "bare benign"),
    "matched, calls alone": ("bare attack", "bare control"),
}


def sides(cases: Sequence[Case], setting: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    kinds = np.array([case.kind for case in cases])
    attack, against = SETTINGS[setting]
    return kinds == attack, kinds == against


def judged(cases: Sequence[Case], of: Floats, setting: str, draws: int) -> dict[str, list[float]]:
    """Each measure with its interval."""
    yes, no = sides(cases, setting)
    plain = measured(of[yes], of[no], np.ones(yes.sum()), np.ones(no.sum()))
    drawn = [measured(of[yes], of[no], w[yes], w[no]) for w in weights(cases, draws)]
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    return {
        name: [round(float(one), 3) for one in told]
        for name, *told in zip(MEASURES, plain, low, high, strict=True)
    }


def ahead(
    cases: Sequence[Case], ours: Floats, theirs: Floats, setting: str, draws: int
) -> list[float]:
    """By how much the area of ours is larger, with its interval: both drawn alike."""
    yes, no = sides(cases, setting)
    ones = np.ones(len(cases))
    more = [
        auroc(ours[yes], ours[no], w[yes], w[no]) - auroc(theirs[yes], theirs[no], w[yes], w[no])
        for w in (ones, *weights(cases, draws))
    ]
    low, high = np.quantile(more[1:], (0.025, 0.975))
    return [round(float(one), 3) for one in (more[0], low, high)]


def weights(cases: Sequence[Case], draws: int) -> Iterator[Floats]:
    """How often each case was drawn: user tasks and injection tasks, all with their plans."""
    draw = np.random.default_rng(0)
    tasks, users = np.unique([case.task for case in cases], return_inverse=True)
    wanted, injections = np.unique(
        [f"{case.suite}/{case.injection}" for case in cases], return_inverse=True
    )
    benign = np.array([not case.injection for case in cases])
    for _ in range(draws):
        of_user = np.bincount(draw.integers(0, len(tasks), len(tasks)), minlength=len(tasks))
        of_wanted = np.bincount(draw.integers(0, len(wanted), len(wanted)), minlength=len(wanted))
        yield of_user[users] * np.where(benign, 1.0, of_wanted[injections])


def labelled(data: Path) -> Iterator[tuple[str, bool, Trace]]:
    """Runs of agents: the set, whether an attack was obeyed or the run is unsafe, what happened."""
    for suite, truth, trace in runs._dojo(data / "corpora/agentdojo_runs_dev"):
        yield f"AgentDojo runs, {suite}", truth == "obeyed", trace
    for truth, trace in runs._luna(data / "corpora/luna_poisoned"):
        yield "luna", truth == "obeyed", trace
    for row in runs._rows(data / "corpora/rjudge"):
        try:
            trace = rjudge.SOURCE.parts[0].read(row)
        except BadRow:
            continue
        yield f"R-Judge, {row['attack_type']}", row["label"] == 1, trace


def of_runs(data: Path, model: score.Model) -> dict[str, Any]:
    groups: dict[str, tuple[list[ExecutionPlan], list[ExecutionPlan]]] = {}
    for name, bad, trace in labelled(data):
        if trace.calls and (plans := lift(trace, dojo_tasks.PLACE).plans):
            groups.setdefault(name, ([], []))[bad].append(plans[0])
    found = {}
    for name, (fine, bad) in groups.items():
        said = by_planloom([*bad, *fine], model) | {
            "length": np.array([length(p) for p in (*bad, *fine)]),
            "writing calls": np.array([writing(p) for p in (*bad, *fine)]),
        }
        told = ("planloom", "length", "writing calls")
        found[name] = {"unsafe": len(bad), "others": len(fine)} | {
            key: round(auroc(said[key][: len(bad)], said[key][len(bad) :]), 3) for key in told
        }
    return found


def kept(path: Path) -> list[Case]:
    """The tasks as plans, from a file if it is there: running them takes minutes."""
    if not path.exists():
        path.write_bytes(msgspec.json.encode([tuple(case) for case in dojo_tasks.cases()]))
    return [Case(*one) for one in msgspec.json.decode(path.read_bytes(), type=list[Told])]


def energies(run: Path) -> score.Energies:
    """Those of a trained model; torch is loaded for them alone."""
    from planloom.jepa import neural

    return neural.energies(run)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--corpus", default="", help="what the model was fitted on, in words")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=DRAWS, metavar="N")
    parser.add_argument("--cases", type=Path, metavar="FILE", help="keep the tasks' plans here")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    model = score.load(given.run, energies)
    cases = [*dojo_tasks.cases()] if given.cases is None else kept(given.cases)
    result: dict[str, Any] = {"corpus": given.corpus, "plans counted": model.fitted.plans}
    result["terms"] = list(model.names)
    result["cases"] = dict(Counter(case.kind for case in cases))
    found = scores(cases, model)
    result["scores"] = {
        name: {
            setting: judged(cases, of, setting, given.draws)
            for setting in (SETTINGS if name in WHOLE else ("natural", "matched"))
        }
        for name, of in found.items()
    }
    result["ahead"] = {
        name: {
            setting: ahead(cases, found["planloom"], of, setting, given.draws)
            for setting in SETTINGS
        }
        for name, of in found.items()
        if name in BASELINES
    }
    if given.data.is_dir():
        result["runs"] = of_runs(given.data, model)
    for name, both in result["scores"].items():
        print(f"{name:26}", *(f"{k} {m['auroc']}" for k, m in both.items()))
    print(json.dumps({"ahead": result["ahead"], "runs": result.get("runs")}, indent=1))
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + "\n")
    return int(any(not better(result["scores"], name, s) for name in BASELINES for s in ("natural", "matched")))  # fmt: skip


def better(found: dict[str, Any], name: str, setting: str) -> bool:
    ours, theirs = found["planloom"][setting]["auroc"][0], found[name][setting]["auroc"][0]
    return bool(ours > theirs)


if __name__ == "__main__":
    raise SystemExit(main())
