"""The tables of docs/scale.md, from what the benchmarks wrote down."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"
BUILDS = ("rows read", "plans made", "kept", "find", "slices", "dedup, mix", "write", "in all", "CPU-s", "peak PSS", "input", "slices on disk", "Parquet")  # fmt: skip
SOURCES = (
    "source",
    "us a row",
    "rows/s a core",
    "bytes in",
    "plans a row",
    "bytes a plan",
    "index",
)
ENGINES = ("engine", "kernel", "xLAM-like", "chat-like")
DEDUPS = ("", "planted pairs found", "leave", "of these false", "toolformer rows that stay")


def _read(name: str) -> Any:
    return json.loads((RESULTS / name).read_text())


def builds() -> Iterator[tuple[object, ...]]:
    for one in _read("builds.json"):
        stages = one["stages"]
        times = (stages["find"], stages["slices"], stages["dedup"] + stages["mix"], stages["write"])
        counts = (f"{one[key]:,}" for key in ("rows", "plans", "kept"))
        sizes = (f"{one[key] / 1e9:.2f} GB" for key in ("pss", "in", "stage", "out"))
        yield (*counts, *map(_time, times), _time(one["seconds"]), f"{one['cpu']:,.0f}", *sizes)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def sources() -> Iterator[tuple[object, ...]]:
    for source, one in _read("scale.json").items():
        rows, plans = one["rows"], one["count"]
        each = one["cpu"] / rows
        kept = (
            (f"{one['plans'] / plans:,.0f}", f"{one['index'] / plans:,.0f}") if plans else ("", "")
        )
        yield (
            *(source, f"{each * 1e6:,.0f}", f"{1 / each:,.0f}", f"{one['in'] / rows:,.0f}"),
            *(f"{plans / rows:.2f}", *kept),
        )


def engines() -> Iterator[tuple[object, ...]]:
    cases = _read("rivals.json")["cases"].values()
    for run in next(iter(cases))["engines"]:
        engine, kernel = run.split()
        speeds = (case["rows"] / case["engines"][run]["cpu"] for case in cases)
        yield engine, kernel, *(f"{speed:,.0f}" for speed in speeds)


def dedups() -> Iterator[tuple[object, ...]]:
    found = _read("text_dedup.json")
    levels = found["toolformer"]
    for name, one in found["tree"].items():
        level = levels.get(name) or levels["planloom, near_duplicates = 0.7"]
        share = one["found"] / one["pairs"], one["false"] / one["left"]
        yield (
            name,
            f"{share[0]:.1%}",
            f"{one['left']:,}",
            f"{one['false']:,} ({share[1]:.1%})",
            f"{level['stay']:,}",
        )
    for name, level in levels.items():
        if name.startswith("published"):
            yield name, "", "", "", f"{level['stay']:,}"
