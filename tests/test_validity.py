"""Calls against the tools of their row: what is left, what is tolerated, what never raises."""

import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planloom.calls import check_calls
from planloom.errors import Reason
from planloom.fit import fit
from planloom.lift import lift
from planloom.shapes import declare
from planloom.trace import Call, Place, Round, Trace
from planloom.unfilled import is_cut, placeholder, unfilled
from planloom.verdict import Tolerance, Verdict

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
from verdicts import EXAMPLES

PLACE = Place("", "", "", "", 0, "unknown", "no_publish", "function_calling")
STAY = {
    "type": "object",
    "properties": {
        "hotel": {"type": "string"},
        "guests": {"type": "array", "items": {"$ref": "#/$defs/guest"}},
        "pay": {"anyOf": [{"$ref": "#/$defs/card"}, {"type": "string", "enum": ["cash"]}]},
        "board": {"type": ["string", "null"], "enum": ["none", "half", None]},
    },
    "required": ["hotel"],
    "$defs": {
        "guest": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "int", "minimum": 0}},
            "required": ["name"],
            "additionalProperties": False,
        },
        "card": {"type": "object", "properties": {"no": {"type": "integer"}}, "required": ["no"]},
    },
}


def judged(arguments: dict[str, Any], parameters: dict[str, Any]) -> Verdict:
    given = declare.parameters(parameters)
    return fit("act", arguments, json.dumps(given, sort_keys=True).encode())


def checked(*calls: Call, tools: list[dict[str, Any]], said: str = "Book me a room.") -> Verdict:
    rounds = tuple(Round((call,), 0) for call in calls)
    trace = Trace(user_turns=(said,), rounds=rounds, tools=declare.tools(tools, []))
    return check_calls(lift(trace, PLACE).plans[0], trace)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, None),
        ({"guests": [{"name": "Ada", "age": 36}], "pay": "cash", "board": None}, None),
        ({"pay": {"no": 4000}}, None),
        ({"guests": [{"age": 36}]}, Reason.missing_argument),
        ({"guests": [{"name": "Ada", "mood": "good"}]}, Reason.unknown_argument),
        ({"guests": [{"name": "Ada", "age": "old"}]}, Reason.wrong_type),
        ({"guests": [{"name": "Ada", "age": -1}]}, Reason.wrong_type),
        ({"guests": [{"name": ["Ada"]}]}, Reason.wrong_type),
        ({"pay": {"no": "many"}}, Reason.wrong_type),
        ({"pay": "later"}, Reason.wrong_type),
        ({"board": "full"}, Reason.wrong_type),
        ({"stars": 5}, Reason.unknown_argument),
    ],
)
def test_faults_are_found_at_any_depth(more: dict[str, Any], reason: Reason | None) -> None:
    verdict = judged({"hotel": "Astoria", **more}, STAY)
    assert (verdict.reason, verdict.tolerated) == (reason, ())


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"guests": [{"name": "Ada", "age": "36"}]}, ["number_in_text"]),
        ({"guests": "[{'name': 'Ada'}]"}, ["json_in_text"]),
        ({"guests": '[{"name": "Ada", "age": "36"}]'}, ["json_in_text", "number_in_text"]),
        ({"pay": {"no": "4000"}}, ["number_in_text"]),
        ({"pay": "CASH"}, ["enum_case"]),
        ({"guests": [{"name": "Ada", "age": None}]}, ["null_for_optional"]),
        ({"guests": None, "pay": None}, ["null_for_optional", "null_for_optional"]),
    ],
)
def test_repairs_go_as_deep_as_faults(more: dict[str, Any], names: list[str]) -> None:
    given = {"hotel": "Astoria", **more}
    before = json.dumps(given)
    verdict = judged(given, STAY)
    assert (verdict.reason, sorted(verdict.tolerated)) == (None, sorted(names))
    assert json.dumps(given) == before


@pytest.mark.parametrize(
    "more",
    [
        {"guests": '[{"age": 36}]'},
        {"guests": '{"name": "Ada"}'},
        {"guests": '[{"name": "Ada", "age": "old"}]'},
        {"guests": [{"name": None}]},
        {"pay": {"no": "4000.5"}},
        {"pay": True},
        {"board": False},
    ],
)
def test_a_repair_must_make_the_call_valid(more: dict[str, Any]) -> None:
    assert judged({"hotel": "Astoria", **more}, STAY).reason is not None


