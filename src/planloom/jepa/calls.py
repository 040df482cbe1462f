"""Calls as flat columns: all calls of some plans behind one another, with the arguments and edges of each.

This is what is counted and scored. It holds the integer columns alone, never an id, a source or a label.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from planloom.jepa import tokens
from planloom.jepa.metadata import ACTS, ANSWERS
from planloom.jepa.ragged import Ragged, Rows, ragged

CALL = ("tool", "verb", "flags", "tier", "result_tier", "sensitivity", "volume", "turn", "step")
ARGUMENT = ("arg_key", "arg_class", "arg_size", "arg_value", "arg_source", "arg_inside")
COLUMNS = (*CALL, "narg", *ARGUMENT, "es", "ed", "ek", "rq", "tok", "tok_group", "ntok")
MODEL = ("origin", "depth")
"""Columns that a neural model reads, beside these."""

Column = NDArray[Any]


class Calls(NamedTuple):
    """N calls of G plans with A arguments, E edges that carry data, W words of names, R of requests."""

    call_at: Rows  # [G + 1]
    plan: Rows  # [N]
    of: dict[str, Column]  # [N], CALL
    before: Rows  # [N], the call that comes before in the plan; -1: none
    owner: Rows  # [A], the call an argument belongs to
    argument: dict[str, Column]  # [A], ARGUMENT
    giver: Rows  # [E]
    taker: Rows  # [E]
    named: Rows  # [W], the call a word of a tool's name belongs to
    name: Column  # [W]
    asker: Rows  # [R], the plan a word of a request belongs to
    asked: Column  # [R]

    @property
    def plans(self) -> int:
        return len(self.call_at) - 1

    @property
    def acts(self) -> Column:
        """Whether a call writes, sends or deletes."""
        return (self.of["flags"] & ACTS) > 0

    @property
    def answers(self) -> Column:
        """What is no call but an answer in text."""
        return (self.of["flags"] & ANSWERS) > 0


def of_table(table: pa.Table) -> Calls:
    """The calls of a table of tensors."""
    lists = ragged(table.select([name for name in table.column_names if name != "meta"]))
    call_at = lists["tool"].at
    plan = np.repeat(np.arange(len(call_at) - 1), np.diff(call_at))
    giver, taker = _edges(lists, call_at)
    is_name = np.flatnonzero(lists["tok_group"].values == tokens.NAME)
    spoke = np.repeat(np.arange(len(plan)), lists["ntok"].values)
    asked = lists["rq"]
    return Calls(
        call_at=call_at,
        plan=plan,
        of={name: lists[name].values for name in CALL},
        before=_before(call_at, plan, giver, taker),
        owner=np.repeat(np.arange(len(plan)), lists["narg"].values),
        argument={name: lists[name].values for name in ARGUMENT},
        giver=giver,
        taker=taker,
        named=spoke[is_name],
        name=lists["tok"].values[is_name],
        asker=np.repeat(np.arange(len(call_at) - 1), asked.sizes()),
        asked=asked.values,
    )


def _edges(lists: Any, call_at: Rows) -> tuple[Rows, Rows]:
    """The edges that carry data, as positions among all calls."""
    ends: Ragged = lists["es"]
    first = np.repeat(call_at[:-1], ends.sizes())
    data = lists["ek"].values < 2
    giver = first + ends.values
    taker = first + lists["ed"].values
    return giver[data], taker[data]


def _before(call_at: Rows, plan: Rows, giver: Rows, taker: Rows) -> Rows:
    """The last call that gave it a value, else the one listed before it in its plan."""
    found = np.arange(-1, len(plan) - 1)
    starts = call_at[:-1][np.diff(call_at) > 0]
    found[starts] = -1
    given = np.full(len(plan), -1)
    np.maximum.at(given, taker, giver)
    return np.where(given >= 0, given, found)
