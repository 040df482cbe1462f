"""What spares work while values are looked for must never change what is found."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planloom.lift import leaves, results, spellings
from planloom.lift.leaves import Leaf
from planloom.lift.results import Index, Result, Sought

WORDS = st.sampled_from(
    [
        *("order", "ord_4996", "ORD-4996", "ord4996", "1,234.50", "1234.5", "12", "500", "$500", "5%"),
        *("2031-05-09", "May 9, 2031", "9 May", "2031-05-09T08:15:00Z", "05/09/2031", "a.b@example.com"),
        *("Oksana Larkhill", "éclair 77", "m²", "²", "*", "true", "x", "0.00001", "1e-05", "東京 2031"),
    ]
)  # fmt: skip
TEXTS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join) | st.text(max_size=12)
VALUES = st.recursive(
    TEXTS | st.integers(0, 10**6) | st.floats(0, 1e6) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def result(value: Any, call: int = 0) -> Result:
    return Result(json.dumps(value), call, call, (call,))


def leaf(text: str) -> Leaf:
    return Leaf("id", text.casefold().strip(), text)


@given(st.text())
def test_squeezed_keeps_letters_and_digits(text: str) -> None:
    assert spellings.squeezed(text) == "".join(filter(str.isalnum, text))


@given(VALUES, TEXTS)
def test_a_glance_into_a_result_denies_nothing_that_is_there(value: Any, text: str) -> None:
    held, sought = result(value), Sought.of(leaf(text), set())
    if held.value(sought) is not None:
        assert held.may_hold(sought)


@given(st.lists(VALUES, max_size=4), TEXTS)
def test_a_glance_for_quotations_denies_nothing_that_is_there(values: list[Any], text: str) -> None:
    held = [result(value, call) for call, value in enumerate(values)]
    glanced = list(Index().quoted(text.casefold(), held))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "FEW", 0)  # no text has so few words
        looked = list(Index().quoted(text.casefold(), held))
    assert glanced == looked


@given(TEXTS)
def test_dates_are_found_whatever_stands_around_them(text: str) -> None:
    for date in ("2031-05-09", "may 9, 2031", "9th of may 2031", "05/09/2031", "9.5.2031"):
        found = {
            (year, day) for year, day, _ in spellings.dates_in(f"{text.casefold()} | {date} |")
        }
        assert ("2031", "05-09") in found


def test_a_huge_object_gives_no_more_leaves_than_are_looked_at() -> None:
    huge = {f"key_{n}": f"value {n}" for n in range(2 * leaves.MAX_LEAVES)}
    assert len(leaves.leaves_of(huge)) == leaves.MAX_LEAVES