def test_no_true_stands_for_one() -> None:
    assert judged({"x": True}, {"properties": {"x": {"type": "number", "default": 1}}}).reason
    assert judged({"x": True}, {"properties": {"x": {"type": "array"}}}).reason


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "["},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "https://schemas.example/elsewhere.json"},
        {"type": "string", "minLength": "three"},
    ],
)
def test_a_wrong_schema_is_named_and_the_rest_is_checked(schema: dict[str, Any]) -> None:
    parameters = {"properties": {"x": schema, "n": {"type": "integer"}}, "required": ["n"]}
    assert judged({"x": 1, "n": 2}, parameters) == Verdict(None, "", (Tolerance.schema_invalid,))
    assert judged({"x": 1, "n": "two"}, parameters).reason == Reason.wrong_type
    assert judged({"x": 1}, parameters).reason == Reason.missing_argument
    assert judged({"n": 2, "y": 1}, parameters).reason == Reason.unknown_argument


def test_names_of_every_branch_are_known() -> None:
    parameters = {
        "properties": {"a": {}},
        "allOf": [{"$ref": "#/$defs/more"}],
        "anyOf": [{"properties": {"c": {}}}, {"properties": {"d": {}}}],
        "$defs": {"more": {"properties": {"b": {}}}},
    }
    assert judged({"a": 1, "b": 1, "c": 1, "d": 1}, parameters).reason is None
    assert judged({"e": 1}, parameters).reason == Reason.unknown_argument
    opened = {**parameters, "additionalProperties": {"type": "integer"}}
    assert judged({"e": 1}, opened).reason is None
    assert judged({"e": "x"}, opened).reason == Reason.wrong_type


def test_one_of_several_may_be_required() -> None:
    either = {"anyOf": [{"required": ["b"]}, {"required": ["c"]}]}
    parameters = {"properties": {"b": {}, "c": {}}, **either}
    assert judged({"c": 1}, parameters).reason is None
    assert judged({}, parameters).reason == Reason.missing_argument
    branches = {"anyOf": [{"properties": {"b": {}}}, {"properties": {"c": {}}}], "required": ["b"]}
    assert judged({"b": 1}, branches).reason is None
    assert judged({"c": 1}, branches).reason == Reason.missing_argument


def test_keywords_padded_with_null_say_nothing() -> None:
    padded = {"minimum": None, "pattern": None, "items": None, "anyOf": None, "required": None}
    parameters = {"properties": {"n": {"type": "integer", **padded}}}
    assert judged({"n": 1}, parameters) == Verdict(None)
    assert judged({"n": "abc"}, parameters).reason == Reason.wrong_type
    listed = {"properties": {"x": {"type": "list", "items": None, "enum": ["a", "b"]}}}
    assert judged({"x": ["a"]}, listed) == Verdict(None)
    assert judged({"x": ["c"]}, listed).reason == Reason.wrong_type


def test_a_list_as_text_may_begin_with_blanks() -> None:
    verdict = judged({"x": " [1, 2]"}, {"properties": {"x": {"type": "array", "maxItems": 2}}})
    assert verdict == Verdict(None, "", (Tolerance.json_in_text,))
    items = {"type": "array", "items": {"type": "integer"}}
    assert judged({"x": "\n[1]"}, {"properties": {"x": items}}).reason is None


def test_repairs_of_many_items_take_time_in_proportion() -> None:
    parameters = {"properties": {"x": {"type": "array", "items": {"type": "integer"}}}}

    def seconds(number: int) -> float:
        given = {"x": ["1"] * number}
        begun = time.process_time()
        assert judged(given, parameters).reason is None
        return time.process_time() - begun

    gc.disable()  # its passes would be measured too
    try:
        few = min(seconds(20_000) for _ in range(3))
        assert seconds(120_000) < 18 * few  # of the squares: 36
    finally:
        gc.enable()


def test_names_behind_many_references_are_found_once() -> None:
    step = {f"s{i}": {"anyOf": [{"$ref": f"#/$defs/s{i + 1}"}] * 40} for i in range(3)}
    end = {"properties": {"a": {}, "more": {"$ref": "#"}}, "anyOf": [{"$ref": "#/$defs/s0"}]}
    parameters = {"anyOf": [{"$ref": "#/$defs/s0"}], "$defs": {**step, "s3": end}}
    begun = time.process_time()
    assert judged({"b": 1}, parameters).reason == Reason.unknown_argument
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    ("cells", "needed"),
    [
        ({"a": {"type": "str"}, "b": {"type": "int, optional"}}, ["a"]),
        ({"a": {"type": "str"}, "b": {"type": "int", "default": 5}}, ["a"]),
        ({"a": {"type": "str"}, "b": {"type": "str", "description": "[Optional] Where."}}, ["a"]),
        ({"a": {"type": "str"}, "b": {"type": "str", "description": "Defaults to en."}}, ["a"]),
        ({"a": {"type": "str", "required": True}, "b": {"type": "str"}}, ["a"]),
        ({"type": {"type": "str"}}, ["type"]),
    ],
)
def test_what_a_flat_table_requires(cells: dict[str, Any], needed: list[str]) -> None:
    assert declare.parameters(cells)["required"] == needed


