"""Where dedup and mix sent a plan, and because of which other plan, cap or target."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from msgspec import Struct

from planloom import mix
from planloom.chunks import PREFIX
from planloom.errors import Reason
from planloom.explain.built import Built, Spot
from planloom.indexed import KEPT, REASONS, SIDE, mapped
from planloom.plan import ExecutionPlan

MOST_OTHERS = 3


class Other(Struct, frozen=True):
    """Another plan of the build, and where it went itself."""

    plan_id: str
    address: str
    went: str


class Fate(Struct, frozen=True):
    """`where` is kept, beside, left or unknown; `of` are the plans that decided."""

    where: str
    stage: str = ""
    reason: str = ""
    meaning: str = ""
    detail: str = ""
    of: tuple[Other, ...] = ()


def fate(built: Built, plan: ExecutionPlan) -> Fate:
    """The fate of a plan at its own address."""
    spots = [spot for spot in built.spots(plan.plan_id) if built.column(spot, "at") == plan.at]
    for spot in spots:
        if built.address_of(spot)[:2] == (plan.source, plan.file):
            return _of(built, spot)
    return Fate("unknown", detail="not in this build")


def _of(built: Built, spot: Spot) -> Fate:
    code = built.fate_of(spot)
    if code == KEPT:
        return Fate("kept", detail="in plans/")
    if code == SIDE:
        return Fate("beside", detail="not benign, kept beside the corpus")
    reason = REASONS[code - 1]
    stage = "mix" if reason == Reason.over_target else "dedup"
    others = (other for other in _others(built, spot, reason) if other != spot)
    named = tuple(_other(built, other) for other in islice(others, MOST_OTHERS))
    return Fate("left", stage, reason, reason.meaning, _detail(built, spot, reason), named)


def _other(built: Built, spot: Spot) -> Other:
    code = built.fate_of(spot)
    went = {KEPT: "kept", SIDE: "not benign"}.get(code) or f"left: {REASONS[code - 1]}"
    return Other(built.id_of(spot), str(built.address_of(spot)), went)


def _others(built: Built, spot: Spot, reason: Reason) -> Iterable[Spot]:
    """The plans that decided, the kept ones first."""
    if reason == Reason.near_duplicate:
        return _near(built, spot)
    if reason == Reason.prefix_of_longer:
        return _longer(built, spot)
    if reason in (Reason.flagged, Reason.unlabelled):
        copies = built.spots(built.id_of(spot))
        return [copy for copy in copies if built.column(copy, "label")]
    same = REASONS.index(reason) + 1
    rest = [(built.fate_of(one), one) for one in _alike(built, spot, reason)]
    return [one for code, one in sorted(rest) if code not in (same, SIDE)]


def _alike(built: Built, spot: Spot, reason: Reason) -> Iterable[Spot]:
    if reason == Reason.duplicate:
        return built.spots(built.id_of(spot))
    if reason == Reason.same_task:
        source = built.chunks[spot.chunk].source
        return built.where("task", built.column(spot, "task"), source)
    if reason == Reason.template_cap:
        return built.where("template", built.column(spot, "template"))
    return ()


def _near(built: Built, spot: Spot) -> Iterator[Spot]:
    because = np.load(built.chunks[spot.chunk].folder / "because.npz")
    for hi, lo in because["plan"][because["row"] == spot.row].tolist():
        yield built.spot(f"{hi:016x}{lo:016x}")


def _longer(built: Built, spot: Spot) -> Iterator[Spot]:
    """Longer dialogues of the same part that begin with this one."""
    mine, whole = built.chunks[spot.chunk], built.column(spot, "whole")
    for number, chunk in enumerate(built.chunks):
        if (chunk.source, chunk.part) == (mine.source, mine.part):
            known = mapped(chunk.folder / "prefixes.npy", PREFIX)
            for row in known["row"][known["hash"] == whole].tolist():
                yield Spot(number, int(row))


def _detail(built: Built, spot: Spot, reason: Reason) -> str:
    if reason == Reason.template_cap:
        return f"the recipe keeps {built.recipe.dedup.template_cap:,} plans of a template"
    if reason != Reason.over_target:
        return ""
    cap = mix.over(built.chunks, built.fates, built.recipe, spot.chunk, spot.row)
    return _bound(cap) if cap else ""


def _bound(cap: mix.Cap) -> str:
    if cap.source:
        return f"the recipe takes at most {cap.most:,} plans of {cap.source}"
    if cap.skeleton:
        return f"the recipe takes at most {cap.most:,} plans without arguments (skeleton_max)"
    return f"the target of {cap.category} is {cap.most:,} plans; those of least seeded hash stay"
