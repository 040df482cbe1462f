"""Identity, canonical form, schema and graph rules of a plan."""

import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from planloom import plan
from planloom.plan import Edge, ExecutionPlan, Finding, Mutation, Node, Origin

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    SCALARS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)
SMALL = st.integers(-(2**53), 2**53)


def node(index: int, step: int, tool: str = "f", **more: Any) -> Node:
    fields: dict[str, Any] = {"kind": "call", "arguments": {}, "arguments_known": True, "turn": 0}
    return Node(**{**fields, "id": f"n{index}", "tool": tool, "step": step, **more})


def data(src: str, dst: str, evidence: Any = "value", **more: Any) -> Edge:
    return Edge(
        **{"src": src, "dst": dst, "kind": "data", "evidence": evidence, "argument": "a", **more}
    )


def order(src: str, dst: str, **more: Any) -> Edge:
    return Edge(**{"src": src, "dst": dst, "kind": "order", "evidence": "sequence", **more})


def made(*nodes: Node, edges: tuple[Edge, ...] = (), **more: Any) -> ExecutionPlan:
    """A plan of these nodes with the id that its content must have."""
    fields: dict[str, Any] = {
        "plan_id": "0" * 32,
        "request": "Book the boat",
        "user_turns": ("Book the boat",),
        "category": "function_calling",
        "evidence": "observed",
        "label": "benign",
        "source": "some/set",
        "config": "default",
        "source_split": "train",
        "file": "a.jsonl",
        "at": 0,
        "licence": "MIT",
        "use": "open",
    }
    found = ExecutionPlan(**{**fields, "nodes": nodes, "edges": edges, **more})
    try:
        return replace(found, plan_id=plan.id_of(found))
    except ValueError:
        return found


SOUND = made(
    node(0, 0, "find", arguments={"lake": "Siljan", "n": 1}),
    node(1, 0, "count"),
    node(2, 1, "book", arguments={"a": "X-31"}),
    edges=(data("n0", "n2", result_path="id", span="X-31"), order("n1", "n2")),
)


def id_with(value: Any) -> str:
    return plan.plan_id("r", ["r"], [(0, "call", "f", {"x": value})])


@given(SMALL)
def test_a_whole_float_is_its_integer(number: int) -> None:
    assert id_with(number) == id_with(float(number))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(-0.0, 0, id="minus zero"),
        pytest.param(1e16, 10**16, id="exponent"),
        pytest.param({"a": 1, "b": 2}, {"b": 2.0, "a": 1.0}, id="key order"),
        pytest.param([1.0, [2]], (1, (2.0,)), id="nested"),
    ],
)
def test_equal_values_give_one_id(one: Any, other: Any) -> None:
    assert id_with(one) == id_with(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(1, True, id="true"),
        pytest.param(0, False, id="false"),
        pytest.param(1, "1", id="text"),
        pytest.param(2**53, 2**53 + 1, id="big integer"),
        pytest.param(10**40, 10**40 + 1, id="huge integer"),
        pytest.param(None, "", id="null"),
        pytest.param([1, 2], [2, 1], id="list order"),
        pytest.param({}, {"a": None}, id="null key"),
        pytest.param("é", "e\u0301", id="normal form"),
    ],
)
def test_other_values_give_another_id(one: Any, other: Any) -> None:
    assert id_with(one) != id_with(other)


def test_parallel_calls_have_no_order() -> None:
    calls = [(0, "call", "f", {"x": 1}), (0, "call", "f", {"x": 2}), (0, "call", "a", {})]
    assert plan.plan_id("r", [], calls) == plan.plan_id("r", [], calls[::-1])


def test_steps_have_an_order() -> None:
    one = [(0, "call", "f", {}), (1, "call", "a", {})]
    other = [(0, "call", "a", {}), (1, "call", "f", {})]
    assert plan.plan_id("r", [], one) == plan.plan_id("r", [], one[::-1])
    assert plan.plan_id("r", [], one) != plan.plan_id("r", [], other)


