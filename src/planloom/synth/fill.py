"""Values for a workflow: a Trace, what its assistant was allowed, and the edges that were planted."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from planloom.lift.scope import is_limit
from planloom.synth.makers import Makers, Random, one_of
from planloom.synth.requests import Wording
from planloom.synth.workflow import Cell, Doing, Given, Planted, Workflow
from planloom.trace import Call, Round, Trace

AGAIN = 4  # attempts to draw a value that the user did not say
_json = msgspec.json.Encoder()


class Policy(NamedTuple):
    """What the assistant may do: for whom, with which tools, how many records a call, what it must ask for."""

    role: str
    allowed_tools: tuple[str, ...]
    max_records: int
    confirm_writes: bool


class Gold(NamedTuple):
    """A generated trace. The edges are what was planted, not what `lift` finds; `values` fill the slots."""

    trace: Trace
    policy: Policy
    planted: tuple[Planted, ...]
    wording: Wording
    values: Sequence[Any]


def fill(flow: Workflow, wording: Wording, r: Random) -> Gold:
    """One trace of a workflow, in these words."""
    values, makers = _values(flow, wording, r), flow.world.makers
    calls = [
        Call(
            tool=doing.tool.name,
            arguments={one.name: _argument(one, makers, values, r) for one in doing.given},
            result=_result(doing, values, r),
        )
        for doing in flow.doings
    ]
    policy = _policy(flow, calls, r)
    trace = Trace(
        user_turns=tuple(
            "".join([one if isinstance(one, str) else said(values[one]) for one in turn]).strip()
            for turn in wording.turns
        ),
        rounds=_rounds(flow.doings, calls),
        tools=flow.offered,
        system=told(policy),
        language=wording.language,
        category="gold_traces",
    )
    return Gold(trace, policy, flow.planted, wording, values)


def _values(flow: Workflow, wording: Wording, r: Random) -> list[Any]:
    """A value for each slot; what flows is drawn again while the user said it by chance."""
    values = [make(r) for make in wording.slots]
    for low, high in flow.ordered:
        first, last = values[low], values[high]
        if _measured(first) and type(first) is type(last) and first > last:
            values[low], values[high] = last, first
    if flow.planted:
        said = {str(values[slot]) for slot in wording.said}
        for slot in {edge.slot for edge in flow.planted}:
            for _ in range(AGAIN):
                if str(values[slot]) not in said:
                    break
                values[slot] = flow.slots[slot](r)
            said.add(str(values[slot]))
    return values


def _measured(value: Any) -> bool:
    """Whether values like it have an order: numbers, dates, times; not cities."""
    return isinstance(value, int | float) or (isinstance(value, str) and value[:1].isdigit())


def _argument(given: Given, makers: Makers, values: list[Any], r: Random) -> Any:
    if given.how == "value":
        return values[given.slots[0]]
    if given.how == "element":
        return [values[slot] for slot in given.slots]
    opening = makers.pool["message"]
    quoted = ", ".join(str(values[slot]) for slot in given.slots)
    return f"{opening[int(r() * len(opening))]}: {quoted}"


def said(value: Any) -> str:
    """A value as a user writes it."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is bool:
        return "yes" if value else "no"
    if kind is list:
        return ", ".join(map(said, value))
    if kind is dict:
        return ", ".join(f"{key} {said(item)}" for key, item in value.items())
    return str(value)


def _rounds(doings: Sequence[Doing], calls: Sequence[Call]) -> tuple[Round, ...]:
    steps: dict[int, tuple[int, list[Call]]] = {}
    for doing, call in zip(doings, calls, strict=True):
        steps.setdefault(doing.step, (doing.turn, []))[1].append(call)
    return tuple(Round(tuple(mine), turn) for turn, mine in steps.values())


def _result(doing: Doing, values: list[Any], r: Random) -> str:
    records = [_record(cells, values, r) for cells in doing.records]
    value: Any = records if doing.many else records[0]
    if doing.style == 0:
        return _json.encode(value).decode()
    if doing.style == 1:
        return _json.encode({"status": "success", "data": value}).decode()
    if doing.many or doing.style == 2:
        return _json.encode(
            {"results": value, "count": len(records)} if doing.many else value
        ).decode()
    return "\n".join(f"{name.replace('_', ' ')}: {said(one)}" for name, one in records[0].items())


def _record(cells: Sequence[Cell], values: list[Any], r: Random) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for path, slot, make in cells:
        place = record
        for name in path[:-1] if len(path) > 1 else ():
            place = place.setdefault(name, {})
        place[path[-1]] = make(r) if slot is None else values[slot]
    return record


LIMITS = (10, 20, 50, 100, 200)
_HOLDER = one_of(("a customer", "an employee", "a household", "a small team", "a student"))


def _policy(flow: Workflow, calls: Sequence[Call], r: Random) -> Policy:
    role = flow.world.role or _HOLDER(r)
    names = tuple(tool.name for tool in flow.offered)
    asked = max((limit for call in calls for limit in _limits(call)), default=0)
    fits = [limit for limit in LIMITS if limit >= asked] or [asked]
    return Policy(role, names, fits[int(r() * len(fits))], r() < 0.5)


def _limits(call: Call) -> Iterator[int]:
    """How many records a call asks for by the arguments that say so."""
    for name, value in call.arguments.items():
        if type(value) is int and is_limit(name):
            yield value


def told(policy: Policy) -> str:
    """The policy as the system prompt says it."""
    ask = " Ask before you change anything that was not asked for." if policy.confirm_writes else ""
    return (
        f"You are the assistant of {policy.role}. You may call {', '.join(policy.allowed_tools)} and nothing else. "
        f"Ask for {policy.max_records} records a call at most.{ask}"
    )
