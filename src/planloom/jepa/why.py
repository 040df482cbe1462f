"""Why a call is unusual, in words: its most unusual terms, with what benign calls of its kind did."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from planloom.jepa import fitted, terms, values
from planloom.jepa.score import Scores
from planloom.plan import ExecutionPlan, Node

MOST, UNUSUAL = 3, 0.05
"""So many terms of a call are told, of those with p-values so small."""
LONGEST = 48
STANDS = (
    "the user did not say it, no result held it",
    "the user said it",
    "only a result held it",
    "the user said it and a result held it",
)


class Told(NamedTuple):
    """A term that speaks: its p-value among benign calls, and the words."""

    term: str
    p: float
    words: str


class _Place(NamedTuple):
    """A call with what was found about it by one term."""

    plan: ExecutionPlan
    number: int
    leaf: values.Leaf | None
    source: int

    @property
    def node(self) -> Node:
        return self.plan.nodes[self.number]

    @property
    def key(self) -> str:
        return self.leaf.key if self.leaf else "an argument"

    @property
    def value(self) -> str:
        return _short(self.leaf.value) if self.leaf else "a value"


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _before(place: _Place) -> str:
    into = [edge for edge in place.plan.edges if edge.dst == place.node.id and edge.kind == "data"]
    at = max((int(edge.src[1:]) for edge in into), default=place.number - 1)
    return place.plan.nodes[at].tool if at >= 0 else "nothing"


def _giver(place: _Place) -> str:
    into = [edge for edge in place.plan.edges if edge.dst == place.node.id and edge.kind == "data"]
    return " and ".join(dict.fromkeys(place.plan.nodes[int(edge.src[1:])].tool for edge in into))


def _worst(place: _Place) -> int:
    return max((node.result_tier for node in place.plan.nodes[: place.number]), default=0)


SAYS: dict[str, Callable[[_Place], str]] = {
    "keys": lambda at: "these arguments together",
    "key": lambda at: f"an argument {at.key}",
    "class": lambda at: f"{at.key}: {at.value}, a value of this kind",
    "size": lambda at: f"{at.key}: {at.value}",
    "value": lambda at: f"{at.key}: {at.value}",
    "source": lambda at: f"{at.key}: {at.value}, {STANDS[at.source]}",
    "foreign": lambda at: "so few of its values said by the user",
    "volume": lambda at: f"volume {at.node.scope_volume}",
    "tier": lambda at: f"values of tier {at.node.provenance_tier}",
    "sensitivity": lambda at: f"sensitivity {at.node.scope_sensitivity}",
    "tool pair": lambda at: f"comes after {_before(at)}",
    "verb pair": lambda at: f"comes after {_before(at)}",
    "flow": lambda at: f"takes a value from {_giver(at)}",
    "brought": lambda at: f"comes after results of tier {_worst(at)}",
    "asked": lambda at: "words of its name that such a request seldom brings",
    "acts": lambda at: "it acts, which such a request seldom brings",
    "request": lambda at: "not the plan that the request calls for",
    "masked call": lambda at: "not the call that the others call for",
}


def of_call(
    plan: ExecutionPlan,
    index: int,
    call: int,
    scores: Scores,
    first_argument: int,
    names: Sequence[str],
) -> list[Told]:
    """The most unusual terms of a call. `call` is its row, `first_argument` the row of its first argument."""
    ranked = sorted(zip(scores.terms[call].tolist(), range(len(names)), strict=True))
    found = []
    for p, column in ranked[:MOST]:
        if p > UNUSUAL:
            break
        at = int(scores.why.at[call, column]) if column < len(fitted.NAMES) else -1
        leaf = values.leaves(plan.nodes[index].arguments)[at - first_argument] if at >= 0 else None
        place = _Place(plan, index, leaf, int(scores.sources[at]) if at >= 0 else 0)
        words = SAYS[names[column]](place) + _how_rare(scores, call, column)
        found.append(Told(names[column], float(p), words))
    return found


def _how_rare(scores: Scores, call: int, column: int) -> str:
    """What benign calls did, where it was counted."""
    if column >= len(terms.TERMS):
        return ""
    term, why = terms.TERMS[column], scores.why
    hits, total = int(why.hits[call, column]), int(why.total[call, column])
    whose = term.whose[int(why.level[call, column])] if total else ""
    if not total:
        return ""
    if not hits:
        return f", {'more than' if term.tail else 'unlike'} all {total:,} {_of(whose)}"
    if term.tail:
        return f", more than {_share(1 - hits / total)} of {whose}"
    return f", as {_share(hits / total)} of {whose}"


def _of(whose: str) -> str:
    return whose.removeprefix("all ")


def _share(share: float) -> str:
    """A share in per cent, never rounded to none or all."""
    return f"{min(max(100 * share, 0.01), 99.99):.3g} %"
