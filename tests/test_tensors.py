"""Tensors: the same tokens everywhere, nothing in them that tells the answer, and every plan accounted for."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace
from test_convert import plans
from test_plan import data, made, node, order

from planloom.jepa import metadata, tensors, tokens, values
from planloom.jepa.metadata import About
from planloom.plan import ExecutionPlan, Mutation, Origin
from planloom.trace import Tool

ABOUT = About("c" * 64, 4096, 32)
SENT = made(
    node(0, 0, "mail.searchInbox", arguments={"query": "rent", "limit": 20}, result_tier=3),
    node(
        *(1, 1, "mail.send_money"),
        arguments={"to": "eve@evil.org", "cc": ["ann@home.org"], "amount": 20.5, "urgent": True},
        provenance_tier=3,
        scope_sensitivity=4,
        scope_volume=99,
        origin=Origin("observed", "inferred", "default", "inferred"),
        rules=("result:action",),
    ),
    edges=(
        data("n0", "n1", argument="to", result_path="items[0].from"),
        order("n0", "n1"),
    ),
    request="Pay the rent of 20.5 to ann@home.org",
    user_turns=("Pay the rent of 20.5 to ann@home.org",),
)


def row(plan: ExecutionPlan, enums: tensors.Enums | None = None, about: About = ABOUT) -> Any:
    return tensors.table([plan], about, enums or {}).to_pylist()[0]


def inputs(some: list[ExecutionPlan]) -> Any:
    return tensors.table(some, ABOUT, {}).drop_columns("meta")


def test_the_columns_of_a_plan() -> None:
    found = row(SENT)
    assert found["depth"] == [0, 1] and found["step"] == [0, 1] and found["turn"] == [0, 0]
    assert found["tier"] == [1, 3] and found["result_tier"] == [3, 2]
    assert found["sensitivity"] == [1, 4]
    assert found["volume"] == pytest.approx([np.log1p(1), np.log1p(99)])
    assert found["origin"] == [0, 2 | 1 << 2 | 0 << 4 | 1 << 6]
    assert found["flags"] == [0, metadata.ACTS]
    assert (found["es"], found["ed"], found["ek"]) == ([0, 0], [1, 1], [0, 3])
    assert found["meta"]["plan_id"].hex() == SENT.plan_id
    assert found["meta"]["group"].hex() == SENT.plan_id and found["meta"]["fold"] == ""


def test_an_argument_tells_its_class_and_where_it_stands_before() -> None:
    found = row(SENT)
    assert found["narg"] == [2, 5]
    named = [values.CLASSES[one] for one in found["arg_class"]]
    assert named == ["number", "text", "number", "array", "email", "email", "boolean"]
    sources = [tokens.SOURCES[one] for one in found["arg_source"]]
    assert sources == ["own", "user", "user", "own", "user", "result", "own"]
    assert found["arg_inside"] == [0, 0, 0, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("value", "text", "stands"),
    [
        pytest.param(20, "20 of them", True, id="number"),
        pytest.param(20, "20.5 of them", False, id="before the point"),
        pytest.param(5, "20.5 of them", False, id="behind the point"),
        pytest.param(20.0, "give me 20.", True, id="whole"),
        pytest.param(2, "give me 20", False, id="inside a number"),
        pytest.param("Ann", "tell anna", False, id="inside a word"),
        pytest.param("Ann", "tell anna, then ann", True, id="the second one"),
        pytest.param("北京", "去北京玩", True, id="no spaces"),
        pytest.param("", "x", False, id="nothing"),
        pytest.param(True, "true", False, id="truth"),
    ],
)
def test_a_value_stands_in_what_was_said(value: Any, text: str, stands: bool) -> None:
    called = made(node(0, 0, arguments={"a": value}), request=text, user_turns=(text,))
    assert row(called)["arg_source"] == [int(stands)]


def test_tokens_of_a_call_stand_in_groups_that_can_be_hidden() -> None:
    found = row(SENT)
    first = found["tok_group"][: found["ntok"][0]]
    assert len(found["tok"]) == len(found["tok_group"]) == sum(found["ntok"])
    assert first[:4] == [tokens.NAME] * 3 + [tokens.TOOL]
    assert set(first[4:]) == {tokens.KEY, tokens.TYPE, tokens.VALUE, tokens.CLASS, tokens.SOURCE}
    assert found["tok_group"].count(tokens.REFERENCE) == 2
    assert min(found["tok"]) >= tokens.RESERVED and max(found["tok"]) < ABOUT.vocabulary


def test_another_value_changes_only_what_hides_with_the_values() -> None:
    other = replace(
        SENT,
        nodes=(replace(SENT.nodes[0], arguments={"query": "wage", "limit": 9000}), SENT.nodes[1]),
    )
    pairs = [
        [t for t, g in zip(r["tok"], r["tok_group"], strict=True) if g not in tokens.ABOUT_VALUES]
        for r in (row(SENT), row(other))
    ]
    assert pairs[0] == pairs[1] and row(SENT)["tok"] != row(other)["tok"]


def test_equal_classes_of_values_are_equal_tokens_in_requests_and_calls() -> None:
    found = row(SENT)
    classes = {
        t for t, g in zip(found["tok"], found["tok_group"], strict=True) if g == tokens.CLASS
    }
    told = str(values.kind(20.5)), str(values.kind("ann@home.org", said="to ann@home.org"))
    for one in told:
        assert tokens.token("v", one, ABOUT.vocabulary) in classes & set(found["rq"])


@pytest.mark.parametrize(
    ("value", "name"),
    [
        pytest.param(None, "null", id="null"),
        pytest.param(10**400, "number", id="huge"),
        pytest.param("12.50", "number", id="number as text"),
        pytest.param("007", "code", id="leading zero"),
        pytest.param("", "empty", id="empty"),
        pytest.param("2026-11-28T09:00:00Z", "date", id="moment"),
        pytest.param("28/11/2026", "date", id="day first"),
        pytest.param("09:30 PM", "time", id="time"),
        pytest.param("https://a.org/b?c=d", "url", id="url"),
        pytest.param("shop.example.com", "url", id="domain"),
        pytest.param("10.0.0.7:80", "ip", id="ip"),
        pytest.param("DE89370400440532013000", "iban", id="iban"),
        pytest.param("+49 170 1234567", "phone", id="phone"),
        pytest.param("7c9e6679-7425-40de-944b-e07fc1f90ae7", "uuid", id="uuid"),
        pytest.param("/srv/a b", "text", id="path with a space"),
        pytest.param("~/notes/a.txt", "path", id="path"),
        pytest.param("AB-1234", "code", id="code"),
        pytest.param("${step1.id}", "reference", id="reference"),
        pytest.param("São Paulo", "text", id="words"),
        pytest.param({}, "object", id="object"),
    ],
)
def test_classes(value: Any, name: str) -> None:
    assert values.kind(value).name == name


def test_sizes_grow_with_numbers() -> None:
    numbers = [-1e9, -100, -2, -1, 0, 1, 2, 10, 11, 1000, 1e9, 10**300]
    sizes = [values.magnitude(number) for number in numbers]
    assert sizes == sorted(sizes) and len(set(sizes)) >= len(sizes) - 1
    assert min(sizes) >= 0 and max(sizes) <= 255


def test_a_listed_value_is_told_apart_where_the_schema_says_so() -> None:
    schema = {"properties": {"unit": {"enum": ["C", "F"]}, "at": {"items": {"enum": [1]}}}}
    tool = Tool.of("heat", "", schema)
    enums = {tool.key: ("heat", tensors.listed_values(tool.parameters))}
    called = made(node(0, 0, "heat", arguments={"at": [1, 2], "unit": "C"}), tools=(tool.key,))
    named = [values.CLASSES[one] for one in row(called, enums)["arg_class"]]
    assert named == ["array", "enum", "number", "enum"]
    assert "enum" not in [values.CLASSES[one] for one in row(called)["arg_class"]]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_what_a_plan_is_called_never_changes_its_inputs(drawn: tuple[ExecutionPlan, Any]) -> None:
    plan = drawn[0]
    told: dict[str, Any] = {
        "plan_id": "f" * 32,
        "label": "boundary",
        "source": "other/set",
        "category": "gold_traces",
        "evidence": "synthetic",
        "use": "no_publish",
        "language": "xx",
        "group": "e" * 32,
        "fold": "test",
        "mutation": Mutation("swap", "n0", 0.5, "d" * 32),
        "licence": "none",
        "file": "z",
        "at": 77,
    }
    assert inputs([plan]).equals(inputs([replace(plan, **told)]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_any_plan_fits_its_columns(drawn: tuple[ExecutionPlan, Any]) -> None:
    found = row(drawn[0])
    calls = len(drawn[0].nodes)
    for column in metadata.COLUMNS:
        if column.per == "call":
            assert len(found[column.name]) == calls
    assert sum(found["ntok"]) == len(found["tok"]) and sum(found["narg"]) == len(found["arg_key"])
    assert max(found["ntok"]) <= tokens.MOST_TOKENS and len(found["rq"]) <= tokens.MOST_WORDS
    assert all(depth <= 255 for depth in found["depth"])


def test_the_same_tokens_in_every_process() -> None:
    code = (
        "import sys, json; sys.path.insert(0, 'tests'); from test_tensors import *;"
        "print(json.dumps(inputs([SENT]).to_pylist()))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1] and json.loads(told[0]) == inputs([SENT]).to_pylist()


def test_tokens_are_pinned() -> None:
    """Who changes them must raise tokens.VERSION: what was trained on the old ones is worth nothing else."""
    assert tokens.VERSION == 1
    assert [tokens.token("n", "send", 16_384), tokens.token("kv", "a\0text.5", 16_384)] == [
        7117,
        11137,
    ]
