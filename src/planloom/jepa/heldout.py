"""Plans that a model was not trained on: which they are, and what is known of each beside its tensors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from planloom.errors import InputError
from planloom.jepa.batch import Batch
from planloom.jepa.chosen import CATEGORIES, GOLD
from planloom.jepa.keep import Keep
from planloom.jepa.loader import Plans
from planloom.jepa.metadata import ACTS
from planloom.jepa.ragged import Found, find, meta, ragged, read

CALLS = 1_024
LEAST = 50
"""Fewer plans tell nothing."""


class HeldOut(NamedTuple):
    """G plans in batches, in order; all arrays have an entry for each."""

    batches: list[Batch]
    source: NDArray[np.object_]
    group: NDArray[np.int64]
    verb: NDArray[np.int64]
    calls: NDArray[np.int64]
    acts: NDArray[np.bool_]
    strata: dict[str, NDArray[np.bool_]]

    @property
    def plans(self) -> int:
        return len(self.calls)


def held_out(tensors: str, folds: Sequence[str], sources: Sequence[str], most: int) -> HeldOut:
    """Benign plans with calls, no gold traces; those of least row, which is an order by hash.

    Raises:
        InputError: if there are too few.
    """
    real = tuple(name for name in CATEGORIES if name != GOLD)
    keep = Keep(tuple(folds), real, (), ("benign",), tuple(sources), least_calls=1)
    batches: list[Batch] = []
    count = 0
    for batch in Plans(tensors, calls=CALLS, keep=keep, shuffle=False).batches():
        batches.append(batch)
        count += len(batch.row)
        if count >= most:
            break
    if count < LEAST:
        raise InputError(
            f"{tensors}: {count} plans of fold {', '.join(folds)} to evaluate on; at least {LEAST} are needed"
        )
    rows = np.concatenate([batch.row.numpy() for batch in batches])
    return _known(batches, rows, find(tensors), tensors)


def _known(batches: list[Batch], rows: NDArray[np.int64], found: Found, tensors: str) -> HeldOut:
    about = meta(tensors, ["source", "fold", "group", "category"]).to_pydict()
    trained = np.array(about["fold"], object) == "train"
    real = np.array(about["category"], object) != GOLD
    source = np.array(about["source"], object)
    groups = np.array([int.from_bytes(one[:8], "little", signed=True) for one in about["group"]])
    first, lasts, sizes, acts, tools = _calls(found)
    seen = np.unique(tools[np.repeat(trained, sizes)])
    new = ~np.isin(tools, seen)
    unseen = np.add.reduceat(np.append(new, False), first).astype(np.int64)
    unseen[sizes == 0] = 0
    own = set(source[trained & real].tolist())
    strata = {
        "all": np.ones(len(rows), bool),
        "new tools": ((unseen == sizes) & (sizes > 0))[rows],
        "new datasets": np.array([one not in own for one in source[rows]]),
    }
    return HeldOut(
        batches, source[rows], groups[rows], lasts[rows], sizes[rows], acts[rows], strata
    )


def _calls(
    found: Found,
) -> tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]
]:
    """Over all plans: where the calls of each begin, the verb of its last, how many, whether one acts; all tools."""
    tables = [read([shard], ["tool", "verb", "flags"]) for shard in found.shards]
    lists = ragged(pa.concat_tables(tables))
    at, sizes = lists["tool"].at, lists["tool"].sizes()
    verbs = np.append(lists["verb"].values, 0).astype(np.int64)
    lasts = np.where(sizes > 0, verbs[at[1:] - 1], 0)
    acting = np.append(0, np.cumsum((lists["flags"].values & ACTS) > 0))
    return (
        at[:-1],
        lasts,
        sizes,
        acting[at[1:]] > acting[at[:-1]],
        lists["tool"].values.astype(np.int64),
    )
