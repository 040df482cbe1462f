"""A model on its way: one step of training, what a checkpoint keeps, what the log says.

Masks and directions are drawn from the seed and the number of the step, so that no state of a generator
has to be kept.
"""

import math
from typing import Any

import numpy as np

from planloom.errors import InputError
from planloom.jepa import masks, objective
from planloom.jepa.batch import Batch, Tensor
from planloom.jepa.chosen import CATEGORIES, Chosen
from planloom.jepa.extra import torch
from planloom.jepa.inputs import inputs
from planloom.jepa.loader import Plans
from planloom.jepa.model import Model
from planloom.jepa.objective import Step
from planloom.jepa.running import Run
from planloom.jepa.sizes import SIZES

WEIGHED = 20
"""How many times faster the weights of tokens learn: they are logarithms, and a rare token comes in few steps."""
WARM, LOWEST, DECAY, CLIP = 0.05, 0.01, 0.05, 1.0
"""The share of a run in which the rate grows, the share of the rate that is left, weight decay, longest gradient."""
RECENT = 256
"""Latents that the log judges: batches at the end of a window may be of a single plan."""
FLOOR = 0.1
"""Standard deviation of latents below which they are called collapsed."""


class Training:
    """A model on its way: what a checkpoint keeps, and a step of it."""

    def __init__(self, run: Run, plans: Plans, taken: Chosen) -> None:
        self.run, self.plans, self.taken = run, plans, taken
        self.settings, self.size = run.settings, SIZES[run.settings.size]
        self.device = torch.device(run.settings.device)
        torch.manual_seed(run.settings.seed)
        model = Model(self.size, plans.found.about.vocabulary)
        self.model = model.to(self.device)
        self.optimiser = _optimiser(model, self.size.rate)
        self.step, self.seconds, self.seen = 0, 0.0, np.zeros(len(CATEGORIES), np.int64)
        self.recent = (torch.empty(0, self.size.latent), torch.empty(0, self.size.latent))

    @property
    def done(self) -> float:
        """The share of the run that is done: by steps if they are given, else by plans."""
        if self.settings.steps is not None:
            return self.step / self.settings.steps
        return float(self.seen.sum()) / (self.taken.plans * self.settings.epochs)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "loader": self.plans.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "seen": self.seen.tolist(),
            "recent": self.recent,
            "threads": torch.get_num_threads(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Goes on from a checkpoint."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.plans.load_state_dict(state["loader"])
        self.step, self.seconds = state["step"], state["seconds"]
        torch.set_num_threads(state["threads"])
        self.seen, self.recent = np.array(state["seen"]), state["recent"]

    def learn(self, batch: Batch) -> Step:
        """One step on a batch."""
        rng = np.random.default_rng([self.settings.seed, self.step])
        given = inputs(batch, masks.drawn(batch, rng)).to(self.device)
        asked = self.settings
        along = objective.directions(self.size.latent, asked.seed, self.step).to(self.device)
        for group in self.optimiser.param_groups:
            group["lr"] = self.size.rate * group["times"] * pace(self.done)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            made = objective.step(self.model, given, along, asked.sigreg, stop=asked.stop)
        self.optimiser.zero_grad()
        made.losses.all.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimiser.step()
        self.step += 1
        calls, plans = (_latest(*pair) for pair in zip(self.recent, made[1:], strict=True))
        self.recent = calls, plans
        kinds = self.taken.category[batch.row.numpy()]
        self.seen += np.bincount(kinds, minlength=len(CATEGORIES))
        return made

    def line(self, made: Step) -> dict[str, Any]:
        """What the log says of a step.

        Raises:
            InputError: if the numbers ran away.
        """
        losses = {name: float(value.detach()) for name, value in made.losses._asdict().items()}
        if not all(map(math.isfinite, losses.values())):
            raise InputError(
                f"{self.run.path}: step {self.step}: the loss is no number; train with another --seed"
            )
        calls, plans = self.recent
        return {
            "step": self.step,
            "epoch": self.plans.epoch,
            "plans": int(self.seen.sum()),
            "seconds": round(self.seconds, 1),
            **losses,
            "std_calls": objective.spread(calls),
            "std_plans": objective.spread(plans),
            "rank_calls": objective.rank(calls),
            "rank_plans": objective.rank(plans),
            "rate": self.optimiser.param_groups[0]["lr"],
        }


def _optimiser(model: Model, rate: float) -> torch.optim.Optimizer:
    """Decay for what multiplies; none for vectors and weights of tokens, biases and scales."""
    vectors = {id(one.weight) for one in model.modules() if isinstance(one, torch.nn.Embedding)}
    decays = [p for p in model.parameters() if p.ndim > 1 and id(p) not in vectors]
    chosen = {id(p) for p in decays}
    weights = [model.words.weight.weight]
    others = [p for p in model.parameters() if id(p) not in chosen and p is not weights[0]]
    groups = [
        {"params": decays, "weight_decay": DECAY, "times": 1},
        {"params": others, "weight_decay": 0.0, "times": 1},
        {"params": weights, "weight_decay": 0.0, "times": WEIGHED},
    ]
    return torch.optim.AdamW(groups, lr=rate, fused=True)


def _latest(before: Tensor, more: Tensor) -> Tensor:
    return torch.cat((before.to(more.device), more.detach()[-RECENT:]))[-RECENT:]


def pace(done: float) -> float:
    """The share of the rate: it grows, then falls as a cosine does."""
    if done < WARM:
        return (done + WARM / 20) / (WARM * 1.05)
    fall = (min(done, 1.0) - WARM) / (1 - WARM)
    return LOWEST + (1 - LOWEST) * (1 + math.cos(math.pi * fall)) / 2
