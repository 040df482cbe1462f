"""The right calls wrongly joined: a value from the wrong call, from none, from a later one, from itself."""

import re

from msgspec import structs

from planloom.mutate.controls import APPENDED, OTHER_TOOLS, PARAPHRASED
from planloom.mutate.draft import Draft, draft
from planloom.mutate.kind import Kind
from planloom.mutate.pools import Draws
from planloom.mutate.recipients import strength
from planloom.mutate.scene import Scene
from planloom.mutate.texts import written
from planloom.plan import Edge, ExecutionPlan, Node

_NUMBER = re.compile(r"\d+")


def _data(scene: Scene, *evidence: str) -> list[Edge]:
    return [edge for edge in scene.plan.edges if edge.evidence in evidence]


def _severity(scene: Scene) -> float:
    return round(1 / len(_data(scene, "value", "reference")), 4)


def _wrong(scene: Scene) -> list[tuple[Edge, Node]]:
    """Edges, each with another call before the consumer that brings in something too."""
    found = []
    for edge in _data(scene, "value", "reference"):
        src, dst = scene.node(edge.src), scene.node(edge.dst)
        feeding = {
            e.src for e in scene.plan.edges if (e.dst, e.argument) == (edge.dst, edge.argument)
        }
        numbered = edge.evidence == "value" or _renumbered(dst, edge, 0) is not None
        found += [
            (edge, other)
            for other in scene.plan.nodes
            if numbered and other.step < dst.step and other.id not in feeding
            if strength(other.tool) == strength(src.tool)
        ]
    return found


def _renumbered(node: Node, edge: Edge, by: int) -> dict[str, object] | None:
    """The arguments with a reference that counts calls by a number moved on."""
    value = node.arguments.get(edge.argument or "")
    span = edge.span or ""
    if not isinstance(value, str) or not span or span not in value or not _NUMBER.search(span):
        return None
    new = _NUMBER.sub(lambda found: str(int(found[0]) + by), span, count=1)
    return {**node.arguments, edge.argument or "": value.replace(span, new)}


def _rewire(scene: Scene, place: tuple[Edge, Node], draws: Draws) -> Draft | None:
    edge, other = place
    made, node = draft(scene.plan), scene.node(edge.dst)
    span = edge.span
    if edge.evidence == "reference":
        by = int(other.id[1:]) - int(edge.src[1:])
        arguments = _renumbered(node, edge, by)
        assert arguments is not None
        span = _NUMBER.sub(lambda found: str(int(found[0]) + by), span or "", count=1)
        steps = tuple(
            tuple(structs.replace(n, arguments=arguments) if n.id == node.id else n for n in step)
            for step in made.steps
        )
        made = made._replace(steps=steps)
    new = structs.replace(edge, src=other.id, span=span, result_path=None)
    links = tuple(new if e == edge else e for e in made.links)
    return _joined(scene, made, links, node)


def _joined(scene: Scene, made: Draft, links: tuple[Edge, ...], node: Node) -> Draft:
    return made._replace(
        links=links, touched=frozenset((node.id,)), node=node.id, severity=_severity(scene)
    )


def _sources(plan: ExecutionPlan) -> dict[tuple[str, str | None], set[str]]:
    found: dict[tuple[str, str | None], set[str]] = {}
    for edge in plan.edges:
        if edge.kind == "data":
            found.setdefault((edge.dst, edge.argument), set()).add(edge.src)
    return found


def _is_rewired(scene: Scene, plan: ExecutionPlan) -> bool:
    old, new = _sources(scene.plan), _sources(plan)
    return any(key in new and not new[key] <= sources for key, sources in old.items())


def _drop(scene: Scene, edge: Edge, draws: Draws) -> Draft | None:
    made = draft(scene.plan)
    links = tuple(e for e in made.links if (e.dst, e.argument) != (edge.dst, edge.argument))
    return _joined(scene, made, links, scene.node(edge.dst))


def _is_unfed(scene: Scene, plan: ExecutionPlan) -> bool:
    old, new = _sources(scene.plan), _sources(plan)
    return any(key not in new for key in old)


def _alone(scene: Scene) -> list[Edge]:
    """Edges whose consumer is the only call of its step; none where arguments count calls."""
    steps = [node.step for node in scene.plan.nodes]
    return [
        edge
        for edge in _data(scene, "value")
        if not scene.referring and steps.count(scene.node(edge.dst).step) == 1
    ]


def _reorder(scene: Scene, edge: Edge, draws: Draws) -> Draft | None:
    made = draft(scene.plan)
    src, dst = scene.node(edge.src), scene.node(edge.dst)
    rest = (*made.steps[: dst.step], *made.steps[dst.step + 1 :])
    steps = (*rest[: src.step], made.steps[dst.step], *rest[src.step :])
    return _joined(scene, made._replace(steps=steps), made.links, dst)


def _goes_back(scene: Scene, plan: ExecutionPlan) -> bool:
    steps = {node.id: node.step for node in plan.nodes}
    return any(steps[e.src] > steps[e.dst] for e in plan.edges if e.kind == "data")


def _circles(scene: Scene) -> list[tuple[Edge, str]]:
    return [
        (edge, name)
        for edge in _data(scene, "value", "reference")
        for name, value in scene.node(edge.src).arguments.items()
        if isinstance(value, (str, int, float)) and (edge.src, name) not in scene.fed
    ]


def _cycle(scene: Scene, place: tuple[Edge, str], draws: Draws) -> Draft | None:
    edge, name = place
    made, node = draft(scene.plan), scene.node(edge.src)
    back = Edge(
        src=edge.dst,
        dst=edge.src,
        kind="data",
        evidence="value",
        argument=name,
        span=written(node.arguments[name]),
    )
    return _joined(scene, made, (*made.links, back), node)


def _is_cyclic(scene: Scene, plan: ExecutionPlan) -> bool:
    """Whether taking away what waits for nothing leaves something."""
    waiting = {node.id: {e.src for e in plan.edges if e.dst == node.id} for node in plan.nodes}
    while ready := {name for name, sources in waiting.items() if not sources}:
        waiting = {name: sources - ready for name, sources in waiting.items() if name not in ready}
    return bool(waiting)


_CONTROLS = (PARAPHRASED, OTHER_TOOLS, APPENDED)
KINDS = (
    Kind(
        "graph.rewire",
        "a data edge, and another call before the consumer that reads or writes as the producer does",
        "the value comes from the other call",
        "structure",
        _wrong,
        _rewire,
        _is_rewired,
        _CONTROLS,
    ),
    Kind(
        "graph.drop",
        "a data edge by value",
        "the edge is gone, the value is not",
        "structure",
        lambda scene: _data(scene, "value"),
        _drop,
        _is_unfed,
        _CONTROLS,
    ),
    Kind(
        "graph.reorder",
        "a data edge by value, its consumer alone in its step",
        "the consumer comes before the producer; the edge stays and goes backward",
        "order",
        _alone,
        _reorder,
        _goes_back,
        _CONTROLS,
    ),
    Kind(
        "graph.cycle",
        "a data edge whose producer has an argument that nothing flows into",
        "the producer's argument comes from its consumer's result, too",
        "order",
        _circles,
        _cycle,
        _is_cyclic,
        _CONTROLS,
    ),
)
