"""What an evaluation set holds is found again in plans, and nothing else is."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

import planloom
from planloom import cli, decontaminate, files, items, phrases, pipeline, recipe, work
from planloom.errors import RecipeError
from planloom.explain import explain
from planloom.items import ITEM, Read

SET = "HuggingFaceH4/instruction-dataset"
BFCL = "gorilla-llm/Berkeley-Function-Calling-Leaderboard"
LONG = "Explain how the tide tables of a small harbour are worked out from last year's readings."
SHORT = "Name three lighthouses."
RECIPE = """
name = "clean"
[targets]
function_calling = 90
conversation = 90
[sources]
"Salesforce/xlam-function-calling-60k" = {}
"HuggingFaceH4/ultrachat_200k" = {}
"""
GOLD = {"harbour_depth": {"harbour": ["Kristiansund"], "tide": ["low"], "metres": [3, 3.0]}}


def equal(*texts: str) -> bool:
    return len(set(phrases.wholes(phrases.words(texts)).tolist())) == 1


@pytest.mark.parametrize(
    "other",
    [
        "What is THE depth,   at Bodø harbour -- today?!",
        "what is the depth\nat bodø harbour today",
        "“What is the depth” … at Bodø harbour? Today.",
        "What is the depth at Bod\u00f8 harbour today",
        "\uff37hat is the depth at Bodø harbour: today",
    ],
)
def test_spelling_does_not_count(other: str) -> None:
    assert equal("What is the depth at Bodø harbour today?", other)


@pytest.mark.parametrize(
    "other",
    [
        "What is the depth at Bodo harbour today?",
        "What is the depth at harbour Bodø today?",
        "What is the depth at Bodø harbour today? today",
        "",
    ],
)
def test_words_and_their_order_count(other: str) -> None:
    assert not equal("What is the depth at Bodø harbour today?", other)


def test_characters_without_spaces_are_words() -> None:
    known = phrases.words(["你好世界", "ok 世 界", "", "a" * 40, "a" * 41])
    assert np.diff(known.bounds).tolist() == [4, 3, 0, 1, 1]
    assert known.hashes[2] == known.hashes[5] != known.hashes[6]
    assert known.hashes[-1] != known.hashes[-2]


def read(*texts: str, calls: int = 0) -> Read:
    known = phrases.words(texts)
    rows = np.zeros(len(texts), ITEM)
    rows["at"], rows["whole"] = np.arange(len(texts)), phrases.wholes(known)
    rows["calls"], rows["words"] = calls, np.diff(known.bounds)
    found = items.telling_phrases(items._phrases(known, 0), rows, items.SAMPLED)
    return Read(rows, found, np.empty(0, np.uint64), 0)


def held(folder: Path, texts: list[str], asked: list[str]) -> list[tuple[int | None, int | None]]:
    """Of each text the item that it equals, and the item that it holds."""
    decontaminate.make([("set", "file", read(*texts))], folder)
    same, holding = decontaminate.opened(str(folder)).texts(asked)
    none = decontaminate.NO_ITEM
    return [
        (None if a == none else a, None if b == none else b)
        for a, b in zip(same.tolist(), holding.tolist(), strict=True)
    ]


def test_long_items_are_found_inside_short_ones_by_equality(tmp_path: Path) -> None:
    asked = [
        f"You are a pilot. {LONG.upper()} Answer in one line.",
        SHORT.replace(" ", "\n"),
        f"Please do this for me now: {SHORT}",
        LONG.rsplit(" ", 6)[0],
        "",
    ]
    found = held(tmp_path / "index", [LONG, SHORT], asked)
    assert found == [(None, 0), (1, None), (None, None), (None, None), (None, None)]


def test_a_long_item_is_found_though_a_word_is_changed(tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(60)]
    changed = [*words[:30], "other", *words[31:]]
    half = words[:30]
    asked = [" ".join(changed), " ".join(half)]
    assert held(tmp_path / "index", [" ".join(words)], asked) == [(None, 0), (None, None)]


def test_what_many_items_share_tells_nothing(tmp_path: Path) -> None:
    template = "You are given a sentence. Say whether the sentence is about the sea or the land."
    texts = [f"{template} The boat number {n} sails past pier {n} at noon." for n in range(20)]
    asked = [f"{template} A goat eats grass on a hill.", f"So: {texts[7]} Thanks!", template]
    found = held(tmp_path / "index", texts, asked)
    assert found == [(None, None), (None, 7), (None, None)]


def test_beside_a_template_all_words_must_be_there(tmp_path: Path) -> None:
    template = "Say in one word whether this is about the sea or about the land."
    texts = [f"{template} Boat {n}" for n in range(20)]
    asked = [f"So: {texts[7]} Thanks!", "About the land. Boat 7", f"{template} Boat 77"]
    found = held(tmp_path / "index", texts, asked)
    assert found == [(None, 7), (None, None), (None, None)]


def test_a_bare_index_finds_nothing(tmp_path: Path) -> None:
    assert held(tmp_path / "index", ["", "a b"], [LONG, ""]) == [(None, None)] * 2


def test_calls_are_compared_by_tool_and_values() -> None:
    deeds = [("Harbour.Depth", {"harbour": "Kristiansund", "m": 3.0}), ("b", {"x": None})]
    same = [("b", {}), ("harbour_depth", {"m": "3", "harbour": "KRISTIANSUND "})]
    other = [("b", {}), ("harbour_depth", {"m": "4", "harbour": "Kristiansund"})]
    assert items.skeleton(deeds) == items.skeleton(same) != items.skeleton(other)
    assert items.telling(deeds)
    assert not items.telling([("time", {}), ("weather", {"city": "Kristiansund"})])
    assert items.telling([("ask", {"question": "When is low tide in Kristiansund?"})])


def written(path: Path, rows: list[dict[str, Any]], *, array: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row) for row in rows]
    path.write_text(f"[{','.join(lines)}]" if array else "\n".join(lines) + "\n")


def chat(*turns: str) -> dict[str, Any]:
    said = [m for t in turns for m in ((("user"), t), ("assistant", f"Here you are: {t[:9]} ..."))]
    return {"messages": [{"role": role, "content": text} for role, text in said]}


def call(query: str, **arguments: Any) -> dict[str, Any]:
    flat = {name: {"type": "str", "description": name} for name in arguments}
    tool = {"name": "harbour_depth", "description": "Depth.", "parameters": flat}
    answer = {"name": "harbour_depth", "arguments": arguments}
    return {"id": 1, "query": query, "answers": json.dumps([answer]), "tools": json.dumps([tool])}


CLEAN = [f"Tell me the story of the {n} grey seals of island {n}." for n in range(40)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Chats and calls; five of them repeat two evaluation sets."""
    root = tmp_path / "data"
    chats = [chat(text) for text in CLEAN]
    chats += [chat(LONG.lower()), chat("Thank you, that was good.", f"And now: {LONG} Be short.")]
    chats += [chat("Which of them are the tallest?", SHORT, "And the oldest of all?")]
    written(root / "HuggingFaceH4/ultrachat_200k/data/train_sft-0.jsonl", chats)
    calls = [call("How deep is it there now?", harbour="Kristiansund", tide="low", metres="3")]
    calls += [call("How deep is Bodø at low tide?", harbour="Bodo", tide="low", metres="3")]
    path = root / "Salesforce/xlam-function-calling-60k/xlam_function_calling_60k.json"
    written(path, calls, array=True)
    asked = [{"prompt": LONG, "completion": "-"}, {"prompt": SHORT, "completion": "-"}]
    written(root / SET / "test.jsonl", asked)
    written(
        root / BFCL / "possible_answer" / "BFCL_v4_x.json", [{"id": "x", "ground_truth": [GOLD]}]
    )
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return root


