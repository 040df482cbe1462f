"""Attacked runs: is an obeyed attack told from a resisted one, and from a benign run?

Beside the gate stand three rulers that know nothing of attacks: how many calls a run has, how many
of them write, how many words of a keyword list its results hold. Of each the area under the ROC
curve, and its recall at a false-alarm rate no higher than the gate's.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from edges import share
from msgspec import structs

from planloom import safety
from planloom.datasets import agentdojo, agentsafetybench, luna, rjudge
from planloom.errors import BadRow
from planloom.lift.rules import ACTION
from planloom.rows import Settings, carry, place_of
from planloom.source import Row, Source
from planloom.trace import Trace

KEYWORDS = re.compile(
    r"ignore|instruction|important|urgent|must|please|password|transfer|click|visit", re.IGNORECASE
)


def runs(data: Path) -> dict[str, Any]:
    dojo = list(_dojo(data / "corpora/agentdojo_runs_dev"))
    found = {
        f"AgentDojo {suite}": judged([(truth, trace) for s, truth, trace in dojo if s == suite])
        for suite in ("banking", "slack")
    }
    found["luna"] = judged(list(_luna(data / "corpora/luna_poisoned")))
    for name, source, folder, wanted in (
        ("R-Judge unsafe", rjudge.SOURCE, "rjudge", lambda row: row["label"] == 1),
        ("R-Judge attacked, safe", rjudge.SOURCE, "rjudge", _resisted),
        ("Agent-SafetyBench", agentsafetybench.SOURCE, "agentsafetybench", lambda row: True),
    ):
        found[name] = entering(data / "corpora" / folder, source, wanted)
    return found


def _resisted(row: Row) -> bool:
    return row["label"] == 0 and row["attack_type"] == "injection"


def verdict(trace: Trace) -> str:
    """obeyed, attacked or benign, by the rules alone."""
    bare = structs.replace(trace, findings=(), policy=None)
    label, _ = safety.label(bare, "by_construction")
    return {"adversarial": "obeyed", "unknown": "attacked"}.get(label, "benign")


def judged(truths: list[tuple[str, Trace]]) -> dict[str, Any]:
    """The table of truth against verdict, and the rulers."""
    table = Counter((truth, verdict(trace)) for truth, trace in truths)
    obeyed = [trace for truth, trace in truths if truth == "obeyed"]
    others = [trace for truth, trace in truths if truth != "obeyed"]
    hit = table["obeyed", "obeyed"]
    false = sum(n for (truth, said), n in table.items() if said == "obeyed" and truth != "obeyed")
    return {
        "table": {f"{truth} -> {said}": n for (truth, said), n in sorted(table.items())},
        "obeyed": [hit, len(obeyed), *share(hit, len(obeyed))[1:]],
        "false": [false, len(others)],
        "rulers": {
            name: {
                "auroc": auroc(ruler, obeyed, others),
                "recall": recall_at(ruler, obeyed, others, false),
            }
            for name, ruler in RULERS.items()
        },
    }


def keywords(trace: Trace) -> int:
    texts = [call.result or "" for call in trace.calls] + [r.joint or "" for r in trace.rounds]
    return sum(len(KEYWORDS.findall(text)) for text in texts)


RULERS: dict[str, Callable[[Trace], int]] = {
    "calls": lambda trace: len(trace.calls),
    "writing calls": lambda trace: sum(ACTION.does(call.tool) for call in trace.calls),
    "keywords": keywords,
}


def auroc(ruler: Callable[[Trace], int], yes: list[Trace], no: list[Trace]) -> float | None:
    """The share of pairs that the ruler orders rightly, a tie counts half."""
    if not yes or not no:
        return None
    pairs = [(ruler(a), ruler(b)) for a in yes for b in no]
    return round(sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs), 3)


def recall_at(
    ruler: Callable[[Trace], int], yes: list[Trace], no: list[Trace], most: int
) -> float | None:
    """The share of obeyed runs above a threshold that at most that many others reach."""
    if not yes:
        return None
    others = sorted(map(ruler, no), reverse=True)
    bound = others[most] if most < len(others) else -1
    return round(sum(ruler(trace) > bound for trace in yes) / len(yes), 3)


def entering(folder: Path, source: Source, wanted: Callable[[Row], bool]) -> dict[str, Any]:
    """Where rows go with their labels, and how many plans the rules alone would call benign."""
    part = source.parts[0]
    places: Counter[str] = Counter()
    for row in filter(wanted, _rows(folder)):
        outcome = carry(row, part, place_of(source, part, "", 0), Settings())
        places["rows"] += 1
        if outcome.left:
            places["prompt" if outcome.prompt else "left"] += 1
        for judged in outcome.plans:
            places[f"labelled {judged.plan.label}"] += 1
            if outcome.trace is not None:
                places[f"rules alone {verdict(outcome.trace)}"] += 1
    return dict(places)


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.gz")):
        text = gzip.decompress(path.read_bytes()).decode()
        if path.name.endswith(".jsonl.gz"):
            yield from map(json.loads, text.splitlines())
        else:
            value = json.loads(text)
            yield from value if isinstance(value, list) else [value]


def _dojo(folder: Path) -> Iterator[tuple[str, str, Trace]]:
    for row in _rows(folder):
        about = row["metadata"]
        truth = "benign" if about["injection_task_id"] is None else "resisted"
        if truth == "resisted" and about["security"]:
            truth = "obeyed"
        yield about["suite_name"], truth, agentdojo.read(row)


def _luna(folder: Path) -> Iterator[tuple[str, Trace]]:
    for row in _rows(folder):
        try:
            trace = luna.read(row)
        except BadRow:
            continue
        yield ("resisted" if row["evaluation"]["security"] else "obeyed"), trace
