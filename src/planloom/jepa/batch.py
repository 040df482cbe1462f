"""Plans packed into one batch: no padding, lists behind one another with the places where each begins.

This is what a model gets. Nothing in it tells a plan's source, label or id; `row` finds them again.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.jepa import tensors
from planloom.jepa.extra import torch
from planloom.jepa.metadata import About
from planloom.jepa.ragged import ragged
from planloom.jepa.tensors import Enums
from planloom.jepa.window import Window, arranged
from planloom.plan import ExecutionPlan

Tensor = torch.Tensor


NUMBERS = (
    *("log_volume", "sensitivity"),
    *("tier_1", "tier_2", "tier_3", "result_tier_1", "result_tier_2", "result_tier_3"),
    *("tier_told", "result_tier_told", "volume_told", "sensitivity_told"),
    *("tier_observed", "result_tier_observed", "volume_observed", "sensitivity_observed"),
)
"""The columns of `num`. `told`: not a mere default; `observed`: seen in the row, not inferred."""


class Cursor(NamedTuple):
    """Which batch it is: of which epoch, which of a rank's readers, which window of it and batch in that."""

    epoch: int
    reader: int
    readers: int
    window: int
    batch: int


class Batch(NamedTuple):
    """G plans with N calls of T tokens in all, E edges, R tokens of requests.

    Places have one more entry than there are things, as `embedding_bag(include_last_offset=True)` takes
    them: the tokens of call `n` are `tok[tok_at[n] : tok_at[n + 1]]`.
    """

    tok: Tensor  # int32 [T]
    tok_group: Tensor  # uint8 [T], positions in tokens.GROUPS: what to hide
    tok_at: Tensor  # int32 [N + 1]
    num: Tensor  # float32 [N, 16], the columns of NUMBERS, defaults too
    graph: Tensor  # int64 [N], which plan a call belongs to, ascending
    call_at: Tensor  # int64 [G + 1], the calls of plan g are call_at[g] up to call_at[g + 1]
    depth: Tensor  # int64 [N], longest way from a call without an edge into it
    turn: Tensor  # int64 [N]
    step: Tensor  # int64 [N]
    flags: Tensor  # uint8 [N], bits of metadata.NO_ARGUMENTS, ANSWERS, ACTS
    edge: Tensor  # int64 [2, E], from and to, as positions among the N calls
    edge_kind: Tensor  # int64 [E], positions in metadata.EVIDENCES: below 2 data, else order
    rq: Tensor  # int32 [R]
    rq_at: Tensor  # int32 [G + 1]
    row: Tensor  # int64 [G], row in the files read, all counted through
    at: Cursor

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> "Batch":
        """The same batch on another device."""
        moved = (t.to(device, non_blocking=non_blocking) for t in self[:-1])
        return Batch._make((*moved, self.at))


def without_defaults(num: Tensor) -> Tensor:
    """The numbers with 0 for what is a mere default: else a model learns which dataset says nothing."""
    tier, result_tier, volume, sensitivity = num[:, 8:12].unbind(1)
    told = torch.stack(
        (volume, sensitivity, tier, tier, tier, result_tier, result_tier, result_tier), 1
    )
    return torch.cat((num[:, :8] * told, num[:, 8:]), 1)


def numbers(
    volume: NDArray[np.float32],
    sensitivity: NDArray[np.uint8],
    tier: NDArray[np.uint8],
    result_tier: NDArray[np.uint8],
    origin: NDArray[np.uint8],
) -> NDArray[np.float32]:
    """The columns of NUMBERS for each call."""
    found = np.zeros((len(volume), len(NUMBERS)), np.float32)
    found[:, 0] = volume
    found[:, 1] = sensitivity / np.float32(5)
    calls = np.arange(len(volume))
    found[calls, 1 + tier] = 1
    found[calls, 4 + result_tier] = 1
    bases = origin[:, None] >> np.array((0, 2, 4, 6), np.uint8) & 3
    found[:, 8:12] = bases > 0
    found[:, 12:16] = bases == 2
    return found


def packed(window: Window, first: int, last: int, at: Cursor) -> Batch:
    """The plans of a window from `first` up to `last` as a batch. Nothing of the window is shared."""
    a, b = (int(window.call_at[plan]) for plan in (first, last))
    s, t = (int(window.tok_at[call]) for call in (a, b))
    e, f = (int(window.edge_at[plan]) for plan in (first, last))
    q, r = (int(window.rq_at[plan]) for plan in (first, last))
    calls = {name: column[a:b] for name, column in window.calls.items()}
    call_at = window.call_at[first : last + 1] - a
    judged = ("volume", "sensitivity", "tier", "result_tier", "origin")
    return Batch(
        tok=_tensor(window.tok[s:t], np.int32),
        tok_group=_tensor(window.tok_group[s:t], np.uint8),
        tok_at=_tensor(window.tok_at[a : b + 1] - s, np.int32),
        num=torch.from_numpy(numbers(*(calls[name] for name in judged))),
        graph=torch.from_numpy(np.repeat(np.arange(last - first), np.diff(call_at))),
        call_at=torch.from_numpy(call_at),
        depth=_tensor(calls["depth"], np.int64),
        turn=_tensor(calls["turn"], np.int64),
        step=_tensor(calls["step"], np.int64),
        flags=_tensor(calls["flags"], np.uint8),
        edge=torch.from_numpy(window.edge[:, e:f] - a),
        edge_kind=_tensor(window.edge_kind[e:f], np.int64),
        rq=_tensor(window.rq[q:r], np.int32),
        rq_at=_tensor(window.rq_at[first : last + 1] - q, np.int32),
        row=_tensor(window.row[first:last], np.int64),
        at=at,
    )


def of_plans(plans: Sequence[ExecutionPlan], about: About, enums: Enums | None = None) -> Batch:
    """Plans that lie in no file as a batch, in their order. `about` is that of the tensors trained on."""
    lists = ragged(tensors.table(plans, about, enums or {}).drop_columns("meta"))
    rows = np.arange(len(plans))
    return packed(arranged(lists, rows, rows), 0, len(plans), Cursor(0, 0, 1, 0, 0))


def _tensor(values: NDArray[Any], kind: type[np.generic]) -> Tensor:
    return torch.from_numpy(values.astype(kind))