def built(data: Path, out: Path, text: str = RECIPE, workers: int = 1) -> pipeline.Corpus:
    options = pipeline.Options(str(out), str(data), workers=workers)
    return pipeline.build(recipe.parse(text, "test"), options)


def test_no_plan_that_repeats_an_evaluation_set_stays(data: Path, tmp_path: Path) -> None:
    corpus = built(data, tmp_path / "out")
    plans = list(planloom.open(tmp_path / "out"))
    said = "\n".join(turn for plan in plans for turn in plan.user_turns).lower()
    assert LONG.lower() not in said
    assert SHORT.lower() not in said
    assert sum(plan.category == "function_calling" for plan in plans) == 1
    assert {text.lower() for text in CLEAN} <= set(said.split("\n"))
    # Of the chat about lighthouses the turn before the item is no repetition.
    assert "which of them are the tallest?" in said
    assert corpus.stats["contaminated"] == {BFCL: 1, SET: 4}
    assert corpus.ledger.total(stage="check", unit="plan", left=True) == 5
    assert corpus.ledger.problems() == []


def test_an_evaluation_set_leaves_hashes_only(data: Path, tmp_path: Path) -> None:
    built(data, tmp_path / "out")
    index = [path for path in (tmp_path / "out/.stage/evaluation").rglob("*") if path.is_file()]
    assert index
    assert not any(b"tide tables" in path.read_bytes() for path in index)
    made = json.loads((tmp_path / "out/manifest.json").read_text())["evaluation_sets"]
    assert (made[SET]["items"], made[BFCL]["items"]) == (2, 1)


