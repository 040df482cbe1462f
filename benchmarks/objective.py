"""What SIGReg's weight, a stopped gradient and the number of calls in a batch do: the same training with each.

    python benchmarks/objective.py TENSORS HELD_OUT OUT [--only NAME ...] [--save]

HELD_OUT are tensors of other plans. Runs in OUT go on where they stopped.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from planloom.jepa import encode, masks, objective
from planloom.jepa.batch import Batch
from planloom.jepa.inputs import inputs
from planloom.jepa.keep import Keep
from planloom.jepa.loader import Plans
from planloom.jepa.model import Model
from planloom.jepa.running import Settings
from planloom.jepa.train import train

RESULTS = Path(__file__).parent / "results/objective.json"
VARIANTS = {
    "SIGReg 0": Settings(epochs=1, sigreg=0.0),
    "SIGReg 0.02": Settings(epochs=1, sigreg=0.02),
    "SIGReg 0.05": Settings(epochs=1, sigreg=0.05),
    "SIGReg 0.1": Settings(epochs=1, sigreg=0.1),
    "SIGReg 0.2": Settings(epochs=1, sigreg=0.2),
    "SIGReg 0.1, gradient stopped": Settings(epochs=1, sigreg=0.1, stop=True),
    "SIGReg 0.05, gradient stopped": Settings(epochs=1, sigreg=0.05, stop=True),
    "SIGReg 0.05, 1,024 calls": Settings(epochs=1, sigreg=0.05, calls=1024),
}
REQUESTS, CALLS = 1000, 500
"""Among so many plans the right one is looked for, and among so many calls."""


def measured(model: Model, batches: list[Batch]) -> dict[str, float]:
    found = encode.latents(model, batches)
    hidden, targets = zip(*(last_calls(model, batch) for batch in batches), strict=True)
    swapped = [encode.energies(model, other_requests(batch)).request for batch in batches]
    right = [encode.energies(model, batch).request for batch in batches]
    return {
        "std_calls": objective.spread(found.calls),
        "std_plans": objective.spread(found.plans),
        "rank_calls": objective.rank(found.calls - found.calls.mean(0)),
        "rank_plans": objective.rank(found.plans - found.plans.mean(0)),
        "request": reciprocal(found.requests[:REQUESTS], found.plans[:REQUESTS]),
        "call": reciprocal(torch.cat(hidden)[:CALLS], torch.cat(targets)[:CALLS]),
        "swapped": above(torch.cat(swapped), torch.cat(right)),
    }


def reciprocal(guessed: torch.Tensor, right: torch.Tensor) -> float:
    """The mean reciprocal rank of the right one; those as near as it stand before it."""
    distance = torch.cdist(guessed, right)
    return float((1 / (distance <= distance.diag()[:, None]).sum(1)).mean())


def above(some: torch.Tensor, others: torch.Tensor) -> float:
    """AUROC: how often one of `some` is above one of `others`."""
    return float((some[:, None] > others).float().mean())


@torch.inference_mode()
def last_calls(model: Model, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each plan the last call, as request and other calls let expect it and as it is."""
    last = np.zeros(len(batch.graph), np.bool_)
    last[batch.call_at[1:].numpy() - 1] = True
    given = inputs(batch, masks.hiding(batch, last))
    filled = model.fills(model.encoded(given, whole=False), model.requests(given), given)
    return filled[last], encode.latents(model, [batch]).calls[last]


def other_requests(batch: Batch) -> Batch:
    """Each plan with the request of the next."""
    sizes = batch.rq_at.diff().roll(-1)
    at = torch.cat((batch.rq_at[:1], sizes.cumsum(0).to(batch.rq_at.dtype)))
    return batch._replace(rq=batch.rq.roll(-int(batch.rq_at[1])), rq_at=at)


def some(held_out: str) -> list[Batch]:
    """Plans of two calls or more, some more than REQUESTS."""
    found: list[Batch] = []
    for batch in Plans(held_out, calls=1024, keep=Keep(least_calls=2)).batches():
        found.append(batch)
        if sum(len(one.row) for one in found) > 2 * REQUESTS:
            break
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tensors", type=Path)
    parser.add_argument("held_out")
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--save", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    batches, results = some(given.held_out), {}
    for name in given.only:
        run = given.out / name.replace(", ", "-").replace(" ", "-")
        ended = train(given.tensors, run, VARIANTS[name])
        trained = encode.load(run)
        results[name] = told = {**measured(trained.model, batches), "plans": ended.last["plans"]}
        print(name, {key: round(value, 3) for key, value in told.items()}, flush=True)
        if "untrained" not in results:
            results["untrained"] = {**measured(encode.fresh(trained.card), batches), "plans": 0}
    if given.save:
        save(results)


def save(results: dict[str, dict[str, float]]) -> None:
    earlier = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    known = {**earlier, **results}
    order = ["untrained", *VARIANTS]
    kept = {name: known[name] for name in order if name in known}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
