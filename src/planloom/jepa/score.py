"""How unusual is a plan? Terms of each call, as p-values on benign plans, and all of them together.

A model here is what `train` leaves in its folder: the tables counted on benign plans, the scales on other
benign plans, and a neural model, if there is one, whose energies are two more terms.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from planloom.errors import InputError
from planloom.jepa import arrays, calls, fitted, tensors
from planloom.jepa.calls import Calls
from planloom.jepa.conformal import SILENT, Ladder, each, largest, together
from planloom.jepa.fitted import Fitted
from planloom.jepa.keep import Keep
from planloom.jepa.tables import Floats
from planloom.jepa.terms import Surprise
from planloom.plan import ExecutionPlan

FILE = "scales.npz"
VERSION = 1
CALL, PLAN = "all of a call", "worst call of a plan"
NEURAL = ("request", "masked call")
"""Energies of a neural model: of the plan given the request, and of each call given the others."""
CALIBRATION = Keep(fold=("valid",), label=("benign",))
MOST_PLANS = 100_000
"""Benign plans that the scales are made of."""

Energies = Callable[[pa.Table], tuple[Floats, Floats]]
"""From tensors of plans: of each plan its request energy [G], of each call its masked energy [N]."""


class Model(NamedTuple):
    """`terms` are scales of single calls, `call` that of all terms together, `plan` that of a plan's worst call."""

    fitted: Fitted
    terms: tuple[Ladder, ...]
    call: Ladder
    plan: Ladder
    energies: Energies | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The terms, in the order of columns."""
        return (*fitted.NAMES, *(NEURAL if self.energies else ()))


class Scores(NamedTuple):
    """G plans, N calls, T terms. Energies: larger is more unusual. Of what has no call all p-values are 1."""

    call_at: NDArray[np.int64]
    plan: Floats  # [G]
    plan_energy: Floats  # [G]
    call: Floats  # [N]
    call_energy: Floats  # [N]
    terms: Floats  # [N, T]
    arguments: NDArray[np.int64]  # [N], how many each call has
    sources: NDArray[np.uint8]  # where each argument stands
    why: Surprise


def fit(
    paths: str | Sequence[str],
    run: Path,
    keep: Keep = fitted.WITH_CALLS,
    calibration: Keep = CALIBRATION,
    energies: Energies | None = None,
) -> Model:
    """Counts some benign plans of tensors, makes scales of others, and keeps both in a folder.

    Raises:
        PlanloomError: if there are too few plans, or the folder cannot be written.
    """
    model = calibrated(fitted.fit(paths, keep), paths, calibration, energies)
    save(model, run)
    return model


def calibrated(
    one: Fitted,
    paths: str | Sequence[str],
    keep: Keep = CALIBRATION,
    energies: Energies | None = None,
) -> Model:
    """A model with the scales of other benign plans than those that were counted.

    Raises:
        InputError: if no kept plan has a call.
    """
    found, plans = [], 0
    for table in fitted.read(paths, keep, calls.MODEL if energies else ()):
        scores, flat, _ = _raw(table, one, energies)
        found.append((scores, flat))
        plans += flat.plans
        if plans >= MOST_PLANS:
            break
    if plans < 2:
        raise InputError(f"{paths}: {plans} benign plans with calls to compare with; see keep")
    return _scaled(one, found, energies)


def _scaled(one: Fitted, found: Sequence[tuple[Floats, Calls]], energies: Energies | None) -> Model:
    """Every second plan for the terms, the others for all of them together."""
    single, ours, theirs = [], [], []
    for scores, flat in found:
        second = flat.plan % 2 == 1
        single.append(scores[~second & ~flat.answers])
        ours.append((scores[second], flat.answers[second]))
        theirs.append(np.diff(flat.call_at)[1::2])
    terms = tuple(Ladder.of(column) for column in np.concatenate(single).T)
    energy = _energy(terms, *(np.concatenate(columns) for columns in zip(*ours, strict=True)))
    call_at = np.append(0, np.cumsum(np.concatenate(theirs)))
    spoken = energy[energy > SILENT]
    return Model(one, terms, Ladder.of(spoken), Ladder.of(largest(energy, call_at)), energies)


def _energy(terms: Sequence[Ladder], scores: Floats, answers: NDArray[np.bool_]) -> Floats:
    """Of each call all terms together; SILENT of what is no call."""
    found = together(each(terms, scores))
    found[answers] = SILENT
    return found


def _raw(table: pa.Table, one: Fitted, energies: Energies | None) -> tuple[Floats, Calls, Surprise]:
    """The scores of each call, the neural terms last; the calls; the surprise that was counted."""
    flat = calls.of_table(table)
    why = fitted.surprises(flat, one)
    if energies is None:
        return why.amount, flat, why
    request, masked = energies(table)
    more = np.stack((request[flat.plan], masked), 1)
    more[flat.answers] = np.nan
    return np.concatenate([why.amount, more], 1), flat, why


def of_table(table: pa.Table, model: Model) -> Scores:
    """The p-values of plans in tensors, and of their calls."""
    scores, flat, why = _raw(table, model.fitted, model.energies)
    energy = _energy(model.terms, scores, flat.answers)
    whole = largest(energy, flat.call_at)
    return Scores(
        flat.call_at,
        np.where(whole > SILENT, model.plan.p_values(whole), 1.0),
        whole,
        np.where(flat.answers, 1.0, model.call.p_values(energy)),
        energy,
        each(model.terms, scores),
        np.bincount(flat.owner, minlength=len(flat.plan)),
        flat.argument["arg_source"],
        why,
    )


def of_plans(plans: Sequence[ExecutionPlan], model: Model, enums: tensors.Enums) -> Scores:
    """The p-values of plans. `enums`: what the schemas of their tools list."""
    return of_table(tensors.table(plans, model.fitted.about, enums), model)


def save(model: Model, run: Path) -> None:
    """Keeps tables and scales in a folder; a neural model keeps itself."""
    fitted.save(model.fitted, run)
    ladders = dict(zip(model.names, model.terms, strict=True))
    ladders |= {CALL: model.call, PLAN: model.plan}
    about = {"version": VERSION, "terms": model.names, "corpus": model.fitted.about.corpus}
    arrays.save(run / FILE, about, {name: ladder.scores for name, ladder in ladders.items()})


def load(run: Path, neural: Callable[[Path], Energies] | None = None) -> Model:
    """What `save` kept; `neural` loads a folder's neural model, if the scales know one.

    Raises:
        InputError: if it is not there, spoiled, or does not fit together.
    """
    one = fitted.load(run)
    about, kept = arrays.load(run / FILE, VERSION)
    energies = neural(run) if neural and NEURAL[0] in about["terms"] else None
    names = (*fitted.NAMES, *(NEURAL if energies else ()))
    if about["corpus"] != one.about.corpus:
        raise InputError(f"{run}: tables and scales are of different corpora; train again")
    if about["terms"] != list(names):
        known = "a neural model" if NEURAL[0] in about["terms"] else "tables alone"
        raise InputError(f"{run}: scales of {known}, which is not what scores now; train again")
    terms = tuple(Ladder(kept[name]) for name in names)
    return Model(one, terms, Ladder(kept[CALL]), Ladder(kept[PLAN]), energies)
