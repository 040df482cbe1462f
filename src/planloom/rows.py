"""The way of one row: policy, read, label, lift, check. Every row ends in an Outcome."""

import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from planloom import checks, safety
from planloom.decontaminate import Found, Index
from planloom.errors import BadRow, Reason
from planloom.lift import lift
from planloom.plan import ExecutionPlan, Finding, Label
from planloom.prompts import Prompt
from planloom.recipe import Limits, Safety
from planloom.safety.classes import deciding, reason
from planloom.source import Part, Row, Source
from planloom.trace import Place, Trace
from planloom.verdict import Verdict

NON_COMMERCIAL = "non-commercial; the recipe says allow_non_commercial = false"


class Settings(Struct, frozen=True):
    """What of a recipe decides about single rows."""

    limits: Limits = Limits()
    allow_non_commercial: bool = False
    safety: Safety = Safety()


class Judged(NamedTuple):
    """A plan and what the label and the checks say of it."""

    plan: ExecutionPlan
    stage: str
    verdict: Verdict


class Outcome(NamedTuple):
    """Where a row went. `left` names the stage; a row that is left has no plans, but may be a prompt.

    `late` are turns of a lifted row that became no plan.
    """

    plans: list[Judged]
    left: tuple[str, Reason, str] | None = None
    late: Sequence[tuple[Reason, str]] = ()
    trace: Trace | None = None
    crash: str = ""
    prompt: Prompt | None = None


def carry(row: Row, part: Part, place: Place, settings: Settings) -> Outcome:
    """The outcome of one row. Nothing that a row holds makes this raise."""
    if (why := forbidden(part, settings)) is not None:
        return Outcome([], ("read", Reason.policy, why))
    try:
        return _read(row, part, place, settings)
    except BadRow as bad:
        return Outcome([], ("read", bad.reason, bad.detail))
    except RecursionError:
        return Outcome([], ("read", Reason.too_large, "nested too deep"))
    except Exception as error:  # noqa: BLE001 - the one guard: a bug costs its row and is shown
        crash = traceback.format_exc()
        return Outcome([], ("read", Reason.reader_crashed, repr(error)), crash=crash)


def _read(row: Row, part: Part, place: Place, settings: Settings) -> Outcome:
    trace = part.read(row)
    if trace.policy == "eval_only":
        return Outcome([], ("read", Reason.policy, "held out for evaluation"), trace=trace)
    if trace.use == "non_commercial" and not settings.allow_non_commercial:
        return Outcome([], ("read", Reason.policy, NON_COMMERCIAL), trace=trace)
    return _lifted(trace, part, place, settings)


def forbidden(part: Part, settings: Settings) -> str | None:
    """Why no row of the part may be trained on, or None."""
    if part.policy != "train":
        return f"{part.policy}: {part.why}"
    if part.use == "non_commercial" and not settings.allow_non_commercial:
        return NON_COMMERCIAL
    return None


def _lifted(trace: Trace, part: Part, place: Place, settings: Settings) -> Outcome:
    limits = settings.limits
    if (n := len(trace.calls)) > limits.max_nodes:
        return Outcome([], ("lift", Reason.too_large, f"{n} calls"), trace=trace)
    policy = settings.safety
    label, findings = safety.label(trace, part.benign, policy)
    lifted = lift(trace, place, label, findings, max_turns=limits.max_turns)
    if not lifted.plans and lifted.left:
        return _planless(trace, place, label, findings, policy, lifted.left[0])
    plans = [safety.with_targets(plan, policy) for plan in lifted.plans]
    judged = [_judge(plan, trace, settings) for plan in plans]
    return Outcome(judged, late=lifted.left, trace=trace)


def _planless(
    trace: Trace,
    place: Place,
    label: Label,
    findings: tuple[Finding, ...],
    policy: Safety,
    left: tuple[Reason, str],
) -> Outcome:
    """A row that gives no plan; if a finding takes it out of benign, its prompt is kept."""
    told = deciding(findings, policy.classes)
    request = next((turn for turn in trace.user_turns if turn.strip()), "")
    if told is None or not request:
        return Outcome([], ("lift", *left), trace=trace)
    detail = f"{told[1].rule}: {told[1].span}"
    prompt = Prompt(place.source, place.config, place.file, place.at, request, label, findings)
    return Outcome([], ("lift", Reason.prompt, detail), trace=trace, prompt=prompt)


def _judge(plan: ExecutionPlan, trace: Trace, settings: Settings) -> Judged:
    if plan.label == "benign":
        return Judged(plan, "check", checks.check(plan, trace, settings.limits))
    told = deciding(plan.findings, settings.safety.classes)
    if told is None:
        return Judged(plan, "label", Verdict(Reason.unlabelled, "a message has no safety label"))
    consequence, finding = told
    detail = f"{finding.rule}: {finding.span}"
    return Judged(plan, "label", Verdict(reason(consequence, finding), detail))


def cleared(outcomes: Sequence[Outcome], index: Index, repeated: Counter[str]) -> list[Outcome]:
    """The outcomes, with no benign plan accepted that repeats an item of an evaluation set.

    `repeated` counts these plans by set.
    """
    fine = [one.plan for outcome in outcomes for one in outcome.plans if not one.verdict.reason]
    found = index.find(fine)
    if not any(found):
        return list(outcomes)
    repeated.update(item.set for item in found if item)
    items = iter(found)
    return [outcome._replace(plans=_cleared(outcome.plans, items)) for outcome in outcomes]


def _cleared(plans: Sequence[Judged], items: Iterator[Found | None]) -> list[Judged]:
    """The plans; for each that was fine the next item says whether it stays so."""
    clear = []
    for one in plans:
        item = None if one.verdict.reason else next(items)
        verdict = Verdict(Reason.contaminated, str(item)) if item else one.verdict
        clear.append(one._replace(verdict=verdict))
    return clear


def place_of(source: Source, part: Part, file: str, at: int) -> Place:
    """The address and the rights that plans of a row carry."""
    return Place(
        source=source.id,
        config=part.config,
        split=part.split,
        file=file,
        at=at,
        licence=source.licence,
        use=part.use,
        category=part.category,
        revision=source.revision,
        language=source.languages[0] if source.languages != ("mul",) else None,
    )
