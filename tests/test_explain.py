"""What `explain` tells: of rows of every fate, in any window, to any terminal, for programs too."""

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from test_near import built as own_build
from test_near import row as book

import planloom
from planloom import cli, terminal
from planloom.errors import InputError
from planloom.explain import explain, look
from planloom.explain.built import Address, Built, Spot
from planloom.explain.drawing import drawn
from planloom.explain.fates import fate
from planloom.explain.meanings import ABOUT_RULES
from planloom.lift.rules import RULES
from planloom.pipeline import Corpus
from planloom.plan import Edge, ExecutionPlan, Node

TOLD = Path(__file__).parent / "explained"
XLAM = "Salesforce/xlam-function-calling-60k:xlam_function_calling_60k.json@"
CASES = {
    "edges": "Nanbeige/ToolMind:graph_syn_datasets/graphsyn.jsonl@1749",
    "parallel": "google/mobile-actions:dataset.jsonl@17094",
    "calls_in_a_round_refer": "dongsheng/DTA-Tool:DTA_tool.json@0",
    "chat": "allenai/WildChat-4.8M:data/train-00000-of-00001.jsonl@0",
    "adversarial": f"{XLAM}12",
    "left_at_read": f"{XLAM}10",
    "left_at_lift": "allenai/natural-instructions:tasks/taskrows.json@9",
    "left_at_check": f"{XLAM}11",
    "duplicate": f"{XLAM}15",
    "near_duplicate": "allenai/WildChat-4.8M:data/train-00000-of-00001.jsonl@37787",
    "prefix_of_longer": "Nanbeige/ToolMind:graph_syn_datasets/graphsyn.jsonl@4309",
    "over_target": "NousResearch/hermes-function-calling-v1:json-mode-agentic.json@0",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return planloom.build(out=tmp_path_factory.mktemp("explain") / "out")


@pytest.mark.parametrize("case", CASES)
def test_the_text_is_as_reviewed(built: Corpus, case: str, pytestconfig: pytest.Config) -> None:
    told = explain(built.out, CASES[case], 88) + "\n"
    path = TOLD / f"{case}.txt"
    if pytestconfig.getoption("--update-golden"):
        path.write_text(told, "utf-8")
    assert told == path.read_text("utf-8"), (
        "pytest tests/test_explain.py --update-golden; read the diff"
    )


def test_every_plan_of_the_index_can_be_told_and_its_fate_is_the_ledgers(built: Corpus) -> None:
    opened = Built(built.out)
    left: dict[str, int] = {}
    for number, chunk in enumerate(opened.chunks):
        for row in range(chunk.size):
            spot = Spot(number, row)
            address, plan_id = opened.address_of(spot), opened.id_of(spot)
            (told,) = look_at(built.out, address, plan_id)
            assert told.plan_id == plan_id
            found = fate(opened, told)
            if found.where == "left":
                left[found.reason] = left.get(found.reason, 0) + 1
                assert bool(found.of) != bool(found.detail), found
    counted = {k.reason: n for k, n in built.ledger.counts.items() if k.stage in ("dedup", "mix")}
    assert set(left) == set(counted)
    assert sum(left.values()) == built.ledger.total(stage="dedup", unit="plan", left=True) + (
        built.ledger.total(stage="mix", unit="plan", left=True)
    )


def look_at(out: Path, address: Address, plan_id: str) -> Iterator[ExecutionPlan]:
    return (t.plan for t in look(out, str(address)).plans if t.plan.plan_id == plan_id)


def test_every_rule_that_fires_has_a_meaning(built: Corpus) -> None:
    assert {rule.name for rule in RULES} <= set(ABOUT_RULES)
    fired = {name for plan in planloom.open(built.out) for n in plan.nodes for name in n.rules}
    assert fired <= set(ABOUT_RULES)


def test_a_plan_is_found_by_the_beginning_of_its_id(
    built: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = next(planloom.open(built.out))
    assert explain(built.out, plan.plan_id[:6]) == explain(built.out, plan.plan_id)
    assert cli.main(["explain", str(built.out), plan.plan_id[:5]]) == 2
    assert "or its first 6 or more" in capsys.readouterr().err


def test_an_unclear_beginning_names_the_ids(
    built: Corpus, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("planloom.explain.built.FEWEST_DIGITS", 1)
    assert cli.main(["explain", str(built.out), "0"]) == 2
    assert "plans begin so; give more digits: 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("Salesforce/xlam-function-caling-60k:x@0", "did you mean Salesforce/xlam-function-calling-60k?"),
        (f"{XLAM[:-6]}.jsonl@0", "did you mean xlam_function_calling_60k.json?"),
        ("Salesforce/xlam-function-calling-60k", "neither a plan id"),
        ("a@b", "an address is SOURCE:FILE@AT"),
        (f"{XLAM}999", "no record at 999"),
    ],
)  # fmt: skip
def test_mistyped_names_are_told(
    built: Corpus, what: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explain", str(built.out), what]) == 2
    out, err = capsys.readouterr()
    assert said in err and err.count("\n") == 1 and not out


def test_json_and_row_are_for_programs(built: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", str(built.out), CASES["edges"], "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (plan,) = told["plans"]
    assert plan["fate"]["where"] == "kept"
    assert [v["origin"] for v in plan["steps"][1]["values"]] == ["result", "user", "user"]
    assert (
        planloom.plan.decode(msgspec.json.encode(plan["plan"])).plan_id == plan["plan"]["plan_id"]
    )
    assert cli.main(["explain", str(built.out), CASES["edges"], "--row"]) == 0
    assert json.loads(capsys.readouterr().out) == told["row"]


def test_a_plan_is_told_without_its_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data/Salesforce/xlam-function-calling-60k"
    data.mkdir(parents=True)
    call = [{"name": "tide", "arguments": {"port": "Brest"}}]
    tools = [{"name": "tide", "description": "", "parameters": {"port": {"type": "str"}}}]
    row = {"id": 1, "query": "What is the tide at Brest?", "answers": json.dumps(call), "tools": json.dumps(tools)}  # fmt: skip
    (data / "a.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "r.toml").write_text('name="r"\n[targets]\nfunction_calling=9\n[sources]\n"Salesforce/xlam-function-calling-60k" = {}\n')  # fmt: skip
    out = tmp_path / "out"
    planloom.build(tmp_path / "r.toml", out, data_root=tmp_path / "data")
    (plan,) = planloom.open(out)
    (data / "a.jsonl").write_text(json.dumps({**row, "query": "What is the tide at Dover?"}) + "\n")
    assert "the row gives another plan now" in explain(out, plan.plan_id, 200)
    (data / "a.jsonl").unlink()
    told = explain(out, plan.plan_id, 200)
    assert "not there any more" in told and "kept, in plans/" in told and "n0 tide(port)" in told
    with pytest.raises(InputError, match="not there any more"):
        explain(out, f"{plan.source}:{plan.file}@0")
    assert cli.main(["explain", str(out), plan.plan_id, "--row"]) == 1
    assert "not there any more" in capsys.readouterr().err


def node(number: int, step: int, tool: str = "find_something") -> Node:
    return Node(f"n{number}", "call", tool, {"place": 1, "day": 2}, True, 0, step)


def data(src: int, dst: int) -> Edge:
    return Edge(f"n{src}", f"n{dst}", "data", "value", "place", "id", "x")


def plan_of(nodes: list[Node], edges: list[Edge]) -> ExecutionPlan:
    return ExecutionPlan(
        plan_id="0" * 32, request="r", user_turns=("r",), nodes=tuple(nodes), edges=tuple(edges),
        category="function_calling", evidence="observed", label="benign", source="s", config="c",
        source_split="t", file="f", at=0, licence="l", use="open",
    )  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "tool", ["find", "find_the_very_long_name_of_a_tool_that_has_no_room_here", "查找天气预报工具"]
)
def test_wide_and_long_plans_fit_the_window(width: int, tool: str) -> None:
    wide = plan_of([node(n, 0, tool) for n in range(20)], [])
    many = [data(src, dst) for dst in range(100) for src in range(max(dst - 9, 0), dst)]
    long = plan_of([node(n, n, tool) for n in range(100)], many)
    for plan in (wide, long):
        lines = drawn(plan, width)
        assert max(map(terminal.width_of, lines)) <= width
        for one in plan.nodes:
            assert sum(f" {one.id} " in line for line in lines) == 1


def test_lanes_join_what_the_edges_join() -> None:
    plan = plan_of([node(0, 0, "a"), node(1, 0, "b"), node(2, 1, "c")], [data(0, 2), data(1, 2)])
    assert drawn(plan, 60) == [
        "┌ step 0, turn 0 ────────────┐",
        "│ n0 a(place, day)           │───┐",
        "│ n1 b(place, day)           │─┐ │",
        "└────────────────────────────┘ │ │",
        "┌ step 1, turn 0 ────────────┐ │ │",
        "│ n2 c(place, day)           │◄┴─┘",
        "└────────────────────────────┘",
    ]
    crossing = plan_of([node(n, n, "a") for n in range(4)], [data(0, 2), data(0, 3), data(1, 3)])
    assert [line[30:] for line in drawn(crossing, 60) if line[30:]] == [
        *("───┐", "   │", "   │", "─┐ │", " │ │", " │ │", "◄│─┤", " │ │", " │ │", "◄┴─┘"),
    ]


def test_what_has_no_lane_is_named_in_the_box() -> None:
    plan = plan_of([node(n, n, "a") for n in range(30)], [data(n, 29) for n in range(29)])
    (line,) = [line for line in drawn(plan, 60) if " n29 " in line]
    assert "← n" in line
    assert line.count("┴") + line.count("┘") == 14


class Window(io.StringIO):
    encoding = "utf-8"

    def __init__(self, encoding: str, *, terminal: bool) -> None:
        super().__init__()
        self.encoding, self._terminal = encoding, terminal  # type: ignore[misc]

    def isatty(self) -> bool:
        return self._terminal


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal.ink(Window("utf-8", terminal=True)).coloured
    assert not terminal.ink(Window("utf-8", terminal=False)).coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.ink(Window("utf-8", terminal=True)).coloured


def test_a_terminal_without_unicode_gets_likenesses(built: Corpus) -> None:
    told = terminal.shown(explain(built.out, CASES["edges"]), Window("ascii", terminal=True))
    assert told.isascii() and "|<+" in told and "\\u25c4" not in told


def test_json_stays_json_without_unicode() -> None:
    text = '{"city": "Zürich 😀 …"}'
    told = terminal.shown_json(text, Window("ascii", terminal=False))
    assert told.isascii() and json.loads(told) == json.loads(text)
    assert terminal.shown_json(text, Window("utf-8", terminal=False)) == text


def test_rows_cannot_steer_the_terminal() -> None:
    evil = plan_of([node(0, 0, "a\x1b[2Jb\x07")], [])
    assert not any("\x1b" in line or "\x07" in line for line in drawn(evil, 60))


def test_the_cap_of_a_template_is_told_with_who_stayed(tmp_path: Path) -> None:
    asked = [f"Please book berth {n} at the north quay for Friday" for n in (12, 34)]
    rows = [book(text, berth=n) for n, text in enumerate(asked)]
    corpus = own_build(tmp_path, {"a": rows}, "template_cap = 1\nnear_duplicates = 0")
    (kept,) = planloom.open(corpus.out)
    other = next(spot for spot in told_of(corpus.out) if "template_cap" in spot)
    assert "the recipe keeps 1 plans of a template" in other
    assert f"beside {kept.plan_id} (kept)" in other


def told_of(out: Path) -> Iterator[str]:
    built = Built(out)
    spots = (Spot(n, row) for n, chunk in enumerate(built.chunks) for row in range(chunk.size))
    return (explain(out, str(built.address_of(spot)), 200) for spot in spots)


def test_a_build_of_another_planloom_is_told(
    built: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(built.out, out)
    claim = out / ".stage/build.json"
    known = json.loads(claim.read_bytes())
    for spoiled in (json.dumps({**known, "recipe": {**known["recipe"], "gone": 1}}), "{"):
        claim.write_text(spoiled)
        assert cli.main(["explain", str(out), CASES["edges"]]) == 1
        assert "of another planloom" in capsys.readouterr().err


def test_a_build_without_its_slices_is_told(
    built: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(built.out, out, ignore=shutil.ignore_patterns(".stage"))
    for command in (["explain", str(out), CASES["edges"]], ["review", str(out)]):
        assert cli.main(command) == 1
        assert "build in another folder" in capsys.readouterr().err
    assert cli.main(["build", "--out", str(out)]) == 2  # it would not be ours to replace