def test_a_mark_of_one_tool_speaks_for_the_row() -> None:
    loose = {"name": "find", "parameters": {"where": {"type": "str"}}}
    marked = {"name": "book", "parameters": {"hotel": {"type": "str", "required": True}}}
    assert checked(Call("find", {}), tools=[loose]).reason == Reason.missing_argument
    assert checked(Call("find", {}), tools=[loose, marked]).reason is None
    assert checked(Call("book", {}), tools=[loose, marked]).reason == Reason.missing_argument


def test_declarations_mean_what_they_say_otherwise() -> None:
    listed = declare.parameters({"properties": {"x": {"type": "list", "enum": ["a", "b"]}}})
    assert listed["properties"]["x"]["items"] == {"enum": ["a", "b"]}
    null = declare.parameters({"properties": {"x": {"type": "str", "nullable": True}}})
    assert null["properties"]["x"]["type"] == ["string", "null"]


PLACEHOLDERS = (
    *("<your_name>", "<hotel name>", "<date>", "[Your Name]", "[insert city]", "{{guest}}"),
    *("YOUR_API_KEY", "your-token", "${KEY}", "xxxx-xxxx", "sk-xxxxxx", "KEY_GOES_HERE"),
    *("Dear [Your Name], hi", "key=YOUR_KEY&a=1", "From <insert sender>", "Hi [Guest's Name]!"),
)
VALUES = (
    *("<body>", "<enter>", "<page-down>", "<node-0>", "$var1.id$", "API_call_0", "#1", "XXX"),
    *("row[name]", "SELECT [Name] FROM [Guests]", "press [Enter] twice", "[x] done", "[1] see"),
    *("Hi {{name}}", '<insert id="a">', "vector<int>", "N/A", "ada@example.com", "INSERT INTO t"),
    *("click here", "your turn", "{name}", "see [docs](http://a.example)", "", "<br clear>"),
    *("Enter the Dragon", "Replace the battery in the hall", "enter your street and its number"),
)


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_placeholder_is_found(text: str) -> None:
    assert placeholder(text)
    assert [fault.reason for fault in unfilled({"a": [{"b": text}]})] == [Reason.placeholder]


@pytest.mark.parametrize("text", VALUES)
def test_a_value_is_no_placeholder(text: str) -> None:
    assert placeholder(text) is None


@pytest.mark.parametrize("text", ['{"a": 1', "[1, 2", '"abc', "```py\nx", "[{'a': 'b", '["a", "b'])
def test_a_cut_text_is_found(text: str) -> None:
    assert is_cut(text)


@pytest.mark.parametrize(
    "text",
    [
        *('{"a": 1}', "[1, 2]", '"abc"', "```\nx\n```", "[2024 Ada's plan]", "[Ada's] x", "[0, 1)"),
        *("[1] The author's view", "{'a': 1} it's good", "[3] a (b", "['a', 'b'] \"c"),
        *("and so on...", "5'10\"", '"', "[", "{x | x > 0", '{"a": "it\'s"}', "f(x", ":(", ""),
    ],
)
def test_a_whole_text_is_not_cut(text: str) -> None:
    assert not is_cut(text)


SEND = [{"name": "send", "parameters": {"text": {"type": "str"}}}]


def test_what_the_row_says_is_no_placeholder() -> None:
    call = Call("send", {"text": "Dear [Your Name], welcome"})
    assert checked(call, tools=SEND).reason == Reason.placeholder
    assert checked(call, tools=[]).reason == Reason.placeholder
    said = "Send this as it is: Dear [Your Name], welcome"
    assert checked(call, tools=SEND, said=said).reason is None
    found = Call("send", {"text": "any"}, result="The template is [Your Name], dear.")
    later = Call("send", {"text": "[Your Name]"})
    assert checked(found, later, tools=SEND).reason is None
    film = Call("send", {"text": "Your Name"})
    assert checked(film, tools=SEND).reason == Reason.placeholder
    assert checked(film, tools=SEND, said="tell them we watch your name").reason is None
    asked = "And what is your name? Ada. Send it to them."
    assert checked(film, tools=SEND, said=asked).reason == Reason.placeholder


def test_the_attribute_of_that_name_is_no_placeholder() -> None:
    assert unfilled({"attribute": "placeholder"}) == []
    assert unfilled({"value": "placeholder"}) != []


def test_a_beginning_of_what_is_said_is_cut() -> None:
    call = Call("send", {"text": '"See you'})
    assert checked(call, tools=SEND, said='Send "See you soon" to Ada').reason == Reason.truncated
    assert checked(call, tools=SEND, said='Send her just: "See you').reason is None


