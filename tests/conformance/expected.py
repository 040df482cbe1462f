"""What must be found in a row that tells a task, worked out from the task alone."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from conformance.style import id_of
from conformance.task import Call, Task, Tool


class Edge(NamedTuple):
    """From one call to a later one, by number; `span` is the matched text (None: any will do)."""

    src: int
    dst: int
    kind: Literal["data", "order"] = "order"
    argument: str | None = None
    span: str | None = None
    joint: bool = False


@dataclass(frozen=True)
class Expected:
    """What must be found. `steps` gives each call its round; `joints` are undivided results,
    `ids` those of the row, `kept` the assistant's words beside its calls. None as `request` leaves
    it open: the row does not say which of its texts it is.
    """

    calls: tuple[Call, ...]
    steps: tuple[int, ...]
    request: str | None
    results: tuple[str | None, ...] = ()
    joints: tuple[str, ...] = ()
    edges: frozenset[Edge] = frozenset()
    evidence: Literal["observed", "gold"] = "observed"
    tools: tuple[Tool, ...] = ()
    ids: tuple[str, ...] = ()
    kept: str = ""


def data(task: Task) -> frozenset[Edge]:
    """The edges from A and from B to C."""
    return frozenset(Edge(src, 2, "data", task.carrier, task.results[src]) for src in (0, 1))


def full(task: Task) -> Expected:
    """All that the task holds."""
    return Expected(
        task.calls, (0, 0, 1), task.request, task.results, edges=data(task), tools=task.tools
    )


def with_ids(task: Task) -> Expected:
    return replace(full(task), ids=tuple(map(id_of, range(3))))


def spoken_too(task: Task) -> Expected:
    return replace(with_ids(task), kept=task.said)


def thought_too(task: Task) -> Expected:
    return replace(full(task), kept=task.thought)


def legacy_series(task: Task) -> Expected:
    """Nothing of the results `r` is used again: order is all there is."""
    order = frozenset((Edge(0, 1), Edge(1, 2)))
    return replace(full(task), steps=(0, 1, 2), results=("r", "r", "r"), edges=order)


def joint(task: Task) -> Expected:
    """One result text for A and B: each may have supplied what C quotes."""
    joined = "; ".join(task.results[:2])
    results = (None, None, task.results[2])
    edges = frozenset(Edge(src, 2, "data", task.carrier, joint=True) for src in (0, 1))
    return replace(full(task), results=results, joints=(joined,), edges=edges)


def gold(task: Task) -> Expected:
    return replace(
        full(task),
        steps=(0, 0, 0),
        results=(None, None, None),
        edges=frozenset(),
        evidence="gold",
    )


def last_open(task: Task) -> Expected:
    return replace(full(task), results=(*task.results[:2], None))


def series(task: Task) -> Expected:
    """A, B, C one by one, the last without a result."""
    return replace(last_open(task), steps=(0, 1, 2), edges=data(task) | {Edge(0, 1)})


def series_without_tools(task: Task) -> Expected:
    return replace(series(task), results=task.results, tools=(), kept=task.thought)


def single(task: Task) -> Expected:
    """A alone; what the assistant thought is no request."""
    return Expected(task.calls[:1], (0,), "", results=(None,), evidence="gold", kept=task.thought)
