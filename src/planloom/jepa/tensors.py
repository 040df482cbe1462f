"""Plans as tables of integers. What a plan is about goes to its own column and into no other."""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import log1p
from typing import Any

import msgspec
import pyarrow as pa

from planloom.jepa import tokens, values
from planloom.jepa.metadata import (
    ACTS,
    ANSWERS,
    BASES,
    COLUMNS,
    EVIDENCES,
    META,
    NO_ARGUMENTS,
    About,
    array,
    schema,
)
from planloom.jepa.tokens import Argument
from planloom.plan import RESPOND, Edge, ExecutionPlan, Node

MOST = 255
"""Of what is counted in a byte; more is MOST."""
MOST_VOLUME = 10**12
ACTING = frozenset(("result:action", "sensitivity:write", "sensitivity:delete"))
"""Rules that say that a call changes something."""

Enums = Mapping[str, tuple[str, Mapping[str, frozenset[str]]]]
"""By hash of a tool its name and, by dotted key, the values that its schema lists."""
Lists = dict[str, list[Any]]
_INDEX = re.compile(r"\[\d+\]")


def table(plans: Sequence[ExecutionPlan], about: About, enums: Enums) -> pa.Table:
    """One row a plan, in the order given."""
    found: Lists = {column.name: [] for column in COLUMNS}
    ends: Lists = {column.name: [0] for column in COLUMNS}
    for plan in plans:
        _add(plan, found, about.vocabulary, enums)
        for name, column in found.items():
            ends[name].append(len(column))
    made = schema(about)
    lists = [
        pa.ListArray.from_arrays(
            pa.array(ends[c.name], pa.int32()),
            array(found[c.name], c.type),
            made.field(c.name).type,
        )
        for c in COLUMNS
    ]
    return pa.Table.from_arrays([*lists, _meta(plans, made.field("meta").type)], schema=made)


def _meta(plans: Sequence[ExecutionPlan], kind: pa.StructType) -> pa.StructArray:
    rows = list(map(_about, plans))
    children = [array([row[i] for row in rows], column.type) for i, column in enumerate(META)]
    return pa.StructArray.from_arrays(children, fields=list(kind))


def _about(plan: ExecutionPlan) -> tuple[Any, ...]:
    own = bytes.fromhex(plan.plan_id)
    group = bytes.fromhex(plan.group) if plan.group else own
    told = (plan.source, plan.label, plan.category, plan.evidence, plan.use, plan.language)
    made = plan.mutation
    if made is None:
        return own, group, *told, plan.fold or "", "", -1, 0.0, bytes(16)
    node = int(made.node[1:]) if made.node else -1
    parent = bytes.fromhex(made.parent)
    return own, group, *told, plan.fold or "", made.type, node, made.severity, parent


def _add(plan: ExecutionPlan, to: Lists, vocabulary: int, enums: Enums) -> None:
    """The lists of one plan, behind those of others."""
    said = _said(plan.user_turns or (plan.request,))
    listed = dict(enums[key] for key in plan.tools if key in enums)
    flows = _flows(plan)
    for node in plan.nodes:
        arguments = _arguments(node, said, listed.get(node.tool, {}), flows)
        _add_call(node, arguments, to, vocabulary)
        _add_arguments(arguments, to)
    depths = _depths(len(plan.nodes), plan.edges)
    to["depth"] += depths
    for edge in plan.edges:
        to["es"].append(int(edge.src[1:]))
        to["ed"].append(int(edge.dst[1:]))
        to["ek"].append(EVIDENCES.index(edge.evidence))
    others = [turn for turn in plan.user_turns if turn != plan.request]
    to["rq"] += tokens.of_request((plan.request, *others), vocabulary)


def _add_call(node: Node, arguments: Iterable[Argument], to: Lists, vocabulary: int) -> None:
    found = tokens.of_call(node.tool, arguments, vocabulary)
    to["tok"] += [one for one, _ in found]
    to["tok_group"] += [group for _, group in found]
    to["ntok"].append(len(found))
    to["tool"].append(tokens.hashed("t", node.tool) & 0xFFFFFFFF)
    to["verb"].append(tokens.hashed("verb", tokens.verb(node.tool)) & 0xFFFFFFFF)
    to["flags"].append(_flags(node))
    to["tier"].append(node.provenance_tier)
    to["result_tier"].append(node.result_tier)
    to["sensitivity"].append(node.scope_sensitivity)
    to["volume"].append(log1p(min(node.scope_volume, MOST_VOLUME)))
    origin = node.origin
    bases = (origin.tier, origin.result_tier, origin.volume, origin.sensitivity)
    to["origin"].append(sum(BASES.index(basis) << 2 * i for i, basis in enumerate(bases)))
    to["turn"].append(min(node.turn, MOST))
    to["step"].append(min(node.step, MOST))