def test_a_result_may_stand_for_any_value() -> None:
    tools = [
        {"name": "price", "parameters": {"of": {"type": "str"}}},
        {"name": "pay", "parameters": {"sum": {"type": "float"}, "to": {"type": "str"}}},
    ]
    first = Call("price", {"of": "room"}, gives=("var1",))
    pay = Call("pay", {"sum": "$var1.total$", "to": "<node-0>"})
    verdict = checked(first, pay, tools=tools)
    assert (verdict.reason, verdict.tolerated) == (None, (Tolerance.reference,))
    dangling = Call("pay", {"sum": "$var7.total$", "to": "Ada"})
    assert checked(first, dangling, tools=tools).reason == Reason.wrong_type


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" {{step_1.lat}} ", None),
        ("{{step_1.lat}},{{step_1.lon}}", None),
        ("{{step_1.lat}} {{ step_1.lon }} {{step_1}}", None),
        ("{{step_1.x}} and {{step_2.y}}", None),
        ("<API_call_0>", None),
        ("{{step_1.lat}} and {{guest}}", Reason.placeholder),
        ("{{step_1.lat}}{{step_11.lon}}", Reason.placeholder),
        ("{{step_11.lat}}", Reason.placeholder),
        ("{{step_1.lat}} [Your Name]", Reason.placeholder),
    ],
)
def test_references_inside_a_text_are_no_placeholders(text: str, reason: Reason | None) -> None:
    earlier = (Call("send", {"text": "one"}), Call("send", {"text": "two"}))
    assert checked(*earlier, Call("send", {"text": text}), tools=SEND).reason == reason


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("send", Verdict(None)),
        ("Send", Verdict(None, "", (Tolerance.tool_name_spelling,))),
        ("send.", Verdict(None, "", (Tolerance.tool_name_spelling,))),
        ("sends", Verdict(Reason.unknown_tool, "sends")),
        ("ipython", Verdict(None, "", (Tolerance.undeclared_interpreter,))),
    ],
)
def test_names(name: str, outcome: Verdict) -> None:
    assert checked(Call(name, {"text": "hi"}), tools=SEND) == outcome


def test_a_spelling_that_two_tools_share_names_neither() -> None:
    tools = [{**SEND[0], "name": "send_it"}, {**SEND[0], "name": "send-it"}]
    assert checked(Call("SendIt", {"text": "hi"}), tools=tools).reason == Reason.unknown_tool
    assert checked(Call("Send It", {"text": "hi"}), tools=tools).reason == Reason.unknown_tool


def test_of_two_tools_with_one_name_one_that_fits_is_enough() -> None:
    tools = [SEND[0], {"name": "send", "parameters": {"to": {"type": "str"}}}]
    assert checked(Call("send", {"to": "Ada"}), tools=tools).reason is None


def test_the_examples_show_every_verdict() -> None:
    verdicts = [example.judged() for example in EXAMPLES]
    assert {name for verdict in verdicts for name in verdict.tolerated} == set(Tolerance)
    reasons = {verdict.reason for verdict in verdicts if verdict.reason}
    assert reasons == {
        *(Reason.unknown_tool, Reason.missing_argument, Reason.unknown_argument),
        *(Reason.wrong_type, Reason.placeholder, Reason.truncated),
    }
    assert all(name.meaning and name.value == name.name for name in Tolerance)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(['{"a": "1"}', "['x'", "5", "1e5", "true", "[Your Name]", "```", "<a b>"])
    | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
    ),
    max_leaves=10,
)
KEYWORDS = (
    *(
        "type",
        "properties",
        "required",
        "items",
        "enum",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "$defs",
    ),
    *(
        "additionalProperties",
        "format",
        "pattern",
        "default",
        "nullable",
        "minimum",
        "const",
        "not",
    ),
    *("$id", "$schema", "if", "then", "a", "b"),
)
WORDS = st.sampled_from(
    [
        "string",
        "integer",
        "List[int]",
        "date",
        "#",
        "#/$defs/a",
        "#/x",
        "(a+)+$",
        "https://x.example",
    ]
)
SCHEMA = st.recursive(
    JSON | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYWORDS), inner, min_size=1, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(schema=SCHEMA, properties=st.dictionaries(st.sampled_from("abcd"), SCHEMA), call=JSON)
def test_no_schema_and_no_value_raises(schema: Any, properties: dict[str, Any], call: Any) -> None:
    given = schema if isinstance(schema, dict) else {}
    for parameters in (given, {**given, "properties": properties}):
        tools = declare.tools([{"name": "act", "parameters": parameters}], [])
        arguments = call if isinstance(call, dict) else {"a": call}
        trace = Trace(("Do it.",), rounds=(Round((Call("act", arguments),), 0),), tools=tools)
        verdict = check_calls(lift(trace, PLACE).plans[0], trace)
        assert verdict.reason is None or not verdict.tolerated
