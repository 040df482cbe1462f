"""Tolerant reading: what is accepted, with which notes, and what is rejected, with which Reason."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.trace import Call

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
INSIDE = st.recursive(
    SCALARS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)
BOXES = st.lists(INSIDE, min_size=1, max_size=3) | st.dictionaries(
    st.text(max_size=4), INSIDE, min_size=1, max_size=3
)
VALUES = BOXES | SCALARS
SYNTAX = st.text("[]{}()\"'\\,:` \nabnrtue019.-", max_size=40)
ANY_TEXT = SYNTAX | st.text(st.characters(exclude_categories=()), max_size=40)


def parsed(text: str) -> tuple[Any, list[str]]:
    notes: list[str] = []
    return payload.parse(text, notes), notes


def rejected(text: str) -> Reason:
    with pytest.raises(BadRow) as bad:
        payload.parse(text, [])
    return bad.value.reason


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails if the block takes longer."""

    def late(*_: object) -> None:
        pytest.fail(f"not done in {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


LENIENT, LITERAL = ["lenient_json"], ["python_literal"]


@pytest.mark.parametrize(
    ("text", "value", "notes"),
    [
        pytest.param('[{"a": 1.5}]', [{"a": 1.5}], [], id="json"),
        pytest.param(' \n {"a": []}\t', {"a": []}, [], id="white space"),
        pytest.param("[" + "9" * 40 + "]", [int("9" * 40)], [], id="big integer"),
        pytest.param('```json\n{"a": 1}\n```', {"a": 1}, ["trimmed", *LENIENT], id="fence"),
        pytest.param('```\n{"a": "```"}```', {"a": "```"}, ["trimmed", *LENIENT], id="bare fence"),
        pytest.param('\\n{"a": 1}\\n\\n', {"a": 1}, ["trimmed", *LENIENT], id="literal line breaks"),
        pytest.param("\\n {'a': 1} \\n", {"a": 1}, ["trimmed", *LITERAL], id="line breaks, literal"),
        pytest.param('\ufeff{"a": 1}', {"a": 1}, ["trimmed", *LENIENT], id="BOM"),
        pytest.param('{"a": "x\ny\tz"}', {"a": "x\ny\tz"}, LENIENT, id="control characters"),
        pytest.param("{'a': True, 'b': None}", {"a": True, "b": None}, LITERAL, id="literal"),
        pytest.param("{'a': true, 'b': [null, false]}", {"a": True, "b": [None, False]}, LITERAL, id="json constants"),
        pytest.param("{'a': (1, -2), 'b': {3}}", {"a": [1, -2], "b": [3]}, LITERAL, id="tuple and set"),
        pytest.param("{1: 'x', None: 'y'}", {"1": "x", "null": "y"}, LITERAL, id="keys"),
        pytest.param("{'a': \"it's\", 'b': '\\d'}", {"a": "it's", "b": "\\d"}, LITERAL, id="mixed quotes"),
        pytest.param("{'a': 1, }", {"a": 1}, LITERAL, id="literal with comma"),
        pytest.param('[{"a": true,},]', [{"a": True}], LITERAL, id="commas, constants"),
        pytest.param(
            '{"a": "x\ny", "b": [1 , ], }', {"a": "x\ny", "b": [1]}, [*LENIENT, "without_trailing_commas"], id="trailing commas"
        ),
        pytest.param(
            '{"a": ",] ,}\n", "b": 1,}', {"a": ",] ,}\n", "b": 1}, [*LENIENT, "without_trailing_commas"], id="commas in text stay"
        ),
        pytest.param(
            '{"name": "f", "arguments": \'{"a": "it\'s"}\'}',
            {"name": "f", "arguments": {"a": "it's"}},
            [*LENIENT, "without_quotes"],
            id="glaive with apostrophe",
        ),
        pytest.param(
            '{"name": "f", "arguments": \'{"a": 1}\'}', {"name": "f", "arguments": '{"a": 1}'}, LITERAL, id="glaive"
        ),
        pytest.param(
            '{\\"a\\": \\"x\\"}', {"a": "x"}, [*LENIENT, "unescaped"], id="one level of escapes"
        ),
        pytest.param(
            '[{\\"a\\":\\n[1]}]', [{"a": [1]}], [*LENIENT, "unescaped"], id="escaped line break"
        ),
        pytest.param('"{\\"a\\": \\"b\\"}"', {"a": "b"}, ["double_encoded"], id="double encoding"),
        pytest.param('"{\'a\': None}"', {"a": None}, ["double_encoded", *LITERAL], id="literal in json"),
        pytest.param("[NaN, Infinity, -Infinity, 1e999]", [None] * 4, LENIENT, id="not finite"),
        pytest.param("{'a': nan, 'b': 1e999}", {"a": None, "b": None}, LITERAL, id="literal nan"),
        pytest.param("null", None, [], id="null"),
        pytest.param("None", None, LITERAL, id="None"),
    ],
)  # fmt: skip
def test_text_reads_as(text: str, value: Any, notes: list[str]) -> None:
    assert parsed(text) == (value, notes)


def test_true_is_not_one() -> None:
    assert [type(item) for item in parsed("[True, 1, 1.0]")[0]] == [bool, int, float]


@pytest.mark.parametrize(
    ("value", "strict"),
    [
        pytest.param(datetime(2024, 5, 1), "2024-05-01", id="midnight"),
        pytest.param(datetime(2024, 5, 1, 7, 30), "2024-05-01T07:30:00", id="datetime"),
        pytest.param(date(2024, 5, 1), "2024-05-01", id="date"),
        pytest.param(float("nan"), None, id="nan"),
        pytest.param([float("inf"), (1, {2})], [None, [1, [2]]], id="nested"),
        pytest.param({1: b"x\xff"}, {"1": "x\ufffd"}, id="bytes and keys"),
        pytest.param(1 + 2j, "(1+2j)", id="anything else"),
        pytest.param(
            {"a\ud800": "b\udfffc"}, {"a\ufffd": "b\ufffdc"}, id="lone surrogates",
            marks=pytest.mark.xfail(strict=True, reason="payload._encodable writes ?, the docstring of scrubbed says U+FFFD"),
        ),
    ],
)  # fmt: skip
def test_scrubbed_is_strict_json(value: Any, strict: Any) -> None:
    assert payload.scrubbed(value) == strict


@pytest.mark.parametrize("text", ['["\\ud800x"]', '["\ud800x"]', "['\\ud800x']"])
def test_lone_surrogates_become_encodable(text: str) -> None:
    (found,) = parsed(text)[0]
    assert found.endswith("x")
    assert len(found.encode()) > 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "not_json_not_literal", id="empty"),
        pytest.param("a lamp", "not_json_not_literal", id="prose"),
        pytest.param("{'a': x}", "not_json_not_literal", id="name"),
        pytest.param("{**{'a': 1}}", "not_json_not_literal", id="unpacking"),
        pytest.param("f'{1}'", "not_json_not_literal", id="f-string"),
        pytest.param("[1 + 2]", "not_json_not_literal", id="operator"),
        pytest.param("[1]]", "not_json_not_literal", id="one bracket too many"),
        pytest.param('{"a": 1} {"b": 2}', "not_json_not_literal", id="two values"),
        pytest.param("[" + "1" * 5000 + "]", "not_json_not_literal", id="endless integer"),
        pytest.param('"just a text"', "not_json_not_literal", id="encoded prose"),
        pytest.param('[{"a": 1}', "truncated", id="open list"),
        pytest.param('```json\n[{"a": 1', "truncated", id="fence"),
        pytest.param("[" + "1," * payload.MAX_CHARACTERS, "too_large", id="huge"),
    ],
)
def test_text_is_rejected(text: str, reason: str) -> None:
    assert rejected(text) == reason


