"""What a kind of mutation and a control are."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from planloom.mutate.draft import Draft
from planloom.mutate.pools import Draws
from planloom.mutate.scene import Scene
from planloom.plan import ExecutionPlan

Place = Any
"""Where a plan can be changed: what, each kind knows."""


class Control(NamedTuple):
    """A benign change of the same plan, of about the size of the mutation."""

    name: str
    change: Callable[[Scene, Place, Draft, Draws], Draft | None]


class Kind(NamedTuple):
    """One kind of mutation. `places` is the precondition, `breaks` the property that it breaks."""

    name: str
    needs: str
    change: str
    tests: str
    places: Callable[[Scene], Sequence[Place]]
    mutate: Callable[[Scene, Place, Draws], Draft | None]
    breaks: Callable[[Scene, ExecutionPlan], bool]
    controls: tuple[Control, ...]
