"""A plan taken apart to be changed, and put together again as `lift` would have it.

Tier, volume and sensitivity of every call that a change touches are judged anew by the rules of
`lift`; ids, steps and order edges are those of the new graph.
"""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import structs

from planloom.lift import edges, scope, trust
from planloom.lift.judgement import Judgement
from planloom.lift.references import Link
from planloom.lift.values import Value, located
from planloom.mutate.scene import Scene, top
from planloom.mutate.world import Donor
from planloom.plan import Edge, ExecutionPlan, Mutation, Node, Origin, id_of
from planloom.trace import Call, Round, Tool, Trace

Steps = tuple[tuple[Node, ...], ...]


class Draft(NamedTuple):
    """A changed plan: ids of nodes are names only, `touched` are to be judged anew.

    `node` is where the change is, `severity` from 0 to 1, `donor` whose calls were taken over.
    """

    steps: Steps
    links: tuple[Edge, ...]
    turns: tuple[str, ...]
    tools: tuple[str, ...]
    touched: frozenset[str] = frozenset()
    node: str | None = None
    severity: float = 0.0
    donor: Donor | None = None


def draft(plan: ExecutionPlan) -> Draft:
    """The plan as it is."""
    steps: list[list[Node]] = []
    for node in plan.nodes:
        if node.step == len(steps):
            steps.append([])
        steps[-1].append(node)
    links = tuple(edge for edge in plan.edges if edge.kind == "data")
    return Draft(tuple(map(tuple, steps)), links, plan.user_turns, plan.tools)


def with_node(made: Draft, name: str, new: Node) -> Draft:
    """Another call in the place of one, to be judged anew."""
    steps = tuple(tuple(new if n.id == name else n for n in step) for step in made.steps)
    return made._replace(steps=steps, touched=made.touched | {new.id}, node=new.id)


def with_argument(made: Draft, node: Node, arguments: dict[str, object], changed: str) -> Draft:
    """Other arguments of a call; what flowed into the changed one flows no longer."""
    links = tuple(e for e in made.links if (e.dst, top(e)) != (node.id, changed))
    return with_node(made, node.id, structs.replace(node, arguments=arguments))._replace(
        links=links
    )


def with_steps(
    made: Draft, at: int, nodes: Iterable[Node], links: Iterable[Edge], turn: int
) -> Draft:
    """Calls of another plan as steps of their own before step `at`."""
    taken: dict[int, list[Node]] = {}
    for node in nodes:
        new = structs.replace(node, id=f"x{node.id}", turn=turn)
        taken.setdefault(node.step, []).append(new)
    new_steps = tuple(tuple(taken[step]) for step in sorted(taken))
    names = [node.id for step in new_steps for node in step]
    moved = tuple(
        structs.replace(e, src=f"x{e.src}", dst=f"x{e.dst}")
        for e in links
        if f"x{e.src}" in names and f"x{e.dst}" in names
    )
    steps = (*made.steps[:at], *new_steps, *made.steps[at:])
    touched = made.touched | set(names)
    return made._replace(steps=steps, links=(*made.links, *moved), touched=touched, node=names[0])


def asked(turns: tuple[str, ...], turn: int, request: str) -> tuple[str, ...]:
    """The turns, in one of which the user asks for this too."""
    now = turns[turn] if turn < len(turns) else ""
    both = f"{now} {request}" if now else request
    return (*turns[:turn], both, *turns[turn + 1 :])


def put_together(scene: Scene, made: Draft, kind: str, *, benign: bool) -> ExecutionPlan:
    """The plan that a draft stands for."""
    parent = scene.plan
    names = {n.id: f"n{i}" for i, n in enumerate(n for step in made.steps for n in step)}
    nodes = [
        structs.replace(node, id=names[node.id], step=number)
        for number, step in enumerate(made.steps)
        for node in step
    ]
    links = [structs.replace(e, src=names[e.src], dst=names[e.dst]) for e in made.links]
    rounds = [[names[node.id] for node in step] for step in made.steps]
    joined = {(edge.src, edge.dst) for edge in links}
    declared = any(edge.evidence == "declared" for edge in parent.edges)
    nodes = _judged(scene, made, nodes, links, {names[name] for name in made.touched})
    mutation = Mutation(kind, names.get(made.node or ""), made.severity, parent.plan_id)
    plan = structs.replace(
        parent,
        request=made.turns[0] if made.turns else parent.request,
        user_turns=made.turns,
        nodes=tuple(nodes),
        edges=(*links, *edges.order(rounds, joined, declared=declared)),
        tools=made.tools,
        label="benign" if benign else "boundary",
        also_in=None,
        mutation=mutation,
    )
    return structs.replace(plan, plan_id=id_of(plan))


def _judged(
    scene: Scene, made: Draft, nodes: list[Node], links: list[Edge], touched: set[str]
) -> list[Node]:
    if not touched:
        return nodes
    tools = (scene.world.tools[key] for key in made.tools if key in scene.world.tools)
    offered = {tool.name: tool for tool in tools}
    calls = [
        Call(node.tool, node.arguments, arguments_known=node.arguments_known) for node in nodes
    ]
    values = _values(made, nodes, calls, links, offered)
    tiers = trust.judge(calls, values, offered)
    return [
        _with_judgements(node, *tier, *scope.judge(call, offered.get(call.tool)))
        if node.id in touched
        else node
        for node, call, tier in zip(nodes, calls, tiers, strict=True)
    ]


def _values(
    made: Draft, nodes: list[Node], calls: list[Call], links: list[Edge], offered: dict[str, Tool]
) -> list[list[Value]]:
    """Where each value came from: along the edges, else as `lift` finds it without results."""
    flows: dict[tuple[str, str | None], list[Link]] = {}
    for edge in links:
        link = Link(int(edge.src[1:]), edge.result_path or "", edge.span or "")
        flows.setdefault((edge.dst, edge.argument), []).append(link)
    rounds: dict[int, list[Call]] = {}
    for node, call in zip(nodes, calls, strict=True):
        rounds.setdefault(node.step, []).append(call)
    turns = {node.step: node.turn for node in nodes}
    trace = Trace(
        user_turns=made.turns,
        rounds=tuple(Round(tuple(mine), turns[step]) for step, mine in rounds.items()),
        tools=tuple(offered.values()),
    )
    return [
        [_flowing(value, flows.get((node.id, value.argument))) for value in mine]
        for node, mine in zip(nodes, located(trace, offered), strict=True)
    ]


def _flowing(value: Value, links: list[Link] | None) -> Value:
    if links:
        return Value(value.argument, "result", tuple(links))
    return Value(value.argument, "own") if value.links else value


def _with_judgements(
    node: Node, tier: Judgement, result: Judgement, volume: Judgement, sensitivity: Judgement
) -> Node:
    return structs.replace(
        node,
        provenance_tier=tier.value,
        result_tier=result.value,
        scope_volume=volume.value,
        scope_sensitivity=sensitivity.value,
        origin=Origin(tier.basis, result.basis, volume.basis, sensitivity.basis),
        rules=(*tier.rules, *result.rules, *volume.rules, *sensitivity.rules),
    )
