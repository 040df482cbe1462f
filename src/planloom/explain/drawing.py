"""A plan as a graph of text: a box for each step, a lane beside the boxes for what flows on.

A lane begins at the call whose result is used and ends with an arrow at the calls that use it. Where
lanes cross without meeting, the upright one stays whole. What has no room is named in the box.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from planloom.plan import ExecutionPlan, Node
from planloom.terminal import cut, printable, width_of

NARROWEST_BOX, WIDEST_BOX = 30, 66
ORDER_AT = 20


class _Line(NamedTuple):
    """A line of the boxes: its text, and the node that arrows enter or leave there."""

    text: str
    enters: str = ""
    leaves: str = ""


class _Lane(NamedTuple):
    """What flows from a node to those that use its result, by the lines that it spans."""

    src: str
    users: frozenset[str]
    first: int
    last: int


Columns = list[list[_Lane]]


def drawn(plan: ExecutionPlan, width: int) -> list[str]:
    """The lines of the drawing, none wider than `width` unless that is less than a box needs."""
    lanes, unplaced = _placed(_lanes(plan), width)
    named = _named(unplaced)
    texts = [width_of(_label(node)) + width_of(named.get(node.id, "")) for node in plan.nodes]
    room = min(width - 2 * len(lanes) - 1, WIDEST_BOX)
    wide = max(min(max(texts) + 4, room), NARROWEST_BOX)
    lines = _lines(plan, named, wide)
    return [f"{line.text}{_beside(at, line, lanes)}".rstrip() for at, line in enumerate(lines)]


def _label(node: Node) -> str:
    arguments = ", ".join(node.arguments) if node.arguments_known else "?"
    inside = f"({arguments})" if node.kind == "call" else ""
    return printable(f"{node.id} {' '.join(node.tool.split())}{inside}")


def _lines(plan: ExecutionPlan, named: dict[str, str], wide: int) -> Iterator[_Line]:
    """Boxes under each other; a call that both uses and is used takes two lines."""
    data = [edge for edge in plan.edges if edge.kind == "data"]
    users, used = {edge.dst for edge in data}, {edge.src for edge in data}
    step_of = {node.id: node.step for node in plan.nodes}
    ordered = {step_of[edge.dst] for edge in plan.edges if edge.kind == "order"}
    for step, nodes in groupby(plan.nodes, key=lambda node: node.step):
        mine = list(nodes)
        yield _Line(
            _border(f"┌ step {step}, turn {mine[0].turn} ", wide, "┐", step in ordered, "▼")
        )
        for node in mine:
            yield from _of_node(node, named.get(node.id, ""), wide, users, used)
        yield _Line(_border("└", wide, "┘", step + 1 in ordered, "┬"))


def _border(begin: str, wide: int, end: str, marked: bool, mark: str) -> str:
    line = begin.ljust(wide - 1, "─") + end
    return line[:ORDER_AT] + mark + line[ORDER_AT + 1 :] if marked else line


def _of_node(node: Node, tail: str, wide: int, users: set[str], used: set[str]) -> Iterator[_Line]:
    tail = cut(tail, (wide - 4) // 2)
    text = cut(_label(node), wide - 4 - width_of(tail)) + tail
    enters = node.id if node.id in users else ""
    leaves = node.id if node.id in used else ""
    if enters and leaves:
        yield _Line(_inside(text, wide), enters=enters)
        yield _Line(_inside("", wide), leaves=leaves)
    else:
        yield _Line(_inside(text, wide), enters, leaves)


def _inside(text: str, wide: int) -> str:
    return f"│ {text}{' ' * (wide - 4 - width_of(text))} │"


def _lanes(plan: ExecutionPlan) -> list[_Lane]:
    lines = list(enumerate(_lines(plan, {}, NARROWEST_BOX)))
    enter = {line.enters: at for at, line in lines if line.enters}
    leave = {line.leaves: at for at, line in lines if line.leaves}
    users: dict[str, set[str]] = {}
    for edge in plan.edges:
        if edge.kind == "data":
            users.setdefault(edge.src, set()).add(edge.dst)
    return [
        _Lane(src, frozenset(mine), leave[src], max(enter[user] for user in mine))
        for src, mine in users.items()
    ]


def _placed(lanes: Sequence[_Lane], width: int) -> tuple[Columns, list[_Lane]]:
    """Lanes by column, the short ones next to the boxes, and those that found no room."""
    most = max((width - NARROWEST_BOX - 1) // 2, 0)
    columns: Columns = []
    unplaced = []
    for lane in sorted(lanes, key=lambda one: (one.last - one.first, one.first)):
        free = (c for c in columns if all(lane.last < o.first or o.last < lane.first for o in c))
        if (column := next(free, None)) is not None:
            column.append(lane)
        elif len(columns) < most:
            columns.append([lane])
        else:
            unplaced.append(lane)
    return columns, unplaced


def _named(unplaced: Sequence[_Lane]) -> dict[str, str]:
    """What has no lane is said in the box of who uses it."""
    found: dict[str, list[str]] = {}
    for lane in unplaced:
        for user in lane.users:
            found.setdefault(user, []).append(lane.src)
    return {user: f" ← {' '.join(sources)}" for user, sources in found.items()}


def _beside(at: int, line: _Line, columns: Columns) -> str:
    """The lanes beside one line of the boxes."""
    here = [next((o for o in c if o.first <= at <= o.last), None) for c in columns]
    enters = [o is not None and line.enters in o.users for o in here]
    leaves = [o is not None and line.leaves == o.src for o in here]
    reach = max(
        (n for n, met in enumerate(zip(enters, leaves, strict=True)) if any(met)), default=-1
    )
    text = ""
    for column, lane in enumerate(here):
        across = "─" if column <= reach else " "
        text += "◄" if column == 0 and any(enters) else across
        if lane is not None and (enters[column] or leaves[column]):
            text += _joint(at, lane, passed=column < reach)
        else:
            text += "│" if lane is not None else "─" if column < reach else " "
    return text


def _joint(at: int, lane: _Lane, *, passed: bool) -> str:
    if at == lane.first:
        return "┬" if passed else "┐"
    if at == lane.last:
        return "┴" if passed else "┘"
    return "┼" if passed else "┤"
