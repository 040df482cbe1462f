"""Gold traces: right by construction, the same for the same seed, apart from what is real."""

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import planloom
from planloom import cli, recipe
from planloom.checks import check
from planloom.lift import lift
from planloom.plan import problems
from planloom.recipe import Limits
from planloom.synth import blueprints, generate, makers, packed, schemas
from planloom.synth.fields import Scope, Unmade, field
from planloom.synth.fill import Gold
from planloom.synth.requests import LANGUAGES
from planloom.synth.universe import Universe, universe
from planloom.trace import Place

PLACE = Place("planloom/synth", "gold", "train", "", 0, "Apache-2.0", "open", "gold_traces")
MAKERS = makers.Makers(makers.packed())
MANY = 1_500

MCP = {
    "tools": [
        {
            "name": "find_boats",
            "description": "Find boats in a harbour",
            "inputSchema": {
                "type": "object",
                "properties": {"harbour": {"type": "string"}, "limit": {"type": "integer"}},
                "required": ["harbour"],
            },
            "outputSchema": {
                "type": "object",
                "properties": {"boats": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}, "length": {"type": "number"}}}}},
            },
        },
        {
            "name": "rent_boat",
            "description": "Rent a boat",
            "inputSchema": {
                "type": "object",
                "properties": {"boat_id": {"type": "string"}, "from": {"type": "string", "format": "date"}},
                "required": ["boat_id", "from"],
            },
        },
    ]
}  # fmt: skip
OPENAPI = {
    "openapi": "3.0.0",
    "info": {"title": "Kiln"},
    "paths": {
        "/pots": {
            "get": {
                "operationId": "listPots",
                "tags": ["pots"],
                "parameters": [{"name": "glaze", "in": "query", "schema": {"enum": ["ash", "salt"]}}],
                "responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Pot"}}}}}},
            },
        },
        "/pots/{potId}/firings": {
            "parameters": [{"name": "potId", "in": "path", "required": True, "schema": {"type": "string"}}],
            "post": {
                "tags": ["pots"],
                "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"celsius": {"type": "integer", "minimum": 600, "maximum": 1300}}, "required": ["celsius"]}}}},
                "responses": {},
            },
        },
    },
    "components": {"schemas": {"Pot": {"type": "object", "properties": {"potId": {"type": "string"}, "weight": {"type": "number"}}}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def tools() -> Universe:
    return universe(packed.domains(), MAKERS)


@pytest.fixture(scope="module")
def golds(tools: Universe) -> list[Gold]:
    return list(generate.block(tools, blueprints.Profile(blueprints.packed()), 7, 0, MANY))


def test_every_packed_tool_can_be_called(tools: Universe) -> None:
    assert tools.left == {}
    assert len(tools.worlds) >= 50


def test_what_is_generated_passes_every_check_and_is_unique(golds: list[Gold]) -> None:
    plans = [lift(gold.trace, PLACE).plans[0] for gold in golds]
    wrong = [verdict for gold, plan in zip(golds, plans, strict=True) if (verdict := check(plan, gold.trace, Limits())).reason]  # fmt: skip
    assert wrong == []
    assert [problem for plan in plans for problem in problems(plan)] == []
    assert len({plan.plan_id for plan in plans}) >= 0.99 * MANY
    assert {plan.evidence for plan in plans} == {"synthetic"}
    assert {plan.category for plan in plans} == {"gold_traces"}


def test_lift_finds_the_edges_that_were_planted_though_values_repeat(golds: list[Gold]) -> None:
    right = planted = found = repeated = 0
    for gold in golds:
        truth = {(f"n{e.src}", f"n{e.dst}", e.argument) for e in gold.planted}
        (plan,) = lift(gold.trace, PLACE).plans
        got = {(e.src, e.dst, e.argument) for e in plan.edges if e.kind == "data"}
        right, planted, found = right + len(truth & got), planted + len(truth), found + len(got)
        repeated += sum(edge.repeated for edge in gold.planted)
    assert planted > MANY / 2
    assert right >= 0.97 * planted
    assert right >= 0.97 * found
    assert repeated >= 0.3 * planted


def test_a_planted_value_stands_in_the_result_and_in_the_argument(golds: list[Gold]) -> None:
    for gold in golds:
        calls = gold.trace.calls
        for edge in gold.planted:
            text = json.dumps(gold.values[edge.slot], ensure_ascii=False).strip('"')
            given = calls[edge.dst].arguments[edge.argument.partition("[")[0]]
            assert text in json.dumps(given, ensure_ascii=False)
            assert text in (calls[edge.src].result or "")


def test_a_policy_holds_for_its_trace(golds: list[Gold]) -> None:
    most: list[int] = []
    for gold in golds:
        assert {call.tool for call in gold.trace.calls} <= set(gold.policy.allowed_tools)
        asked = [v for call in gold.trace.calls for k, v in call.arguments.items() if k == "limit"]
        assert all(limit <= gold.policy.max_records for limit in asked)
        assert str(gold.policy.max_records) in gold.trace.system
        most.append(gold.policy.max_records)
    assert min(most) < 25 < max(most)  # so that it binds


def test_nothing_leads_to_a_person(golds: list[Gold]) -> None:
    text = "\n".join(msgspec.json.encode(gold.trace).decode() for gold in golds)
    assert set(re.findall(r"@[\w-]+(?:\.[\w-]+)+", text)) <= {"@example.com", "@example.org", "@example.net"}  # fmt: skip
    phones = re.findall(r"\+\d[\d-]{6,}", text)
    assert phones
    assert all(re.fullmatch(r"\+1-555-01\d\d-\d{4}", phone) for phone in phones)


def test_requests_are_said_in_several_languages_and_many_ways(golds: list[Gold]) -> None:
    languages = Counter(gold.trace.language for gold in golds)
    assert set(languages) == set(LANGUAGES)
    assert languages["en"] < 0.9 * MANY
    assert len({gold.trace.user_turns[0][:12] for gold in golds}) > MANY / 10
    assert not [turn for gold in golds for turn in gold.trace.user_turns if "{" in turn]


def test_the_same_seed_gives_the_same_and_another_seed_others(tools: Universe) -> None:
    profile = blueprints.Profile(blueprints.packed())
    first, again, other = (
        [gold.trace for gold in generate.block(tools, profile, seed, 3, 50)] for seed in (1, 1, 2)
    )
    assert first == again
    assert not [trace for trace in other if trace in first]
    assert first[:20] == [gold.trace for gold in generate.block(tools, profile, 1, 3, 20)]


def test_blueprints_hold_numbers_alone() -> None:
    file = Path(blueprints.__file__).with_name("blueprints.json")
    assert not re.search(r"[^\d\s,\[\]]", file.read_text("utf-8"))


PROPERTIES: dict[str, Any] = {
    "string": st.fixed_dictionaries({"type": st.just("string")}, optional={"maxLength": st.integers(5, 60), "format": st.sampled_from(["date", "email", "uuid", "uri"]), "default": st.text(max_size=5)}),
    "integer": st.fixed_dictionaries({"type": st.just("integer")}, optional={"minimum": st.integers(-50, 50), "maximum": st.integers(60, 5000)}),
    "number": st.fixed_dictionaries({"type": st.sampled_from(["number", ["number", "null"]])}, optional={"minimum": st.integers(-9, 9), "exclusiveMaximum": st.integers(10, 900)}),
    "choice": st.fixed_dictionaries({"enum": st.lists(st.one_of(st.text(min_size=1, max_size=5), st.integers()), min_size=1, max_size=4)}),
    "boolean": st.just({"type": "boolean"}),
}  # fmt: skip
NAMES = st.sampled_from(["id", "order_id", "city", "limit", "email", "startDate", "amount", "note", "tags", "x", "userName", "year", "码"])  # fmt: skip
SCHEMAS = st.recursive(
    st.one_of(*PROPERTIES.values()),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"minItems": st.integers(0, 3), "uniqueItems": st.booleans()}),
        st.builds(lambda table: {"type": "object", "properties": table, "required": list(table)[:2]}, st.dictionaries(NAMES, inner, max_size=3)),
        st.builds(lambda one: {"anyOf": [{"type": "null"}, one]}, inner),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(NAMES, SCHEMAS, st.integers(0, 1 << 32))
def test_a_value_fits_its_schema(name: str, schema: dict[str, Any], seed: int) -> None:
    try:
        made = field(name, schema, Scope("thing", "d", MAKERS))
    except Unmade:
        return
    drawn = random.Random(seed).random
    validator = jsonschema_rs.validator_for(schema)
    values = [made.make(drawn) for _ in range(5)]
    assert [value for value in values if not validator.is_valid(value)] == []


def written(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value), "utf-8")
    return str(path)


