"""Plans of files judged one after the other: p-value, calls, reasons, and a bounded list of the worst."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from math import inf
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct, structs
from tqdm import tqdm

from planloom import stored, terminal
from planloom.errors import InputError, OutputError
from planloom.jepa import parts, score, why
from planloom.jepa.calls import Column
from planloom.jepa.conformal import SILENT
from planloom.jepa.score import Model, Scores
from planloom.plan import ExecutionPlan

AT_ONCE = 512
_json = msgspec.json.Encoder()


class Reason(Struct, frozen=True):
    """A term that speaks of a call: its p-value among benign calls, and what it says."""

    term: str
    p: float
    says: str


class Call(Struct, frozen=True):
    """A call with its p-value among benign calls."""

    node: str
    tool: str
    p: float
    why: tuple[Reason, ...] = ()


class Verdict(Struct, frozen=True):
    """A plan with its energy and p-value among benign plans; `left`: why it was not judged."""

    plan_id: str
    where: str
    request: str
    p: float = 1.0
    alarm: bool = False
    energy: float | None = None
    calls: tuple[Call, ...] = ()
    left: str | None = None


def of_files(paths: Sequence[Path], model: Model, false_alarms: float) -> Iterator[Verdict]:
    """Judges the plans of files, in their order.

    Raises:
        PlanloomError: if there is no such file, or something in one is no plan.
    """
    bound = model.plan.threshold(false_alarms)
    for path in paths:
        enums = parts.enums_of(path)
        plans = _named(path)
        while some := list(islice(plans, AT_ONCE)):
            most = model.fitted.about.max_nodes
            left = [parts.unfit(plan, most) for _, plan in some]
            fit = [plan for (_, plan), why in zip(some, left, strict=True) if why is None]
            found = iter(
                _judged(fit, model, score.of_plans(fit, model, enums), bound) if fit else ()
            )
            for (where, plan), reason in zip(some, left, strict=True):
                empty = Verdict(plan.plan_id, where, plan.request, left=reason)
                yield empty if reason else structs.replace(next(found), where=where)


def _named(path: Path) -> Iterator[tuple[str, ExecutionPlan]]:
    for row, plan in stored.plans(path):
        if isinstance(plan, str):
            raise InputError(f"{path}:{row}: {plan}; see planloom check {path}")
        yield f"{path}:{row}", plan


def _judged(
    plans: Sequence[ExecutionPlan], model: Model, scores: Scores, bound: float
) -> Iterator[Verdict]:
    first = np.append(0, np.cumsum(scores.arguments))
    for row, plan in enumerate(plans):
        p, energy = float(scores.plan[row]), float(scores.plan_energy[row])
        start = int(scores.call_at[row])
        calls = tuple(
            _call(plan, index, start + index, scores, first, model.names)
            for index in range(len(plan.nodes))
        )
        found = energy if energy > SILENT else None
        yield Verdict(plan.plan_id, "", plan.request, p, p <= bound, found, calls)


def _call(
    plan: ExecutionPlan,
    index: int,
    row: int,
    scores: Scores,
    first: Column,
    names: Sequence[str],
) -> Call:
    node = plan.nodes[index]
    told = why.of_call(plan, index, row, scores, int(first[row]), names)
    reasons = tuple(Reason(one.term, one.p, one.words) for one in told)
    return Call(node.id, node.tool, float(scores.call[row]), reasons)


class Summary(Struct):
    """How many plans were judged, alarmed and left, by why; and the most unusual ones, worst first."""

    judged: int = 0
    alarms: int = 0
    left: dict[str, int] = {}
    worst: tuple[Verdict, ...] = ()


def written(judged: Iterable[Verdict], lines: Path | None, top: int) -> Summary:
    """Counts verdicts, keeps the `top` worst, and writes all as lines of JSON, whole or not at all.

    Raises:
        OutputError: if the file cannot be written.
    """
    summary = Summary(left={})
    worst: list[tuple[float, int, Verdict]] = []
    shown = tqdm(judged, unit=" plans", disable=None, leave=False)
    with _lines(lines) as write:
        for number, one in enumerate(shown):
            write(one)
            _count(summary, one)
            heapq.heappush(worst, (one.energy or -inf, -number, one))
            if len(worst) > top:
                heapq.heappop(worst)
    ranked = sorted(worst, key=lambda entry: entry[:2], reverse=True)
    summary.worst = tuple(one for _, _, one in ranked if one.left is None)
    return summary


def _count(summary: Summary, one: Verdict) -> None:
    summary.judged += one.left is None
    summary.alarms += one.alarm
    if one.left:
        summary.left[one.left] = summary.left.get(one.left, 0) + 1


@contextmanager
def _lines(path: Path | None) -> Iterator[Callable[[Verdict], object]]:
    if path is None:
        yield lambda one: None
        return
    whole = path.with_name(f"{path.name}.tmp")
    try:
        with whole.open("wb") as file:
            yield lambda one: file.write(_json.encode(one) + b"\n")
        whole.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from error
    finally:
        whole.unlink(missing_ok=True)


def told(summary: Summary, false_alarms: float) -> str:
    """The summary for people: counts, then the worst plans with what is unusual about their calls."""
    found = [
        f"{summary.judged:,} plans, {summary.alarms:,} alarms; of benign plans at most "
        f"{100 * false_alarms:g} % alarm"
    ]
    found += [f"left out: {count:,} plans, {why}" for why, count in summary.left.items()]
    for one in summary.worst:
        found += map(terminal.printable, _of(one))
    return "\n".join(found)


def _of(one: Verdict) -> Iterator[str]:
    asked = terminal.cut(" ".join(one.request.split()), 80)
    yield f"p {one.p:.4f}{' ALARM' if one.alarm else ''}  {one.plan_id}  {asked}"
    for call in sorted(one.calls, key=lambda call: call.p):
        for reason in call.why:
            yield f"    {call.node} {call.tool}: {reason.says}"
