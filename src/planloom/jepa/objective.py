"""What training makes smaller: the distance of predicted latents from those of whole plans, and SIGReg.

Without SIGReg all latents may become one point: the prediction is then perfect and worth nothing.
"""

from typing import NamedTuple

import numpy as np

from planloom.jepa.batch import Tensor
from planloom.jepa.extra import torch
from planloom.jepa.inputs import Inputs
from planloom.jepa.model import Model

KNOTS, FARTHEST = 17, 3.0
DIRECTIONS = 256


class Losses(NamedTuple):
    """What a step came to; `all` is what is made smaller."""

    all: Tensor
    call: Tensor
    argument: Tensor
    request: Tensor
    sigreg: Tensor


class Step(NamedTuple):
    """The losses of a batch, and the latents of its calls and plans."""

    losses: Losses
    calls: Tensor
    plans: Tensor


def step(model: Model, given: Inputs, directions: Tensor, sigreg: float, *, stop: bool) -> Step:
    """A batch through the model: the targets are the latents of whole plans by the same encoder.

    With `stop` the targets do not move towards what is predicted.
    """
    whole = model.encoded(given, whole=True)
    calls, plans = model.calls(whole).float(), model.plans(whole, given).float()
    targets = (calls.detach(), plans.detach()) if stop else (calls, plans)
    requests = model.requests(given)
    filled = model.fills(model.encoded(given, whole=False), requests, given).float()
    distance = (filled - targets[0]).square().mean(1)
    call, argument = _mean(distance, given.hidden), _mean(distance, given.argued)
    request = (model.expects(requests).float() - targets[1]).square().mean()
    normal = (gaussian(calls, directions) + gaussian(plans, directions)) / 2
    whole_loss = (1 - sigreg) * (call + argument + request) + sigreg * normal
    return Step(Losses(whole_loss, call, argument, request, normal), calls, plans)


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """The mean of those chosen; 0 of none."""
    found: Tensor = (values * chosen).sum() / chosen.sum().clamp(min=1)
    return found


def directions(latent: int, seed: int, number: int, count: int = DIRECTIONS) -> Tensor:
    """Random unit vectors [latent, count] of a step: the same each time that it is made."""
    drawn = np.random.default_rng([seed, number, 1]).standard_normal((latent, count), np.float32)
    return torch.from_numpy(drawn / np.linalg.norm(drawn, axis=0))


def gaussian(latents: Tensor, along: Tensor) -> Tensor:
    """SIGReg: how far the latents are from N(0, 1) along each direction, in the mean.

    Of n latents the empirical characteristic function is held against exp(-t^2/2): n times the integral
    of the squared distance under that same weight, over t in [-3, 3] by trapezia.
    """
    knots = torch.linspace(0, FARTHEST, KNOTS, device=latents.device)
    normal = torch.exp(-knots.square() / 2)
    weight = torch.full_like(knots, 2 * FARTHEST / (KNOTS - 1))
    weight[[0, -1]] /= 2
    # in bfloat16 the angles would be too coarse
    with torch.autocast(latents.device.type, enabled=False):
        angles = (latents @ along)[..., None] * knots
    real, imaginary = angles.cos().mean(0), angles.sin().mean(0)
    distance = (real - normal).square() + imaginary.square()
    found: Tensor = (distance @ (weight * normal)).mean() * len(latents)
    return found


def spread(latents: Tensor) -> float:
    """The standard deviation of a latent, in the mean over its dimensions: near 0 all is one point."""
    return float(latents.std(0, correction=0).mean()) if len(latents) else 0.0


def rank(latents: Tensor) -> float:
    """RankMe: how many dimensions the latents fill, as the exponential of their singular values' entropy."""
    values = torch.linalg.svdvals(latents.float())
    share = values / values.sum().clamp(min=1e-12)
    return float(torch.exp(-(share * (share + 1e-12).log()).sum()))
