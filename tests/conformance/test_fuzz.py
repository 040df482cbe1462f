"""Whatever stands in a row: nothing raises, no row vanishes, and time grows with its length only.

`PLANLOOM_FUZZ=10000 pytest tests/conformance/test_fuzz.py` tries 10,000 rows a fixture and
longer cells; the default is a taste of it.
"""

import json
import os
from contextlib import suppress
from datetime import datetime
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import planloom
from conformance.fixtures import NO_CALL, VARIANTS
from conformance.mutations import Path, put, texts
from conformance.shapes import SHAPES
from conformance.style import PLAIN
from conformance.task import FERRIES, Row
from planloom import plan, shapes
from planloom.errors import BadRow
from planloom.source import Reader

EXAMPLES = int(os.environ.get("PLANLOOM_FUZZ", "8"))
LENGTH = 200_000 if EXAMPLES >= 1_000 else 10_000
FUZZ = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

ROWS: dict[str, Row] = {
    **{name: shape.row(FERRIES) for name, shape in SHAPES.items()},
    **{name: row for name, (row, _) in VARIANTS.items()},
    **NO_CALL,
}
TOKENS = (
    "<tool_call>", "</tool_call>", "<tool_response>", "<tools>[", "<think>", "<functioncall> {",
    "FUNCTION RESPONSE:", "ASSISTANT:", "USER: ", "Action: f", "Action Input: {", "Observation:",
    "Thought:", "Final Answer:", "[f(a=", "f(a=1)", "[]", "{}", "null", "None", '{"name": "f"}',
    "[{'name': 'f', 'arguments': {", '"\\ud800"', "\ud800", "```", "\x00", "assistant", "tool",
    "tool_call", "tool_use", "$var1.x$", "API_call_9", "1e999", "Finish",
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.lists(st.sampled_from(TOKENS), max_size=4).map(" ".join)
    | st.binary(max_size=4)
    | st.just(datetime(2024, 5, 1, 7, 30))
)
KEYS = st.sampled_from(
    ("role", "from", "content", "value", "name", "arguments", "function", "tool_calls", "type",
     "id", "text", "parameters", "properties", "return_type", "required", "enum", "")
)  # fmt: skip
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def readers(row: Row) -> list[Reader]:
    return [read for shape in shapes.shapes().values() if (read := shape.sniff(row))]


def survives(row: Row, known: list[Reader]) -> None:
    """The row ends somewhere; `known` read the row as it was, so they may get to read this."""
    lifted = planloom.transform(row)
    assert lifted.plans or lifted.left
    for found in lifted.plans:
        assert plan.problems(found) == []
        assert plan.decode(plan.encode(found)) == found
    for read in (*known, *readers(row)):
        with suppress(BadRow):
            read(row)