def test_schemas_are_read_in_every_spelling(tmp_path: Path) -> None:
    functions = [{"type": "function", "function": {"name": "dye", "parameters": {"type": "object", "properties": {}}}}]  # fmt: skip
    bare = {"title": "weave", "type": "object", "properties": {"width": {"type": "integer"}}}
    files = [
        written(tmp_path / "mcp.json", MCP),
        written(tmp_path / "answer.json", {"jsonrpc": "2.0", "result": MCP}),
        written(tmp_path / "openapi.json", OPENAPI),
        written(tmp_path / "functions.json", functions),
        written(tmp_path / "bare.json", bare),
    ]
    (tmp_path / "openapi.yaml").write_text(json.dumps(OPENAPI), "utf-8")  # JSON is YAML
    found = schemas.read([*files, str(tmp_path / "openapi.yaml")])
    names = [[offer.tool.name for offer in domain.offers] for domain in found]
    boats, pots = ["find_boats", "rent_boat"], ["listPots", "create_pots_firings"]
    assert names == [boats, boats, pots, ["dye"], ["weave"], pots]
    firing = json.loads(found[2].offers[1].tool.parameters)
    assert firing["required"] == ["celsius", "potId"]


def test_what_a_tool_returns_feeds_what_another_needs(tmp_path: Path) -> None:
    (world, *_) = universe(schemas.read([written(tmp_path / "mcp.json", MCP)]), MAKERS).worlds
    (link,) = world.links[0, 1]
    assert world.tools[0].returned.values[link.value].path == ("id",)
    assert world.tools[1].arguments[link.argument].name == "boat_id"
    (pots, *_) = universe(
        schemas.read([written(tmp_path / "openapi.json", OPENAPI)]), MAKERS
    ).worlds
    assert (0, 1) in pots.links


