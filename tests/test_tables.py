"""Tables count what a plain count counts, narrow contexts are backed by wider ones, and they stay small."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planloom.jepa import tables
from planloom.jepa.tables import Table, Tally

PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30)), max_size=60)


def keys_of(pairs: list[tuple[int, int]]) -> tuple[Any, Any]:
    context = tables.mixed(np.array([one for one, _ in pairs], np.uint64))
    return context, np.array([value for _, value in pairs], np.uint64)


def table_of(pairs: list[tuple[int, int]], most: int = tables.MOST) -> Table:
    tally = Tally(most)
    for start in range(0, len(pairs), 7):
        context, value = keys_of(pairs[start : start + 7])
        tally.add(context | value)
    return tally.table()


@given(PAIRS, PAIRS)
def test_a_table_counts_what_a_plain_count_counts(
    pairs: list[tuple[int, int]], asked_for: list[tuple[int, int]]
) -> None:
    table, count = table_of(pairs), Counter(pairs)
    context, value = keys_of(asked_for)
    high = np.full(len(value), tables.LARGEST, np.uint64)
    assert table.came(context, value, value).tolist() == [count[one] for one in asked_for]
    assert table.came(context, value, high).tolist() == [
        sum(n for (c, v), n in count.items() if c == one and v >= least) for one, least in asked_for
    ]
    assert table.total(context).tolist() == [
        sum(n for (c, _), n in count.items() if c == one) for one, _ in asked_for
    ]


@given(PAIRS, st.booleans())
def test_a_narrow_context_is_backed_by_a_wider_one(
    pairs: list[tuple[int, int]], tail: bool
) -> None:
    """Context 9 is everything."""
    table = table_of([*pairs, *((9, value) for _, value in pairs)])
    context, value = keys_of([*pairs, (7, 3)])
    everything = keys_of([(9, 0)] * len(value))[0]
    got = tables.seen(table, (context, everything), value, tail=tail)
    for (one, wanted), chance, level in zip([*pairs, (7, 3)], got.chance, got.level, strict=True):
        fits = [(c, v) for c, v in pairs if v == wanted or (tail and v > wanted)]
        wide = (len(fits) + 0.5) / (len(pairs) + 1)
        of = sum(c == one for c, _ in pairs)
        narrow = sum(c == one for c, _ in fits) + tables.STRENGTH * wide
        assert chance == pytest.approx(narrow / (of + tables.STRENGTH))
        assert level == (0 if of else 1 if pairs else 2)


def test_a_table_stays_small_and_keeps_what_came_often() -> None:
    often = [(1, 1)] * 50 + [(2, 2)] * 40
    table = table_of([*often, *((3, value) for value in range(500))], most=100)
    context, value = keys_of([(1, 1), (2, 2)])
    assert len(table.keys) <= 100
    assert table.came(context, value, value).tolist() == [50, 40]
