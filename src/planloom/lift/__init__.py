"""The only interpreter: what Planloom concludes from a Trace - edges, trust, scope.

Changing a rule here changes no plan id, because ids hash what was observed.
"""

from typing import NamedTuple

from msgspec import structs

from planloom.errors import Reason
from planloom.language import UNSURE, language_of
from planloom.lift import edges, scope, trust
from planloom.lift.values import located
from planloom.plan import (
    RESPOND,
    Category,
    Deed,
    Edge,
    Evidence,
    ExecutionPlan,
    Finding,
    Label,
    Node,
    Origin,
    plan_id,
)
from planloom.trace import Place, Trace

TEXT_CATEGORIES: tuple[Category, ...] = ("instruction_following", "conversation")


class Lifted(NamedTuple):
    """The plans of a row, and what of it became none, each with the Reason."""

    plans: list[ExecutionPlan]
    left: list[tuple[Reason, str]]


def lift(
    trace: Trace,
    place: Place,
    label: Label = "benign",
    findings: tuple[Finding, ...] = (),
    *,
    max_turns: int = 16,
) -> Lifted:
    """One plan for a row with calls; for a row without, one per answered user turn.

    A row that gives no plan leaves with one Reason; turns beyond `max_turns` with one each.
    """
    category = trace.category or place.category
    if trace.rounds:
        nodes, links = _call_nodes(trace)
        evidence = "synthetic" if category == "gold_traces" else _evidence(trace)
        plan = _plan(trace, place, label, findings, nodes, links, evidence, trace.user_turns)
        return Lifted([plan], [])
    if category not in TEXT_CATEGORIES:
        return Lifted([], [(Reason.no_call, "")])
    answered = [turn for turn, answer in enumerate(trace.answers) if answer is not None]
    if not answered:
        return Lifted([], [(Reason.empty_plan, "no user turn was answered")])
    plans = [_respond(trace, place, label, findings, turn) for turn in answered if turn < max_turns]
    late = [(Reason.too_large, f"turn {turn}") for turn in answered if turn >= max_turns]
    if plans:
        group = min(plan.plan_id for plan in plans)
        plans = [_grouped(plan, group) for plan in plans]
    return Lifted(plans, late)


def _evidence(trace: Trace) -> Evidence:
    calls = trace.calls
    if not any(call.arguments_known for call in calls):
        return "skeleton"
    answered = any(call.result is not None for call in calls)
    return "observed" if answered or any(r.joint is not None for r in trace.rounds) else "gold"


def _call_nodes(trace: Trace) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    offered = {tool.name: tool for tool in trace.tools}
    values = located(trace, offered)
    judged = trust.judge(trace.calls, values, offered)
    last_turn = max(len(trace.user_turns) - 1, 0)
    nodes: list[Node] = []
    steps = (
        (step, round_.turn, call)
        for step, round_ in enumerate(trace.rounds)
        for call in round_.calls
    )
    for index, (step, turn, call) in enumerate(steps):
        tier, result = judged[index]
        volume, sensitivity = scope.judge(call, offered.get(call.tool))
        rules = (*tier.rules, *result.rules, *volume.rules, *sensitivity.rules)
        node = Node(
            id=f"n{index}",
            kind="call",
            tool=call.tool,
            arguments=call.arguments,
            arguments_known=call.arguments_known,
            turn=min(turn, last_turn),
            step=step,
            provenance_tier=tier.value,
            result_tier=result.value,
            scope_volume=volume.value,
            scope_sensitivity=sensitivity.value,
            origin=Origin(tier.basis, result.basis, volume.basis, sensitivity.basis),
            rules=rules,
        )
        nodes.append(node)
    return tuple(nodes), edges.edges(trace, values)


def _respond(
    trace: Trace, place: Place, label: Label, findings: tuple[Finding, ...], turn: int
) -> ExecutionPlan:
    node = Node(
        id="n0",
        kind=RESPOND,
        tool=RESPOND,
        arguments={},
        arguments_known=True,
        turn=turn,
        step=0,
        result_tier=1,
        origin=Origin("observed", "observed", "default", "default"),
    )
    said = trace.user_turns[: turn + 1]
    return _plan(trace, place, label, findings, (node,), (), "response", said)


def _plan(
    trace: Trace,
    place: Place,
    label: Label,
    findings: tuple[Finding, ...],
    nodes: tuple[Node, ...],
    links: tuple[Edge, ...],
    evidence: Evidence,
    user_turns: tuple[str, ...],
) -> ExecutionPlan:
    request = "" if not user_turns else user_turns[-1 if evidence == "response" else 0]
    deeds: list[Deed] = [(n.step, n.kind, n.tool, n.arguments) for n in nodes]
    return ExecutionPlan(
        plan_id=plan_id(request, user_turns, deeds),
        request=request,
        user_turns=user_turns,
        nodes=nodes,
        edges=links,
        category=trace.category or place.category,
        evidence=evidence,
        label=label,
        source=place.source,
        config=place.config,
        source_split=place.split,
        file=place.file,
        at=place.at,
        licence=trace.licence or place.licence,
        use=trace.use or place.use,
        tools=tuple(tool.key for tool in trace.tools),
        findings=findings,
        revision=place.revision,
        language=_language(request, trace, place),
        intent=trace.intent,
        reasoning=trace.reasoning,
    )


def _language(request: str, trace: Trace, place: Place) -> str:
    """The request's own language where it can be told; else what the row or the card says."""
    found = language_of(request)
    return found if found != UNSURE else trace.language or place.language or UNSURE


def _grouped(plan: ExecutionPlan, group: str) -> ExecutionPlan:
    return plan if plan.group == group else structs.replace(plan, group=group)
