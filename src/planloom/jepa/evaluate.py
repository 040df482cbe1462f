"""Did it learn? A trained model beside the same model untrained, on plans that were held out.

Every measure that is alone can be had by a collapsed model, so a gate asks for several at once, of every seed. The
trivial ruler beside the retrieval is the overlap of words.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from planloom.errors import RecipeError
from planloom.jepa import encode, masks, measures
from planloom.jepa.batch import Batch
from planloom.jepa.encode import Trained
from planloom.jepa.extra import threads, torch
from planloom.jepa.heldout import HeldOut, held_out
from planloom.jepa.inputs import inputs
from planloom.jepa.layout import layout
from planloom.jepa.measures import Latents
from planloom.jepa.model import Model
from planloom.jepa.ragged import find
from planloom.output import replaced

FILE = "evaluation.json"
FOLDS = ("valid", "test")
PLANS = 4_000
POOL = 500
VIEWS = 6
CLASSES = 12
"""The commonest verbs that the probe tells apart."""
WORDS = 4_096
"""Dimensions of the bags of words of the trivial ruler."""
REQUEST, CALL, STD = 5.0, 10.0, 0.1
"""What the gate asks for: so many times the untrained model, and a standard deviation of latents."""


class Seen(NamedTuple):
    """What a model makes of the plans held out."""

    plans: Latents  # [G, d]
    expected: Latents  # [G, d] from requests
    filled: Latents  # [G, d] the last call of each plan, hidden
    last: Latents  # [G, d] that call in the whole plan
    views: NDArray[np.float32]  # [G, VIEWS, d] plans with other calls hidden


def evaluate(
    runs: Sequence[Path],
    tensors: str,
    folds: Sequence[str] = FOLDS,
    sources: Sequence[str] = (),
    most: int = PLANS,
) -> dict[str, Any]:
    """The measures of each run, their means with intervals over seeds, and the verdict of the gate.

    Raises:
        InputError: if a run has no model, or too few plans are held out.
        RecipeError: if two runs have one seed, or another size.
    """
    models = [encode.load(run) for run in runs]
    _check(models)
    encode.refuse_other(models[0].card, find(tensors).about)
    held = held_out(tensors, folds, sources, most)
    seeds = [_judged(model, held) for model in models]
    counts: dict[str, int] = {}
    for name in sorted(set(held.source.tolist())):
        counts[name] = int((held.source == name).sum())
    return {
        "plans": held.plans,
        "strata": {name: int(mask.sum()) for name, mask in held.strata.items()},
        "sources": counts,
        "folds": list(folds),
        "size": models[0].card.settings.size,
        "trained_on": models[0].card.seen,
        "seeds": seeds,
        "means": _means(seeds),
        "trivial": _trivial(held),
        "gate": gate(seeds),
    }


def save(found: dict[str, Any], path: Path) -> None:
    """Writes the evaluation, whole or not at all."""
    replaced(path, msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


def _check(models: Sequence[Trained]) -> None:
    seeds = [model.card.settings.seed for model in models]
    if len(set(seeds)) < len(seeds):
        raise RecipeError(f"runs of one seed ({seeds}): train each with another --seed")
    if len({model.card.settings.size for model in models}) > 1:
        raise RecipeError("runs of several sizes: evaluate each size by itself")


def _judged(model: Trained, held: HeldOut) -> dict[str, Any]:
    seed = model.card.settings.seed
    return {
        "seed": seed,
        "collapsed": model.card.collapsed,
        "trained": _measured(model.model, held, seed),
        "untrained": _measured(encode.fresh(model.card), held, seed),
    }


def _measured(model: Model, held: HeldOut, seed: int) -> dict[str, Any]:
    seen = _seen(model, held.batches, seed)
    several = held.calls > 1
    labels, known = _verbs(held)
    found: dict[str, Any] = {
        "std": float(seen.plans.std(0).mean()),
        "rankme": measures.rankme(seen.plans),
        "lidar": measures.lidar(seen.views[several]) if several.sum() > 1 else 0.0,
        "probe verb": measures.probe(seen.plans[known], labels[known], held.group[known]),
        "probe calls": measures.probe(seen.plans, np.minimum(held.calls, 4), held.group),
        "probe acts": measures.probe(seen.plans, held.acts.astype(np.int64), held.group),
    }
    for name, mask in held.strata.items():
        found[f"request mrr, {name}"] = _mrr(seen.expected, seen.plans, mask)
        found[f"call mrr, {name}"] = _mrr(seen.filled, seen.last, mask & several)
    return found


def _mrr(predicted: Latents, target: Latents, mask: NDArray[np.bool_]) -> float | None:
    """None where fewer plans are there than are looked among."""
    pool = min(POOL, int(mask.sum()))
    if pool < measures.LEAST:
        return None
    return float(measures.reciprocal_ranks(predicted[mask], target[mask], pool).mean())


def _verbs(held: HeldOut) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Of each plan the place of its last call's verb among the commonest, and whether it is one."""
    values, counts = np.unique(held.verb, return_counts=True)
    common = values[np.argsort(-counts, kind="stable")[:CLASSES]]
    known = np.isin(held.verb, common)
    return np.searchsorted(np.sort(common), held.verb).clip(0, len(common) - 1), known


@torch.inference_mode()
def _seen(model: Model, batches: Sequence[Batch], seed: int) -> Seen:
    with threads(model.size.threads):
        parts = [_of_batch(model, batch, seed, number) for number, batch in enumerate(batches)]
    return Seen(*(np.concatenate(one) for one in zip(*parts, strict=True)))


