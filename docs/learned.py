"""The tables of docs/jepa.md on what was learned: figures of benchmarks/results, evaluation, collapsed and ablation.json."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "benchmarks/results"
EVALUATION = ("measure", "trained (95 % over seeds)", "untrained", "words")
ABLATION = (
    "trained and judged on",
    "request mrr",
    "untrained",
    "call mrr",
    "untrained",
    "probe verb",
    "lidar",
    "std",
)


def _found(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def evaluation() -> Iterator[tuple[object, ...]]:
    found = _found("evaluation")
    strata = ", ".join(f"{name} {n:,}" for name, n in found["strata"].items())
    yield f"plans held out ({strata})", f"{len(found['seeds'])} seeds", "", ""
    for name, (middle, low, high) in found["means"]["trained"].items():
        words = found["trivial"].get(name)
        other = found["means"]["untrained"][name][0]
        yield (
            name,
            f"{middle:.3f} ({low:.3f}..{high:.3f})",
            f"{other:.3f}",
            "" if words is None else f"{words:.3f}",
        )
    for name, passed in found["gate"]["parts"].items():
        yield f"gate: {name}", "passed" if passed else "**failed**", "", ""


GAUGES = ("measure", "trained", "untrained", "collapsed")


def gauges() -> Iterator[tuple[object, ...]]:
    """Which measures notice that a model collapsed, beside a run of the same seed."""
    (fallen,) = _found("collapsed")["seeds"]
    one = next(s for s in _found("evaluation")["seeds"] if s["seed"] == fallen["seed"])
    for name, value in one["trained"].items():
        if "new" not in name:
            others = one["untrained"][name], fallen["trained"][name]
            yield name, *(f"{figure:.3f}" for figure in (value, *others))


def _figure(value: float | None) -> str:
    """Empty where nothing could be measured."""
    return "" if value is None else f"{value:.3f}"


def ablation() -> Iterator[tuple[object, ...]]:
    for name, one in _found("ablation").items():
        a, b = one["trained"], one["untrained"]
        yield (
            name,
            *(
                _figure(side[key])
                for key in ("request mrr, all", "call mrr, all")
                for side in (a, b)
            ),
            *(f"{a['probe verb']:.2f}", f"{a['lidar']:.1f}", f"{a['std']:.2f}"),
        )
