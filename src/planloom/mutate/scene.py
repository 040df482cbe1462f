"""A benign plan beside what other plans hold: what may be changed in it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from planloom.mutate.texts import count, said, telling, written
from planloom.mutate.world import Donor, World, told
from planloom.plan import Edge, ExecutionPlan, Node, canonical

MOST_TOOLS = 40
ALIKE = 0.5
"""From this share of common words on a request may ask for the same."""


class Scene:
    """A benign plan, its tools by name, and what other plans hold."""

    def __init__(self, plan: ExecutionPlan, world: World) -> None:
        self.plan, self.world = plan, world
        tools = (world.tools[key] for key in plan.tools if key in world.tools)
        self.offered = {tool.name: tool for tool in tools}
        self.text = "\n".join(plan.user_turns)
        self.called = frozenset(node.tool for node in plan.nodes)
        self.referring = any(edge.evidence == "reference" for edge in plan.edges)
        """Whether arguments count calls, so that none may come between."""

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that the user said."""
        return frozenset(self.text.casefold().split())

    def is_asked(self, plan: ExecutionPlan, node: Node) -> bool:
        """Whether the user says what the user of another plan said for the same call."""
        text = "\n".join(plan.user_turns)
        return any(
            donor.request in text
            and any((n.tool, n.arguments) == (node.tool, node.arguments) for n in donor.nodes)
            for donor in self.world.donors(node.tool)
        )

    @cached_property
    def fed(self) -> frozenset[tuple[str, str]]:
        """The arguments that results flow into."""
        return frozenset((e.dst, top(e)) for e in self.plan.edges if e.kind == "data")

    @cached_property
    def stated(self) -> list[tuple[Node, str]]:
        """The arguments whose value the user said once, and that stands in no other call."""
        values = Counter(written(v) for n in self.plan.nodes for v in n.arguments.values())
        return [
            (node, name)
            for node in self.plan.nodes
            for name, value in node.arguments.items()
            if telling(value)
            and values[written(value)] == 1
            and (node.id, name) not in self.fed
            and count(self.text, value) == 1
        ]

    @cached_property
    def donors(self) -> list[Donor]:
        """Plans of others that call no other tools than this one may, for what was not asked here."""
        names = self.called | self.offered.keys()
        mine = {(node.tool, canonical(node.arguments)) for node in self.plan.nodes}
        found: dict[str, Donor] = {}
        for name in sorted(names)[:MOST_TOOLS]:
            for donor in self.world.donors(name):
                if donor.plan_id not in found and self._may_take(donor, names, mine):
                    found[donor.plan_id] = donor
        return list(found.values())

    def is_new(self, nodes: Iterable[Node], donor: Donor) -> bool:
        """Whether the user says no value of the calls, of which their own user said one."""
        values = [v for node in nodes for v in node.arguments.values() if telling(v)]
        own = any(True for node in nodes for _ in told(node, donor.request))
        return own and not any(said(self.text, value) for value in values)

    def calls_by_others(self, wanted: Callable[[str], bool]) -> Iterator[tuple[Node, Donor]]:
        """Calls of other plans of the tools that this one may call and that are wanted."""
        for name in sorted(filter(wanted, self.called | self.offered.keys()))[:MOST_TOOLS]:
            for donor in self.world.donors(name):
                if self._is_other(donor):
                    yield next((n, donor) for n in donor.nodes if n.tool == name)

    def _is_other(self, donor: Donor) -> bool:
        """Whether it is a plan of another conversation, in the same language."""
        mine = self.plan
        apart = donor.plan_id != mine.plan_id and donor.group != (mine.group or "")
        return apart and donor.language == mine.language

    def _may_take(self, donor: Donor, names: frozenset[str], mine: set[tuple[str, bytes]]) -> bool:
        if not self._is_other(donor):
            return False
        if any(
            n.tool not in names or (n.tool, canonical(n.arguments)) in mine for n in donor.nodes
        ):
            return False
        if _overlap(donor.request, self.words) >= ALIKE:
            return False
        return self.is_new(donor.nodes, donor)

    def node(self, name: str) -> Node:
        return self.plan.nodes[int(name[1:])]

    def properties(self, tool: str) -> dict[str, Any]:
        """What a tool declares of its arguments; empty if nothing."""
        declared = self.offered.get(tool)
        return declared_properties(declared.parameters) if declared else {}


@lru_cache(maxsize=50_000)
def declared_properties(parameters: bytes) -> dict[str, Any]:
    schema = msgspec.json.decode(parameters)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return {}
    return {name: spec for name, spec in properties.items() if isinstance(spec, dict)}


@lru_cache(maxsize=50_000)
def required(parameters: bytes) -> frozenset[str]:
    """The arguments without which a tool cannot be called."""
    schema = msgspec.json.decode(parameters)
    names = schema.get("required") if isinstance(schema, dict) else None
    return frozenset(name for name in names or () if isinstance(name, str))


def _overlap(request: str, words: frozenset[str]) -> float:
    """The share of a request's words that stand here, too."""
    mine = set(request.casefold().split())
    return len(mine & words) / len(mine) if mine else 1.0


def types_of(scene: Scene, tool: str, name: str) -> frozenset[str]:
    """The JSON types that an argument is declared to have, integers as numbers; empty if untold."""
    declared = scene.properties(tool).get(name, {}).get("type")
    names = [declared] if isinstance(declared, str) else declared
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        return frozenset()
    return frozenset("number" if one == "integer" else one for one in names)


def top(edge: Edge) -> str:
    """The argument whose value, or a part of it, flows along an edge."""
    return (edge.argument or "").split(".")[0].split("[")[0]
