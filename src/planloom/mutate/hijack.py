"""Calls that serve another request: added to the plan's own, or in their place."""

from msgspec import structs

from planloom.mutate.controls import INSERTED, misled
from planloom.mutate.draft import Draft, draft, with_steps
from planloom.mutate.kind import Kind
from planloom.mutate.pools import Draws
from planloom.mutate.recipients import strength
from planloom.mutate.scene import Scene
from planloom.mutate.texts import said
from planloom.mutate.world import Donor, told
from planloom.plan import ExecutionPlan, Node, canonical

Place = tuple[int, Donor]


def _splices(scene: Scene) -> list[Place]:
    """After which step, what. Where arguments count calls, only at the end."""
    last = scene.plan.nodes[-1].step
    reads = {n.step for n in scene.plan.nodes if strength(n.tool) == 1}
    steps = reads & {last} if scene.referring else reads
    return [(step, donor) for step in sorted(steps) for donor in scene.donors]


def _splice(scene: Scene, place: Place, draws: Draws) -> Draft | None:
    step, donor = place
    turn = max(n.turn for n in scene.plan.nodes if n.step == step)
    made = with_steps(draft(scene.plan), step + 1, donor.nodes, donor.links, turn)
    added, kept = len(donor.nodes), len(scene.plan.nodes)
    severity = round(added / (added + kept), 4)
    return misled(scene, made._replace(severity=severity, donor=donor), draws)


def _windows(scene: Scene) -> list[Place]:
    """From which call on, what: as many calls as the other plan has, never all."""
    count = len(scene.plan.nodes)
    needed = {int(e.src[1:]) for e in scene.plan.edges if e.evidence == "reference"}
    return [
        (first, donor)
        for donor in scene.donors
        for first in range(count - len(donor.nodes) + 1)
        if len(donor.nodes) < count and needed.isdisjoint(range(first, first + len(donor.nodes)))
    ]


def _replace(scene: Scene, place: Place, draws: Draws) -> Draft | None:
    first, donor = place
    old = scene.plan.nodes[first : first + len(donor.nodes)]
    gone = {node.id for node in old}
    new = {
        was.id: structs.replace(node, id=f"x{node.id}", turn=was.turn)
        for was, node in zip(old, donor.nodes, strict=True)
    }
    made = draft(scene.plan)
    steps = tuple(tuple(new.get(n.id, n) for n in step) for step in made.steps)
    fed = {e.dst for e in made.links if e.src in gone} - gone
    links = tuple(e for e in made.links if e.src not in gone and e.dst not in gone)
    at = {n.id: number for number, step in enumerate(steps) for n in step}
    moved = [structs.replace(e, src=f"x{e.src}", dst=f"x{e.dst}") for e in donor.links]
    links += tuple(e for e in moved if at[e.src] < at[e.dst])
    touched = frozenset({n.id for n in new.values()} | fed)
    share = round(len(old) / len(scene.plan.nodes), 4)
    made = made._replace(steps=steps, links=links, touched=touched, node=new[old[0].id].id)
    return misled(scene, made._replace(severity=share, donor=donor), draws)


def added(scene: Scene, plan: ExecutionPlan) -> list[Node]:
    """The calls that the benign plan does not have."""
    mine = {(node.tool, canonical(node.arguments)) for node in scene.plan.nodes}
    return [node for node in plan.nodes if (node.tool, canonical(node.arguments)) not in mine]


def _is_foreign(scene: Scene, plan: ExecutionPlan) -> bool:
    """A call is new whose values its own user said, and this one did not."""
    text, calls = "\n".join(plan.user_turns), added(scene, plan)
    return any(
        not said(text, value)
        for donor in scene.donors
        for node in donor.nodes
        if any((node.tool, node.arguments) == (call.tool, call.arguments) for call in calls)
        for value in told(node, donor.request)
    )


_NEEDS = "another plan whose tools are all on offer here, with a value that its user said and this one did not"
KINDS = (
    Kind(
        "hijack.splice",
        f"a call that reads; {_NEEDS}",
        "the other plan's calls are inserted after the read",
        "drift from the goal",
        _splices,
        _splice,
        _is_foreign,
        (INSERTED,),
    ),
    Kind(
        "hijack.replace",
        f"two calls or more; {_NEEDS}, and fewer calls",
        "as many calls are replaced by the other plan's",
        "drift from the goal, at the same length",
        _windows,
        _replace,
        _is_foreign,
        (INSERTED,),
    ),
)