def _flags(node: Node) -> int:
    return (
        NO_ARGUMENTS * (not node.arguments_known)
        | ANSWERS * (node.kind == RESPOND)
        | ACTS * (not ACTING.isdisjoint(node.rules))
    )


def _add_arguments(arguments: Sequence[Argument], to: Lists) -> None:
    to["narg"].append(len(arguments))
    for one in arguments:
        kind = one.kind
        to["arg_key"].append(tokens.hashed("k", one.key) & 0xFFFF)
        to["arg_class"].append(values.CLASSES.index(kind.name))
        to["arg_size"].append(min(kind.size, MOST))
        to["arg_value"].append(tokens.hashed("value", kind.words[0]) & 0xFFFF if kind.words else 0)
        to["arg_source"].append(one.source)
        to["arg_inside"].append(int(kind.inside))


def _arguments(
    node: Node,
    said: Sequence[str],
    listed: Mapping[str, frozenset[str]],
    flows: Mapping[tuple[str, str], tuple[str, ...]],
) -> list[Argument]:
    before = said[min(node.turn, len(said) - 1)]
    found = []
    for key, value in values.leaves(node.arguments):
        kind = values.kind(value, listed.get(key, frozenset()), before)
        givers = flows.get((node.id, key), ())
        source = int(_stands(value, before)) + 2 * bool(givers)
        found.append(Argument(key, kind, values.json_type(value), source, givers))
    return found


def _said(turns: Sequence[str]) -> list[str]:
    """What the user said up to each turn, ready to be searched."""
    found, before = [], " "
    for turn in turns:
        before += turn[: values.LONGEST * 4].casefold() + " "
        found.append(before)
    return found


def _stands(value: Any, text: str) -> bool:
    """Whether a value stands in a text by itself, not inside a longer word or number."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return False
    whole = isinstance(value, float) and value.is_integer()
    wanted = str(int(value) if whole else value).casefold().strip()
    start = text.find(wanted) if wanted else -1
    while start > 0:
        end = start + len(wanted)
        if not (_joins(text[start - 2 : start], wanted) or _joins(wanted, text[end : end + 2])):
            return True
        start = text.find(wanted, start + 1)
    return False


def _joins(left: str, right: str) -> bool:
    """Whether one text goes on in the next: inside a word, or at the point of a number."""
    a, b = left[-1:], right[:1]
    if a in ".," and left[-2:-1].isdigit():
        return b.isdigit()
    if b in ".," and right[1:2].isdigit():
        return a.isdigit()
    return a.isalnum() and b.isalnum() and (a + b).isascii()


def _flows(plan: ExecutionPlan) -> dict[tuple[str, str], tuple[str, ...]]:
    """Which outputs of which tools an argument was filled from, by call and dotted key."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for edge in plan.edges:
        if edge.kind == "data" and edge.argument is not None:
            key = edge.dst, _INDEX.sub("", edge.argument)
            tool = plan.nodes[int(edge.src[1:])].tool
            output = _INDEX.sub("", edge.result_path or "").rpartition(".")[2]
            givers = (*found.get(key, ()), tool, f"{tool}\0{output}")
            found[key] = tuple(dict.fromkeys(givers))[:4]
    return found


def _depths(calls: int, edges: Iterable[Edge]) -> list[int]:
    """The longest way to each call, in edges. Edges of a broken plan that go backwards do not count."""
    depths = [0] * calls
    for src, dst in sorted({(int(edge.src[1:]), int(edge.dst[1:])) for edge in edges}):
        if src < dst:
            depths[dst] = max(depths[dst], depths[src] + 1)
    return [min(depth, MOST) for depth in depths]


def listed_values(parameters: bytes) -> dict[str, frozenset[str]]:
    """By dotted key the values that a schema lists."""
    found: dict[str, frozenset[str]] = {}
    _listed("", msgspec.json.decode(parameters), found, 0)
    return found


def _listed(key: str, part: Any, found: dict[str, frozenset[str]], depth: int) -> None:
    if not isinstance(part, dict) or depth > values.DEEPEST:
        return
    if isinstance(options := part.get("enum"), list):
        found[key] = frozenset(map(str, options))
    if isinstance(inside := part.get("properties"), dict):
        for name, spec in inside.items():
            _listed(f"{key}.{name}" if key else name, spec, found, depth + 1)
    _listed(key, part.get("items"), found, depth + 1)
