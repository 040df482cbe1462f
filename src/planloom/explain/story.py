"""All that can be told of a plan or a row, as plain data: the row is read again and followed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from planloom import arrow
from planloom.errors import InputError, Reason
from planloom.explain import meanings
from planloom.explain.built import Address, Built, Record
from planloom.explain.fates import Fate, fate
from planloom.files import Broken
from planloom.lift.leaves import leaves_of
from planloom.lift.values import located
from planloom.plan import ExecutionPlan, Node
from planloom.rows import Judged, Outcome, Settings, carry, cleared, place_of
from planloom.trace import Trace


class Rule(Struct, frozen=True):
    """A rule that fired, what it means, and the words that made it."""

    name: str
    meaning: str
    words: list[str]


class Judgement(Struct, frozen=True):
    """One of the four judgements on a node."""

    what: str
    value: int
    meaning: str
    basis: str
    rules: list[Rule]


class Value(Struct, frozen=True):
    """A value in a node's arguments; `origin` is where it came from, empty if that is not known."""

    argument: str
    text: str
    origin: str = ""


class Step(Struct, frozen=True):
    """What there is to say of a node."""

    node: str
    values: list[Value]
    judgements: list[Judgement]


class Offer(Struct, frozen=True):
    """A tool on offer."""

    name: str
    description: str
    called: bool


class Told(Struct, frozen=True):
    """A plan and how it came to be."""

    plan: ExecutionPlan
    fate: Fate
    steps: list[Step]
    tools: list[Offer]
    tolerated: list[str] = []


class Left(Struct, frozen=True):
    """Where a row, or a turn of it, left."""

    stage: str
    reason: str
    meaning: str
    detail: str


class Story(Struct, frozen=True):
    """The row at an address and what became of it; `trouble` says what could not be read again."""

    address: str
    part: str
    licence: str
    use: str
    revision: str | None
    row: dict[str, Any]
    read_with: list[str] = []
    left: list[Left] = []
    plans: list[Told] = []
    trouble: str = ""


def followed(built: Built, address: Address, plan_id: str | None = None) -> Story:
    """The story of a row, or of one plan of it.

    Raises:
        RecipeError, InputError: if it cannot be found.
    """
    try:
        record = built.row(address)
    except InputError as error:
        if plan_id is None:
            raise
        return _from_plans(built, address, plan_id, str(error))
    return told(built, address, record, plan_id)


def told(built: Built, address: Address, record: Record, plan_id: str | None = None) -> Story:
    """The story of a row that was read again."""
    head = _head(built, address)
    if isinstance(record, Broken):
        reason = Reason.too_large if record.oversized else Reason.unreadable
        return Story(**head, row={}, left=[Left("read", reason, reason.meaning, record.detail)])
    outcome = _carried(built, address, record)
    wanted = [one for one in outcome.plans if plan_id in (None, one.plan.plan_id)]
    if plan_id is not None and not wanted:
        gone = f"{address}: the row gives another plan now: its file or Planloom has changed"
        return _from_plans(built, address, plan_id, gone)
    notes = list(outcome.trace.notes) if outcome.trace else []
    plans = [_told(built, judged, outcome.trace) for judged in wanted]
    return Story(**head, row=record, read_with=notes, left=list(_left(outcome)), plans=plans)


def kept(built: Built, address: Address, record: Record, plan: ExecutionPlan) -> Told | None:
    """What its row tells of a plan that was kept; None if the row gives another plan now."""
    if isinstance(record, Broken):
        return None
    outcome = _carried(built, address, record)
    if plan.plan_id not in (judged.plan.plan_id for judged in outcome.plans):
        return None
    offers = _offers(plan, outcome.trace)
    about = {offer.name: offer.description for offer in offers}
    return Told(plan, Fate("kept"), _steps(plan, outcome.trace, about), offers)


def _carried(built: Built, address: Address, record: dict[str, Any]) -> Outcome:
    source, part = built.source(address.source), built.part(address)
    settings = Settings(built.recipe.limits, built.recipe.allow_non_commercial, built.recipe.safety)
    outcome = carry(record, part, place_of(source, part, address.file, address.at), settings)
    if built.evaluation is not None:
        [outcome] = cleared([outcome], built.evaluation, Counter())
    return outcome


