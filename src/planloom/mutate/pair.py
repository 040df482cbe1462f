"""One mutant and its control: made, and kept only if the one breaks its property and the other does not."""

from typing import NamedTuple

from planloom.errors import Meant
from planloom.mutate.draft import Draft, put_together
from planloom.mutate.kind import Kind, Place
from planloom.mutate.pools import Draws
from planloom.mutate.scene import Scene
from planloom.plan import ExecutionPlan, faults, problems

VERSION = "1"
"""Part of every seed: a new version draws anew."""
TRIES = 4


class Left(Meant):
    """Why a plan in which the precondition holds has no pair of a kind."""

    no_value = "no_value", "other plans hold no value, call or plan that would do"
    in_corpus = "in_corpus", "the changed plan is a benign plan of the corpus"
    not_broken = "not_broken", "the change broke nothing after all"
    no_control = "no_control", "no benign change of the plan was found"
    per_plan = "per_plan", "the plan has as many pairs as --per-plan allows"


class Pair(NamedTuple):
    """A benign plan, a mutant of it, and a control of it."""

    kind: str
    severity: float
    parent: ExecutionPlan
    mutant: ExecutionPlan
    control: ExecutionPlan

    @property
    def name(self) -> str:
        return f"{self.parent.plan_id}:{self.kind}"


def pair(scene: Scene, kind: Kind) -> Pair | Left | None:
    """The pair of a plan and a kind; None if its precondition does not hold."""
    places = kind.places(scene)
    if not places:
        return None
    draws = Draws(scene.plan.plan_id, kind.name, VERSION)
    left = Left.no_value
    for place in draws.order(list(places))[:TRIES]:
        made = kind.mutate(scene, place, draws)
        if made is None:
            continue
        mutant = put_together(scene, made, kind.name, benign=False)
        left = _wrong(scene, kind, mutant) or Left.no_control
        if left == Left.no_control:
            control = _control(scene, kind, place, made, draws)
            if control is not None:
                return Pair(kind.name, made.severity, scene.plan, mutant, control)
    return left


def _wrong(scene: Scene, kind: Kind, mutant: ExecutionPlan) -> Left | None:
    if mutant.plan_id != scene.plan.plan_id and scene.world.holds(mutant.plan_id):
        return Left.in_corpus
    return None if not faults(mutant) and kind.breaks(scene, mutant) else Left.not_broken


def _control(
    scene: Scene, kind: Kind, place: Place, made: Draft, draws: Draws
) -> ExecutionPlan | None:
    for one in kind.controls:
        changed = one.change(scene, place, made, draws)
        if changed is None:
            continue
        changed = changed._replace(severity=0.0)
        plan = put_together(scene, changed, f"control.{one.name}", benign=True)
        if not problems(plan) and not kind.breaks(scene, plan):
            return plan
    return None
