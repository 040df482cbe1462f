"""The forms of real plans with calls, counted: what generated plans are fitted to.

A blueprint says of each call its step, its turn, which calls use one tool, and which results feed which
calls. It holds no word of the plans that it was counted in. `planloom/synth/blueprints.json` is counted in public
runs whose results are known (`benchmarks/synth.py --fit`).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import msgspec

from planloom import stored
from planloom.errors import InputError
from planloom.plan import ExecutionPlan
from planloom.synth.makers import Random

MAX_CALLS, MAX_TURNS = 24, 16


class Blueprint(NamedTuple):
    """For each call its step, turn and tool, counted from 0; `edges` are (source, target, values).

    `said` is how many turns the user has in all: in some of them nothing is called.
    """

    steps: tuple[int, ...]
    turns: tuple[int, ...]
    tools: tuple[int, ...]
    edges: tuple[tuple[int, int, int], ...]
    said: int


class Profile:
    """Blueprints with how often each was seen."""

    def __init__(self, counts: Iterable[tuple[Blueprint, int]]) -> None:
        known = list(counts)
        self._known = [one for one, _ in known]
        self._ends = list(accumulate(n for _, n in known))

    def draw(self, r: Random) -> Blueprint:
        """A blueprint, as often as it was seen."""
        return self._known[bisect_right(self._ends, int(r() * self._ends[-1]))]


def blueprint(plan: ExecutionPlan) -> Blueprint | None:
    """The form of a plan with calls; None for others, and for huge ones."""
    if not plan.nodes or plan.nodes[0].kind != "call":
        return None
    if len(plan.nodes) > MAX_CALLS or len(plan.user_turns) > MAX_TURNS:
        return None
    tools = list(dict.fromkeys(node.tool for node in plan.nodes))
    data = Counter((int(e.src[1:]), int(e.dst[1:])) for e in plan.edges if e.kind == "data")
    return Blueprint(
        tuple(node.step for node in plan.nodes),
        tuple(node.turn for node in plan.nodes),
        tuple(tools.index(node.tool) for node in plan.nodes),
        tuple((src, dst, n) for (src, dst), n in sorted(data.items())),
        max(len(plan.user_turns), 1),
    )


def counted(plans: Iterable[ExecutionPlan]) -> Counter[Blueprint]:
    """The blueprints of the plans whose results are known: without results no edge is seen."""
    forms = (blueprint(plan) for plan in plans if plan.evidence == "observed")
    return Counter(form for form in forms if form is not None)


@lru_cache(maxsize=1)
def packed() -> list[tuple[Blueprint, int]]:
    """The blueprints that are packed with Planloom."""
    data = resources.files("planloom").joinpath("synth/blueprints.json").read_bytes()
    return msgspec.json.decode(data, type=list[tuple[Blueprint, int]])


def load(path: Path) -> list[tuple[Blueprint, int]]:
    """The blueprints of a finished build.

    Raises:
        InputError: if it holds no plan of calls with their results.
    """
    read = (plan for file in stored.corpus(path) for _, plan in stored.plans(file))
    counts = counted(plan for plan in read if isinstance(plan, ExecutionPlan))
    if not counts:
        raise InputError(f"{path}: no plan of calls with results; name another build, or none")
    return sorted(counts.items())
