"""What benign plans are like, counted: the tables of all terms and the words that requests bring.

Counted over tensors a row group at a time, and kept as one file. Rows lie in the order of a hash, so that the
first of them are as good as any.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from planloom.errors import InputError
from planloom.jepa import arrays, asked, calls, ragged, tables, terms
from planloom.jepa.asked import Words
from planloom.jepa.calls import Calls
from planloom.jepa.keep import Keep, Mask
from planloom.jepa.metadata import ANSWERS, About
from planloom.jepa.ragged import Ragged
from planloom.jepa.tables import Floats, Table, Tally
from planloom.jepa.terms import Surprise

FILE = "tables.npz"
VERSION = 1
MOST_PLANS = 2_000_000
"""Plans with a call that are counted; more say nothing new."""
WITH_CALLS = Keep(fold=("train",), label=("benign",))
NAMES = (*(term.name for term in terms.TERMS), "asked", "acts")


class Fitted(NamedTuple):
    """`plans`: how many were counted."""

    about: About
    plans: int
    tables: dict[str, Table]
    words: Words


def read(paths: str | Sequence[str], keep: Keep, more: Sequence[str] = ()) -> Iterator[pa.Table]:
    """The tensors of kept plans with at least one call, a row group at a time."""
    for shard in ragged.find(paths).shards:
        named = dict.fromkeys((*calls.COLUMNS, *more, *keep.columns()))
        table = ragged.read([shard], list(named))
        lists = ragged.ragged(table)
        kept = keep.mask(table, lists) & _has_call(lists)
        if kept.any():
            yield table.filter(pa.array(kept))


def _has_call(lists: Mapping[str, Ragged]) -> Mask:
    flags = lists["flags"]
    real = np.append(0, np.cumsum((flags.values & ANSWERS) == 0))
    found: Mask = real[flags.at[1:]] > real[flags.at[:-1]]
    return found


def fit(paths: str | Sequence[str], keep: Keep = WITH_CALLS, most: int = MOST_PLANS) -> Fitted:
    """Counts benign plans.

    Raises:
        InputError: if no kept plan has a call.
    """
    about = ragged.find(paths).about
    tallies = {term.name: Tally() for term in terms.TERMS}
    bags, plans = [], 0
    for table in read(paths, keep):
        some = calls.of_table(table)
        terms.count(some, tallies)
        if plans < asked.PLANS:
            bags.append(asked.bag(some, about.vocabulary))
        plans += some.plans
        if plans >= most:
            break
    if not plans:
        raise InputError(f"{paths}: no plan with a call to be counted; see keep")
    counted = {name: tally.table() for name, tally in tallies.items()}
    return Fitted(about, plans, counted, asked.fit(asked.joined(bags), about.vocabulary))


def surprises(calls: Calls, fitted: Fitted) -> Surprise:
    """How unusual each call is, by each of NAMES."""
    counted = terms.surprises(calls, fitted.tables)
    gains: Floats = np.stack(asked.gains(calls, fitted.words), 1)
    others = (np.full(gains.shape, empty) for empty in (-1, 0, 0, -1))
    pairs = zip(counted, (gains, *others), strict=True)
    return Surprise(*(np.concatenate(pair, 1) for pair in pairs))


def save(fitted: Fitted, run: Path) -> None:
    """Keeps it in a folder, whole or not at all."""
    about = {
        "version": VERSION,
        "plans": fitted.plans,
        "tensors": msgspec.to_builtins(fitted.about),
    }
    words = {f"words.{name}": one for name, one in fitted.words._asdict().items()}
    arrays.save(run / FILE, about, tables.arrays(fitted.tables) | words)


def load(run: Path) -> Fitted:
    """What `save` kept.

    Raises:
        InputError: if it is not there, spoiled, or of another version.
    """
    told, kept = arrays.load(run / FILE, VERSION)
    words = Words(*(kept[f"words.{name}"] for name in Words._fields))
    about = msgspec.convert(told["tensors"], About)
    return Fitted(about, told["plans"], tables.of_arrays(kept), words)