CONCLUDED: dict[str, Any] = {
    "edges": (), "label": "adversarial", "source": "other/set", "config": "c", "file": "b", "at": 9,
    "source_split": "test", "licence": "none", "use": "no_publish", "category": "tool_reasoning",
    "evidence": "gold", "tools": ("t",), "findings": (Finding("r", "c"),), "revision": "f" * 40,
    "also_in": ("x/y",), "language": "fr", "intent": "i", "reasoning": "because", "group": "0" * 32,
    "fold": "test", "mutation": Mutation("drop", "n0", 0.5, "0" * 32),
}  # fmt: skip
JUDGED = {
    "provenance_tier": 3,
    "result_tier": 3,
    "scope_volume": 500,
    "scope_sensitivity": 5,
    "origin": Origin("inferred", "inferred", "inferred", "inferred"),
    "rules": ("some:rule",),
}


@pytest.mark.parametrize("field", CONCLUDED)
def test_what_is_not_observed_never_changes_the_id(field: str) -> None:
    other = replace(SOUND, **{field: CONCLUDED[field]})
    assert other != SOUND
    assert plan.id_of(other) == SOUND.plan_id


@pytest.mark.parametrize("field", JUDGED)
def test_judgements_on_nodes_never_change_the_id(field: str) -> None:
    nodes = tuple(replace(n, **{field: JUDGED[field]}) for n in SOUND.nodes)
    assert nodes != SOUND.nodes
    assert plan.id_of(replace(SOUND, nodes=nodes)) == SOUND.plan_id


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"request": "Book the ship"}, id="request"),
        pytest.param({"user_turns": ("Book the boat", "Now")}, id="user turns"),
        pytest.param({"nodes": SOUND.nodes[:2]}, id="fewer nodes"),
        pytest.param({"nodes": (replace(SOUND.nodes[0], tool="g"), *SOUND.nodes[1:])}, id="tool"),
        pytest.param(
            {"nodes": (replace(SOUND.nodes[0], arguments={}), *SOUND.nodes[1:])}, id="arguments"
        ),
        pytest.param(
            {"nodes": (replace(SOUND.nodes[0], kind="respond"), *SOUND.nodes[1:])}, id="kind"
        ),
    ],
)
def test_what_is_observed_changes_the_id(change: dict[str, Any]) -> None:
    assert plan.id_of(replace(SOUND, **change)) != SOUND.plan_id


def test_ids_of_an_earlier_version_stay() -> None:
    deeds = [(0, "call", "find", {"n": 1.0, "ort": "Åre"}), (1, "respond", "respond", {})]
    assert plan.plan_id("r", ["r", "s"], deeds) == "2dcd1ea44c95aed0d350caccd2ab5650"


def test_canonical_json_has_one_spelling() -> None:
    value = {"b": 1.0, "a": [0.10, -0.0, 1e16, True, None], "é": {"z": 1, "y": "ü\n"}}
    text = '{"a":[0.1,0,10000000000000000,true,null],"b":1,"é":{"y":"ü\\n","z":1}}'
    assert plan.canonical(value) == text.encode()


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_canonical_json_keeps_values_and_is_stable(value: Any) -> None:
    text = plan.canonical(value)
    assert json.loads(text) == value
    assert plan.canonical(json.loads(text)) == text


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), "a\ud800", {"k": [float("nan")]}]
)
def test_what_is_no_json_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(ValueError, match=r"not a JSON number|surrogates"):
        plan.canonical(value)


