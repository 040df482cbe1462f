"""Small samples of a build to look at: plans of each source, and rows and plans that were left."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from planloom import arrow
from planloom.plan import ExecutionPlan

PLANS = 200
REJECTS = 200
WITH_CALLS = {"function_calling", "tool_reasoning"}
LONG = 2_000
"""Characters of a text that are shown."""


def plans(out: Path, by_source: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """About PLANS plans as plain data with long texts cut; those with data edges come first.

    `by_source` counts plans by source and category. Parts are in order of plan_id, which is a hash:
    the first plans of a source are a fair draw. Up to half of the sample are the first ones with a
    data edge in the first part.
    """
    parts = sorted((out / "plans").glob("part-*.parquet"))
    counts = {name: sum(n.values()) for name, n in by_source.items()}
    calling = {name: n for name, n in counts.items() if WITH_CALLS & by_source[name].keys()}
    found = _drawn(parts[:1], _quota(calling, PLANS // 2), linked=True)
    found |= _drawn(parts, _quota(counts, PLANS - len(found)), linked=False)
    ordered = sorted(found.values(), key=lambda plan: (_rank(plan), plan.source, plan.plan_id))
    return [_short(msgspec.to_builtins(plan)) for plan in ordered]


def _quota(counts: Mapping[str, int], most: int) -> Counter[str]:
    """How many plans of each source: alike many, and what small ones leave goes to the others."""
    quota: Counter[str] = Counter()
    left = max(most, len(counts))
    for number, (name, n) in enumerate(sorted(counts.items(), key=lambda item: item[1])):
        quota[name] = min(n, left // (len(counts) - number))
        left -= quota[name]
    return quota


def _drawn(parts: Sequence[Path], quota: Counter[str], *, linked: bool) -> dict[str, ExecutionPlan]:
    """The first plans of each source that the quota wants; `linked` asks for a data edge."""
    found: dict[str, ExecutionPlan] = {}
    for path in parts:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                if quota.total():
                    found |= _taken(file, group, quota, linked=linked)
    return found


def _taken(
    file: pq.ParquetFile, group: int, quota: Counter[str], *, linked: bool
) -> dict[str, ExecutionPlan]:
    columns = file.read_row_group(group, ["source", "edges"] if linked else ["source"])
    fit = _with_data(columns["edges"].combine_chunks()) if linked else range(len(columns))
    sources = columns["source"].to_pylist()
    rows = []
    for row in fit:
        if quota[sources[row]] > 0:
            quota[sources[row]] -= 1
            rows.append(row)
    if not rows:
        return {}
    picked = file.read_row_group(group).take(pa.array(rows))
    return {plan.plan_id: plan for plan in arrow.plans(picked)}


def _with_data(edges: pa.ListArray) -> list[int]:
    """The plans with a data edge, in order."""
    is_data = pc.equal(pc.struct_field(edges.flatten(), "kind"), "data")
    return sorted(set(pc.filter(pc.list_parent_indices(edges), is_data).to_pylist()))


def _rank(plan: ExecutionPlan) -> int:
    return 0 if any(edge.kind == "data" for edge in plan.edges) else 1 if plan.edges else 2


def rejects(out: Path) -> list[dict[str, Any]]:
    """About REJECTS rows that were left: of every source and Reason in turn, until it is enough."""
    piles = chain.from_iterable(_piles(path) for path in sorted((out / "rejects").glob("*.jsonl")))
    dealt = chain.from_iterable(zip_longest(*piles))
    found = [reject for reject in dealt if reject is not None]
    return [_short(reject) for reject in found[:REJECTS]]


def _piles(path: Path) -> Iterator[list[dict[str, Any]]]:
    """The rejects of a source, one list for each Reason."""
    by_reason: dict[str, list[dict[str, Any]]] = {}
    with path.open("rb") as lines:
        for line in lines:
            reject = msgspec.json.decode(line)
            by_reason.setdefault(reject["reason"], []).append(reject)
    yield from by_reason.values()


def _short(value: Any) -> Any:
    """The value with long texts cut, saying how long they are."""
    if isinstance(value, str) and len(value) > LONG:
        return f"{value[:LONG]}… ({len(value):,} characters)"
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_short(item) for item in value]
    return value