CUT = {
    "json": '[{"name": "f", "arguments": {"s": "a ]} \' \\"b", "é": [1, -2.5, {"t": true}]}}]',
    "literal": "[{'name': 'f', 'arguments': {'s': \"it's\", 'b': True, 'n': [(1, -2)]}}]",
    "glaive": '{"name": "f", "arguments": \'{"s": "it\'s ok", "n": [1, 2]}\'}',
    "escaped": '{\\"name\\": \\"f\\", \\"arguments\\": {\\"n\\": [1, 2]}}',
    "fence": '```json\n[{"name": "f", "arguments": {"n": [1]}}]',
}


@pytest.mark.parametrize("form", CUT)
def test_cut_text_is_truncated_wherever_it_is_cut(form: str) -> None:
    text = CUT[form]
    start = 1 + min(text.find(bracket) % 99 for bracket in "[{")
    assert parsed(text)[0]
    assert {rejected(text[:end]) for end in range(start, len(text))} == {Reason.truncated}


@pytest.mark.xfail(strict=True, reason="payload._odd_quotes looks for double quotes alone")
@pytest.mark.parametrize("text", ["[{'s': 'a }]", "{'s': 'x', 't': '}"])
def test_a_literal_cut_after_a_quoted_bracket_is_truncated(text: str) -> None:
    assert rejected(text) == Reason.truncated


