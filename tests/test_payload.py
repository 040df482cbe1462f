"""Tolerant reading: what is accepted, with which notes, and what is rejected, with which Reason."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.trace import Call

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers() | FLOATS
KEYS = st.text(max_size=4)
INSIDE = st.recursive(
    SCALARS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
BOXES = st.lists(INSIDE, min_size=1) | st.dictionaries(KEYS, INSIDE, min_size=1)
SYNTAX = st.text("[]{}()\"'\\,:` \nabnrtue019.-", max_size=40)
ANY_TEXT = SYNTAX | st.text(st.characters(exclude_categories=()), max_size=40)


def parsed(text: str) -> tuple[Any, list[str]]:
    notes: list[str] = []
    return payload.parse(text, notes), notes


def rejected(value: Any, read: Callable[[Any, list[str]], Any] = payload.parse) -> Reason:
    with pytest.raises(BadRow) as bad:
        read(value, [])
    return bad.value.reason


@contextmanager
def within(seconds: float) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail(f"not done in {seconds} s"))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


LENIENT, LITERAL, TRIMMED = ["lenient_json"], ["python_literal"], ["trimmed", "lenient_json"]
READS: dict[str, tuple[str, Any, list[str]]] = {
    "json": ('[{"a": 1.5}]', [{"a": 1.5}], []),
    "white space": (' \n {"a": []}\t', {"a": []}, []),
    "big integer": ("[" + "9" * 40 + "]", [int("9" * 40)], []),
    "null": ("null", None, []),
    "fence": ('```json\n{"a": 1}\n```', {"a": 1}, TRIMMED),
    "bare fence": ('```\n{"a": "```"}```', {"a": "```"}, TRIMMED),
    "literal line breaks": ('\\n{"a": 1}\\n\\n', {"a": 1}, TRIMMED),
    "literal line breaks around a literal": ("\\n {'a': 1} \\n", {"a": 1}, ["trimmed", *LITERAL]),
    "byte order mark": ('\ufeff{"a": 1}', {"a": 1}, TRIMMED),
    "control characters": ('{"a": "x\ny\tz"}', {"a": "x\ny\tz"}, LENIENT),
    "literal": ("{'a': True, 'b': None}", {"a": True, "b": None}, LITERAL),
    "json constants in a literal": ("{'a': true, 'b': [null, false]}", {"a": True, "b": [None, False]}, LITERAL),
    "tuple and set": ("{'a': (1, -2), 'b': {3}}", {"a": [1, -2], "b": [3]}, LITERAL),
    "keys that are no text": ("{1: 'x', None: 'y'}", {"1": "x", "null": "y"}, LITERAL),
    "mixed quotes and odd escapes": ("{'a': \"it's\", 'b': '\\d'}", {"a": "it's", "b": "\\d"}, LITERAL),
    "trailing commas of a literal": ('[{"a": true,},]', [{"a": True}], LITERAL),
    "trailing commas": ('{"a": "x\ny", "b": [1 , ], }', {"a": "x\ny", "b": [1]}, [*LENIENT, "without_trailing_commas"]),
    "commas in text stay": ('{"a": ",] ,}\n", "b": 1,}', {"a": ",] ,}\n", "b": 1}, [*LENIENT, "without_trailing_commas"]),
    "Glaive": ("{\"name\": \"f\", \"arguments\": '{\"a\": 1}'}", {"name": "f", "arguments": '{"a": 1}'}, LITERAL),
    "Glaive with an apostrophe": ("{\"arguments\": '{\"a\": \"it's\"}'}", {"arguments": {"a": "it's"}}, [*LENIENT, "without_quotes"]),
    "one level of escapes": ('{\\"a\\": \\"x\\"}', {"a": "x"}, [*LENIENT, "unescaped"]),
    "escaped line break": ('[{\\"a\\":\\n[1]}]', [{"a": [1]}], [*LENIENT, "unescaped"]),
    "double encoding": ('"{\\"a\\": \\"b\\"}"', {"a": "b"}, ["double_encoded"]),
    "a literal in json": ('"{\'a\': None}"', {"a": None}, ["double_encoded", *LITERAL]),
    "not finite": ("[NaN, Infinity, -Infinity, 1e999]", [None] * 4, LENIENT),
    "literal not finite": ("{'a': nan, 'b': 1e999}", {"a": None, "b": None}, LITERAL),
}  # fmt: skip


@pytest.mark.parametrize("case", READS)
def test_text_reads_as(case: str) -> None:
    text, value, notes = READS[case]
    assert parsed(text) == (value, notes)


def test_true_is_not_one() -> None:
    assert [type(item) for item in parsed("[True, 1, 1.0]")[0]] == [bool, int, float]


SCRUBBED: dict[str, tuple[Any, Any]] = {
    "midnight": (datetime(2024, 5, 1), "2024-05-01"),
    "datetime": (datetime(2024, 5, 1, 7, 30), "2024-05-01T07:30:00"),
    "date": (date(2024, 5, 1), "2024-05-01"),
    "not finite": ([float("nan"), (float("inf"), {2})], [None, [None, [2]]]),
    "bytes and keys": ({1: b"x\xff"}, {"1": "x\ufffd"}),
    "anything else": (1 + 2j, "(1+2j)"),
}


@pytest.mark.parametrize("case", SCRUBBED)
def test_scrubbed_is_strict_json(case: str) -> None:
    value, strict = SCRUBBED[case]
    assert payload.scrubbed(value) == strict


def test_lone_surrogates_become_replacement_characters() -> None:
    assert payload.scrubbed({"a\ud800": "b\udfffc"}) == {"a\ufffd": "b\ufffdc"}


def test_halves_of_a_character_are_joined() -> None:
    assert payload.scrubbed("\ud83d\udc19\ud800") == "\U0001f419\ufffd"
    assert parsed("{'a': '\\ud83d\\udc19'}")[0] == {"a": "\U0001f419"}


@pytest.mark.parametrize("text", ['["\\ud800x"]', '["\ud800x"]', "['\\ud800x']"])
def test_lone_surrogates_become_encodable(text: str) -> None:
    assert parsed(text)[0][0].encode().endswith(b"x")


REJECTS = {
    "empty": ("", "not_json_not_literal"),
    "prose": ("a lamp", "not_json_not_literal"),
    "encoded prose": ('"just a text"', "not_json_not_literal"),
    "name": ("{'a': x}", "not_json_not_literal"),
    "unpacking": ("{**{'a': 1}}", "not_json_not_literal"),
    "f-string": ("f'{1}'", "not_json_not_literal"),
    "operator": ("[1 + 2]", "not_json_not_literal"),
    "a bracket too many": ("[1]]", "not_json_not_literal"),
    "two values": ('{"a": 1} {"b": 2}', "not_json_not_literal"),
    "endless integer": ("[" + "1" * 5000 + "]", "not_json_not_literal"),
    "open list": ('[{"a": 1}', "truncated"),
    "open list in a fence": ('```json\n[{"a": 1}\n```', "truncated"),
    "huge": ("[" + "1," * payload.MAX_CHARACTERS, "too_large"),
}  # fmt: skip


@pytest.mark.parametrize("case", REJECTS)
def test_text_is_rejected(case: str) -> None:
    text, reason = REJECTS[case]
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
    first_bracket = next(at for at, character in enumerate(text) if character in "[{")
    assert parsed(text)[0]
    reasons = {rejected(text[:end]) for end in range(first_bracket + 1, len(text))}
    assert reasons == {Reason.truncated}


@pytest.mark.parametrize("text", ["[{'s': 'a }]", "{'s': 'x', 't': '}"])
def test_a_literal_cut_after_a_quoted_bracket_is_truncated(text: str) -> None:
    assert rejected(text) == Reason.truncated


@settings(max_examples=60, deadline=None)
@given(BOXES, st.data())
def test_a_cut_value_is_never_a_value(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    assert rejected(text[: data.draw(st.integers(1, len(text) - 1))]) == Reason.truncated


@pytest.mark.parametrize("text", ["__import__('os').{}", "[__import__('os').{}]", "{{'a': {}}}"])
def test_nothing_is_executed(text: str, tmp_path: Path) -> None:
    trace = tmp_path / "was-here"
    assert rejected(text.format(f"system('touch {trace}')")) == Reason.not_json_not_literal
    assert not trace.exists()


FORMS: dict[str, Callable[[Any], str]] = {
    "json": json.dumps,
    "unicode": lambda value: json.dumps(value, ensure_ascii=False, indent=1),
    "repr": repr,
    "fenced": lambda value: f"```json\n{json.dumps(value)}\n```",
    "double": lambda value: json.dumps(json.dumps(value)),
    "repr in json": lambda value: json.dumps(repr(value)),
}


@settings(max_examples=60, deadline=None)
@given(BOXES | SCALARS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_value_reads_as_the_value(form: str, value: Any) -> None:
    found = parsed(FORMS[form](value))[0]
    assert found == value
    assert type(found) is type(value)


@settings(max_examples=60, deadline=None)
@given(ANY_TEXT)
@example("[\x00]")
@example("(" * 300 + ")" * 300)
@example("-" * 5000 + "1")
@pytest.mark.parametrize("read", [payload.parse, payload.calls, payload.call])
def test_any_text_is_a_strict_value_or_a_bad_row(read: Any, text: str) -> None:
    with suppress(BadRow):
        found = read(text, [])
        assert read is not payload.parse or json.loads(payload.dumps(found)) == found


LARGE = {
    "open brackets": "[" * 100_000,
    "closed brackets": "[" * 100_000 + "]" * 100_000,
    "objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "literals": "[" + "'a', " * 400_000,
    "commas": "[" + "," * 2_000_000,
    "open text": '["' + "a" * 2_000_000,
    "prose": "x" * 2_000_000,
}
REPEATED = {
    "_BRACKET": "[" + '\\"' * 1_000_000,
    "_FENCE": "[" + " " * 200_000 + "x",
    "_QUOTED_ARGUMENTS": '"arguments": \'{' * 60_000,
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_large_and_deep_text_ends_quickly(text: str) -> None:
    with within(5):
        assert rejected(text) in (Reason.truncated, Reason.not_json_not_literal)


@pytest.mark.parametrize("text", REPEATED.values(), ids=REPEATED)
def test_text_of_one_repeated_piece_ends_quickly(text: str) -> None:
    with within(1):
        assert rejected(text) in (Reason.truncated, Reason.not_json_not_literal)


@pytest.mark.parametrize("inner", ["NaN", '"x\ny"'])
def test_what_json_just_can_read_is_a_value_or_a_bad_row(inner: str) -> None:
    with suppress(BadRow):
        assert parsed("[" * 600 + inner + "]" * 600)[1] == LENIENT


ARGUMENTS = {"a": 1}
ENTRIES: list[Any] = [
    *({name: "f", "arguments": ARGUMENTS} for name in payload.NAMES),
    *({"name": "f", key: ARGUMENTS} for key in payload.ARGUMENTS),
    {"type": "function", "function": {"name": "f", "arguments": ARGUMENTS}},
    {"function": {"function": {"name": "f", "arguments": '{"a": 1}'}}},
    {"name": " f ", "arguments": "\"{'a': 1}\""},
    '{"tool": "f", "parameters": {"a": 1}}',
]


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_every_public_spelling_is_a_call(entry: Any) -> None:
    assert payload.call(entry, []) == Call("f", ARGUMENTS)


@pytest.mark.parametrize("key", ["id", "call_id"])
def test_the_id_stands_outside_the_wrapping(key: str) -> None:
    assert payload.call({key: "c1", "function": {"name": "f"}}, []) == Call("f", {}, id="c1")


@pytest.mark.parametrize("none", [None, "", {}, "{}", "null"], ids=repr)
def test_no_arguments_are_an_empty_object(none: Any) -> None:
    assert payload.call({"name": "f", "arguments": none}, []).arguments == {}


def test_a_null_key_does_not_hide_its_alias() -> None:
    padded = {"name": "f", "arguments": None, "parameters": ARGUMENTS}
    assert payload.call(padded, []).arguments == ARGUMENTS


NO_CALLS: dict[str, tuple[Any, str]] = {
    "no name": ({"arguments": {}}, "not_a_call"),
    "template": ({"name": "<function-name>"}, "not_a_call"),
    "blank name": ({"name": "  "}, "not_a_call"),
    "number for a name": ({"name": 5}, "not_a_call"),
    "number": (5, "not_a_call"),
    "list": ([{"name": "f"}], "not_a_call"),
    "list arguments": ({"name": "f", "arguments": [1]}, "arguments_not_object"),
    "list text": ({"name": "f", "arguments": "[1]"}, "arguments_not_object"),
    "prose": ({"name": "f", "arguments": "a lamp"}, "arguments_not_object"),
    "scalar": ({"name": "f", "arguments": True}, "arguments_not_object"),
    "cut arguments": ({"name": "f", "arguments": '{"a": '}, "truncated"),
}


@pytest.mark.parametrize("case", NO_CALLS)
def test_what_is_no_call_is_named(case: str) -> None:
    entry, reason = NO_CALLS[case]
    assert rejected(entry, payload.call) == reason


@pytest.mark.parametrize("value", [None, "", " ", [], {}, "[]", "{}", "null"], ids=repr)
def test_an_empty_list_is_no_call_and_no_error(value: Any) -> None:
    assert payload.calls(value, []) == []


CALLS = [{"name": "f"}, [{"name": "f"}], ['{"name": "f"}'], '{"name": "f"}', "[{'name': 'f'}]"]


@pytest.mark.parametrize("value", CALLS, ids=repr)
def test_a_list_an_object_or_the_text_of_either_are_calls(value: Any) -> None:
    assert payload.calls(value, []) == [Call("f", {})]


@pytest.mark.parametrize("value", [5, True, "5", [None], [{"name": "f"}, 5]], ids=repr)
def test_a_bad_entry_rejects_the_list(value: Any) -> None:
    assert rejected(value, payload.calls) == Reason.not_a_call


def test_arguments_are_strict_json() -> None:
    entry = {"name": "f", "arguments": {1: datetime(2024, 5, 1), "x": [float("nan")]}}
    assert payload.call(entry, []).arguments == {"1": "2024-05-01", "x": [None]}


def test_padding_is_dropped_at_any_depth() -> None:
    padded = {"a": None, "b": {"c": None, "d": [{"e": None}, None]}, "f": 0}
    assert payload.without_nulls(padded) == {"b": {"d": [{}, None]}, "f": 0}