def command(*words: object) -> int:
    return cli.main([str(word) for word in words])


def test_a_corpus_of_gold_traces_is_a_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    tools = written(tmp_path / "boats.json", MCP)
    assert command("synth", tools, "--out", tmp_path / "a", "--number", 300, "--seed", 5) == 0
    assert "300 gold traces from 2 tools in 1 domains" in capsys.readouterr().out
    assert command("synth", tools, "--out", tmp_path / "b", "--number", 300, "--seed", 5, "--workers", 2) == 0  # fmt: skip
    manifests = [(tmp_path / name / "manifest.json").read_bytes() for name in "ab"]
    assert manifests[0] == manifests[1]
    assert command("check", tmp_path / "a") == 0
    plans = list(planloom.open(tmp_path / "a"))
    assert {(plan.licence, plan.use, plan.fold) for plan in plans} == {("unknown", "no_publish", "train")}  # fmt: skip
    capsys.readouterr()
    assert command("explain", tmp_path / "a", plans[0].plan_id) == 0
    assert "planloom/synth" in capsys.readouterr().out
    assert command("synth", tools, "--out", tmp_path / "c", "--number", 50, "--like", tmp_path / "a") == 1  # fmt: skip
    assert "no plan of calls with results" in capsys.readouterr().err


def filled(tmp_path: Path, name: str, *words: object) -> dict[str, Any]:
    path = tmp_path / "filled.toml"
    text = 'name = "filled"\ntotal = 400\ngold_max = 250\n[targets]\nfunction_calling = 300\ntool_reasoning = 100\n[sources]\n'  # fmt: skip
    sources = recipe.load(None).sources
    path.write_text(text + "".join(f'"{one}" = {{}}\n' for one in sources if "nvidia" in one))
    data = Path(planloom.__file__).parent / "sample"
    code = command("build", path, "--data-root", data, "--out", tmp_path / name, *words)
    assert code == 0
    stats: dict[str, Any] = json.loads((tmp_path / name / "stats.json").read_bytes())
    return stats


