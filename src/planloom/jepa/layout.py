"""Plans side by side for attention: those of like length together, each pair of calls with how it is related.

Everything but attention works on calls behind one another, so that padding costs nothing there.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.jepa.batch import Batch, Tensor
from planloom.jepa.extra import torch
from planloom.jepa.masks import DATA

RELATIONS = (
    *("none", "self", "same step"),
    *("order from", "order to", "data from", "data to"),
)
"""How a call that looks is related to the one it looks at: `from` what it comes after, `to` what comes of it."""
NONE, SELF, SAME_STEP, ORDER_FROM, ORDER_TO, DATA_FROM, DATA_TO = range(len(RELATIONS))

Ints = NDArray[np.int64]


class Bucket(NamedTuple):
    """Plans of at most L calls. Where a plan has fewer, its first call stands again, and is not `real`."""

    call: Tensor  # int64 [g, L], which of the N calls
    real: Tensor  # bool [g, L]
    relation: Tensor  # int64 [g, L, L], of who looks (first) to what is looked at


class Layout(NamedTuple):
    """All plans of a batch, each in one bucket."""

    buckets: tuple[Bucket, ...]
    place: (
        Tensor  # int64 [N], where a call stands among the places of all buckets, one after another
    )

    def to(self, device: torch.device | str) -> "Layout":
        """The same on another device."""
        moved = (Bucket(*(one.to(device) for one in bucket)) for bucket in self.buckets)
        return Layout(tuple(moved), self.place.to(device))


def layout(batch: Batch) -> Layout:
    """Buckets of plans of 1, 2, up to 4, up to 8 calls, and so on."""
    sizes = np.diff(batch.call_at.numpy())
    widths = 1 << np.ceil(np.log2(np.maximum(sizes, 1))).astype(np.int64)
    place, first, buckets = np.zeros(len(batch.graph), np.int64), 0, []
    for width in np.unique(widths):
        plans = np.flatnonzero(widths == width)
        call, real = _calls(batch, plans, int(width))
        place[call[real]] = first + np.flatnonzero(real)
        first += real.size
        found = (call, real, _relations(batch, plans, call))
        buckets.append(Bucket(*map(torch.from_numpy, found)))
    return Layout(tuple(buckets), torch.from_numpy(place))


def _calls(batch: Batch, plans: Ints, width: int) -> tuple[Ints, NDArray[np.bool_]]:
    start = batch.call_at.numpy()
    slot = np.arange(width)
    real = slot < (start[plans + 1] - start[plans])[:, None]
    return start[plans][:, None] + np.where(real, slot, 0), real


def _relations(batch: Batch, plans: Ints, call: Ints) -> Ints:
    """Data before order before the same step, where several hold."""
    step = (batch.turn.numpy() * 256 + batch.step.numpy())[call]
    found = np.where(step[:, :, None] == step[:, None, :], SAME_STEP, NONE)
    position = np.full(len(batch.row), -1)
    position[plans] = np.arange(len(plans))
    kind = batch.edge_kind.numpy()
    for mine, before, after in (
        (kind >= DATA, ORDER_FROM, ORDER_TO),
        (kind < DATA, DATA_FROM, DATA_TO),
    ):
        source, target = batch.edge.numpy()[:, mine]
        row = position[batch.graph.numpy()[source]]
        row, source, target = row[row >= 0], source[row >= 0], target[row >= 0]
        at = call[row, 0]
        found[row, target - at, source - at] = before
        found[row, source - at, target - at] = after
    found[:, np.arange(call.shape[1]), np.arange(call.shape[1])] = SELF
    return found