@settings(max_examples=60, deadline=None)
@given(BOXES, st.data())
def test_a_cut_value_is_never_a_value(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    assert rejected(text[: data.draw(st.integers(1, len(text) - 1))]) == Reason.truncated


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').{}",
        "[__import__('os').{}]",
        "{{'a': open('{}', 'w')}}",
        '{{"arguments": "{}"()}}',
    ],
)
def test_nothing_is_executed(text: str, tmp_path: Path) -> None:
    trace = tmp_path / "was-here"
    assert rejected(text.format(f"system('touch {trace}')")) == Reason.not_json_not_literal
    assert not trace.exists()


@settings(max_examples=60, deadline=None)
@given(VALUES)
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(json.dumps, id="json"),
        pytest.param(lambda value: json.dumps(value, ensure_ascii=False, indent=1), id="unicode"),
        pytest.param(repr, id="repr"),
        pytest.param(lambda value: f"```json\n{json.dumps(value)}\n```", id="fenced"),
        pytest.param(lambda value: json.dumps(json.dumps(value)), id="double"),
        pytest.param(lambda value: json.dumps(repr(value)), id="repr in json"),
    ],
)
def test_every_form_of_a_value_reads_as_the_value(write: Any, value: Any) -> None:
    found = parsed(write(value))[0]
    assert found == value
    assert type(found) is type(value)


@settings(max_examples=60, deadline=None)
@given(ANY_TEXT)
@example("\x00")
@example("[\x00]")
@example("(" * 300 + ")" * 300)
@example("-" * 5000 + "1")
def test_any_text_is_a_strict_value_or_a_bad_row(text: str) -> None:
    for read in (payload.parse, payload.calls, payload.call):
        try:
            found = read(text, [])
        except BadRow as bad:
            assert bad.reason in Reason
        else:
            assert read is not payload.parse or json.loads(payload.dumps(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="open brackets"),
        pytest.param("[" * 100_000 + "]" * 100_000, id="closed brackets"),
        pytest.param('{"a":' * 100_000 + "1" + "}" * 100_000, id="objects"),
        pytest.param("[" + "'a', " * 400_000, id="literals"),
        pytest.param("[" + "," * 2_000_000, id="commas"),
        pytest.param('["' + "a" * 2_000_000, id="open text"),
        pytest.param("x" * 2_000_000, id="prose"),
        pytest.param(
            "[" + '\\"' * 1_000_000, id="escaped quotes",
            marks=pytest.mark.xfail(strict=True, reason="payload._BRACKET takes quadratic time on unclosed quotes"),
        ),
        pytest.param(
            "[" + " " * 200_000 + "x", id="spaces",
            marks=pytest.mark.xfail(strict=True, reason="payload._FENCE takes quadratic time on white space"),
        ),
        pytest.param(
            "\"arguments\": '{" * 60_000, id="quoted arguments",
            marks=pytest.mark.xfail(strict=True, reason="payload._QUOTED_ARGUMENTS takes quadratic time"),
        ),
    ],
)  # fmt: skip
def test_large_and_deep_text_ends_quickly(text: str) -> None:
    with within(1.5):
        assert rejected(text) in (Reason.truncated, Reason.not_json_not_literal)


@pytest.mark.xfail(
    strict=True, raises=RecursionError, reason="payload.scrubbed recurses twice a level"
)
@pytest.mark.parametrize("inner", ["NaN", '"x\ny"'])
def test_nesting_that_json_can_read_is_a_value_or_a_bad_row(inner: str) -> None:
    assert rejected("[" * 600 + inner + "]" * 600)


ARGUMENTS = {"a": 1}


