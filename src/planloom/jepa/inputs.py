"""A batch as a model takes it: tokens in bags, numbers without defaults, what is hidden, plans side by side.

Made on the CPU by numpy; a model needs nothing else, and nothing here tells a source, label or id.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.jepa.batch import Batch, Tensor, without_defaults
from planloom.jepa.extra import torch
from planloom.jepa.layout import Layout, layout
from planloom.jepa.masks import Flags, Views
from planloom.jepa.metadata import ACTS, ANSWERS, NO_ARGUMENTS
from planloom.jepa.tokens import ABOUT_VALUES, GROUPS, NAME, TOOL

PARTS = 3
"""Bags of a call: its name, its keys, its values."""
PART = np.array(
    [0 if g in (NAME, TOOL) else 2 if g in ABOUT_VALUES else 1 for g in range(len(GROUPS))]
)
TOLD = 12
"""Of `num` the columns in use: whether a value was observed or inferred tells the dataset."""
NUMBERS = TOLD + 3
DEEPEST, LATEST = 15, 7


class Bags(NamedTuple):
    """Tokens in bags behind one another: those of bag `i` are `tok[at[i] : at[i + 1]]`."""

    tok: Tensor  # int32
    at: Tensor  # int32, one more than there are bags


class Inputs(NamedTuple):
    """G plans with N calls, whole and as the context sees them."""

    whole: Bags  # 3 N bags
    seen: Bags  # 3 N bags, those of hidden calls empty
    request: Bags  # G bags
    number: Tensor  # float32 [N, NUMBERS]
    depth: Tensor  # int64 [N]
    turn: Tensor  # int64 [N]
    call_at: Tensor  # int64 [G + 1]
    graph: Tensor  # int64 [N]
    hidden: Tensor  # bool [N]
    argued: Tensor  # bool [N]
    told: Tensor  # bool [G]
    layout: Layout

    def to(self, device: torch.device | str) -> "Inputs":
        """The same on another device."""
        bags = (Bags(*(one.to(device) for one in bag)) for bag in self[:3])
        plain = (one.to(device) for one in self[3:-1])
        return Inputs._make((*bags, *plain, self.layout.to(device)))


def inputs(batch: Batch, views: Views, laid: Layout | None = None) -> Inputs:
    """What a model takes of a batch; `laid` spares making the layout of the same batch again."""
    whole, seen = _bags(batch, views.tokens)
    flags = torch.stack([batch.flags & bit > 0 for bit in (NO_ARGUMENTS, ANSWERS, ACTS)], 1)
    return Inputs(
        whole=whole,
        seen=seen,
        request=Bags(batch.rq, batch.rq_at),
        number=torch.cat((without_defaults(batch.num)[:, :TOLD], flags.float()), 1),
        depth=batch.depth.clamp(max=DEEPEST),
        turn=batch.turn.clamp(max=LATEST),
        call_at=batch.call_at,
        graph=batch.graph,
        hidden=torch.from_numpy(views.hidden),
        argued=torch.from_numpy(views.argued),
        told=torch.from_numpy(views.told),
        layout=laid or layout(batch),
    )


def _bags(batch: Batch, kept: Flags) -> tuple[Bags, Bags]:
    """The tokens of all calls, and those kept."""
    sizes = np.diff(batch.tok_at.numpy())
    bag = np.repeat(np.arange(len(sizes)) * PARTS, sizes) + PART[batch.tok_group.numpy()]
    order = np.argsort(bag, kind="stable")
    tok, bag, kept = batch.tok.numpy()[order], bag[order], kept[order]
    count = len(sizes) * PARTS
    return _bagged(tok, bag, count), _bagged(tok[kept], bag[kept], count)


def _bagged(tok: NDArray[np.int32], bag: NDArray[np.int64], count: int) -> Bags:
    at = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(bag, minlength=count), out=at[1:])
    return Bags(torch.from_numpy(tok), torch.from_numpy(at))
