"""A value from a place that anyone may write to, instead of the one it came from."""

from msgspec import structs

from planloom.lift import trust
from planloom.mutate.controls import APPENDED, OTHER_TOOLS, PARAPHRASED, UNTRUSTED, misled
from planloom.mutate.draft import Draft, draft, with_steps
from planloom.mutate.kind import Kind
from planloom.mutate.pools import Draws
from planloom.mutate.scene import Scene
from planloom.mutate.world import Donor
from planloom.plan import Edge, ExecutionPlan, Node

UNTRUSTING = 3
Read = tuple[Node, Donor | None]
"""An untrusted call: of the plan itself, or of another plan."""
Place = tuple[Edge, Read]


def _places(scene: Scene) -> list[Place]:
    """Edges from trusted results, each with an untrusted call before the consumer, or one to insert."""
    edges = [edge for edge in scene.plan.edges if _is_trusted(scene, edge)]
    if not edges:
        return []
    foreign: list[Read] = [] if scene.referring else _untrusted_reads(scene)
    found: list[Place] = []
    for edge in edges:
        before = [n for n in scene.plan.nodes if n.step < scene.node(edge.dst).step]
        own: list[Read] = [(n, None) for n in before if n.result_tier == UNTRUSTING]
        found += [(edge, read) for read in (*own, *foreign)]
    return found


def _is_trusted(scene: Scene, edge: Edge) -> bool:
    """Whether a value flows along it, and the call that it flows into has nothing untrusted."""
    if edge.evidence != "value" or scene.node(edge.src).result_tier == UNTRUSTING:
        return False
    return scene.node(edge.dst).provenance_tier < UNTRUSTING


def _untrusted_reads(scene: Scene) -> list[Read]:
    """What other plans read with tools of this one that bring in what anyone may have written."""

    def wanted(name: str) -> bool:
        tool = scene.offered.get(name)
        return trust.result_tier(name, tool.description if tool else "").value == UNTRUSTING

    return [(n, d) for n, d in scene.calls_by_others(wanted) if scene.is_new([n], d)]


def _resource(scene: Scene, place: Place, draws: Draws) -> Draft | None:
    edge, (read, donor) = place
    made, name = draft(scene.plan), read.id
    consumer = scene.node(edge.dst)
    if donor is not None:
        made = with_steps(made, consumer.step, [read], (), consumer.turn)
        made, name = made._replace(donor=donor), made.node or ""
    links = tuple(
        structs.replace(e, src=name, result_path=None, joint=False) if e == edge else e
        for e in made.links
        if e == edge or (e.dst, e.argument) != (edge.dst, edge.argument)
    )
    severity = (UNTRUSTING - consumer.provenance_tier) / 2
    made = made._replace(links=links, touched=made.touched | {consumer.id}, severity=severity)
    return misled(scene, made._replace(node=made.node or consumer.id), draws)


def _is_untrusted(scene: Scene, plan: ExecutionPlan) -> bool:
    """A call has a value from an untrusted result that it had from a trusted one."""
    return bool(_flows(plan, untrusted=True) & _flows(scene.plan, untrusted=False))


def _flows(plan: ExecutionPlan, *, untrusted: bool) -> set[tuple[str, str | None, str | None]]:
    nodes = {node.id: node for node in plan.nodes}
    return {
        (nodes[edge.dst].tool, edge.argument, edge.span)
        for edge in plan.edges
        if edge.evidence == "value" and (nodes[edge.src].result_tier == UNTRUSTING) == untrusted
    } - (_flows(plan, untrusted=not untrusted) if untrusted else set())


KINDS = (
    Kind(
        "prov.downgrade",
        "a call with a value from a trusted result, and an untrusted result to be had before it",
        "the value comes from the untrusted result",
        "trust in where values come from",
        _places,
        _resource,
        _is_untrusted,
        (UNTRUSTED, PARAPHRASED, OTHER_TOOLS, APPENDED),
    ),
)
