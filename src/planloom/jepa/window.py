"""A window: some row groups in memory, their rows chosen and put in an order, to be cut into batches.

All of it is arrays: a batch is a few slices of them, whatever the number of plans.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.jepa.keep import Keep, Mask
from planloom.jepa.ragged import Ragged, Rows, Shard, places, ragged, read

CALL = ("tier", "result_tier", "sensitivity", "volume", "origin", "depth", "turn", "step", "flags")
COLUMNS = ("tok", "tok_group", "ntok", *CALL, "es", "ed", "ek", "rq")

Order = Callable[[Rows], Rows]


class Window(NamedTuple):
    """Plans in the order in which they are handed out. `*_at` tell where what belongs to each begins."""

    row: Rows
    call_at: Rows
    calls: dict[str, NDArray[Any]]
    tok_at: Rows  # of calls
    tok: NDArray[np.uint16]
    tok_group: NDArray[np.uint8]
    edge_at: Rows
    edge: Rows  # [2, E], as positions among the calls of the window
    edge_kind: NDArray[np.uint8]
    rq_at: Rows
    rq: NDArray[np.uint16]

    def cuts(self, calls: int) -> list[int]:
        """Where batches of at most so many calls begin and end; a larger plan is a batch by itself."""
        found, plans = [0], len(self.row)
        while found[-1] < plans:
            most = self.call_at[found[-1]] + calls
            end = int(np.searchsorted(self.call_at, most, side="right")) - 1
            found.append(max(end, found[-1] + 1))
        return found


def window(
    shards: Sequence[Shard], keep: Keep, chosen: Mask | None, order: Order, *, threads: bool = True
) -> Window:
    """The kept plans of row groups, as `order` puts them."""
    table = read(shards, (*COLUMNS, *keep.columns()), threads=threads)
    lists = ragged(table)
    row = np.concatenate([np.arange(s.first, s.first + s.rows) for s in shards])
    kept = keep.mask(table, lists)
    if chosen is not None:
        kept &= chosen[row]
    return arranged(lists, row, order(np.flatnonzero(kept)))


def arranged(lists: Mapping[str, Ragged], row: Rows, rows: Rows) -> Window:
    """Some of the plans in `lists`, in the order given; `row` is what each is called."""
    of_call, call_at = places(lists["ntok"].at, rows)
    of_tok, _ = places(lists["tok"].at, rows)
    of_edge, edge_at = places(lists["es"].at, rows)
    of_rq, rq_at = places(lists["rq"].at, rows)
    ends = np.stack([lists[name].values[of_edge] for name in ("es", "ed")]).astype(np.int64)
    return Window(
        row=row[rows],
        call_at=call_at,
        calls={name: lists[name].values[of_call] for name in CALL},
        tok_at=_ends(lists["ntok"].values[of_call]),
        tok=lists["tok"].values[of_tok],
        tok_group=lists["tok_group"].values[of_tok],
        edge_at=edge_at,
        edge=ends + np.repeat(call_at[:-1], np.diff(edge_at)),
        edge_kind=lists["ek"].values[of_edge],
        rq_at=rq_at,
        rq=lists["rq"].values[of_rq],
    )


def _ends(sizes: NDArray[np.uint8]) -> Rows:
    found = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=found[1:])
    return found
