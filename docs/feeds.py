"""Rows of the tables on how fast tensors are written and read, from benchmarks/results/loader.json."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1]
SPEEDS = ("way", "plans/s", "plans/CPU-s", "calls a plan", "tokens a plan")
WAYS = (
    ("loader", "all", "loader, all plans"),
    ("loader", "calls", "loader, plans of two calls or more"),
    ("json lines", "plain", "JSON lines, the usual way"),
    ("json lines", "least", "JSON lines, as little as anyone could do"),
    ("json lines", "same", "JSON lines, Planloom's tokens"),
    ("datasets", "rows", "`datasets`, the same columns row by row"),
    ("large", "from disk", "loader, ten million plans, from disk"),
    ("large", "from cache", "the same again, from the page cache"),
    ("tensors", "written", "writing tensors, `planloom tensors --workers 1`"),
)
SIZES = ("", "bytes a plan")


def _results() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HOME / "benchmarks/results/loader.json").read_text("utf-8"))
    return found


def speeds() -> Iterator[tuple[object, ...]]:
    found = _results()
    found["datasets"], found["tensors"] = {"rows": found["datasets"]}, {"written": found["tensors"]}
    for kind, name, told in WAYS:
        one = found[kind][name]
        about = (one.get("calls_a_plan", ""), one.get("tokens_a_plan", ""))
        yield told, f"{one['plans_a_second']:,}", f"{one['plans_a_cpu_second']:,}", *about


def sizes() -> Iterator[tuple[object, ...]]:
    one = _results()["tensors"]
    yield "tensors", one["bytes_a_plan"]
    yield "the plans as Parquet", one["bytes_a_plan_parquet"]
    yield "the plans as JSON lines", one["bytes_a_plan_json"]
