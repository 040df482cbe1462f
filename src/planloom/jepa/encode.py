"""A trained model at work: latents of plans, and how unexpected a plan and each of its calls are."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.errors import InputError
from planloom.jepa import masks
from planloom.jepa.batch import Batch, Tensor
from planloom.jepa.extra import threads, torch
from planloom.jepa.inputs import Inputs, inputs
from planloom.jepa.layout import layout
from planloom.jepa.metadata import About
from planloom.jepa.model import Model
from planloom.jepa.running import BROKEN, MODEL, Card, card, read
from planloom.jepa.sizes import SIZES

PASSES = 8
"""Masked passes over a plan. Of longer plans several calls are hidden at once, none beside the same others twice."""


class Trained(NamedTuple):
    """A model with what is known of it."""

    model: Model
    card: Card


class Latents(NamedTuple):
    """Of N calls, of G plans, and of the plans that their requests let expect."""

    calls: Tensor
    plans: Tensor
    requests: Tensor


class Energies(NamedTuple):
    """Squared distances from what was expected: 1 is about what knowing nothing comes to."""

    request: Tensor  # [G], of a plan from what its request lets expect
    call: Tensor  # [N], of a call from what request and other calls let expect


def load(run: Path, device: str = "cpu") -> Trained:
    """The model of a finished run.

    Raises:
        InputError: if there is none.
    """
    about = card(run)
    model = fresh(about)
    path = run / MODEL
    try:
        model.load_state_dict(read(path, device))
    except (OSError, *BROKEN) as error:
        told = str(error).splitlines()[0]
        raise InputError(f"{path}: cannot be read: {told}; train again") from error
    return Trained(model.to(device).eval(), about)


def fresh(about: Card, seed: int | None = None) -> Model:
    """The same model untrained, as its run began or from another seed: what training is held against."""
    torch.manual_seed(about.settings.seed if seed is None else seed)
    return Model(SIZES[about.settings.size], about.tensors.vocabulary).eval()


def refuse_other(about: Card, tensors: About) -> None:
    """Whether tensors have the words that a model knows.

    Raises:
        InputError: if they were made otherwise.
    """
    for name in ("vocabulary", "salt", "words", "version"):
        mine, theirs = getattr(about.tensors, name), getattr(tensors, name)
        if mine != theirs:
            raise InputError(f"the model was trained on tensors with {name} {mine}, not {theirs}")


@torch.inference_mode()
def latents(model: Model, batches: Iterable[Batch]) -> Latents:
    """The latents of whole plans, in the order of the batches, on the CPU."""
    with threads(model.size.threads):
        found = [_latents(model, _whole(model, batch)) for batch in batches]
    if not found:
        return Latents(*(torch.empty(0, model.size.latent) for _ in Latents._fields))
    return Latents(*(torch.cat(one) for one in zip(*found, strict=True)))


def _latents(model: Model, given: Inputs) -> Latents:
    encoded = model.encoded(given, whole=True)
    expected = model.expects(model.requests(given))
    some = (model.calls(encoded), model.plans(encoded, given), expected)
    return Latents(*(one.float().cpu() for one in some))


def _whole(model: Model, batch: Batch) -> Inputs:
    views = masks.hiding(batch, np.zeros(len(batch.graph), np.bool_))
    return inputs(batch, views).to(model.nothing.device)


@torch.inference_mode()
def energies(model: Model, batch: Batch, seed: int = 0, passes: int = PASSES) -> Energies:
    """How far plans and calls are from what is expected; each call is hidden once, in one of `passes`."""
    with threads(model.size.threads):
        return _energies(model, batch, masks.rank(batch, np.random.default_rng(seed)) % passes)


def _energies(model: Model, batch: Batch, turn: NDArray[np.int64]) -> Energies:
    targets, laid = _latents(model, _whole(model, batch)), layout(batch)
    call = torch.zeros(len(batch.graph))
    for number in np.unique(turn):
        hidden = turn == number
        given = inputs(batch, masks.hiding(batch, hidden), laid).to(model.nothing.device)
        filled = model.fills(model.encoded(given, whole=False), model.requests(given), given)
        far = (filled.float().cpu() - targets.calls).square().mean(1)
        call = torch.where(torch.from_numpy(hidden), far, call)
    return Energies((targets.requests - targets.plans).square().mean(1), call)
