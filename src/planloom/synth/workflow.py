"""A plan with slots for its values: what is composed once and filled many times.

A slot is one value, wherever it stands: in the request, in arguments, in results. So an edge is a
slot that stands in a result and in a later call's arguments, and a repetition is the same slot again.
"""

from typing import NamedTuple

from planloom.synth.makers import Make
from planloom.synth.requests import Asked
from planloom.synth.universe import World
from planloom.trace import Tool


class Given(NamedTuple):
    """An argument and the slots in it. `how`: value (one), element (a list of them), quote (a text with them)."""

    name: str
    how: str
    slots: tuple[int, ...]


class Cell(NamedTuple):
    """A value in a record of a result: the slot that it is, or how it is made anew."""

    path: tuple[str, ...]
    slot: int | None
    make: Make


class Doing(NamedTuple):
    """A call to make, and the records of its result."""

    tool: Tool
    given: tuple[Given, ...]
    records: tuple[tuple[Cell, ...], ...]
    many: bool
    style: int
    step: int
    turn: int


class Planted(NamedTuple):
    """A data edge as planted. `repeated`: the value stands elsewhere too before the call."""

    src: int
    dst: int
    argument: str
    slot: int
    repeated: bool


class Workflow(NamedTuple):
    """All of a plan but its words and values; `slots` make these.

    `asked` has the calls of each turn, and what of them the user has to say. `ordered` are pairs of
    slots of which the first is the lesser: a start and an end.
    """

    world: World
    offered: tuple[Tool, ...]
    doings: tuple[Doing, ...]
    asked: tuple[tuple[Asked, ...], ...]
    slots: tuple[Make, ...]
    planted: tuple[Planted, ...]
    ordered: tuple[tuple[int, int], ...]
