"""Which plans of tensors are trained on, and how many of each category."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from planloom.errors import InputError
from planloom.jepa.keep import Keep
from planloom.jepa.ragged import Found, Shard, ragged, read
from planloom.plan import Category

CATEGORIES: tuple[str, ...] = get_args(Category)
GOLD = "gold_traces"


class Chosen(NamedTuple):
    """The plans kept. `category` has a position in CATEGORIES for each row of the tensors, -1 if it is left."""

    plans: int
    calls: int
    category: NDArray[np.int8]

    def counts(self) -> dict[str, int]:
        """How many plans of each category."""
        return named(np.bincount(self.category[self.category >= 0], minlength=len(CATEGORIES)))


def named(counts: NDArray[np.int64] | Sequence[int]) -> dict[str, int]:
    """Counts by category, without those of which there is none."""
    return {name: int(n) for name, n in zip(CATEGORIES, counts, strict=True) if n}


def benign(folds: Sequence[str], *, gold: bool) -> Keep:
    """Benign plans of some folds, with or without gold traces."""
    some = () if gold else tuple(name for name in CATEGORIES if name != GOLD)
    return Keep(fold=tuple(folds), category=some, label=("benign",))


def chosen(found: Found, keep: Keep) -> Chosen:
    """Row group by row group, so that it does not matter how many there are.

    Raises:
        InputError: if nothing is kept.
    """
    category = np.full(found.rows, -1, np.int8)
    calls = 0
    for shard in found.shards:
        kept, mine, sizes = _of(shard, keep)
        category[shard.first : shard.first + shard.rows][kept] = mine[kept]
        calls += int(sizes[kept].sum())
    plans = int((category >= 0).sum())
    if not plans:
        folder = Path(found.shards[0].path).parent
        raise InputError(f"{folder}: no benign plan of {_asked(keep)}; there are {_there(found)}")
    return Chosen(plans, calls, category)


def _of(shard: Shard, keep: Keep) -> tuple[NDArray[np.bool_], NDArray[np.int8], NDArray[np.int64]]:
    columns = {"ntok", "es", "meta.category", *keep.columns()}
    table = read([shard], sorted(columns))
    lists = ragged(table)
    about = pa.Table.from_struct_array(table["meta"].combine_chunks())
    names = about["category"].cast(pa.string())
    mine = pc.index_in(names, value_set=pa.array(CATEGORIES)).to_numpy().astype(np.int8)
    return keep.mask(table, lists), mine, lists["ntok"].sizes()


def _asked(keep: Keep) -> str:
    without = "" if not keep.category else f", {GOLD} left out"
    return f"fold {', '.join(keep.fold) or 'any'}{without}"


def _there(found: Found) -> str:
    """The folds in the tensors."""
    seen: set[str] = set()
    for shard in found.shards:
        folds = pa.Table.from_struct_array(read([shard], ["meta.fold"])["meta"].combine_chunks())
        seen |= set(folds["fold"].unique().to_pylist())
    return ", ".join(sorted(name or "plans without a fold" for name in seen))
