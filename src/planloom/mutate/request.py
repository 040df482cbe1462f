"""A right plan for another request: one with the same tools, or one that no tool on offer can serve."""

from msgspec import structs

from planloom.mutate.controls import OTHER_TOOLS, PARAPHRASED, stranger
from planloom.mutate.draft import Draft, draft
from planloom.mutate.kind import Kind
from planloom.mutate.pools import Draws
from planloom.mutate.scene import Scene
from planloom.mutate.texts import said
from planloom.mutate.world import Donor, may_donate, told
from planloom.plan import ExecutionPlan, Node


def _others(scene: Scene) -> list[Donor]:
    """Plans with the same tools whose request does not say what the calls of this one need."""
    if not may_donate(scene.plan):
        return []
    needed = [value for node in scene.plan.nodes for value in told(node, scene.text)]
    found = [d for d in scene.donors if any(not said(d.request, value) for value in needed)]
    same = [d for d in found if {n.tool for n in d.nodes} == scene.called]
    return same or [d for d in found if len(d.nodes) == len(scene.plan.nodes)]


def _mismatch(scene: Scene, donor: Donor, draws: Draws) -> Draft | None:
    made = draft(scene.plan)
    steps = tuple(tuple(structs.replace(n, turn=0) for n in step) for step in made.steps)
    mine, other = set(scene.text.casefold().split()), set(donor.request.casefold().split())
    apart = 1 - len(mine & other) / len(mine | other)
    return made._replace(
        steps=steps,
        turns=(donor.request,),
        touched=frozenset(n.id for n in scene.plan.nodes),
        severity=round(apart, 4),
        donor=donor,
    )


def _is_mismatched(scene: Scene, plan: ExecutionPlan) -> bool:
    """What the calls need, and was said, is said no more."""
    text = "\n".join(plan.user_turns)
    calls = [(node.tool, node.arguments) for node in plan.nodes]
    return any(
        not said(text, value)
        for node in scene.plan.nodes
        if (node.tool, node.arguments) in calls
        for value in told(node, scene.text)
    )


def _offers(scene: Scene) -> list[None]:
    return [None] if scene.offered else []


def _irrelevant(scene: Scene, place: None, draws: Draws) -> Draft | None:
    donor = stranger(scene, draws)
    if donor is None:
        return None
    nodes = [structs.replace(node, id=f"x{node.id}", turn=0) for node in donor.nodes]
    steps: dict[int, list[Node]] = {}
    for node in nodes:
        steps.setdefault(node.step, []).append(node)
    links = tuple(structs.replace(e, src=f"x{e.src}", dst=f"x{e.dst}") for e in donor.links)
    return Draft(
        steps=tuple(tuple(steps[number]) for number in sorted(steps)),
        links=links,
        turns=scene.plan.user_turns,
        tools=donor.tools,
        touched=frozenset(node.id for node in nodes),
        node=nodes[0].id,
        severity=1.0,
        donor=donor,
    )


def _overacts(scene: Scene, plan: ExecutionPlan) -> bool:
    keys = scene.world.tools
    offered = {keys[key].name for key in plan.tools if key in keys}
    return bool(plan.nodes) and scene.called.isdisjoint(offered)


KINDS = (
    Kind(
        "req.mismatch",
        "one turn, few calls; another plan whose tools are all on offer here (the same tools called, else as many calls), and whose request does not say a value that a call here has from the user",
        "the other plan's request, and the calls as they are",
        "whether plan and request agree",
        _others,
        _mismatch,
        _is_mismatched,
        (PARAPHRASED, OTHER_TOOLS),
    ),
    Kind(
        "deny.irrelevant",
        "tools are on offer",
        "the tools and calls of another plan, none of which the request speaks of",
        "acting where no tool fits",
        _offers,
        _irrelevant,
        _overacts,
        (OTHER_TOOLS,),
    ),
)
