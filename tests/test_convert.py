"""Ways out: rows that strict models accept, and losses that are told exactly, field by field."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from read_back import differing, read
from rows import check
from test_plan import JSON, data, made, node, order

import planloom
from planloom import conversion, formats, plan, shapes, stored
from planloom.plan import Edge, ExecutionPlan, Mutation, Origin
from planloom.shapes import declare
from planloom.trace import Tool

ROWS = tuple(name for name in formats.NAMES if name != "mermaid")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("convert") / "sample"
    planloom.build(out=out, workers=1)
    return out


def is_exact(name: str, one: ExecutionPlan, tools: list[Tool]) -> bool:
    """Whether the plan is a row; if so the row is legal and exactly what is declared lost is lost."""
    way = formats.find(name)
    if way.unfit(one):
        return False
    row = json.loads(way.line(one, tools))
    check(name, row)
    back = read(name, row)
    declared = conversion.lost(one, conversion.read_back(one, tools, way))
    assert differing(one, back) == set(declared), name
    if back is not None:
        assert back.plan_id == one.plan_id
    if way.restored is not None:
        assert way.restored(row) == one
    return True


@pytest.mark.parametrize("name", ROWS)
def test_every_plan_of_every_packed_dataset_loses_what_is_declared(name: str, sample: Path) -> None:
    files = [*stored.files([sample])]
    offered = stored.tools(files[0]) or {}
    plans = [p for path in files for _, p in stored.plans(path) if not isinstance(p, str)]
    written = [is_exact(name, p, [offered[key] for key in p.tools]) for p in plans]
    calls = sum(p.nodes[0].kind == "call" and p.evidence != "skeleton" for p in plans)
    assert sum(written) == (len(plans) if name in ("gatling", "atif") else calls)
    assert len({p.source for p in plans}) > 30


NAMES = st.sampled_from(
    ["get", "Get Weather", "get.weather", "get/weather", "get_weather", "天气", "x" * 80, "x" * 64]
)
WORDS = st.text(max_size=12) | st.sampled_from(
    ["", "<think>a</think>", "</tool_call>", "`<tool_call>`", "Send it to a@b.org", "</tools>"]
)
ARGUMENTS = st.dictionaries(WORDS, JSON | WORDS | st.just(2**70), max_size=3)
JUDGED = st.fixed_dictionaries(
    {
        "provenance_tier": st.integers(1, 3),
        "result_tier": st.integers(1, 3),
        "scope_volume": st.integers(1, 500),
        "scope_sensitivity": st.integers(1, 5),
        "origin": st.sampled_from([Origin(), Origin("observed", "inferred")]),
        "rules": st.sampled_from([(), ("volume:list",)]),
    }
)


@st.composite
def plans(draw: st.DrawFn) -> tuple[ExecutionPlan, list[Tool]]:
    """Any sound plan with calls: rounds of parallel calls in turns of the user, edges forward."""
    turns = tuple(draw(st.lists(WORDS, min_size=1, max_size=4)))
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    told = sorted(draw(st.lists(st.integers(0, len(turns) - 1), min_size=4, max_size=4)))
    steps = [step for step, size in enumerate(sizes) for _ in range(size)]
    nodes = [
        node(i, step, draw(NAMES), turn=told[step], arguments=draw(ARGUMENTS), **draw(JUDGED))
        for i, step in enumerate(steps)
    ]
    tools = [
        Tool.of(name, draw(WORDS), declare.parameters({"properties": {"a": {"type": "str"}}}))
        for name in draw(st.lists(NAMES, unique=True, max_size=3))
    ]
    made_plan = made(
        *nodes,
        edges=tuple(draw(edges(steps))),
        user_turns=turns,
        request=turns[0],
        tools=tuple(tool.key for tool in tools),
        **draw(st.fixed_dictionaries({}, optional=REST)),
    )
    return made_plan, tools


@st.composite
def edges(draw: st.DrawFn, steps: list[int]) -> list[Edge]:
    pairs = [(a, b) for a in range(len(steps)) for b in range(len(steps)) if steps[a] < steps[b]]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    kind = st.sampled_from([data, order])
    return [draw(kind)(f"n{a}", f"n{b}") for a, b in chosen]


REST = {
    "evidence": st.sampled_from(["observed", "gold"]),
    "label": st.sampled_from(["benign", "adversarial"]),
    "language": st.sampled_from(["und", "en"]),
    "reasoning": st.just("because"),
    "group": st.just("0" * 32),
    "also_in": st.just(("other/set",)),
    "mutation": st.just(Mutation("swap", "n0", 0.5, "0" * 32)),
    "revision": st.just("abc"),
}


@pytest.mark.parametrize("name", ROWS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
@example((made(*(node(i, i // 4) for i in range(256))), []))
@example((made(node(0, 0), user_turns=(), request=""), []))
@example((made(node(0, 0, turn=1), request="", user_turns=("", "now", "later")), []))
def test_any_plan_loses_what_is_declared(name: str, one: tuple[ExecutionPlan, list[Tool]]) -> None:
    assert not set(plan.problems(one[0])) - {"no node"}
    is_exact(name, *one)


@pytest.mark.parametrize("name", ROWS)
def test_nothing_is_made_up(name: str) -> None:
    way = formats.find(name)
    answer = made(node(0, 0, "respond", kind="respond"), evidence="response")
    bare = made(node(0, 0, arguments_known=False), evidence="skeleton")
    request = made(evidence="request")
    trains = name not in ("gatling", "atif")
    for one in (answer, bare, request):
        assert (way.unfit(one) is not None) == trains
    if name == "atif":
        rows = [json.loads(way.line(one, [])) for one in (answer, bare, request)]
        assert [way.restored(row) for row in rows if way.restored] == [answer, bare, request]
        assert {step["source"] for step in rows[0]["steps"]} == {"user"}


def test_names_that_openai_forbids_are_changed_one_by_one_and_kept() -> None:
    from planloom.formats.openai import renamed

    names = ["a_b", "a b", "a.b", "x" * 70, "x" * 64, "天气", "a_b_2"]
    found = renamed(names)
    assert list(found) and len(set(found.values())) == len(names)
    assert found["a_b"] == "a_b" and found["a b"] not in ("a_b", "a_b_2")
    assert all(len(name) <= 64 and name.isascii() for name in found.values())


def test_a_turn_that_reads_as_a_result_is_no_hermes_row() -> None:
    said = "<tool_response>1</tool_response>"
    one = made(node(0, 0), user_turns=(said,), request=said)
    assert formats.find("hermes").unfit(one) and not formats.find("sharegpt").unfit(one)


def test_the_chart_shows_nodes_edges_and_no_markup() -> None:
    one = made(
        node(0, 0, 'find"]', arguments={"<b>": "a\nb", "long": "y" * 200}),
        node(1, 1),
        node(2, 1),
        edges=(data("n0", "n1", argument="q[0]"), order("n0", "n2")),
    )
    text = formats.find("mermaid").line(one, []).decode()
    assert text.startswith("flowchart TD\n")
    assert 'n0 -- "q#91;0#93;: value" --> n1' in text and 'n0 -. "sequence" .-> n2' in text
    assert '"]"' not in text and "<b>" not in text and "y" * 61 not in text


def adp_rows(shared: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import gzip

    for path in sorted((shared / "data/corpora/adp_samples_dev").glob("*std.json.gz")):
        yield from ((path.name, row) for row in json.loads(gzip.decompress(path.read_bytes())))


def test_published_rows_fit_the_model_and_keep_all_their_actions(shared: Path) -> None:
    counts: Counter[str] = Counter()
    for name, row in adp_rows(shared):
        check("adp", row)
        trace = shapes.shapes()["adp"].reader()(row)
        actions = [item for item in row["content"] if item["class_"].endswith("_action")]
        wanted = [_action(item) for item in actions if item["class_"] != "message_action"]
        assert [(call.tool, call.arguments) for call in trace.calls] == wanted, name
        counts.update(item["class_"] for item in actions)
    assert counts["api_action"] == 21 and counts["code_action"] == 42


def _action(item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if item["class_"] == "api_action":
        return item["function"], item["kwargs"]
    return item["language"], {"content": item["content"]}


@pytest.mark.parametrize(
    "row",
    [
        {
            "content": [{"class_": "text_observation", "content": "a", "source": "user"}],
            "details": d,
        }
        for d in ({"planloom": "{}"}, {"planloom": "no"}, {"planloom": '{"nodes": [{"step": 0}]}'})
    ]
    + [
        {
            "messages": [{"role": "assistant", "tool_calls": [{"name": "f", "arguments": "{}"}]}],
            "metadata": {"planloom_tools": "[1]"},
        }
    ],
)
def test_what_only_looks_like_our_row_leaves_with_a_reason(row: dict[str, Any]) -> None:
    lifted = planloom.transform(row)
    assert not lifted.plans and lifted.left[0][0] == "unknown_shape"
