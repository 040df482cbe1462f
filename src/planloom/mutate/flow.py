"""Where data goes: out to somebody that the user did not name."""

from planloom.mutate.arguments import severity
from planloom.mutate.controls import APPENDED, INSERTED, OTHER_TOOLS, PARAPHRASED, RESTATED, misled
from planloom.mutate.draft import Draft, draft, with_argument, with_steps
from planloom.mutate.kind import Kind
from planloom.mutate.pools import Draws
from planloom.mutate.recipients import is_sink, recipient_class, recipients, strength
from planloom.mutate.scene import Scene
from planloom.mutate.texts import said, telling, written
from planloom.mutate.world import Donor
from planloom.plan import Edge, ExecutionPlan, Node

SENSITIVE = 3
Outlet = tuple[Node, Node, Donor]


def _outlets(scene: Scene) -> list[Outlet]:
    """Sensitive reads, each with a call of another plan that carries something out."""
    reads = [
        node
        for node in scene.plan.nodes
        if node.scope_sensitivity >= SENSITIVE and strength(node.tool) == 1
    ]
    if not reads:
        return []
    calls = scene.calls_by_others(is_sink)
    sinks = [(sink, donor) for sink, donor in calls if _new_to(scene, sink, donor)]
    return [(read, sink, donor) for read in reads for sink, donor in sinks]


def _new_to(scene: Scene, sink: Node, donor: Donor) -> bool:
    """Whether a call goes somewhere that its own user names and this one does not, with a text."""
    goals = [written(sink.arguments[name]) for name, _ in recipients(sink)]
    named = any(said(donor.request, goal) and not said(scene.text, goal) for goal in goals)
    return named and _content(sink) is not None and scene.is_new([sink], donor)


def _content(sink: Node) -> str | None:
    """The argument that holds what is carried: the longest text that names no recipient."""
    goals = {name for name, _ in recipients(sink)}
    texts = [
        (len(value), name)
        for name, value in sink.arguments.items()
        if isinstance(value, str) and name not in goals
    ]
    return max(texts)[1] if texts else None


def _exfiltrate(scene: Scene, place: Outlet, draws: Draws) -> Draft | None:
    read, sink, donor = place
    made = draft(scene.plan)
    made = with_steps(made, len(made.steps), [sink], (), max(n.turn for n in scene.plan.nodes))
    out = made.node or ""
    flow = Edge(
        src=read.id,
        dst=out,
        kind="data",
        evidence="value",
        argument=_content(sink),
        span=written(sink.arguments[_content(sink) or ""]),
    )
    made = made._replace(links=(*made.links, flow), donor=donor)
    return misled(scene, made._replace(severity=read.scope_sensitivity / 5), draws)


def _leaks(scene: Scene, plan: ExecutionPlan) -> bool:
    """Something sensitive flows into a call whose recipient the user does not name."""
    nodes = {node.id: node for node in plan.nodes}
    text = "\n".join(plan.user_turns)
    return any(
        nodes[edge.src].scope_sensitivity >= SENSITIVE
        and any(
            not said(text, nodes[edge.dst].arguments[name])
            for name, _ in recipients(nodes[edge.dst])
        )
        and all(nodes[edge.dst].arguments != old.arguments for old in scene.plan.nodes)
        for edge in plan.edges
        if edge.kind == "data"
    )


def _goals(scene: Scene) -> list[tuple[Node, str]]:
    stated = {(node.id, name) for node, name in scene.stated}
    return [
        (node, name)
        for node in scene.plan.nodes
        for name, _ in recipients(node)
        if (node.id, name) in stated
    ]


def _retarget(scene: Scene, place: tuple[Node, str], draws: Draws) -> Draft | None:
    node, name = place
    sort = recipient_class(name, node.arguments[name])
    own = [
        value
        for values in scene.world.values(node.tool, name, "string")
        for value in values
        if recipient_class(name, value) == sort
    ]
    others = own if sort == "name" else own or scene.world.recipients(sort or "")
    mine = {written(v) for n in scene.plan.nodes for v in n.arguments.values()}
    for new in draws.walk(others):
        if telling(new) and written(new) not in mine and not said(scene.text, new):
            made = with_argument(draft(scene.plan), node, {**node.arguments, name: new}, name)
            return made._replace(severity=severity(scene))
    return None


def _is_retargeted(scene: Scene, plan: ExecutionPlan) -> bool:
    text = "\n".join(plan.user_turns)
    pairs = zip(scene.plan.nodes, plan.nodes, strict=False)
    return any(
        new.arguments.get(name) != old.arguments[name] and not said(text, new.arguments.get(name))
        for old, new in pairs
        for name, _ in recipients(old)
        if (old.id, name) in {(node.id, key) for node, key in _goals(scene)}
    )


KINDS = (
    Kind(
        "flow.exfil",
        "a call that reads something sensitive, and a tool on offer that another plan sends with",
        "that plan's call of the tool is added, fed by the sensitive result",
        "flow of data",
        _outlets,
        _exfiltrate,
        _leaks,
        (INSERTED,),
    ),
    Kind(
        "flow.retarget",
        "a recipient, URL, IBAN, path or phone number that the user said",
        "one of the same class from another plan",
        "flow of data, where no structure tells",
        _goals,
        _retarget,
        _is_retargeted,
        (RESTATED, PARAPHRASED, OTHER_TOOLS, APPENDED),
    ),
)
