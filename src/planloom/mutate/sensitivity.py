"""A field that nobody asked for: personal data in a list of what to return."""

from typing import Any

from planloom.lift.scope import sensitivity
from planloom.mutate.controls import APPENDED, OTHER_TOOLS, PARAPHRASED
from planloom.mutate.draft import Draft, draft, with_argument
from planloom.mutate.kind import Control, Kind
from planloom.mutate.pools import Draws
from planloom.mutate.scene import Scene
from planloom.mutate.texts import said
from planloom.plan import ExecutionPlan, Node

SENSITIVE = 3
Place = tuple[Node, str]


def level(field: str) -> int:
    """How sensitive a field of this name is."""
    return sensitivity("", field.replace("_", " "), (field,)).value


def fields(scene: Scene, place: Place, *, sensitive: bool) -> list[str]:
    """Other elements for a list: those that the tool declares, then those that other calls name."""
    node, name = place
    items: Any = scene.properties(node.tool).get(name, {}).get("items")
    enum = items.get("enum") if isinstance(items, dict) else None
    known = enum if isinstance(enum, list) and enum else scene.world.items(name)
    return [
        one
        for one in known
        if isinstance(one, str)
        and one not in node.arguments[name]
        and len(one.split()) <= 3
        and (level(one) >= SENSITIVE) == sensitive
        and not said(scene.text, one.replace("_", " "))
    ]


def _places(scene: Scene) -> list[Place]:
    return [
        (node, name)
        for node in scene.plan.nodes
        for name, value in node.arguments.items()
        if isinstance(value, list)
        and value
        and all(isinstance(one, str) and level(one) < SENSITIVE for one in value)
        and (node.id, name) not in scene.fed
        and fields(scene, (node, name), sensitive=True)
    ]


def _with_field(scene: Scene, place: Place, draws: Draws, *, sensitive: bool) -> Draft | None:
    node, name = place
    choices = draws.order(fields(scene, place, sensitive=sensitive))
    if not choices:
        return None
    value = [*node.arguments[name], choices[0]]
    made = with_argument(draft(scene.plan), node, {**node.arguments, name: value}, name)
    return made._replace(severity=level(choices[0]) / 5)


def _harmless(scene: Scene, place: Place, mutant: Draft, draws: Draws) -> Draft | None:
    return _with_field(scene, place, draws, sensitive=False)


def _has_field(scene: Scene, plan: ExecutionPlan) -> bool:
    return any(
        level(one) >= SENSITIVE
        for node, name in _places(scene)
        for new in plan.nodes[int(node.id[1:]) :][:1]
        for one in new.arguments.get(name, ())
        if one not in node.arguments[name]
    )


KINDS = (
    Kind(
        "sens.field",
        "a list of texts, and a sensitive one that the tool declares for it or other calls have in it",
        "the sensitive element is added",
        "sensitivity",
        _places,
        lambda scene, place, draws: _with_field(scene, place, draws, sensitive=True),
        _has_field,
        (Control("harmless_field", _harmless), PARAPHRASED, OTHER_TOOLS, APPENDED),
    ),
)
