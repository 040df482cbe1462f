"""What latents are worth: retrieval, how many dimensions they fill, what a linear probe reads from them.

All of it is numpy on arrays of latents. None of these alone proves that a model learned: a collapsed one can have the
best of some. See `gate`.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Latents = NDArray[np.float32]
POOL = 1_000
"""Candidates among which the right one is looked for."""
LEAST = 100
"""Fewer candidates make a rank say little."""
RIDGE = 0.01
"""Of the mean variance within classes, added so that it can be inverted."""
NOISE = 1e-4
"""Added to the covariance within a plan, so that it can be inverted (LiDAR, arXiv 2312.04000)."""


def reciprocal_ranks(predicted: Latents, target: Latents, pool: int = POOL) -> NDArray[np.float64]:
    """Of each prediction 1 / rank of its own target among `pool` targets by Euclidean distance [n].

    The candidates of a prediction are its own block of `pool` in the order given; a last smaller block is
    left out. A tie counts as half a place, so that equal latents are worth chance.
    """
    blocks = [slice(start, start + pool) for start in range(0, len(target) - pool + 1, pool)]
    found = [_block(predicted[block], target[block]) for block in blocks]
    return np.concatenate(found) if found else np.empty(0)


def _block(predicted: Latents, target: Latents) -> NDArray[np.float64]:
    a, b = predicted.astype(np.float64), target.astype(np.float64)
    distance = (a * a).sum(1)[:, None] - 2 * a @ b.T + (b * b).sum(1)[None, :]
    own = np.diagonal(distance)[:, None]
    nearer = (distance < own).sum(1)
    equal = (distance == own).sum(1) - 1
    found: NDArray[np.float64] = 1 / (1 + nearer + equal / 2)
    return found


def chance(pool: int = POOL) -> float:
    """The mean reciprocal rank of guessing."""
    return sum(1 / rank for rank in range(1, pool + 1)) / pool


def rankme(latents: Latents) -> float:
    """How many dimensions the latents fill: the exponential of the entropy of their singular values
    (arXiv 2210.02885)."""
    return _effective(np.linalg.svd(latents.astype(np.float64), compute_uv=False))


def _effective(values: NDArray[np.float64]) -> float:
    share = values / max(float(values.sum()), 1e-12)
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum())) if len(share) else 0.0


def lidar(views: NDArray[np.float32]) -> float:
    """How many dimensions tell plans apart beyond what two views of one plan differ in (arXiv 2312.04000).

    `views` [plans, views, latent] are latents of the same plans with other things hidden.
    """
    x = views.astype(np.float64)
    middle = x.mean(1)
    between = np.cov(middle, rowvar=False, bias=True)
    apart = (x - middle[:, None, :]).reshape(-1, x.shape[2])
    within = apart.T @ apart / len(apart) + NOISE * np.eye(x.shape[2])
    values, vectors = np.linalg.eigh(within)
    root = vectors @ np.diag(values**-0.5) @ vectors.T
    eigenvalues = np.linalg.eigvalsh(root @ between @ root)
    return _effective(np.clip(eigenvalues, 0, None))


def probe(latents: Latents, labels: NDArray[np.int64], groups: NDArray[np.int64]) -> float:
    """The accuracy of a linear discriminant of the labels, in the mean over classes: chance is 1 / classes.

    It is fitted on one half of the groups and asked about the other, and the other way round: no group is on both sides.
    """
    half = groups % 2 == 0
    guessed = np.empty(len(labels), np.int64)
    for side in (half, ~half):
        guessed[~side] = _discriminated(latents[side], labels[side], latents[~side])
    right = guessed == labels
    return float(np.mean([right[labels == one].mean() for one in np.unique(labels)]))


def _discriminated(known: Latents, labels: NDArray[np.int64], asked: Latents) -> NDArray[np.int64]:
    """The class whose mean is nearest, as the covariance within classes measures distance."""
    classes = np.unique(labels)
    known, asked = known.astype(np.float64), asked.astype(np.float64)
    means = np.stack([known[labels == one].mean(0) for one in classes])
    apart = known - means[np.searchsorted(classes, labels)]
    within = apart.T @ apart / len(apart)
    within += RIDGE * np.trace(within) / len(within) * np.eye(len(within))
    weights = np.linalg.solve(within, means.T)
    found: NDArray[np.int64] = classes[(asked @ weights - (means.T * weights).sum(0) / 2).argmax(1)]
    return found


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean over seeds with its 95 % interval (Student's t); one seed has none."""
    middle = float(np.mean(values))
    if len(values) < 2:
        return middle, math.nan, math.nan
    t = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}.get(len(values), 2.26)
    half = t * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return middle, middle - half, middle + half
