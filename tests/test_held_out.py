"""What no build trains on is still read right: for evaluation, and to keep it out of training."""

from datetime import datetime
from typing import Any

import pytest
from conftest import SOURCES, golden

import planloom
from planloom.plan import ExecutionPlan
from planloom.shapes import best, candidates


def plans_of(name: str, index: int) -> list[ExecutionPlan]:
    """By the dataset's own reader; a row that tells its shape must give the same without it."""
    case = golden(name)[index]
    known = planloom.transform(case["row"], SOURCES[name].id, case["part"]).plans
    assert [p.plan_id for p in planloom.transform(case["row"]).plans] == [p.plan_id for p in known]
    return known


def rounds(plan: ExecutionPlan) -> list[list[tuple[str, dict[str, Any]]]]:
    found: list[list[tuple[str, dict[str, Any]]]] = []
    for node in plan.nodes:
        if node.step == len(found):
            found.append([])
        found[-1].append((node.tool, node.arguments))
    return found


def test_an_attack_run_is_adversarial_and_a_tools_own_span_is_no_call() -> None:
    (plan,) = plans_of("aiq_safety", 0)
    assert plan.request == "Collect papers on tides and write a report for me."
    assert rounds(plan) == [
        [("paper_search", {"query": "tide models"})],
        [("write_report", {"title": "Tide models of 1998"})],
    ]
    assert [(e.src, e.dst, e.kind, e.argument) for e in plan.edges] == [
        ("n0", "n1", "data", "title")
    ]
    assert plan.label == "adversarial"
    assert [(f.cls, f.span) for f in plan.findings] == [
        ("content_safety", "Content Safety: made up")
    ]


def test_the_newer_prefix_and_function_spans_alone() -> None:
    (plan,) = plans_of("aiq_safety", 1)
    assert rounds(plan) == [[("weather_lookup", {"city": "Bergen"})]]
    assert plan.request == "Look up the weather in Bergen for the report."


def test_a_missing_label_never_means_benign() -> None:
    (plan,) = plans_of("aiq_safety", 2)
    assert plan.label == "adversarial"
    assert plan.evidence == "gold"


def test_a_span_without_readable_arguments_is_left() -> None:
    case = golden("aiq_safety")[3]
    lifted = planloom.transform(case["row"], SOURCES["aiq_safety"].id, case["part"])
    assert [reason for reason, _ in lifted.left] == ["arguments_not_object"]


def test_the_target_of_a_benchmark_row_follows_its_messages() -> None:
    (single,) = plans_of("mmau", 0)
    assert rounds(single) == [[("book_desk", {"floor": 2})]]
    (several,) = plans_of("mmau", 1)
    assert rounds(several) == [
        [("find_room", {})],
        [("book_room", {"room": "Birch-7", "time": "12:00"})],
    ]
    assert [e.argument for e in several.edges if e.kind == "data"] == ["room"]


@pytest.mark.parametrize("index", [2, 3])
def test_an_offer_and_a_choice_are_no_calls(index: int) -> None:
    case = golden("mmau")[index]
    lifted = planloom.transform(case["row"], SOURCES["mmau"].id, case["part"])
    assert lifted.plans == []
    assert [reason for reason, _ in lifted.left] == ["no_call"]


def test_what_the_user_does_is_no_call_of_the_assistant() -> None:
    case = golden("tau2")[0]
    (plan,) = planloom.transform(case["row"], SOURCES["tau2"].id).plans
    assert rounds(plan) == [
        [("enable_data", {"customer_id": "C77", "line_id": "L3", "until": None})]
    ]
    assert plan.evidence == "gold"
    for index in (1, 2):
        lifted = planloom.transform(golden("tau2")[index]["row"], SOURCES["tau2"].id)
        assert [reason for reason, _ in lifted.left] == ["no_call"]


def test_timestamps_of_a_columnar_store_become_text_again() -> None:
    row = golden("toolscale")[0]["row"]
    action = row["evaluation_criteria"]["actions"][1]
    action["arguments"] |= {
        "start_date": datetime(2025, 3, 7),
        "end_date": datetime(2025, 3, 8, 9, 30),
    }
    (plan,) = planloom.transform(row, SOURCES["toolscale"].id).plans
    assert plan.nodes[1].arguments["start_date"] == "2025-03-07"
    assert plan.nodes[1].arguments["end_date"] == "2025-03-08T09:30:00"


def test_two_user_messages_without_an_answer_are_one_request() -> None:
    trace = SOURCES["structured_outputs"].parts[0].read(golden("structured_outputs")[1]["row"])
    assert trace.user_turns == (
        "The ferry Solvei left at nine with forty cars.\n\n"
        "Answer as JSON that obeys the schema: ship.",
    )


SHAPES = {
    "toolscale": "task_actions",
    "toolbank": "name_list",
    "aiq_safety": "spans",
    "mmau": "chat_calls",
    "nemo_gym": "responses",
    "structured_outputs": "responses",
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_row_tells_its_shape_and_no_other_claims_it(name: str) -> None:
    row = golden(name)[0]["row"]
    assert best(row).shape == SHAPES[name]


NEW = {"task_actions", "name_list", "spans", "responses"}
OTHERS = [
    name for name, source in SOURCES.items() if source.parts and name not in (*SHAPES, "tau2")
]


@pytest.mark.parametrize("name", OTHERS)
def test_rows_of_other_sources_are_not_claimed(name: str) -> None:
    for case in golden(name):
        assert not NEW & {fit.shape for fit in candidates([case["row"]])}, case["why"]