def test_gold_traces_fill_what_real_plans_leave(tmp_path: Path) -> None:
    plain = filled(tmp_path, "plain", "--no-gold")
    assert "gold_traces" not in plain["category"]
    real = plain["totals"]["plans"]
    assert 0 < real < 150
    full = filled(tmp_path, "full")
    assert full["category"]["gold_traces"] == {"synthetic": min(250, 400 - real)}
    rest = {name: n for name, n in full["category"].items() if name != "gold_traces"}
    assert rest == plain["category"]
    gold = [plan for plan in planloom.open(tmp_path / "full") if plan.category == "gold_traces"]
    assert {plan.fold for plan in gold} == {"train"}
    ids = {plan.plan_id for plan in gold}
    others = {plan.plan_id for plan in planloom.open(tmp_path / "plain")}
    assert {plan.plan_id for plan in planloom.open(tmp_path / "full")} == ids | others


def test_a_trial_is_not_filled(tmp_path: Path) -> None:
    assert "gold_traces" not in filled(tmp_path, "trial", "--limit", 5)["category"]


def test_a_build_gives_its_tools_and_the_forms_of_its_plans(tmp_path: Path) -> None:
    filled(tmp_path, "real", "--no-gold")
    for name, where in (("whole", tmp_path / "real"), ("bare", tmp_path / "real/tools.parquet")):
        words = ("--number", 60, "--licence", "CC-BY-4.0", "--like", tmp_path / "real")
        assert command("synth", where, "--out", tmp_path / name, *words) == 0
    offered = {row["name"] for row in pq.read_table(tmp_path / "real/tools.parquet").to_pylist()}
    plans = list(planloom.open(tmp_path / "whole"))
    assert {node.tool for plan in plans for node in plan.nodes} <= offered
    assert {(plan.licence, plan.use) for plan in plans} == {("CC-BY-4.0", "open")}


def test_more_values_come_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pools = tmp_path / "pools.toml"
    pools.write_text(f"company = {[f'Quillmoor {n}' for n in range(400)]}")
    assert command("synth", "--out", tmp_path / "out", "--number", 300, "--pools", pools) == 0
    texts = [turn for plan in planloom.open(tmp_path / "out") for turn in plan.user_turns]
    assert sum("Quillmoor" in text for text in texts) > 5
    pools.write_text('companie = ["x"]')
    capsys.readouterr()
    assert command("synth", "--out", tmp_path / "no", "--number", 3, "--pools", pools) == 1
    assert "no pool is called companie (did you mean company?)" in capsys.readouterr().err


def test_what_was_made_is_not_made_again(tmp_path: Path) -> None:
    words = ("synth", "--out", tmp_path / "out", "--number", 200)
    assert command(*words) == 0
    (block,) = (tmp_path / "out/.stage/gold").rglob("*.zst")
    made = block.stat().st_mtime_ns
    assert command(*words) == 0
    assert block.stat().st_mtime_ns == made


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (None, 2, "no such file"),
        ("{", 1, "tools.json: "),
        ("[]", 1, "declares no tool"),
        ('{"name": "x", "parameters": {"type": "object", "properties": {"a": {"type": "string", "pattern": "^q{9}$"}}, "required": ["a"]}}', 2, "no tool can be used: x: pattern"),
    ],
)  # fmt: skip
def test_wrong_tools_are_told_in_one_line(
    content: str | None, code: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tools.json"
    if content is not None:
        path.write_text(content)
    assert command("synth", path, "--out", tmp_path / "out") == code
    lines = capsys.readouterr().err.splitlines()
    assert told in lines[-1]
    assert len(lines) == 1
