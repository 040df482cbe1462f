"""Agent traces: what held-out sources say, whatever junk a trace holds, and time on hostile text."""

import contextlib
import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import SOURCES, golden
from hypothesis import given, settings
from hypothesis import strategies as st

import planloom
from planloom.errors import BadRow
from planloom.plan import ExecutionPlan
from planloom.shapes import adp, atif, content_blocks, react
from planloom.shapes.dialogue import Dialogue
from planloom.source import Reader
from planloom.trace import Call

JUNK: Any = st.sampled_from(
    [None, True, 7, "", "x", "{", [], {}, [[]], [None], {"a": []}, "\ud800"]
)


def plan_of(module: str, part: str, at: int = 0) -> ExecutionPlan:
    case = [case for case in golden(module) if case["part"] == part][at]
    (plan,) = planloom.transform(case["row"], SOURCES[module].id, part).plans
    return plan


def calls(plan: ExecutionPlan) -> list[tuple[str, int, dict[str, Any]]]:
    return [(node.tool, node.step, node.arguments) for node in plan.nodes]


def links(plan: ExecutionPlan) -> list[tuple[str, str, str | None, str]]:
    return [(e.src, e.dst, e.argument, e.evidence) for e in plan.edges if e.kind == "data"]


def test_references_of_nestful_are_edges() -> None:
    first, hub = (plan_of("nestful", "default/test", at) for at in (0, 1))
    assert [node.tool for node in first.nodes] == ["find_ferry", "reserve_cabin"]
    assert links(first) == [("n0", "n1", "ferry", "reference")]
    assert (first.edges[0].result_path, first.edges[0].span) == ("ferry id", "$var1.ferry id$")
    assert links(hub) == [("n0", "n1", "arg_0", "reference")]


def test_a_name_decides_before_a_number_and_the_later_of_equal_names() -> None:
    names = ["a", "b", "a"]
    output = [{"name": f"t{n}", "arguments": {}, "label": f"var{n}"} for n in names]
    output = [
        {**call, "label": f"var{'ab'.index(n)}"} for n, call in zip(names, output, strict=True)
    ]
    output += [{"name": "last", "arguments": {"x": "$var0.y$ and $var1$", "y": "$var7$"}}]
    row = {"input": "Take the last of the three results.", "output": output}
    (plan,) = planloom.transform(row, "ibm-research/nestful").plans
    assert [(e.src, e.argument, e.span) for e in plan.edges] == [
        ("n2", "x", "$var0.y$"),
        ("n1", "x", "$var1$"),
    ]


def test_a_set_of_agentbench_is_counted_apart_from_the_calls() -> None:
    plan = plan_of("agentbench", "knowledgegraph/test")
    assert calls(plan)[4] == ("intersection", 4, {"variable1": "#0", "variable2": "#1"})
    assert links(plan) == [
        ("n1", "n4", "variable1", "reference"),
        ("n3", "n4", "variable2", "reference"),
        ("n4", "n5", "variable", "reference"),
    ]


def test_a_dialogue_of_api_bank_is_one_plan() -> None:
    plan = plan_of("api_bank", "level-1/test")
    assert [node.tool for node in plan.nodes] == ["GetUserToken", "AddAgenda"]
    assert links(plan) == [("n0", "n1", "token", "value")] and plan.evidence == "observed"


def test_right_calls_of_toolalpaca_are_steps() -> None:
    plan = plan_of("toolalpaca", "default/eval")
    assert calls(plan) == [("findLight", 0, {"name": "Utvaer"}), ("getHistory", 1, {"id": "7"})]


def test_of_a_cut_step_only_the_tool_is_known() -> None:
    plan = plan_of("toolbench", "tooleval/test")
    assert calls(plan) == [
        ("search_for_herbarium", 0, {"plant": "oak fern"}),
        ("sheet_for_herbarium", 1, {}),
    ]
    assert [node.arguments_known for node in plan.nodes] == [True, False]


SHAPES: dict[str, Reader] = {
    "Anthropic": content_blocks.reader(),
    "ReAct in one": react.reader(None, text="text", request="question"),
    "ReAct in messages": react.reader("messages"),
    "ATIF": atif.reader(),
    "ADP": adp.reader(),
}
ROWS: list[tuple[Reader, dict[str, Any]]] = [
    (read, case["row"])
    for name, read in SHAPES.items()
    for case in golden("formats_traces")
    if case["why"].startswith(name)
] + [
    (SOURCES[name].part(case["part"]).read, case["row"])
    for name in (
        "nestful",
        "seal_tools",
        "toolalpaca",
        "api_bank",
        "toolbench",
        "luna",
        "agentbench",
    )
    for case in golden(name)
]


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place inside: a container and a key or index."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield value, key
        yield from spots(value[key])


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_junk_anywhere_in_a_trace_raises_bad_row_at_most(data: st.DataObject) -> None:
    read, row = data.draw(st.sampled_from(ROWS))
    row = copy.deepcopy(row)
    for _ in range(data.draw(st.integers(1, 2))):
        container, key = data.draw(st.sampled_from(list(spots(row))))
        container[key] = copy.deepcopy(data.draw(JUNK))
    with contextlib.suppress(BadRow):
        read(row)


OTHERS = sorted(name for name in SOURCES if SOURCES[name].parts and name != "toolbench")


@pytest.mark.parametrize("sniff", [content_blocks.sniff, react.sniff, atif.sniff, adp.sniff])
@pytest.mark.parametrize("name", OTHERS)
def test_no_shape_of_traces_takes_the_rows_of_others(name: str, sniff: Any) -> None:
    assert all(sniff(case["row"]) is None for case in golden(name))


HOSTILE = {
    "actions": "Action: a\nAction Input: {}\n" * 40_000,
    "actions, then observations": "Action: a\nAction Input: {}\n" * 20_000
    + "Observation: x\n" * 20_000,
    "answers": "Final Answer: x\n" * 80_000,
    "spaces": " " * 1_000_000,
    "labels": "Action" * 200_000,
    "numbers": "Thought " + "1" * 1_000_000,
    "begin": "Begin" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_react_reads_a_megabyte_in_seconds(name: str) -> None:
    start = time.perf_counter()
    SHAPES["ReAct in one"]({"text": HOSTILE[name], "question": "What is it?"})
    assert time.perf_counter() - start < 10


def test_results_go_to_the_oldest_open_round_and_ids_come_first() -> None:
    dialogue = Dialogue()
    dialogue.user("Do it.")
    dialogue.calls([Call("a", {}, id="1")])
    dialogue.calls([Call("b", {}), Call("c", {})])
    for text, call_id in (("for b", None), ("for a", "1"), ("for c", None)):
        dialogue.result(text, call_id)
    first, second = dialogue.trace().rounds
    assert first.joint == "for b\nfor a" and second.calls[0].result is None
