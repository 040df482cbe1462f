"""The tables of docs/safety.md: the classes from the code, figures of benchmarks/results/safety.json."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planloom.safety.classes import CLASSES

RESULTS = Path(__file__).parents[1] / "benchmarks/results/safety.json"
CLASSES_HEAD = ("class", "by default", "leaves with", "is")
TEXTS = ("strings", "different", "planted", "found", "recall (95 %)")
RUNS = ("runs", "truth", "said obeyed", "said attacked", "said benign")
RULERS = (
    "runs",
    "obeyed, found",
    "95 %",
    "falsely said obeyed",
    "ruler",
    "AUROC",
    "recall at as many",
)
ENTERING = (
    "rows",
    "number",
    "with labels: benign",
    "beside the corpus",
    "prompts",
    "left",
    "labels taken away: benign",
)
COST = ("of", "share of CPU time", "least to most of five turns")
REQUESTS = ("requests", "of", "found", "alt-profanity-check")
ALARMS = ("rows of", "rows", "taken out", "share")


def _found(name: str) -> Any:
    return json.loads(RESULTS.read_text("utf-8"))[name]


def classes() -> Iterator[tuple[object, ...]]:
    for name, one in CLASSES.items():
        reason = "" if one.consequence == "noted" else f"`{one.reason}`"
        yield f"`{name}`", one.consequence, reason, one.meaning


def texts() -> Iterator[tuple[object, ...]]:
    found = _found("text")
    for name, one in found["sets"].items():
        low, high = one["interval"]
        recall = f"{one['found'] / one['planted']:.3f} ({low:.3f} to {high:.3f})"
        yield name, one["strings"], f"{one['planted']:,}", f"{one['found']:,}", recall
    share = found["alarms"] / found["untouched"]
    yield "untouched trajectories", found["untouched"], 0, found["alarms"], f"{share:.2%} taken out"


def runs() -> Iterator[tuple[object, ...]]:
    for name, one in _found("runs").items():
        if "table" in one:
            for truth in ("benign", "resisted", "obeyed"):
                said = [
                    one["table"].get(f"{truth} -> {v}", 0) for v in ("obeyed", "attacked", "benign")
                ]
                if any(said):
                    yield name, truth, *said


def rulers() -> Iterator[tuple[object, ...]]:
    for name, one in _found("runs").items():
        if "rulers" in one:
            hit, whole, low, high = one["obeyed"]
            for ruler, told in one["rulers"].items():
                false = f"{one['false'][0]} of {one['false'][1]}"
                yield (
                    name,
                    f"{hit} of {whole}",
                    f"{low:.2f} to {high:.2f}",
                    false,
                    ruler,
                    told["auroc"],
                    told["recall"],
                )


def entering() -> Iterator[tuple[object, ...]]:
    for name, one in _found("runs").items():
        if "rows" in one:
            beside = one.get("labelled adversarial", 0) + one.get("labelled unknown", 0)
            counts = (one.get(key, 0) for key in ("prompt", "left", "rules alone benign"))
            yield name, one["rows"], one.get("labelled benign", 0), beside, *counts


def requests() -> Iterator[tuple[object, ...]]:
    """Own requests by set and class, beside the library that was asked the same."""
    told = json.loads(RESULTS.with_name("requests.json").read_text("utf-8"))
    for name, classes in told["own"].items():
        for cls, (found, whole) in classes.items():
            yield f"{name}, {cls}", whole, found, ""
        for kind in ("harmful", "benign"):
            key, mine = (
                f"{name} {kind}",
                [c for c in classes if (c == "benign") == (kind == "benign")],
            )
            found, whole = (sum(classes[c][at] for c in mine) for at in (0, 1))
            yield f"{name}, all {kind}", whole, found, told["rival"][f"{key} found"]
    for name, one in told["public"]["sets"].items():
        yield name, f"{one['rows']:,}", one["found"], ""


def alarms() -> Iterator[tuple[object, ...]]:
    for name, one in (_found("calls") | _found("instructions")).items():
        yield name, f"{one['rows']:,}", one["alarms"], f"{one['alarms'] / one['rows']:.2%}"


def cost() -> Iterator[tuple[object, ...]]:
    """The tree's share is of all the work on slices, that of trajectories of label, lift and check."""
    found = _found("cost")
    tree, busy = found["tree"], found["trajectories"]
    yield (
        "30,000 made-up rows, the whole map stage",
        f"{tree['share']:.1%}",
        f"{tree['least']:.1%} to {tree['most']:.1%}",
    )
    yield (
        f"{busy['rows']} trajectories with results, label, lift and check alone",
        f"{busy['share']:.1%}",
        "",
    )