def test_the_schema_is_generated_and_accepts_an_encoded_plan() -> None:
    validator = jsonschema_rs.validator_for(plan.json_schema())
    written = json.loads(plan.encode(SOUND))
    assert list(map(str, validator.iter_errors(written))) == []
    assert not validator.is_valid({**written, "plan_id": "xyz"})
    assert not validator.is_valid({**written, "mood": "good"})
    assert not validator.is_valid(
        {**written, "nodes": [{**written["nodes"][0], "provenance_tier": 4}]}
    )


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        pytest.param((), "mood", "unknown field `mood`", id="plan"),
        pytest.param(("nodes", 1), "mood", r"`mood` - at `\$.nodes\[1\]`", id="node"),
        pytest.param(("nodes", 0, "origin"), "mood", r"at `\$.nodes\[0\].origin`", id="origin"),
        pytest.param(("edges", 1), "mood", r"`mood` - at `\$.edges\[1\]`", id="edge"),
        pytest.param(
            ("nodes", 0), "step", r"`int`, got `str` - at `\$.nodes\[0\].step`", id="wrong type"
        ),
    ],
)
def test_decode_refuses_with_a_path(path: tuple[str | int, ...], key: str, place: str) -> None:
    written = json.loads(plan.encode(SOUND))
    inner = written
    for part in path:
        inner = inner[part]
    inner[key] = "good"
    with pytest.raises(msgspec.ValidationError, match=place):
        plan.decode(json.dumps(written))


def test_a_plan_survives_encoding() -> None:
    whole = replace(SOUND, **{**CONCLUDED, "edges": SOUND.edges})
    assert plan.decode(plan.encode(whole)) == whole


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(SOUND, id="data and order"),
        pytest.param(
            made(node(0, 0), node(1, 0), edges=(data("n0", "n1", "reference"),)),
            id="reference inside a step",
        ),
        pytest.param(
            made(node(0, 0), node(1, 1), edges=(order("n0", "n1", evidence="declared"),)),
            id="declared",
        ),
        pytest.param(made(evidence="request"), id="request only"),
        pytest.param(made(node(0, 0), request="", user_turns=()), id="no request"),
        pytest.param(made(node(0, 0, arguments_known=False), evidence="skeleton"), id="skeleton"),
    ],
)
def test_a_sound_plan_has_no_problems(sound: ExecutionPlan) -> None:
    assert plan.problems(sound) == []


PAIR = (node(0, 0), node(1, 1))
BROKEN = {
    "no node": made(),
    "`request` has no node": made(node(0, 0), evidence="request"),
    "steps do not count up": made(node(0, 1)),
    "steps do not": made(node(0, 0), node(1, 2)),
    "do not count up from 0": made(node(0, 1), node(1, 0)),
    "a respond node stands alone": made(node(0, 0, "respond", kind="respond"), node(1, 1)),
    "node 0 is called n7": made(node(7, 0)),
    "n0 answers turn 1 of 1": made(node(0, 0, turn=1)),
    "n0 has no tool name": made(node(0, 0, "")),
    "n0 may not have": made(node(0, 0, "respond", kind="respond", arguments={"a": 1})),
    "may not have arguments": made(node(0, 0, arguments_known=False, arguments={"a": 1})),
    "edge n0->n9 leaves the graph": made(*PAIR, edges=(order("n0", "n9"),)),
    "edge n9->n1 leaves the graph": made(*PAIR, edges=(order("n9", "n1"),)),
    "n1->n0 does not go forward": made(*PAIR, edges=(data("n1", "n0"),)),
    "n0->n1 does not go forward": made(node(0, 0), node(1, 0), edges=(data("n0", "n1"),)),
    "n0->n0 does not go forward": made(node(0, 0), edges=(data("n0", "n0", "reference"),)),
    "is data with argument None": made(*PAIR, edges=(data("n0", "n1", argument=None),)),
    "is order with argument 'a'": made(*PAIR, edges=(order("n0", "n1", argument="a"),)),
    "is data by sequence": made(*PAIR, edges=(data("n0", "n1", "sequence"),)),
    "is order by value": made(*PAIR, edges=(order("n0", "n1", evidence="value"),)),
    "edge n0->n1 stands twice": made(*PAIR, edges=(data("n0", "n1"), data("n0", "n1"))),
    "content says": replace(SOUND, plan_id="0" * 32),
    "not canonical JSON": made(node(0, 0, arguments={"a": float("nan")})),
}


@pytest.mark.parametrize("problem", BROKEN)
def test_every_problem_is_found_and_no_other(problem: str) -> None:
    found = plan.problems(BROKEN[problem])
    assert len(found) == 1
    assert problem in found[0]
