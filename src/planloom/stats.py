"""What is in a corpus, counted column by column while its parts are written."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Counts = Counter[tuple[str, ...]]
"""(name, value) or (name, value, value) -> how many."""

MAX_BIN = 20
TOOLS = 100
"""Tools named in the statistics: those called most."""

_PLAN_VIEWS = {
    "category": ("category", "evidence"),
    "source": ("source", "category"),
    "source_evidence": ("source", "evidence"),
    "source_use": ("source", "use", "licence"),
    "use": ("use",),
    "licence": ("licence",),
    "language": ("language",),
    "fold": ("fold",),
}
_NODE_VIEWS = {
    "provenance_tier": "tier",
    "result_tier": "result_tier",
    "scope_volume": "volume",
    "scope_sensitivity": "sensitivity",
}
"""The judgements on a node, and what of its origin says how each was reached."""


def counted(plans: pa.Table) -> Counts:
    """The counters of a table of plans; they add up over tables."""
    counts: Counts = Counter()
    for name, columns in _PLAN_VIEWS.items():
        _group(counts, name, plans.select(columns))
    _per_plan(counts, "user_turns_per_plan", pc.list_value_length(plans["user_turns"]))
    _powers(counts, "request_letters", pc.utf8_length(plans["request"]))
    nodes = plans["nodes"].combine_chunks()
    edges = plans["edges"].combine_chunks()
    _nodes(counts, nodes)
    _edges(counts, edges)
    _per_plan(counts, "depth_per_plan", pa.array(_depths(nodes, edges)))
    counts["totals", "plans"] += len(plans)
    return counts


def found(plans: pa.Table, where: str) -> Counts:
    """Plans that bear a finding, by source, the folder that they go to, class and rule."""
    counts: Counts = Counter()
    findings = plans["findings"].combine_chunks()
    parents = pc.list_parent_indices(findings)
    if len(parents):
        flat = findings.flatten()
        columns = [parents, *(pc.struct_field(flat, name) for name in ("class", "rule"))]
        once = pa.table(columns, ["plan", "class", "rule"]).group_by(["plan", "class", "rule"])
        rows = once.aggregate([])
        source = plans["source"].take(rows["plan"])
        rows = rows.append_column("source", source).select(["source", "class", "rule"])
        for row in rows.group_by(rows.column_names).aggregate([([], "count_all")]).to_pylist():
            counts["findings", row["source"], where, row["class"], row["rule"]] += row["count_all"]
    return counts


def _nodes(counts: Counts, nodes: pa.ListArray) -> None:
    node = nodes.flatten()
    for name, basis in _NODE_VIEWS.items():
        values, origin = pc.struct_field(node, name), pc.struct_field(node, ["origin", basis])
        if name == "scope_volume":
            values = _power(values, 10)
        _group(counts, name, pa.table([values, origin], [name, "origin"]))
    calls = pc.equal(pc.struct_field(node, "kind"), "call")
    _group(counts, "tools", pa.table([pc.filter(pc.struct_field(node, "tool"), calls)], ["tool"]))
    _bins(counts, "calls_per_plan", nodes, calls)
    counts["totals", "calls"] += _true(calls)


def _edges(counts: Counts, edges: pa.ListArray) -> None:
    edge = edges.flatten()
    is_data = pc.equal(pc.struct_field(edge, "kind"), "data")
    columns = [pc.struct_field(edge, name) for name in ("kind", "evidence")]
    _group(counts, "edges", pa.table(columns, ["kind", "evidence"]))
    _bins(counts, "data_edges_per_plan", edges, is_data)
    counts["totals", "data_edges"] += _true(is_data)
    counts["totals", "joint_data_edges"] += _true(pc.struct_field(edge, "joint"))
    counts["totals", "order_edges"] += len(edge) - _true(is_data)


def _depths(nodes: pa.ListArray, edges: pa.ListArray) -> Any:
    """Nodes on the longest way along the edges of each plan.

    Edges only lead to later nodes, so that as many rounds as the longest way has edges settle all.
    """
    sizes = pc.list_value_length(nodes).to_numpy(zero_copy_only=False)
    firsts = np.cumsum(sizes) - sizes
    parents = pc.list_parent_indices(edges).to_numpy()
    ends = [pc.struct_field(edges.flatten(), end) for end in ("src", "dst")]
    src, dst = (firsts[parents] + _numbers(end) for end in ends)
    depth = np.ones(int(sizes.sum()), np.int64)
    while len(src) and (depth[dst] <= depth[src]).any():
        np.maximum.at(depth, dst, depth[src] + 1)
    deepest = np.zeros(len(sizes), np.int64)
    np.maximum.at(deepest, np.repeat(np.arange(len(sizes)), sizes), depth)
    return deepest


def _numbers(ids: pa.Array) -> Any:
    """`n12` is 12."""
    return pc.cast(pc.utf8_slice_codeunits(ids, 1), pa.int64()).to_numpy()


def _true(mask: Any) -> int:
    return pc.sum(mask).as_py() or 0


def _group(counts: Counts, name: str, table: pa.Table) -> None:
    grouped = table.group_by(table.column_names).aggregate([([], "count_all")])
    for row in grouped.to_pylist():
        n = row.pop("count_all")
        counts[name, *(str(value) for value in row.values())] += n


def _per_plan(counts: Counts, name: str, sizes: Any) -> None:
    _group(counts, name, pa.table([pc.min_element_wise(sizes, MAX_BIN)], [name]))


def _powers(counts: Counts, name: str, sizes: Any) -> None:
    """How many are in 1, 2..3, 4..7, ..: each bin goes by its least size."""
    _group(counts, name, pa.table([_power(sizes, 2)], [name]))


def _power(sizes: Any, base: int) -> Any:
    """The largest power of the base that is not above each size; 0 stays 0."""
    numbers = np.asarray(sizes)
    bounds = base ** np.arange(int(np.log(2**62) / np.log(base)), dtype=np.int64)
    at = np.searchsorted(bounds, numbers, side="right") - 1
    return pa.array(np.where(numbers > 0, bounds[at], 0))


def _bins(counts: Counts, name: str, lists: pa.ListArray, mask: Any) -> None:
    """How many plans have 0, 1, 2 .. of the marked items; MAX_BIN means that many or more."""
    parents = pc.filter(pc.list_parent_indices(lists), mask)
    sizes = Counter(pc.value_counts(parents).field("counts").to_pylist()) if len(parents) else {}
    for size, n in sizes.items():
        counts[name, str(min(size, MAX_BIN))] += n
    counts[name, "0"] += len(lists) - sum(sizes.values())


def tree(counts: Counts) -> dict[str, Any]:
    """The counters as nested objects, in a fixed order; of tools the most called, and how many there are."""
    tools = sorted((-n, key) for key, n in counts.items() if key[0] == "tools")
    few: Counts = Counter(counts)
    for _, key in tools[TOOLS:]:
        del few[key]
    few["totals", "tools"] = len(tools)
    out: dict[str, Any] = {}
    for key in sorted(few):
        if few[key]:
            *path, last = key
            place = out
            for name in path:
                place = place.setdefault(name, {})
            place[last] = few[key]
    return out
