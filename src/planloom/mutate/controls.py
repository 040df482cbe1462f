"""Benign changes, one beside each mutant.

Most are the mutant's own calls with one difference: here the user asks for them. So no call, no
argument and no length tells a mutant from its control, only whether it fits the request.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

from msgspec import structs

from planloom.mutate.draft import Draft, asked, draft, with_argument, with_node, with_steps
from planloom.mutate.kind import Control, Place
from planloom.mutate.pools import Draws
from planloom.mutate.recipients import objects
from planloom.mutate.scene import Scene, types_of
from planloom.mutate.texts import restated, said, telling, written
from planloom.mutate.world import Donor, kind_of, told
from planloom.plan import Node, canonical

LOOKED_AT = 32


def _asked_for(scene: Scene, place: Place, mutant: Draft, draws: Draws) -> Draft | None:
    """The same calls, for which the user asks in the words of the plan that they come from."""
    if mutant.donor is None:
        return None
    nodes = [n for step in mutant.steps for n in step]
    turn = next(n.turn for n in nodes if n.id == mutant.node)
    touched = mutant.touched | {n.id for n in nodes if n.id.startswith("x")}
    turns = asked(scene.plan.user_turns, turn, mutant.donor.request)
    return mutant._replace(turns=turns, touched=touched)


def _read_beside(scene: Scene, place: Place, mutant: Draft, draws: Draws) -> Draft | None:
    """The same untrusted call, asked for, from which nothing flows."""
    made = _asked_for(scene, place, mutant, draws)
    return made and made._replace(links=draft(scene.plan).links)


def instead(
    scene: Scene, node: Node, tool: str, fits: Callable[[Node], bool], draws: Draws
) -> Draft | None:
    """Another plan's call of a tool in the place of a call, and its user's words beside the own."""
    for donor in draws.order(list(scene.world.donors(tool))):
        call = next((n for n in donor.nodes if n.tool == tool and fits(n)), None)
        asks = call is not None and any(True for _ in told(call, donor.request))
        if call is None or not asks or donor.plan_id == scene.plan.plan_id:
            continue
        new = structs.replace(call, id=f"x{call.id}", turn=node.turn, step=node.step)
        made = with_node(draft(scene.plan), node.id, new)
        links = tuple(e for e in made.links if node.id not in (e.src, e.dst))
        fed = {e.dst for e in made.links if e.src == node.id}
        turns = asked(scene.plan.user_turns, node.turn, donor.request)
        return made._replace(links=links, touched=made.touched | fed, turns=turns)
    return None


def misled(scene: Scene, made: Draft, draws: Draws) -> Draft:
    """In every other mutant the user asks for something more, too, but not for what is done.

    Its control holds the words of two users; so a long request tells nothing.
    """
    donor = made.donor
    if donor is None or not draws.coin():
        return made
    values = {value for node in donor.nodes for value in told(node, donor.request)}
    calls = {(n.tool, canonical(n.arguments)) for n in donor.nodes}
    turn = next(n.turn for step in made.steps for n in step if n.id == made.node)
    for other in draws.order(scene.donors):
        apart = calls.isdisjoint((n.tool, canonical(n.arguments)) for n in other.nodes)
        if other != donor and apart and not any(said(other.request, value) for value in values):
            return made._replace(turns=asked(made.turns, turn, other.request))
    return made


def _said_so(scene: Scene, place: Place, mutant: Draft, draws: Draws) -> Draft | None:
    """The same call, and the user says the new value where he said the old one."""
    node, name = place
    new = next(n for step in mutant.steps for n in step if n.id == node.id).arguments[name]
    old = node.arguments[name]
    turns = tuple(restated(turn, old, new) for turn in scene.plan.user_turns)
    return mutant._replace(turns=turns) if turns != scene.plan.user_turns else None


def _paraphrased(scene: Scene, place: Place, mutant: Draft, draws: Draws) -> Draft | None:
    """Another value of other plans for an argument, in the call and in the request alike."""
    for node, name in _near(scene, place, draws):
        new = another(scene, node, name, draws)
        if new is not None:
            arguments = {**node.arguments, name: new}
            turns = tuple(restated(t, node.arguments[name], new) for t in scene.plan.user_turns)
            return with_argument(draft(scene.plan), node, arguments, name)._replace(turns=turns)
    return None


def _near(scene: Scene, place: Place, draws: Draws) -> list[tuple[Node, str]]:
    """Where the mutant was changed, if a value is stated there, then elsewhere."""
    rest = draws.order(scene.stated)
    if not (isinstance(place, tuple) and isinstance(place[0], Node)):
        return rest
    mine = [one for one in rest if one[0].id == place[0].id and one[1] == place[1]]
    return mine + [one for one in rest if one not in mine]


def another(scene: Scene, node: Node, name: str, draws: Draws) -> Any:
    """A value of the same argument in other plans that this one does not have, or None."""
    value = node.arguments[name]
    mine = {written(v) for n in scene.plan.nodes for v in n.arguments.values()}
    enum = scene.properties(node.tool).get(name, {}).get("enum")
    types = types_of(scene, node.tool, name)
    if types and kind_of(value) not in types:
        return None

    def fits(new: Any) -> bool:
        alike = type(new) is type(value) and (not isinstance(enum, list) or new in enum)
        apart = written(new) not in mine and not said(written(value), new)
        return alike and apart and telling(new) and not said(scene.text, new)

    for values in scene.world.values(node.tool, name, kind_of(value)):
        for new in draws.order(values):
            if fits(new):
                return new
    return None


def _appended(scene: Scene, place: Place, mutant: Draft, draws: Draws) -> Draft | None:
    """What another user asked of the same tools, as one more turn at the end."""
    like = {n.tool for step in mutant.steps for n in step} - scene.called
    donors = sorted(
        draws.order(scene.donors), key=lambda d: like.isdisjoint(n.tool for n in d.nodes)
    )
    if not donors:
        return None
    donor, made = donors[0], draft(scene.plan)
    made = with_steps(made, len(made.steps), donor.nodes, donor.links, len(scene.plan.user_turns))
    return made._replace(turns=(*made.turns, donor.request))


def stranger(scene: Scene, draws: Draws) -> Donor | None:
    """A plan none of whose tools is on offer here, with as many calls if one is near."""
    said_here = {word.strip(".,?!").removesuffix("s") for word in scene.words}
    packed = islice(draws.walk(scene.world.anyone()), LOOKED_AT)
    found = (d for d in map(scene.world.opened, packed) if _is_strange(scene, d, said_here))
    first = next(found, None)
    if first is None or len(first.nodes) == len(scene.plan.nodes):
        return first
    return next((d for d in found if len(d.nodes) == len(scene.plan.nodes)), first)


def _is_strange(scene: Scene, donor: Donor, said_here: set[str]) -> bool:
    """Whether none of the donor's tools is on offer here, or is named by a word of the request."""
    tools = {scene.world.tools[key].name for key in donor.tools if key in scene.world.tools}
    if not tools or not tools.isdisjoint(scene.offered.keys() | scene.called):
        return False
    return all(said_here.isdisjoint(objects(tool)) for tool in tools)


def _distracted(scene: Scene, place: Place, mutant: Draft, draws: Draws) -> Draft | None:
    """The same calls, with strange tools on offer in the place of those that are not called."""
    strange = mutant.tools != scene.plan.tools
    donor = mutant.donor if strange else stranger(scene, draws)
    if donor is None or not scene.offered:
        return None
    idle = [key for key in scene.plan.tools if not _is_called(scene, key)]
    gone = set(draws.order(idle)[: len(donor.tools)])
    kept = (key for key in scene.plan.tools if key not in gone)
    return draft(scene.plan)._replace(tools=tuple(dict.fromkeys((*kept, *donor.tools))))


def _is_called(scene: Scene, key: str) -> bool:
    tool = scene.world.tools.get(key)
    return tool is None or tool.name in scene.called


INSERTED = Control("insert_benign", _asked_for)
UNTRUSTED = Control("untrusted_read", _read_beside)
RESTATED = Control("restated", _said_so)
LARGE = Control("large_scope", _said_so)
PARAPHRASED = Control("paraphrased", _paraphrased)
APPENDED = Control("append_benign", _appended)
OTHER_TOOLS = Control("other_tools", _distracted)
