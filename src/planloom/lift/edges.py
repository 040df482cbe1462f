"""Edges of a plan: data where a value is seen to flow, order where only the sequence is known."""

from itertools import pairwise

from planloom.lift.values import Value
from planloom.plan import Edge
from planloom.trace import Trace


def edges(trace: Trace, values: list[list[Value]]) -> tuple[Edge, ...]:
    """Data edges first, then the order edges between neighbouring steps."""
    data = _data(values)
    if len(trace.rounds) < 2:
        return tuple(data)
    joined = {(edge.src, edge.dst) for edge in data}
    return (*data, *order(_rounds(trace), joined, declared=trace.declared))


def _data(values: list[list[Value]]) -> list[Edge]:
    found: dict[tuple[str, str, str], Edge] = {}
    for index, value in ((i, value) for i, own in enumerate(values) for value in own):
        for link in value.links:
            edge = Edge(
                src=f"n{link.call}",
                dst=f"n{index}",
                kind="data",
                evidence="reference" if link.reference else "value",
                argument=value.argument,
                result_path=link.path or None,
                span=link.span,
                joint=link.joint,
            )
            found.setdefault((edge.src, edge.dst, value.argument), edge)
    return list(found.values())


def _rounds(trace: Trace) -> list[list[str]]:
    steps: list[list[str]] = []
    count = 0
    for round_ in trace.rounds:
        steps.append([f"n{count + offset}" for offset in range(len(round_.calls))])
        count += len(round_.calls)
    return steps


def order(steps: list[list[str]], joined: set[tuple[str, str]], *, declared: bool) -> list[Edge]:
    """Transitively reduced: no other way leads from the source of an order edge to its target.

    So they join neighbouring steps only, from calls that no call of their own step builds on, to
    calls that build on none of theirs. `joined` are the data edges.
    """
    step_of = {node: number for number, step in enumerate(steps) for node in step}
    inside = [(src, dst) for src, dst in joined if step_of[src] == step_of[dst]]
    built_on, building = {src for src, _ in inside}, {dst for _, dst in inside}
    return [
        Edge(src=src, dst=dst, kind="order", evidence="declared" if declared else "sequence")
        for before, after in pairwise(steps)
        for src in before
        for dst in after
        if src not in built_on and dst not in building and (src, dst) not in joined
    ]
