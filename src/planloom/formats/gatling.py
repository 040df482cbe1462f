"""The layout of the prototype's consumer: one object a line, edges as pairs of node ids."""

import hashlib
from typing import Any

import msgspec

from planloom.plan import RESPOND, ExecutionPlan, Node

_encoder = msgspec.json.Encoder()


def line(plan: ExecutionPlan) -> bytes:
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
        "provenance_tier": max(node.provenance_tier, 1 if answered else node.result_tier),
        "provenance_hash": origin,
        "scope_volume": node.scope_volume,
        "scope_sensitivity": node.scope_sensitivity,
    }
