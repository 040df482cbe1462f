"""The tables of docs/boundary.md: the kinds from the code, figures of benchmarks/results/boundary.json."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planloom.mutate.kinds import KINDS
from planloom.mutate.pair import Left

RESULTS = Path(__file__).parents[1] / "benchmarks/results/boundary.json"
KINDS_HEAD = ("kind", "tests", "holds if there is", "the change", "controls")
LEFT_HEAD = ("left", "because")
TOTALS = ("of", "plans with calls", "pairs", "seconds", "controls")
MEASURED = (
    *("of", "kind", "holds", "made", "mutants broken", "controls broken"),
    *("AUROC: words", "shape", "bare shape", "request"),
)


def kinds() -> Iterator[tuple[object, ...]]:
    for kind in KINDS.values():
        controls = ", ".join(dict.fromkeys(f"`{one.name}`" for one in kind.controls))
        yield f"`{kind.name}`", kind.tests, kind.needs, kind.change, controls


def left() -> Iterator[tuple[object, ...]]:
    return ((f"`{one}`", one.meaning) for one in Left)


def measured() -> Iterator[tuple[object, ...]]:
    for name, one in json.loads(RESULTS.read_text("utf-8")).items():
        for kind, found in one["kinds"].items():
            share = f"{found['holds'] / found['looked']:.1%}"
            counts = (f"{found[key]:,}" for key in ("made", "mutants_broken", "controls_broken"))
            scores = (
                _score(found["auroc"].get(key))
                for key in ("words", "shape", "bare shape", "request")
            )
            yield name, f"`{kind}`", share, *counts, *scores


def totals() -> Iterator[tuple[object, ...]]:
    for name, one in json.loads(RESULTS.read_text("utf-8")).items():
        yield (
            name,
            f"{one['plans']:,}",
            f"{one['pairs']:,}",
            one["seconds"],
            _listed(one["controls"]),
        )


def _score(found: Any) -> str:
    return "" if found is None else f"{found:.2f}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.removeprefix('control.')} {n:,}" for name, n in counts.items())
