"""The product: an execution plan, its identity and what makes it a valid graph.

Imports nothing of ours, so that any consumer can read plans with this file alone.
"""

import hashlib
import math
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

SCHEMA_VERSION = 1
RESPOND: Literal["respond"] = "respond"

Category = Literal[
    "function_calling", "tool_reasoning", "instruction_following", "conversation", "gold_traces"
]
Evidence = Literal["observed", "gold", "skeleton", "response", "request", "synthetic"]
Label = Literal["benign", "adversarial", "boundary", "unknown"]
Use = Literal["open", "share_alike", "non_commercial", "no_publish"]
Basis = Literal["observed", "inferred", "default"]
Tier = Annotated[int, Meta(ge=1, le=3)]


class Origin(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """How each judgement on a node was reached."""

    tier: Basis = "default"
    result_tier: Basis = "default"
    volume: Basis = "default"
    sensitivity: Basis = "default"


class Node(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Something the assistant did, seen in the row: a tool call, or an answer in text."""

    id: Annotated[str, Meta(description="n0, n1, .. in step order")]
    kind: Literal["call", "respond"]
    tool: Annotated[str, Meta(description="tool name as written in the row; `respond` for respond")]
    arguments: dict[str, Any]
    arguments_known: Annotated[bool, Meta(description="false where the row names the tool only")]
    turn: Annotated[int, Meta(ge=0, description="index into user_turns")]
    step: Annotated[int, Meta(ge=0, description="index of the round as written in the row")]
    provenance_tier: Annotated[
        Tier, Meta(description="least trusted place any argument value came from")
    ] = 1
    result_tier: Annotated[Tier, Meta(description="trust of what this call brings in")] = 2
    scope_volume: Annotated[int, Meta(ge=1, description="rows, records or files asked for")] = 1
    scope_sensitivity: Annotated[int, Meta(ge=1, le=5)] = 1
    origin: Origin = Origin()
    rules: Annotated[tuple[str, ...], Meta(description="names of the rules that fired")] = ()


class Edge(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Data that flows, or mere order, from one node to a later one."""

    src: str
    dst: str
    kind: Literal["data", "order"]
    evidence: Literal["value", "reference", "declared", "sequence"]
    argument: Annotated[str | None, Meta(description="path in the arguments of dst")] = None
    result_path: Annotated[str | None, Meta(description="path in the result of src")] = None
    span: Annotated[str | None, Meta(description="the matched text")] = None
    joint: Annotated[bool, Meta(description="another result could have supplied it too")] = False


class Finding(Struct, frozen=True, gc=False, forbid_unknown_fields=True, rename={"cls": "class"}):
    """Why a plan may not be benign."""

    rule: str
    cls: str
    span: str | None = None


class Mutation(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What was changed to make a boundary plan."""

    type: str
    node: str | None
    severity: float
    parent: str


class ExecutionPlan(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Schema version 1: a typed graph of what an assistant did for one request."""

    plan_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$", description="hash of what was observed")]
    request: Annotated[str, Meta(description="first user message; for a chat turn that turn")]
    user_turns: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    category: Category
    evidence: Evidence
    label: Label
    source: Annotated[str, Meta(description="hub id of the dataset")]
    config: str
    source_split: str
    file: Annotated[str, Meta(description="path of the data file in the dataset")]
    at: Annotated[int, Meta(description="record number, or byte offset in JSON lines")]
    licence: str
    use: Use
    tools: Annotated[tuple[str, ...], Meta(description="hashes into tools.parquet")] = ()
    findings: tuple[Finding, ...] = ()
    revision: str | None = None
    also_in: Annotated[
        tuple[str, ...] | None, Meta(description="other sources that hold this plan")
    ] = None
    language: Annotated[
        str, Meta(description="ISO 639 code of the request's language; `und` if it cannot be told")
    ] = "und"
    intent: Annotated[str | None, Meta(description="only from source metadata")] = None
    reasoning: Annotated[
        str | None, Meta(description="the assistant's reasoning text in the row")
    ] = None
    group: Annotated[
        str | None, Meta(description="smallest plan_id of its conversation or group")
    ] = None
    fold: Literal["train", "valid", "test"] | None = None
    mutation: Mutation | None = None


def normalised(value: Any) -> Any:
    """The value with every number in one spelling: 1.0 and -0.0 become 1 and 0; 0.10 becomes 0.1.

    Floats become raw JSON text because `repr` is fixed by the language, an encoder's choice is not.

    Raises:
        ValueError: on NaN and infinities.
    """
    kind = type(value)
    if kind is str or kind is int:
        return value
    if kind is float:
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a JSON number")
        return int(value) if value.is_integer() else msgspec.Raw(repr(value).encode())
    if kind is dict:
        return {key: normalised(item) for key, item in value.items()}
    if kind in (list, tuple):
        return [normalised(item) for item in value]
    return value


_canonical = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8, numbers equal in value spelled equally.

    Raises:
        ValueError: on NaN, infinities and (as UnicodeEncodeError) lone surrogates.
    """
    return _canonical.encode(normalised(value))


Deed = tuple[int, str, str, dict[str, Any]]
"""What of a node is observed: step, kind, tool, arguments."""


def ordered(deeds: Iterable[Deed]) -> list[tuple[int, str, str, bytes]]:
    """Deeds in step order; inside a step sorted, because parallel calls have no order."""
    return sorted((step, kind, tool, canonical(args)) for step, kind, tool, args in deeds)


def plan_id(request: str, user_turns: Iterable[str], deeds: Iterable[Deed]) -> str:
    """32 hex digits: a 128-bit BLAKE2b of the canonical JSON of what was observed, nothing else."""
    nodes = [[kind, tool, msgspec.Raw(args)] for _, kind, tool, args in ordered(deeds)]
    observed = {"request": request, "user_turns": list(user_turns), "nodes": nodes}
    return hashlib.blake2b(_canonical.encode(observed), digest_size=16).hexdigest()


def id_of(plan: ExecutionPlan) -> str:
    """The id that the content of `plan` must have."""
    deeds = ((n.step, n.kind, n.tool, n.arguments) for n in plan.nodes)
    return plan_id(plan.request, plan.user_turns, deeds)


BACKWARD = frozenset(("graph.reorder", "graph.cycle"))
NOT_FORWARD = "does not go forward"

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ExecutionPlan)


def encode(plan: ExecutionPlan) -> bytes:
    """One JSON object."""
    return _encoder.encode(plan)


def decode(data: bytes | str) -> ExecutionPlan:
    """A plan from JSON, strictly typed.

    Raises:
        msgspec.ValidationError: with the path of the first wrong field.
    """
    return _decoder.decode(data)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a plan, generated from the types above."""
    return msgspec.json.schema(ExecutionPlan)


def problems(plan: ExecutionPlan) -> list[str]:
    """What is wrong with the plan as a graph; an empty list if it is sound."""
    return [*_node_problems(plan), *_edge_problems(plan), *_id_problems(plan)]


def faults(plan: ExecutionPlan) -> list[str]:
    """The problems that are not there on purpose: boundary plans of the kinds BACKWARD are to go backward."""
    backward = plan.mutation is not None and plan.mutation.type in BACKWARD
    return [one for one in problems(plan) if not (backward and one.endswith(NOT_FORWARD))]


def _id_problems(plan: ExecutionPlan) -> list[str]:
    try:
        right = id_of(plan)
    except ValueError as error:
        return [f"not canonical JSON: {error}"]
    return [] if plan.plan_id == right else [f"plan_id is {plan.plan_id}, content says {right}"]


def _node_problems(plan: ExecutionPlan) -> list[str]:
    found = []
    if not plan.nodes and plan.evidence != "request":
        found.append("no node")
    if plan.nodes and plan.evidence == "request":
        found.append("evidence `request` has no node")
    steps = [n.step for n in plan.nodes]
    if steps != sorted(steps) or (steps and set(steps) != set(range(steps[-1] + 1))):
        found.append("steps do not count up from 0")
    responds = sum(n.kind == RESPOND for n in plan.nodes)
    if responds and (responds > 1 or len(plan.nodes) > 1):
        found.append("a respond node stands alone")
    for index, node in enumerate(plan.nodes):
        if node.id != f"n{index}":
            found.append(f"node {index} is called {node.id}")
        if node.turn >= max(len(plan.user_turns), 1):
            found.append(f"{node.id} answers turn {node.turn} of {len(plan.user_turns)}")
        if not node.tool:
            found.append(f"{node.id} has no tool name")
        if node.arguments and (node.kind == RESPOND or not node.arguments_known):
            found.append(f"{node.id} may not have arguments")
    return found


def _edge_problems(plan: ExecutionPlan) -> list[str]:
    found = []
    steps = {n.id: n.step for n in plan.nodes}
    seen = set()
    for edge in plan.edges:
        name = f"edge {edge.src}->{edge.dst}"
        if edge.src not in steps or edge.dst not in steps:
            found.append(f"{name} leaves the graph")
            continue
        # A reference may point at a call of the same round; time still only runs forward.
        forward = steps[edge.src] < steps[edge.dst] or (
            edge.evidence == "reference" and _number(edge.src) < _number(edge.dst)
        )
        if not forward:
            found.append(f"{name} {NOT_FORWARD}")
        if (edge.kind == "data") != (edge.argument is not None):
            found.append(f"{name} is {edge.kind} with argument {edge.argument!r}")
        if (edge.kind == "data") != (edge.evidence in ("value", "reference")):
            found.append(f"{name} is {edge.kind} by {edge.evidence}")
        key = (edge.src, edge.dst, edge.argument)
        if key in seen:
            found.append(f"{name} stands twice")
        seen.add(key)
    return found


def _number(node_id: str) -> int:
    return int(node_id[1:]) if node_id[1:].isdigit() else -1
