"""What is in a corpus, counted column by column while its parts are written."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Counts = Counter[tuple[str, ...]]
"""(name, value) or (name, value, value) -> how many."""

MAX_BIN = 20
_PLAN_VIEWS = (
    ("category", "evidence"),
    ("source", "category"),
    ("use",),
    ("licence",),
    ("language",),
)
_NODE_VIEWS = ("tier", "provenance_tier"), ("result_tier", "result_tier"), ("sensitivity", "scope_sensitivity")  # fmt: skip


def counted(plans: pa.Table) -> Counts:
    """The counters of a table of plans; they add up over tables."""
    counts: Counts = Counter()
    for view in _PLAN_VIEWS:
        _group(counts, view[0], plans.select(view))
    nodes = plans["nodes"].combine_chunks()
    edges = plans["edges"].combine_chunks()
    node, edge = nodes.flatten(), edges.flatten()
    calls = pc.equal(pc.struct_field(node, "kind"), "call")
    is_data = pc.equal(pc.struct_field(edge, "kind"), "data")
    for basis, name in _NODE_VIEWS:
        origin = pc.struct_field(node, ["origin", basis])
        _group(counts, name, pa.table([pc.struct_field(node, name), origin], [name, "origin"]))
    _bins(counts, "calls_per_plan", nodes, calls)
    _bins(counts, "data_edges_per_plan", edges, is_data)
    counts["totals", "plans"] += len(plans)
    counts["totals", "calls"] += _true(calls)
    counts["totals", "data_edges"] += _true(is_data)
    counts["totals", "order_edges"] += len(edge) - _true(is_data)
    return counts


def _true(mask: Any) -> int:
    return pc.sum(mask).as_py() or 0


def _group(counts: Counts, name: str, table: pa.Table) -> None:
    grouped = table.group_by(table.column_names).aggregate([([], "count_all")])
    for row in grouped.to_pylist():
        n = row.pop("count_all")
        counts[name, *(str(value) for value in row.values())] += n


def _bins(counts: Counts, name: str, lists: pa.ListArray, mask: Any) -> None:
    """How many plans have 0, 1, 2 .. of the marked items; MAX_BIN means that many or more."""
    parents = pc.filter(pc.list_parent_indices(lists), mask)
    sizes = Counter(pc.value_counts(parents).field("counts").to_pylist()) if len(parents) else {}
    for size, n in sizes.items():
        counts[name, str(min(size, MAX_BIN))] += n
    counts[name, "0"] += len(lists) - sum(sizes.values())


def tree(counts: Counts) -> dict[str, Any]:
    """The counters as nested objects, in a fixed order."""
    out: dict[str, Any] = {}
    for key in sorted(counts):
        if counts[key]:
            *path, last = key
            place = out
            for name in path:
                place = place.setdefault(name, {})
            place[last] = counts[key]
    return out