@pytest.mark.parametrize(
    "entry",
    [{name: "f", "arguments": ARGUMENTS} for name in payload.NAMES]
    + [{"name": "f", key: ARGUMENTS} for key in payload.ARGUMENTS]
    + [
        {"type": "function", "function": {"name": "f", "arguments": ARGUMENTS}},
        {"function": {"function": {"name": "f", "arguments": '{"a": 1}'}}},
        {"name": "f", "arguments": "{'a': 1}"},
        {"name": " f ", "arguments": '"{\\"a\\": 1}"'},
        '{"tool": "f", "parameters": {"a": 1}}',
    ],
    ids=str,
)  # fmt: skip
def test_every_public_spelling_is_a_call(entry: Any) -> None:
    assert payload.call(entry, []) == Call("f", ARGUMENTS)


@pytest.mark.parametrize("key", ["id", "call_id"])
def test_the_id_stands_outside_the_wrapping(key: str) -> None:
    entry = {key: "c1", "function": {"name": "f", "arguments": None}}
    assert payload.call(entry, []) == Call("f", {}, id="c1")


@pytest.mark.parametrize("given_", [None, "", {}, "{}"], ids=repr)
def test_no_arguments_are_an_empty_object(given_: Any) -> None:
    assert payload.call({"name": "f", "arguments": given_}, []).arguments == {}
    assert payload.call({"name": "f"}, []).arguments == {}


@pytest.mark.xfail(strict=True, reason="payload.call takes the first key there is, even if null")
def test_a_null_key_does_not_hide_its_alias() -> None:
    padded = {"name": "f", "arguments": None, "parameters": ARGUMENTS}
    assert payload.call(padded, []).arguments == ARGUMENTS


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        pytest.param({"arguments": {}}, "not_a_call", id="no name"),
        pytest.param({"name": "<function-name>"}, "not_a_call", id="template"),
        pytest.param({"name": "  "}, "not_a_call", id="blank name"),
        pytest.param({"name": 5}, "not_a_call", id="number for a name"),
        pytest.param(5, "not_a_call", id="number"),
        pytest.param([{"name": "f"}], "not_a_call", id="list"),
        pytest.param({"name": "f", "arguments": [1]}, "arguments_not_object", id="list arguments"),
        pytest.param({"name": "f", "arguments": "[1]"}, "arguments_not_object", id="list text"),
        pytest.param({"name": "f", "arguments": "a lamp"}, "arguments_not_object", id="prose"),
        pytest.param({"name": "f", "arguments": True}, "arguments_not_object", id="scalar"),
        pytest.param({"name": "f", "arguments": '{"a": '}, "truncated", id="cut arguments"),
    ],
)
def test_what_is_no_call_is_named(entry: Any, reason: str) -> None:
    with pytest.raises(BadRow) as bad:
        payload.call(entry, [])
    assert bad.value.reason == reason


@pytest.mark.parametrize("value", [None, "", " ", [], {}, "[]", "{}", "null"], ids=repr)
def test_an_empty_list_is_no_call_and_no_error(value: Any) -> None:
    assert payload.calls(value, []) == []


@pytest.mark.parametrize(
    "value",
    [{"name": "f"}, [{"name": "f"}], ['{"name": "f"}'], '{"name": "f"}', "[{'name': 'f'}]"],
    ids=repr,
)
def test_a_list_an_object_or_the_text_of_either_are_calls(value: Any) -> None:
    assert payload.calls(value, []) == [Call("f", {})]


@pytest.mark.parametrize("value", [5, True, "5", [None], [{"name": "f"}, 5]], ids=repr)
def test_a_bad_entry_rejects_the_list(value: Any) -> None:
    with pytest.raises(BadRow) as bad:
        payload.calls(value, [])
    assert bad.value.reason == Reason.not_a_call


def test_arguments_are_strict_json() -> None:
    found = payload.call(
        {"name": "f", "arguments": {1: datetime(2024, 5, 1), "x": [float("nan")]}}, []
    )
    assert found.arguments == {"1": "2024-05-01", "x": [None]}


def test_padding_is_dropped_at_any_depth() -> None:
    padded = {"a": None, "b": {"c": None, "d": [{"e": None}, None]}, "f": 0}
    assert payload.without_nulls(padded) == {"b": {"d": [{}, None]}, "f": 0}
