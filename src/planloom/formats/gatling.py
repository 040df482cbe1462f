"""The layout of the prototype's consumer: one object a line, edges as pairs of node ids."""

import hashlib
from typing import Any

import msgspec

from planloom.formats import Format, Tools, always
from planloom.plan import RESPOND, Edge, ExecutionPlan, Node

_encoder = msgspec.json.Encoder()


def line(plan: ExecutionPlan, _: Tools = ()) -> bytes:
    """One plan as a line. Order edges are left out: this layout has no kinds of edges."""
    origin = hashlib.blake2b(f"{plan.source}:{plan.file}@{plan.at}".encode(), digest_size=8)
    record = {
        "plan_id": plan.plan_id,
        "request": plan.request,
        "nodes": [_node(node, plan.request, origin.hexdigest()) for node in plan.nodes],
        "edges": list(dict.fromkeys((e.src, e.dst) for e in plan.edges if e.kind == "data")),
        "source_dataset": plan.source,
        "category": plan.category,
        "label": plan.label,
    }
    return _encoder.encode(record) + b"\n"


def _node(node: Node, request: str, origin: str) -> dict[str, Any]:
    answered = node.kind == RESPOND
    return {
        "node_id": node.id,
        "tool_name": "instruction" if answered else node.tool,
        "arguments": {"instruction": request} if answered else node.arguments,
        "provenance_tier": _tier(node),
        "provenance_hash": origin,
        "scope_volume": node.scope_volume,
        "scope_sensitivity": node.scope_sensitivity,
    }


def _tier(node: Node) -> int:
    return max(node.provenance_tier, 1 if node.kind == RESPOND else node.result_tier)


def _seen(plan: ExecutionPlan) -> ExecutionPlan:
    """What a reader of the line knows: one tier a node, pairs of data edges, no turns, no rounds."""
    nodes = tuple(
        Node(
            id=node.id,
            kind=node.kind,
            tool=node.tool,
            arguments=node.arguments,
            arguments_known=True,
            turn=0,
            step=0,
            provenance_tier=_tier(node),
            result_tier=_tier(node),
            scope_volume=node.scope_volume,
            scope_sensitivity=node.scope_sensitivity,
        )
        for node in plan.nodes
    )
    pairs = dict.fromkeys((e.src, e.dst) for e in plan.edges if e.kind == "data")
    return ExecutionPlan(
        plan_id=plan.plan_id,
        request=plan.request,
        user_turns=(plan.request,),
        nodes=nodes,
        edges=tuple(Edge(src, dst, "data", "value", "") for src, dst in pairs),
        category=plan.category,
        evidence="gold",
        label=plan.label,
        source=plan.source,
        config="",
        source_split="",
        file="",
        at=0,
        licence="unknown",
        use="no_publish",
    )


FORMAT = Format(line, always, seen=_seen)