def test_explain_names_the_item(data: Path, tmp_path: Path) -> None:
    built(data, tmp_path / "out")
    address = "Salesforce/xlam-function-calling-60k:xlam_function_calling_60k.json@0"
    told = " ".join(explain(tmp_path / "out", address).split())
    assert f"{BFCL} possible_answer/BFCL_v4_x.json@0: the same calls" in told
    rejects = (tmp_path / "out/rejects/HuggingFaceH4__ultrachat_200k.jsonl").read_text()
    assert re.search(rf"{SET} test.jsonl@[1-9]\d+: the same request", rejects)
    assert f"{SET} test.jsonl@0: its request is in it" in rejects


def test_sets_without_data_are_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    given = [str(tmp_path / "recipe.toml"), "--out", str(out), "--data-root", str(data)]
    assert cli.main(["build", *given]) == 0
    said = capsys.readouterr()
    assert "NOT checked against evaluation sets: " in said.err
    assert "lmarena-ai/arena-hard-auto" in said.err
    assert SET not in said.err
    made = json.loads((out / "manifest.json").read_text())["evaluation_sets"]
    assert made["lmarena-ai/arena-hard-auto"] == {"why": "its data was not there"}
    assert "NOT checked: its data was not there" in (out / "report.html").read_text()


def test_a_recipe_names_its_sets(data: Path, tmp_path: Path) -> None:
    named = built(data, tmp_path / "a", f'{RECIPE}[decontaminate]\nsets = ["{BFCL}"]\n')
    assert named.stats["contaminated"] == {BFCL: 1}
    assert named.unchecked == {}
    none = built(data, tmp_path / "b", f"{RECIPE}[decontaminate]\nsets = []\n")
    assert none.stats["contaminated"] == {}
    assert json.loads((tmp_path / "b/manifest.json").read_text())["evaluation_sets"] == {}


@pytest.mark.parametrize("name", ["nobody/nothing", "Salesforce/xlam-function-calling-60k"])
def test_a_name_that_is_no_set_is_refused(data: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(RecipeError, match=f"^{name}: no"):
        built(data, tmp_path / "out", f'{RECIPE}[decontaminate]\nsets = ["{name}"]\n')


def test_a_set_that_is_broken_is_told(data: Path, tmp_path: Path) -> None:
    (data / SET / "test.jsonl").write_text('{"prompt": 7}\n{"prompt"\n')
    corpus = built(data, tmp_path / "out")
    assert corpus.unchecked[SET] == "no item of it could be read (unreadable rows: 1)"
    assert corpus.stats["contaminated"] == {BFCL: 1}


def test_the_bytes_do_not_depend_on_workers(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "SMALL", 0)
    monkeypatch.setattr(files, "SLICE_BYTES", 2000)
    made = []
    for workers in (1, 2):
        built(data, tmp_path / str(workers), workers=workers)
        made.append((tmp_path / str(workers) / "manifest.json").read_bytes())
    assert made[0] == made[1]


def test_other_evaluation_data_makes_the_slices_again(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = built(data, out)
    slices = {path.name for path in (out / ".stage").iterdir() if path.is_dir()}
    built(data, out)
    assert {path.name for path in (out / ".stage").iterdir() if path.is_dir()} == slices
    written(data / SET / "test.jsonl", [{"prompt": CLEAN[3], "completion": "-"}])
    second = built(data, out)
    assert first.stats["contaminated"][SET] == 4
    assert second.stats["contaminated"][SET] == 1
    fresh = built(data, tmp_path / "fresh")
    assert second.stats == fresh.stats
    assert len(list((out / ".stage/evaluation").glob("*.npz"))) == 2


def test_a_damaged_index_is_made_again(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = built(data, out)
    [array] = (out / ".stage/evaluation").glob("*/wholes.npy")
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    assert built(data, out).stats == first.stats


def test_rows_that_a_reader_holds_out_are_items() -> None:
    part = planloom.datasets.find("google/mobile-actions").parts[0]
    assert part.evaluates
    assert not structs.replace(part, held_out=False).evaluates