def _of_batch(model: Model, batch: Batch, seed: int, number: int) -> Seen:
    laid, ends = layout(batch), batch.call_at[1:].numpy() - 1
    hidden = np.zeros(len(batch.graph), np.bool_)
    given = inputs(batch, masks.hiding(batch, hidden), laid)
    whole, requests = model.encoded(given, whole=True), model.requests(given)
    hidden[ends] = True
    without = inputs(batch, masks.hiding(batch, hidden), laid)
    filled = model.fills(model.encoded(without, whole=False), requests, without)
    views = []
    for view in range(VIEWS):
        rng = np.random.default_rng([seed, number, view])
        other = inputs(batch, masks.drawn(batch, rng), laid)
        seen = model.encoded(other, whole=False)
        views.append(model.plans(seen, other, whole=False).float().numpy())
    return Seen(
        model.plans(whole, given).float().numpy(),
        model.expects(requests).float().numpy(),
        filled.float().numpy()[ends],
        model.calls(whole).float().numpy()[ends],
        np.stack(views, 1),
    )


def _means(seeds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Each measure: its mean over seeds and the 95 % interval, trained and untrained."""
    return {
        which: {
            name: measures.interval([one[which][name] for one in seeds])
            for name, value in seeds[0][which].items()
            if value is not None
        }
        for which in ("trained", "untrained")
    }


def _trivial(held: HeldOut) -> dict[str, Any]:
    """Retrieval by words alone: the cosine of the bags of a request and a plan, rare words counting more."""
    asked, done, last, rest = (
        np.concatenate(one) for one in zip(*map(_bags, held.batches), strict=True)
    )
    seen = np.concatenate([asked, done])
    rarity = np.log((1 + len(seen)) / (1 + (seen > 0).sum(0)))
    asked, done, last, rest = (_normed(bag * rarity) for bag in (asked, done, last, rest))
    found: dict[str, Any] = {}
    for name, mask in held.strata.items():
        found[f"request mrr, {name}"] = _mrr(asked, done, mask)
        found[f"call mrr, {name}"] = _mrr(rest, last, mask & (held.calls > 1))
    found["chance"] = measures.chance(min(POOL, held.plans))
    return found


def _bags(batch: Batch) -> tuple[Latents, Latents, Latents, Latents]:
    """The words of each request, plan, last call, and of the request with all other calls."""
    calls = np.repeat(np.arange(len(batch.graph)), np.diff(batch.tok_at.numpy()))
    plan = batch.graph.numpy()[calls]
    is_last = np.isin(calls, batch.call_at[1:].numpy() - 1)
    count, tok = len(batch.row), batch.tok.numpy()
    asked = _bag(batch.rq.numpy(), np.repeat(np.arange(count), np.diff(batch.rq_at.numpy())), count)
    last, other = (
        _bag(tok[is_last], plan[is_last], count),
        _bag(tok[~is_last], plan[~is_last], count),
    )
    return asked, last + other, last, asked + other


def _bag(tokens: NDArray[np.int32], rows: NDArray[np.int64], count: int) -> Latents:
    found = np.zeros((count, WORDS), np.float32)
    np.add.at(found, (rows, tokens % WORDS), 1)
    return np.minimum(found, 1)


def _normed(bags: NDArray[np.float64]) -> Latents:
    found: Latents = (bags / np.linalg.norm(bags, axis=1, keepdims=True).clip(1e-9)).astype(
        np.float32
    )
    return found


def gate(seeds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The parts that every seed must pass. No part alone proves learning, and one seed proves nothing.

    RankMe and LiDAR are no parts: neither tells a model that learned from an untrained one (docs/jepa.md).
    """

    def every(name: str, times: float) -> bool:
        pairs = [(one["trained"][name], one["untrained"][name]) for one in seeds]
        return all(a is not None and a >= times * b and a > b for a, b in pairs)

    parts = {
        f"request mrr at least {REQUEST:g} times untrained": every("request mrr, all", REQUEST),
        f"call mrr at least {CALL:g} times untrained": every("call mrr, all", CALL),
        "probe of verbs above untrained": every("probe verb", 1.0),
        f"standard deviation above {STD:g}": all(one["trained"]["std"] > STD for one in seeds),
        "three seeds": len(seeds) >= 3,
    }
    return {"passed": all(parts.values()), "parts": parts}


def told(found: dict[str, Any]) -> str:
    """The evaluation as text."""
    strata = ", ".join(f"{name} {n:,}" for name, n in found["strata"].items())
    lines = [f"{found['plans']:,} plans held out ({strata}), {len(found['seeds'])} seeds"]
    lines.append(f"{'':<32}{'trained':>24}{'untrained':>12}{'words':>8}")
    for name, (middle, low, high) in found["means"]["trained"].items():
        spread = f"{middle:.3f}" + ("" if np.isnan(low) else f" ({low:.3f}..{high:.3f})")
        words = found["trivial"].get(name)
        other = found["means"]["untrained"][name][0]
        lines.append(
            f"{name:<32}{spread:>24}{other:>12.3f}{'' if words is None else f'{words:.3f}':>8}"
        )
    parts = (
        f"{'passed' if one else 'FAILED'}: {name}" for name, one in found["gate"]["parts"].items()
    )
    verdict = "it learned" if found["gate"]["passed"] else "no claim that it learned"
    return "\n".join([*lines, *parts, verdict])
