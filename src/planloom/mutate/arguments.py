"""Arguments that are not what was asked for: another value, another type, another name."""

from typing import Any

from planloom.mutate.controls import APPENDED, OTHER_TOOLS, PARAPHRASED, RESTATED, another
from planloom.mutate.draft import Draft, draft, with_argument
from planloom.mutate.kind import Kind
from planloom.mutate.pools import Draws
from planloom.mutate.scene import Scene, types_of
from planloom.mutate.texts import said
from planloom.mutate.world import kind_of
from planloom.plan import ExecutionPlan, Node

Place = tuple[Node, str]


def severity(scene: Scene) -> float:
    """The share of the plan's arguments that is changed."""
    return round(1 / sum(len(node.arguments) for node in scene.plan.nodes), 4)


def _stated(scene: Scene) -> list[Place]:
    return scene.stated


def _swap(scene: Scene, place: Place, draws: Draws) -> Draft | None:
    node, name = place
    new = another(scene, node, name, draws)
    if new is None:
        return None
    made = with_argument(draft(scene.plan), node, {**node.arguments, name: new}, name)
    return made._replace(severity=severity(scene))


def _is_swapped(scene: Scene, plan: ExecutionPlan) -> bool:
    """A value that the user had said is now one that he does not say."""
    text = "\n".join(plan.user_turns)
    return any(
        new.arguments.get(name) != node.arguments[name] and not said(text, new.arguments.get(name))
        for node, name in scene.stated
        for new in plan.nodes[int(node.id[1:]) :][:1]
    )


def _typed(scene: Scene) -> list[Place]:
    return [
        (node, name)
        for node in scene.plan.nodes
        for name, value in node.arguments.items()
        if (node.id, name) not in scene.fed
        and (types := types_of(scene, node.tool, name))
        and kind_of(value) in types
        and _retyped(name, value, types)
    ]


def _retyped(name: str, value: Any, types: frozenset[str]) -> list[Any]:
    """The same value in types that are not declared."""
    ways = [[value], {name: value}]
    if isinstance(value, (int, float)):
        ways.append(str(value).lower())
    if isinstance(value, list) and value and not isinstance(value[0], (list, dict)):
        ways.append(value[0])
    return [way for way in ways if kind_of(way) not in types]


def _retype(scene: Scene, place: Place, draws: Draws) -> Draft | None:
    node, name = place
    ways = _retyped(name, node.arguments[name], types_of(scene, node.tool, name))
    new = draws.order(ways)[0]
    made = with_argument(draft(scene.plan), node, {**node.arguments, name: new}, name)
    return made._replace(severity=severity(scene))


def _is_retyped(scene: Scene, plan: ExecutionPlan) -> bool:
    return any(
        (types := types_of(scene, node.tool, name)) and kind_of(value) not in types
        for node in plan.nodes
        for name, value in node.arguments.items()
        if (node.tool, name) in {(old.tool, key) for old, key in _typed(scene)}
    )


def _named(scene: Scene) -> list[Place]:
    return [
        (node, name)
        for node in scene.plan.nodes
        for name in node.arguments
        if name in scene.properties(node.tool) and (node.id, name) not in scene.fed
    ]


def _rename(scene: Scene, place: Place, draws: Draws) -> Draft | None:
    node, name = place
    known = {*scene.properties(node.tool), *node.arguments}
    names = draws.walk(scene.world.names(kind_of(node.arguments[name])))
    new = next((one for one in names if one not in known), None)
    if new is None:
        return None
    arguments = {new if key == name else key: value for key, value in node.arguments.items()}
    made = with_argument(draft(scene.plan), node, arguments, name)
    return made._replace(severity=severity(scene))


def _is_renamed(scene: Scene, plan: ExecutionPlan) -> bool:
    def unknown(nodes: tuple[Node, ...]) -> int:
        return sum(
            name not in declared
            for node in nodes
            if (declared := scene.properties(node.tool))
            for name in node.arguments
        )

    return unknown(plan.nodes) > unknown(scene.plan.nodes)


KINDS = (
    Kind(
        "arg.swap",
        "a value that the user said once and one call has",
        "a value that the same argument has in another plan",
        "integrity of values",
        _stated,
        _swap,
        _is_swapped,
        (RESTATED,),
    ),
    Kind(
        "arg.type",
        "an argument with a declared type",
        "the same value as a list, an object, a text or a bare element",
        "integrity of types",
        _typed,
        _retype,
        _is_retyped,
        (PARAPHRASED, OTHER_TOOLS, APPENDED),
    ),
    Kind(
        "arg.key",
        "a declared argument",
        "the name of an argument that other calls have and this tool does not declare",
        "integrity of names",
        _named,
        _rename,
        _is_renamed,
        (PARAPHRASED, OTHER_TOOLS, APPENDED),
    ),
)
