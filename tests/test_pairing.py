"""Results go to the calls that they name; where they contradict, to the round as a whole."""

import pytest

from planloom.shapes.pairing import Result, paired
from planloom.trace import Call

A, B = Call("a", {}, id="c1"), Call("b", {}, id="c2")
PLAIN = [Call("a", {}), Call("b", {})]
CASES: dict[str, tuple[list[Call], list[Result], list[str | None], str | None]] = {
    "by id, in any order": ([A, B], [Result("2", "c2"), Result("1", "c1")], ["1", "2"], None),
    "one of two is missing": ([A, B], [Result("2", "c2")], [None, "2"], None),
    "by name": (PLAIN, [Result("2", None, "b"), Result("1", None, "a")], ["1", "2"], None),
    "by order": (PLAIN, [Result("1"), Result("2")], ["1", "2"], None),
    "a list of two": (PLAIN, [Result('["1", 2]')], ["1", "2"], None),
    "two lines of JSON": (PLAIN, [Result('{"x": 1}\n[2]')], ['{"x": 1}', "[2]"], None),
    "one id twice": ([A, B], [Result("1", "c1"), Result("2", "c1")], [None, None], "1\n2"),
    "an id of nobody": ([A, B], [Result("1", "c1"), Result("2", "zz")], [None, None], "1\n2"),
    "a name of nobody": (PLAIN, [Result("1", None, "a"), Result("2", None, "z")], [None, None], "1\n2"),
    "one text for two": (PLAIN, [Result("11C and 19C")], [None, None], "11C and 19C"),
    "more results than calls": ([A], [Result("1"), Result("2")], [None], "1\n2"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_results_are_paired(case: str) -> None:
    calls, results, texts, joint = CASES[case]
    notes: list[str] = []
    found, rest = paired(calls, results, notes)
    assert ([call.result for call in found], rest) == (texts, joint)
    assert notes == (["results_not_aligned"] if joint else [])