def places(value: Any, path: Path = ()) -> list[Path]:
    """Where a value stands in a row, every one but the row itself."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    inside = [places(item, (*path, key)) for key, item in items]
    return [*([path] if path else []), *(place for found in inside for place in found)]


def at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def changed(row: Row, data: st.DataObject) -> Row:
    """The row with a value replaced, deleted or doubled."""
    path = data.draw(st.sampled_from(places(row)))
    *above, key = path
    held = at(row, tuple(above))
    match data.draw(st.sampled_from(("junk", "delete", "double"))):
        case "delete" if isinstance(held, dict):
            return put(row, tuple(above), {k: v for k, v in held.items() if k != key})
        case "delete":
            return put(row, tuple(above), [v for n, v in enumerate(held) if n != key])
        case "double" if isinstance(held, list):
            return put(row, tuple(above), [*held[: key + 1], *held[key:]])
    return put(row, path, data.draw(JUNK))


@pytest.mark.parametrize("name", ROWS)
@FUZZ
@given(data=st.data())
def test_a_row_with_junk_ends_somewhere(name: str, data: st.DataObject) -> None:
    row, known = ROWS[name], readers(ROWS[name])
    for _ in range(data.draw(st.integers(1, 3))):
        row = changed(row, data) if row else row
    survives(row, known)


@pytest.mark.parametrize("name", ROWS)
@FUZZ
@given(data=st.data())
def test_a_row_with_wrong_bytes_ends_somewhere(name: str, data: st.DataObject) -> None:
    """What no longer decodes is the business of whoever reads the file."""
    text = bytearray(json.dumps(ROWS[name], ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(text)))
        piece = data.draw(
            st.binary(max_size=2) | st.text('{}[]"\\,:ae0 ', max_size=2).map(str.encode)
        )
        text[begin : begin + data.draw(st.integers(0, 2))] = piece
    with suppress(ValueError):
        row = json.loads(bytes(text))
        if isinstance(row, dict):
            survives(row, readers(ROWS[name]))


HALF = "Which ferry \ud83d is next?"
CRASHED: dict[str, Row] = {
    "half a character in every text": {
        "messages": [
            {"role": "system", "content": HALF},
            {"role": "user", "content": HALF},
            {"role": "assistant", "content": HALF, "tool_calls": [{"name": HALF, "arguments": {HALF: HALF}}]},
            {"role": "tool", "content": HALF},
            {"role": "assistant", "content": HALF},
        ],
        "tools": [{"name": HALF, "description": HALF}],
    },
    "half a character in a chat": {"messages": [{"role": "user", "content": HALF}, {"role": "assistant", "content": HALF}]},
    "half a character in a declaration": {"query": HALF, "answers": [{"name": "f"}], "tools": '[{"name": "f", "description": "\\ud83d"}]'},
    "an empty call": {"query": "Which ferry is next?", "function_call": {}},
    "a list among the required": {
        "messages": [{"role": "user", "content": "Which ferry is next?"}],
        "tools": [{"name": "f", "parameters": {"properties": {"a": {}}, "required": [[1], "a"]}}],
    },
    "a list among the required of a table": {
        "query": "Which ferry is next?",
        "tools": [{"name": "f", "parameters": {"a": {"type": "str"}}, "required": [[1], "a"]}],
        "answers": [],
    },
}  # fmt: skip


@pytest.mark.parametrize("case", CRASHED)
def test_what_once_crashed_ends_somewhere(case: str) -> None:
    survives(CRASHED[case], [])


# Size


PIECES = {
    "letters": "a", "spaces": " ", "line breaks": "\n", "open brackets": "[", "braces": "{",
    "parentheses": "f(", "objects": '{"a":', "commas": "1,", "quotes": '"', "apostrophes": "'",
    "escapes": '\\"', "ticks": "`", "fences": "```\n", "tags": "<tool_call>", "calls in tags": '<tool_call>{"name": "f"}',
    "responses": "<tool_response>", "thoughts": "<think>", "Glaive": '<functioncall> {"name": "f"} ',
    "speakers": "USER: a ASSISTANT: b ", "runs": "Action: f\nAction Input: {}\nObservation: a\n",
    "actions": "Action: ", "inputs": "\nAction Input: ", "keywords": "[f(a=", "lines": "f(a=1)\n", "arguments": "'arguments': '{",
    "words": "09:40 16:05 ",
}  # fmt: skip


def cell(name: str, text: str) -> Row:
    """The row of a shape with `text` in place of its last call, as text or as the arguments."""
    shape, row = SHAPES[name], ROWS[name]
    if units := shape.units(FERRIES, PLAIN):
        path, held = next((path, held) for path, held in texts(row) if units[-1][0] in held)
        return put(row, path, held.replace(units[-1][0], text))
    wanted = FERRIES.calls[0].arguments if name == "bare" else FERRIES.calls[2].arguments
    return put(row, next(path for path in places(row) if at(row, path) == wanted), {"a": text})


def seconds(row: Row) -> float:
    begin = process_time()
    lifted = planloom.transform(row)
    assert lifted.plans or lifted.left
    return process_time() - begin


@pytest.mark.parametrize("name", SHAPES)
def test_time_is_linear_in_the_length_of_a_cell(name: str) -> None:
    """Four times the text may take ten times as long; what takes a square's time takes 16."""
    for label, piece in PIECES.items():
        text = piece * (LENGTH // len(piece))
        allowed = 10 * seconds(cell(name, text)) + 0.1
        assert any(seconds(cell(name, text * 4)) < allowed for _ in range(2)), label


HUGE = {
    "10 MB": lambda: "a" * 10_000_000,
    "a million brackets": lambda: "[" * 1_000_000,
    "a million pairs": lambda: "[" * 500_000 + "]" * 500_000,
    "depth 10,000": lambda: '{"a":' * 10_000 + "1" + "}" * 10_000,
}


@pytest.mark.parametrize("text", HUGE)
@pytest.mark.parametrize("name", SHAPES)
def test_a_huge_cell_ends_soon(name: str, text: str) -> None:
    assert seconds(cell(name, HUGE[text]())) < 10


@pytest.mark.parametrize("kind", [list, dict])
@pytest.mark.parametrize("name", ROWS)
def test_a_deep_value_is_left(name: str, kind: type) -> None:
    """Ten thousand levels, in place of each value of the row in turn."""
    deep: Any = 1
    for _ in range(10_000):
        deep = [deep] if kind is list else {"function": deep}
    for path in places(ROWS[name]):
        lifted = planloom.transform(put(ROWS[name], path, deep))
        assert lifted.plans or lifted.left
