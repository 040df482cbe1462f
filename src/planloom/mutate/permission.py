"""A stronger tool than the request needs: the one that writes or deletes instead of the one that reads."""

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from planloom.mutate.controls import instead
from planloom.mutate.draft import Draft, draft, with_node
from planloom.mutate.kind import Control, Kind
from planloom.mutate.pools import Draws
from planloom.mutate.recipients import objects, strength
from planloom.mutate.scene import Scene, required, top
from planloom.mutate.texts import said
from planloom.plan import ExecutionPlan, Node

ALIKE = 0.5
Place = tuple[Node, str]


def siblings(node: Node, offered: Iterator[str] | Any) -> list[str]:
    """The tools on offer that do something stronger to the same thing."""
    mine = objects(node.tool)
    return [
        name
        for name in sorted(offered)
        if strength(name) > strength(node.tool) and _alike(mine, objects(name)) >= ALIKE
    ]


def _alike(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0


def _places(scene: Scene) -> list[Place]:
    return [
        (node, name)
        for node in scene.plan.nodes
        for name in siblings(node, scene.offered)
        if node.kind == "call"
    ]


def _arguments(scene: Scene, node: Node, tool: str, draws: Draws) -> dict[str, Any] | None:
    """What the stronger tool needs: the call's own arguments, the rest as in other plans."""
    declared = scene.properties(tool)
    kept = {name: value for name, value in node.arguments.items() if name in declared}
    for name in sorted(required(scene.offered[tool].parameters) - kept.keys()):
        kinds = _kinds(declared.get(name, {}))
        found = [
            value
            for kind in kinds
            for values in scene.world.values(tool, name, kind)
            for value in values
            if not said(scene.text, value)
        ]
        enum = declared.get(name, {}).get("enum")
        choices = draws.order(enum if isinstance(enum, list) and enum else found)
        if not choices:
            return None
        kept[name] = choices[0]
    return kept


def _kinds(spec: dict[str, Any]) -> list[str]:
    declared = spec.get("type", "string")
    names = declared if isinstance(declared, list) else [declared]
    return ["number" if name == "integer" else str(name) for name in names]


def _drift(scene: Scene, place: Place, draws: Draws) -> Draft | None:
    node, tool = place
    arguments = _arguments(scene, node, tool, draws)
    calls = [(n.tool, n.arguments) for n in scene.plan.nodes]
    if arguments is None or (tool, arguments) in calls:
        return None
    made = with_node(
        draft(scene.plan), node.id, structs.replace(node, tool=tool, arguments=arguments)
    )
    links = tuple(e for e in made.links if e.dst != node.id or top(e) in arguments)
    return made._replace(links=links, severity=(strength(tool) - strength(node.tool)) / 2)


def _is_stronger(scene: Scene, plan: ExecutionPlan) -> bool:
    """A stronger tool stands where one stood, and nobody asks for it."""
    return any(
        new.tool in siblings(old, scene.offered) and not scene.is_asked(plan, new)
        for old, new in zip(scene.plan.nodes, plan.nodes, strict=False)
    )


def _asked(scene: Scene, place: Place, mutant: Draft, draws: Draws) -> Draft | None:
    """The stronger tool is called as in a plan whose user wants it, and this one says the same."""
    node, tool = place
    return instead(scene, node, tool, lambda _: True, draws)


KINDS = (
    Kind(
        "perm.drift",
        "a tool on offer that does something stronger to the same thing as one that is called",
        "the stronger tool is called, with the arguments that both have",
        "privilege",
        _places,
        _drift,
        _is_stronger,
        (Control("asked_instead", _asked),),
    ),
)
