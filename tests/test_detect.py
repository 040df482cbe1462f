"""Unknown rows: their layouts are found, a draft reads them, and cards agree with detection."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import SOURCES, golden

import planloom
from planloom import cli, scaffold
from planloom.datasets import loaded
from planloom.detect import detect, told
from planloom.errors import RecipeError
from planloom.golden import carried

TOOLS = json.dumps([{"name": "tide", "parameters": {"port": {"type": "str"}}}])
STORY = {"prompt": "Tell a story about a lighthouse keeper.", "completion": "Once there was one."}


def tide(port: str, calls: str | None = None) -> dict[str, Any]:
    listed = json.dumps([{"name": "tide", "arguments": {"port": port}}])
    asked = f"What is the tide at {port} tomorrow?"
    return {"question": asked, "spec": TOOLS, "answers": listed if calls is None else calls}


TIDES = [*map(tide, ("Brest", "Cork", "Oban", "Looe")), tide("Bude", "[]"), tide("Rye", '[{"na')]


def test_a_split_with_two_layouts_is_seen() -> None:
    tides, stories, odd = detect([*TIDES, STORY, STORY, {"x": 1}])
    assert (tides.shape, len(tides.rows), tides.lifted, tides.calls) == ("gold_list", 6, 4, 4)
    assert tides.reasons == {"no_call": 1, "truncated": 1}
    assert (stories.shape, stories.share, stories.calls) == ("instruction", 1.0, 0)
    assert (odd.shape, odd.columns, odd.share) == (None, ("x",), 0.0)


def chat(arguments: str) -> dict[str, Any]:
    call = {"id": "c1", "function": {"name": "tide", "arguments": arguments}}
    said = [{"role": "user", "content": "What is the tide at Oban tomorrow?"}]
    said += [{"role": "assistant", "content": None, "tool_calls": [call]}]
    return {"messages": said, "tools": TOOLS}


def test_rows_that_hold_calls_are_never_taken_for_text() -> None:
    """One cut call among many must not make a conversation of the whole file."""
    (layout,) = detect([*(chat('{"port": "Oban"}') for _ in range(9)), chat('{"port": "Ob')])
    assert (layout.shape, layout.lifted, layout.calls) == ("chat_calls", 9, 9)
    assert layout.reasons == {"truncated": 1}


def test_a_draft_of_hostile_columns_is_plain_code(tmp_path: Path) -> None:
    row = {**TIDES[0], 'odd"""; raise SystemExit\\N': "x"}
    (tmp_path / "odd.jsonl").write_text(json.dumps(row))
    drafted = scaffold.new(scaffold.Found(tmp_path / "odd.jsonl", "me/odd"), tmp_path / "sets")
    assert loaded(drafted.dataset).rows == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"licence": 3}, "licence: Expected `str`"),
        ({"tier": 9}, "tier: Invalid enum value 9"),
        ({"parts": ()}, "a source has parts, or says"),
        ({"id": "victor/ToolScale"}, "bypasses a gate or a licence"),
        ({"category": "foo"}, "category: Invalid enum value 'foo'"),
        ({"files": "*.json"}, "files: Expected `array`"),
        ({"read": 3}, "read is 3, not a function"),
    ],
)
def test_a_card_with_a_wrong_value_is_told(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    part = {"split": "train", "files": ("*.jsonl",), "read": "READ", "category": "function_calling"}
    source = {"id": "me/mine", "licence": "MIT", "rows": 1, "tier": 3, "parts": "PARTS"}
    part |= {key: value for key, value in change.items() if key in part}
    source |= {key: value for key, value in change.items() if key not in part}
    text = f"SOURCE = Source(**{source!r})".replace("'PARTS'", f"(Part(**{part!r}),)")
    head = "from planloom.shapes import gold_list\nfrom planloom.source import Part, Source\n\n"
    card = tmp_path / "mine.py"
    card.write_text(head + text.replace("'READ'", "gold_list.reader()"))
    with pytest.raises(RecipeError, match=re.escape(said)):
        loaded(card)


def test_the_mapping_of_columns_is_told() -> None:
    text = "\n".join(told(detect([*TIDES, STORY, {"x": 1}])))
    assert "gold_list (request = question, calls = answers, tools = spec): 4 lift (67%)" in text
    assert "request = prompt, answer = completion" in text
    assert "1 rows that no shape fits: x" in text


def test_a_draft_is_edited_checked_and_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The contribution path: new, two edited files, check, build with --datasets."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data/me/tides/tides.jsonl"
    data.parent.mkdir(parents=True)
    data.write_text("\n".join(map(json.dumps, [*TIDES, STORY])))
    assert cli.main(["new", "me/tides", "--data-root", "data"]) == 0
    card, cases = tmp_path / "my_sets/tides.py", tmp_path / "my_sets/tides.golden.json"
    card.write_text(card.read_text().replace('licence="unknown"', 'licence="MIT"'))
    kept = [case for case in json.loads(cases.read_text()) if case["row"] != STORY]
    cases.write_text(json.dumps(kept))
    assert cli.main(["check", str(cases)]) == 1
    assert cli.main(["check", str(cases), "--update"]) == 0
    assert cli.main(["check", str(cases)]) == 0
    outcomes = [
        case["left"][1] if "left" in case else "kept" for case in json.loads(cases.read_text())
    ]
    assert sorted(outcomes) == ["kept", "kept", "no_call", "truncated"]
    recipe = 'name = "mine"\n[targets]\nfunction_calling = 9\n[sources]\n"me/tides" = {}\n'
    (tmp_path / "mine.toml").write_text(recipe)
    given = ["--data-root", "data", "--datasets", "my_sets", "--out", "out"]
    assert cli.main(["build", "mine.toml", *given]) == 0
    assert {(p.source, p.licence) for p in planloom.open("out")} == {("me/tides", "MIT")}
    assert len(list(planloom.open("out"))) == 4
    assert cli.main(["new", "me/tides", "--data-root", "data"]) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.jsonl"], "no such file, and no id of a dataset"),
        (["odd.jsonl"], "1 rows that no shape fits: x; name the columns yourself"),
        (["empty"], "no data file there"),
        (["odd.jsonl", "--id", "tides"], "an id is OWNER/NAME"),
    ],
)
def test_what_cannot_be_drafted_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd.jsonl").write_text('{"x": 1}\n')
    assert cli.main(["new", *arguments]) in (1, 2)
    assert re.fullmatch(rf"planloom: .*{re.escape(said)}.*\n", capsys.readouterr().err)
    assert not (tmp_path / "my_sets").exists()


def calls_of(plans: Any) -> list[Any]:
    return [(n.tool, n.arguments) for p in plans for n in p.nodes if n.kind == "call"]


@pytest.mark.parametrize("name", sorted(n for n, s in SOURCES.items() if s.parts))
def test_detection_finds_the_calls_that_the_card_finds(name: str) -> None:
    """Or nothing, where a card knows what rows do not say: UNLIKE."""
    for case in golden(name):
        known = carried(SOURCES[name], case)
        mine = calls_of(judged.plan for judged in known.plans)
        detected = calls_of(planloom.transform(case["row"]).plans)
        if name not in UNLIKE:
            assert not mine or detected == mine, case["why"]
        assert mine or not detected or known.left, case["why"]


UNLIKE = {
    "rjudge": "an action is prose: that a name before an object is a call, the card alone knows",
    "mobile_actions": "padding is seen only where calls of several tools share their keys",
    "seal_tools": "columns of its own, of which the card knows the meaning",
    "toolbank": "the card also reads a row that lacks its request",
    "toolalpaca": "columns of its own, of which the card knows the meaning",
    "toolpref": "the card chooses between gold calls and a preferred answer",
    "when2call": "the card reads the chosen of two answers",
}
