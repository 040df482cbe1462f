"""Call text in Python syntax: what is a call, what is prose, what is cut, what is broken."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_payload import ANY_TEXT, within

from planloom.errors import BadRow, Reason
from planloom.shapes import python_calls

Calls = list[tuple[str, dict[str, Any]]]
DECLARED = {"f": ["a", "b"]}

LINES: dict[str, Calls] = {
    "": [],
    "f()": [("f", {})],
    "\nf(a=1)\n\n  g(b=2)\n": [("f", {"a": 1}), ("g", {"b": 2})],
    "a.b_c.d(x='it\\'s', y=\"a 'b' (c]\")": [("a.b_c.d", {"x": "it's", "y": "a 'b' (c]"})],
    "f(a=[1,\n -2.5], b={'k': None, 'on': true})": [("f", {"a": [1, -2.5], "b": {"k": None, "on": True}})],
    'f(a="""x "y" (z""", b="",)': [("f", {"a": 'x "y" (z', "b": ""})],
    "f('a=b', b=(1, 2))": [("f", {"a": "a=b", "b": [1, 2]})],
    "get-berth(port=\"Kiel\")": [("get-berth", {"port": "Kiel"})],
}  # fmt: skip

LISTS: dict[str, Calls] = {
    '[Market Data/Quote(symbol="X", days=3), Other(a=[1, {"b": ")"}])]': [
        ("Market Data/Quote", {"symbol": "X", "days": 3}),
        ("Other", {"a": [1, {"b": ")"}]}),
    ],
    "[Income Statement (Annual)(symbol='X')]": [("Income Statement (Annual)", {"symbol": "X"})],
    "[/v1/users/{id}.get(user-id='3')]": [("/v1/users/{id}.get", {"user-id": "3"})],
    "[Team's Info()]": [("Team's Info", {})],
    "API-Request: [QueryStock(stock_code='NCLR', date='2022-02-22')]": [
        ("QueryStock", {"stock_code": "NCLR", "date": "2022-02-22"})
    ],
    "[f(5)]": [("f", {"a": 5})],
    "[ f(a=1)\n, g(b=2)\n]": [("f", {"a": 1}), ("g", {"b": 2})],
}

PROSE = [
    "", "[]", "see [f(a=1)]", "[see the list]", "[note (appendix)]", "[1] (a=2)", "[link](http://x?a=1)",
    '[{"name": "f"}]', "[g(5)]", "`[f(a=1)]`", "The list is: [f(a=1)].",
]  # fmt: skip

BAD = {
    "f(a=1": Reason.truncated,
    "f(a='x": Reason.truncated,
    "f(": Reason.truncated,
    "f(a=1,": Reason.truncated,
    "f(a=1) g(b=2)": Reason.not_json_not_literal,
    "f(a=1))": Reason.not_json_not_literal,
    "f(a=b)": Reason.not_json_not_literal,
    "f(a=g(1))": Reason.not_json_not_literal,
    "f(a=1+2)": Reason.not_json_not_literal,
    "f(a=1, a=2)": Reason.not_json_not_literal,
    "f(a=)": Reason.not_json_not_literal,
    "f(**{'a': 1})": Reason.not_json_not_literal,
    "x = f(a=1)": Reason.not_json_not_literal,
    "f": Reason.not_json_not_literal,
    "I cannot do that.": Reason.not_json_not_literal,
    "g(1)": Reason.arguments_not_object,
    "f(1, 2, 3)": Reason.arguments_not_object,
    "f(a='" + "x" * 400_001 + "')": Reason.too_large,
    "f(a=" + "[" * 200 + "]" * 200 + ")": Reason.not_json_not_literal,
}

HOSTILE = [
    "f(a='\\", "f(a=" + "[" * 9, "[f(a=1),", "[f(", "[a(b)", "f(a=1)\n", "f(a=\"\"\"\\", "(", "'", "a=", " ",
    "[ ", "f(a=((,", "x(y)", "-", "[f(a='\\\n",
]  # fmt: skip


def told(calls: list[Any]) -> Calls:
    return [(call.tool, call.arguments) for call in calls]


@pytest.mark.parametrize("text", LINES)
def test_lines(text: str) -> None:
    assert told(python_calls.lines(text, DECLARED)) == LINES[text]


@pytest.mark.parametrize("text", LISTS)
def test_lists(text: str) -> None:
    found = python_calls.bracketed(text, DECLARED)
    assert found is not None
    assert (told(found[0]), found[1]) == (LISTS[text], "")


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_call(text: str) -> None:
    assert python_calls.bracketed(text, DECLARED) is None


def test_text_after_a_list_is_given_back() -> None:
    found = python_calls.bracketed("[f(a=1)]\n Wait.", {})
    assert found is not None and found[1] == "Wait."


@pytest.mark.parametrize("text", BAD)
def test_broken_lines_say_why(text: str) -> None:
    with pytest.raises(BadRow) as bad:
        python_calls.lines(text, DECLARED)
    assert bad.value.reason == BAD[text]


@pytest.mark.parametrize("rest", ["", ",", ", ", ", Othe", ", g(", ", g(b='x"])
def test_a_list_without_its_end_is_truncated(rest: str) -> None:
    with pytest.raises(BadRow) as bad:
        python_calls.bracketed(f"[f(a=1){rest}", {})
    assert bad.value.reason == Reason.truncated


ARGUMENTS = st.dictionaries(
    st.from_regex(r"[a-z_]{1,6}", fullmatch=True),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\"'(", max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)  # fmt: skip


@given(st.lists(st.tuples(st.from_regex(r"[a-z]{1,4}(\.[a-z]{1,4})?", fullmatch=True), ARGUMENTS), min_size=1, max_size=4))  # fmt: skip
def test_what_python_writes_is_read_back(calls: Calls) -> None:
    texts = [f"{name}({', '.join(f'{k}={v!r}' for k, v in args.items())})" for name, args in calls]
    assert told(python_calls.lines("\n".join(texts), {})) == calls
    found = python_calls.bracketed(f"[{', '.join(texts)}]", {})
    assert found is not None and told(found[0]) == calls


@given(ANY_TEXT | st.text("f(a=1,)[]'\"\\\n {}", max_size=40))
def test_any_text_is_read_or_left_with_a_reason(text: str) -> None:
    for read in (python_calls.lines, python_calls.bracketed):
        try:
            read(text, DECLARED)
        except BadRow as bad:
            assert bad.reason in Reason


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_quadratic_time(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    with within(5):
        for read in (python_calls.lines, python_calls.bracketed):
            for hostile in (text, f"f(a={text}", f"[f(a='{text}"):
                try:
                    read(hostile, DECLARED)
                except BadRow as bad:
                    assert bad.reason in Reason
