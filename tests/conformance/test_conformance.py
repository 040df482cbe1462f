"""The converter of this project against the suite: exactly the plan that is told, or a Reason."""

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

import planloom
from conformance import adapter
from conformance.expected import Edge, Expected
from conformance.fixtures import NO_CALL, VARIANTS
from conformance.mutations import SPELLINGS, cuts, spelt
from conformance.shapes import EQUAL, SHAPES
from conformance.style import PLAIN
from conformance.task import FERRIES, TASKS, Row
from planloom import plan, shapes
from planloom.plan import ExecutionPlan
from planloom.trace import Trace

CUT_STEP = 5
WITH_TEXTS = [name for name, shape in SHAPES.items() if shape.units(FERRIES, PLAIN)]


def plan_of(row: Row) -> ExecutionPlan:
    lifted = planloom.transform(row)
    assert not lifted.left
    (found,) = lifted.plans
    assert plan.problems(found) == []
    return found


def edges_of(found: ExecutionPlan, joints: tuple[str, ...]) -> frozenset[Edge]:
    """Which of a joint text's pieces an edge matched is open, if only it is one of them."""
    number = {node.id: at for at, node in enumerate(found.nodes)}
    edges = set()
    for edge in found.edges:
        if edge.joint:
            assert any(edge.span in text for text in joints)
        span = None if edge.joint else edge.span
        ends = number[edge.src], number[edge.dst]
        edges.add(Edge(*ends, edge.kind, edge.argument, span, edge.joint))
    return frozenset(edges)


def as_text(calls: Iterable[tuple[str, object]]) -> list[str]:
    """Calls in a form in which 1, 1.0 and true are three values."""
    return [json.dumps(call, sort_keys=True, ensure_ascii=False) for call in calls]


def check(row: Row, wanted: Expected) -> None:
    """The row gives one plan, and its trace holds what the plan does not."""
    found = plan_of(row)
    assert as_text((n.tool, n.arguments) for n in found.nodes) == as_text(wanted.calls)
    assert {n.kind for n in found.nodes} == {"call"}
    assert tuple(n.step for n in found.nodes) == wanted.steps
    if wanted.request is not None:
        assert found.request == wanted.request
        assert found.user_turns == ((wanted.request,) if wanted.request else ())
    assert edges_of(found, wanted.joints) == wanted.edges
    assert found.evidence == wanted.evidence
    assert wanted.kept in (found.reasoning or "")
    check_trace(shapes.read_any(row)[0], wanted)


def check_trace(trace: Trace, wanted: Expected) -> None:
    assert tuple(call.result for call in trace.calls) == wanted.results
    assert tuple(r.joint for r in trace.rounds if r.joint is not None) == wanted.joints
    assert tuple(call.id for call in trace.calls if call.id) == wanted.ids
    assert [declared(tool.name, json.loads(tool.parameters)) for tool in trace.tools] == [
        (tool.name, tool.types, set(tool.types)) for tool in wanted.tools
    ]


def declared(name: str, schema: Row) -> tuple[str, dict[str, str], set[str]]:
    properties = schema.get("properties", {})
    types = {key: spec.get("type") for key, spec in properties.items()}
    return name, types, set(schema.get("required", ()))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_tells_the_task(shape: str, task: str) -> None:
    told = TASKS[task]
    check(SHAPES[shape].row(told), SHAPES[shape].expect(told))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("shape", EQUAL)
def test_shapes_that_tell_all_give_one_plan(shape: str, task: str) -> None:
    one = plan_of(SHAPES["openai"].row(TASKS[task]))
    assert plan_of(SHAPES[shape].row(TASKS[task])).plan_id == one.plan_id


@pytest.mark.parametrize(("shape", "spelling"), list(spelt()))
@pytest.mark.parametrize("task", ["ferries", "quotes"])
def test_a_spelling_changes_nothing(shape: str, spelling: str, task: str) -> None:
    told, spelt_as = TASKS[task], SPELLINGS[spelling]
    wanted = SHAPES[shape].expect(told)
    if not spelt_as.style.ids:
        wanted = replace(wanted, ids=())
    check(spelt_as.row(SHAPES[shape], told), wanted)


@pytest.mark.parametrize("task", ["ferries", "quotes", "chinese"])
@pytest.mark.parametrize("shape", WITH_TEXTS)
def test_a_cut_text_is_rejected_or_lost_no_call(shape: str, task: str) -> None:
    for cut in cuts(SHAPES[shape], TASKS[task], CUT_STEP):
        lifted = planloom.transform(cut.row)
        if lifted.left:
            assert not lifted.plans
        else:
            assert as_text(adapter.planloom(cut.row)) == as_text(cut.whole), cut.text


@pytest.mark.parametrize("case", NO_CALL)
def test_no_call_is_invented(case: str) -> None:
    lifted = planloom.transform(NO_CALL[case])
    assert [n.tool for p in lifted.plans for n in p.nodes if n.kind == "call"] == []
    assert lifted.plans or lifted.left


@pytest.mark.parametrize("case", VARIANTS)
def test_a_variant_tells_the_task(case: str) -> None:
    check(*VARIANTS[case])


def test_a_converter_is_scored() -> None:
    """A converter that knows one shape, invents elsewhere and fails where it has no idea."""

    def knows_xlam(row: Row) -> list[adapter.Call]:
        return [adapter.Call(c["name"], c["arguments"]) for c in json.loads(row["answers"])]

    scores = {score.row: score for score in adapter.report(knows_xlam)}
    assert scores["xlam"] == adapter.Score("xlam", 3, 3)
    assert scores["openai"] == adapter.Score("openai", 3, error="KeyError")
    invented = adapter.score(lambda row: [adapter.Call("f", {})], "x", {}, FERRIES.calls)
    assert invented == adapter.Score("x", 3, 0, 1)
