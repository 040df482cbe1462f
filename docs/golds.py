"""The tables of docs/synth.md: figures of benchmarks/results/synth.json."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "benchmarks/results/synth.json"
RIGHT = ("of generated traces", "measured", "wanted")
APART = ("features", "AUROC, generated against real runs", "wanted")
DISTANCES = ("feature", "total variation")
DIVERSITY = ("150 plans of", "tools", "tool chains", "forms", "requests", "distinct word pairs")


def _found() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))
    return found


def _share(values: Any) -> str:
    middle, low, high = values
    return f"{middle:.1%} ({low:.1%}..{high:.1%})"


def right() -> Iterator[tuple[object, ...]]:
    found = _found()
    speed = found["speed"]
    yield "traces", f"{found['traces']:,}, with {found['calls']:,} calls", ""
    yield "different", f"{found['unique']:.2%}", "≥ 99 %"
    yield "different graphs, without values", f"{found['different graphs']:,}", ""
    yield "different requests, without values", f"{found['different requests']:,}", ""
    yield "pass every check of a build", f"{found['passed']:.2%}", "100 %"
    yield "data edges planted", f"{found['planted']:,}", ""
    yield (
        "of them with a value that stands elsewhere too before the call",
        f"{found['ambiguous']:.1%}",
        "≥ 30 %",
    )
    yield "found by lift (95 %)", _share(found["recall"]), "≥ 97 %"
    yield (
        "found by lift, of those with a repeated value (95 %)",
        _share(found["recall of ambiguous"]),
        "",
    )
    yield "of the edges found planted (95 %)", _share(found["precision"]), ""
    yield (
        "sources named by the rule: the first result that holds the text",
        f"{found['first holder']:.1%}",
        "",
    )
    yield "by the rule: the last result that holds it", f"{found['last holder']:.1%}", ""
    if other := found.get("tools of real rows"):
        many = f"{other['traces']:,} traces from {other['tools']:,} tools in {other['domains']:,} sets of real rows"
        yield f"{many}: found by lift (95 %)", _share(other["recall"]), "≥ 97 %"
        yield "of the edges found there planted", _share(other["precision"]), ""
        yield "passed there", f"{other['passed']:.2%}", "100 %"
    yield "traces generated a CPU second", f"{speed['generated']:,}", "≥ 10,000"
    yield "generated, lifted and checked a CPU second", f"{speed['through lift and checks']:,}", ""
    yield "the same a second by the clock, on two cores", f"{speed['on all cores']:,}", "≥ 5,000"


def apart() -> Iterator[tuple[object, ...]]:
    for name, value in _found()["apart"].items():
        yield name, value, "< 0.75" if name == "structure" else ""


def distances() -> Iterator[tuple[object, ...]]:
    yield from _found()["distances"].items()


def diversity() -> Iterator[tuple[object, ...]]:
    for name, one in _found()["diversity"].items():
        yield (
            name,
            *(
                one[key]
                for key in ("tools", "tool chains", "forms", "requests", "distinct word pairs")
            ),
        )
