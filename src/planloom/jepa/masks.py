"""What a model may see of a batch: which calls are hidden from it, which arguments, and whether the request is told.

Masks are drawn anew each time a plan comes, never stored. A hidden call leaves its place alone: depth, turn, step, edges.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.jepa.batch import Batch
from planloom.jepa.tokens import ABOUT_VALUES, KEY, REFERENCE

Flags = NDArray[np.bool_]

LEAST, MOST = 0.15, 0.6
"""The share of a plan's calls that is hidden."""
WHOLE = 4
"""Calls from which on, half the time, a call is hidden with all that comes of it."""
SINGLE, ARGUED, TOLD = 0.3, 0.5, 0.7
"""How often the call of a plan of one is hidden, values of a visible call are, a request is told."""
DATA = 2
"""Kinds of edges below it carry data."""


class Views(NamedTuple):
    """What of a batch is in the context."""

    hidden: Flags  # [N] calls that are not
    argued: Flags  # [N] calls that are, less some of their values
    tokens: Flags  # [T] tokens that are
    told: Flags  # [G] plans whose request the predictor is given


def drawn(batch: Batch, rng: np.random.Generator) -> Views:
    """Masks for training."""
    sizes, graph = np.diff(batch.call_at.numpy()), batch.graph.numpy()
    hidden = _some(batch, sizes, rng)
    whole = (sizes >= WHOLE) & (rng.random(len(sizes)) < 0.5)
    hidden = np.where(whole[graph], _descendants(batch, rng), hidden)
    told = rng.random(len(sizes)) < TOLD
    single = (sizes == 1) & (rng.random(len(sizes)) < SINGLE)
    return _views(batch, hidden | single[graph], told | single, rng)


def hiding(batch: Batch, hidden: Flags) -> Views:
    """The view in which these calls are hidden, no argument is, and every request is told."""
    return _views(batch, hidden, np.ones(len(batch.row), np.bool_), None)


def _some(batch: Batch, sizes: NDArray[np.int64], rng: np.random.Generator) -> Flags:
    """A share of the calls of each plan; at least one, never all."""
    share = rng.uniform(LEAST, MOST, len(sizes))
    count = np.clip(np.rint(share * sizes).astype(np.int64), 1, np.maximum(sizes - 1, 0))
    found: Flags = rank(batch, rng) < count[batch.graph.numpy()]
    return found


def rank(batch: Batch, rng: np.random.Generator) -> NDArray[np.int64]:
    """A number for each call: those of a plan are numbered in a random order."""
    graph, start = batch.graph.numpy(), batch.call_at.numpy()
    order = np.lexsort((rng.random(len(graph)), graph))
    found = np.empty(len(graph), np.int64)
    found[order] = np.arange(len(graph)) - start[graph]
    return found


def _descendants(batch: Batch, rng: np.random.Generator) -> Flags:
    """Of each plan a call and all that comes of it; one that is itself fed, so that not all are hidden."""
    graph, start = batch.graph.numpy(), batch.call_at.numpy()
    chance = rng.random(len(graph)) + (batch.depth.numpy() > 0)
    best = np.lexsort((chance, graph))[start[1:] - 1]
    hidden = np.zeros(len(graph), np.bool_)
    hidden[best] = True
    source, target = batch.edge.numpy()
    for _ in range(int(batch.depth.max()) if len(graph) else 0):
        hidden[target[hidden[source]]] = True
    return hidden


def _views(batch: Batch, hidden: Flags, told: Flags, rng: np.random.Generator | None) -> Views:
    group = batch.tok_group.numpy()
    call = np.repeat(np.arange(len(hidden)), np.diff(batch.tok_at.numpy()))
    argued = np.zeros(len(hidden), np.bool_)
    tokens = ~hidden[call] & ~((group == REFERENCE) & _fed(batch, hidden)[call])
    if rng is not None:
        silent = _silent(group, call, rng) & tokens
        argued[call[silent]] = True
        tokens &= ~silent
    return Views(hidden, argued, tokens, told)


def _fed(batch: Batch, hidden: Flags) -> Flags:
    """Calls that a hidden one gives data: their references name its tool."""
    source, target = batch.edge.numpy()
    found = np.zeros(len(hidden), np.bool_)
    found[target[hidden[source] & (batch.edge_kind.numpy() < DATA)]] = True
    return found


def _silent(group: NDArray[np.uint8], call: NDArray[np.int64], rng: np.random.Generator) -> Flags:
    """The values of half the arguments of some calls: all tokens of an argument, for one betrays the others."""
    argument = np.cumsum(group == KEY)
    chosen = rng.random(int(argument[-1]) + 1 if len(argument) else 0) < 0.5
    some = rng.random(int(call[-1]) + 1 if len(call) else 0) < ARGUED
    found: Flags = chosen[argument] & some[call] & np.isin(group, ABOUT_VALUES)
    return found
