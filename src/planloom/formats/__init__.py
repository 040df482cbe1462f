"""Ways out: plans in the layouts of other tools, each with what it cannot carry."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from planloom.plan import ExecutionPlan, Label
from planloom.trace import Place, Tool, Trace

NAMES = ("gatling", "openai", "atif", "adp", "sharegpt", "hermes", "mermaid")

Tools = Sequence[Tool]


class Told(NamedTuple):
    """What a reader finds in a converted row, before anything is concluded from it."""

    trace: Trace
    place: Place
    label: Label


class Format(NamedTuple):
    """A layout: how it writes a plan, and what it leaves.

    `unfit` says why a plan cannot be written at all. `told` is what a reader of messages finds in
    the line; `seen` is the same for a layout that holds a graph. A layout with neither is for
    people to look at. `key` names the place where all that other readers do not see is kept, and
    `restored` reads the whole plan from there.
    """

    line: Callable[[ExecutionPlan, Tools], bytes]
    unfit: Callable[[ExecutionPlan], str | None]
    told: Callable[[ExecutionPlan, Tools], Told] | None = None
    seen: Callable[[ExecutionPlan], ExecutionPlan] | None = None
    key: str | None = None
    restored: Callable[[dict[str, Any]], ExecutionPlan] | None = None


def find(name: str) -> Format:
    """The format of one of NAMES."""
    found: Format = importlib.import_module(f"{__name__}.{name}").FORMAT
    return found


def always(_: ExecutionPlan) -> None:
    """For layouts that can write every plan."""