def _head(built: Built, address: Address) -> dict[str, Any]:
    source, part = built.source(address.source), built.part(address)
    return {
        "address": str(address),
        "part": part.name,
        "licence": source.licence,
        "use": part.use,
        "revision": source.revision,
    }


def _from_plans(built: Built, address: Address, plan_id: str, trouble: str) -> Story:
    """What the build itself still knows of a plan whose row cannot be read."""
    row = built.written(plan_id)
    if row is None:
        raise InputError(f"{trouble}; and the plan is not in plans/")
    plan = arrow.of_row(row)
    known = Told(plan, fate(built, plan), _steps(plan, None, {}), [])
    return Story(**_head(built, address), row={}, plans=[known], trouble=trouble)


def _left(outcome: Outcome) -> Iterator[Left]:
    if outcome.left is not None:
        stage, reason, detail = outcome.left
        yield Left(stage, reason, reason.meaning, detail)
    for reason, detail in outcome.late:
        yield Left("lift", reason, reason.meaning, detail)


def _told(built: Built, judged: Judged, trace: Trace | None) -> Told:
    plan, stage, verdict = judged
    where = (
        fate(built, plan) if verdict.reason in (None, Reason.flagged, Reason.unlabelled) else None
    )
    if verdict.reason is not None:
        side = where.where if where else "left"
        where = Fate(side, stage, verdict.reason, verdict.reason.meaning, verdict.detail)
    elif where and where.where == "kept" and (row := built.written(plan.plan_id)):
        plan = arrow.of_row(row)
    offers = _offers(plan, trace)
    about = {offer.name: offer.description for offer in offers}
    tolerated = [str(one) for one in verdict.tolerated]
    return Told(plan, where or Fate("unknown"), _steps(plan, trace, about), offers, tolerated)


def _offers(plan: ExecutionPlan, trace: Trace | None) -> list[Offer]:
    called = {node.tool for node in plan.nodes}
    offered = trace.tools if trace else ()
    return [Offer(tool.name, tool.description, tool.name in called) for tool in offered]


def _steps(plan: ExecutionPlan, trace: Trace | None, about: Mapping[str, str]) -> list[Step]:
    origins: list[list[str]] = [[] for _ in plan.nodes]
    if trace is not None and trace.rounds:
        found = located(trace, {tool.name: tool for tool in trace.tools})
        origins = [[value.origin for value in mine] for mine in found]
    return [
        Step(node.id, _values(node, mine), list(_judgements(node, about.get(node.tool, ""))))
        for node, mine in zip(plan.nodes, origins, strict=True)
    ]


def _values(node: Node, origins: list[str]) -> list[Value]:
    leaves = leaves_of(node.arguments)
    known = origins or [""] * len(leaves)
    return [
        Value(leaf.path, leaf.written, origin) for leaf, origin in zip(leaves, known, strict=True)
    ]


def _judgements(node: Node, about: str) -> Iterator[Judgement]:
    origin, many = node.origin, "rows, records or files asked for"
    tiers, levels = meanings.TIERS, meanings.SENSITIVITIES
    for what, prefix, value, said, basis in (
        ("provenance_tier", "tier", node.provenance_tier, tiers[node.provenance_tier], origin.tier),
        ("result_tier", "result", node.result_tier, tiers[node.result_tier], origin.result_tier),
        ("scope_volume", "volume", node.scope_volume, many, origin.volume),
        (
            *("scope_sensitivity", "sensitivity", node.scope_sensitivity),
            *(levels[node.scope_sensitivity], origin.sensitivity),
        ),
    ):
        names = [name for name in node.rules if name.partition(":")[0] == prefix]
        rules = [
            Rule(name, meanings.ABOUT_RULES[name], meanings.fired(name, node, about))
            for name in dict.fromkeys(names)
        ]
        yield Judgement(str(what), int(value), str(said), str(basis), rules)


def as_json(found: Story | dict[str, Any]) -> str:
    """The story, or its row, for programs."""
    return msgspec.json.format(msgspec.json.encode(found), indent=1).decode()
