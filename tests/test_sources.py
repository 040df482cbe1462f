"""What sources promise beyond single rows: rights of a row, one row a task, rows in lists."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import golden

import planloom
from planloom import files, records
from planloom.datasets import find
from planloom.pipeline import Corpus
from planloom.shapes import origin

LICENCES = {
    "cc-by-4.0": "open",
    "Apache 2.0": "open",
    "MIT": "open",
    "ODC-By-1.0": "open",
    "CDLA Permissive 2.0": "open",
    "Public Domain": "open",
    "CC BY-SA 4.0": "share_alike",
    "CC BY-NC 4.0": "non_commercial",
    "CC-BY-NC-SA-4.0": "non_commercial",
    "CC BY-NC-ND 4.0": "no_publish",
    "Unknown": "no_publish",
    "RACE license": "no_publish",
    "": "no_publish",
}


@pytest.mark.parametrize(("licence", "use"), LICENCES.items())
def test_a_licence_says_what_may_be_done(licence: str, use: str) -> None:
    assert origin.use_of(licence) == use


def built(tmp_path: Path, source: str, rows: dict[str, list[Any]]) -> Corpus:
    """A build of one source whose files hold these rows."""
    for name, lines in rows.items():
        path = tmp_path / "data" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'name = "t"\nallow_non_commercial = true\n'
        f'[targets]\nfunction_calling = 9\ntool_reasoning = 9\n[sources]\n"{source}" = {{}}\n'
    )
    return planloom.build(recipe, tmp_path / "out", data_root=tmp_path / "data", workers=1)


def test_teachers_that_answer_one_question_give_one_plan(tmp_path: Path) -> None:
    row = golden("toucan")[0]["row"]
    messages = json.loads(row["messages"])
    shorter = {**row, "messages": json.dumps([*messages[:4], messages[-1]])}
    files = {f"{config}/train-0.jsonl": [shorter] for config in ("Kimi-K2", "Qwen3")}
    corpus = built(tmp_path, "Agent-Ark/Toucan-1.5M", {**files, "OSS/train-0.jsonl": [row]})
    plans = list(planloom.open(corpus.out))
    assert [plan.config for plan in plans] == ["OSS"]


def test_both_layouts_of_a_pair_give_one_plan(tmp_path: Path) -> None:
    cases = golden("toolpref")
    gen = [case["row"] for case in cases if "chat_history" in case["row"]]
    disc = [case["row"] for case in cases if "chosen" in case["row"]]
    rows = {"toolrm_train_think.jsonl": gen[:2], "toolrm_train_disc.jsonl": disc}
    corpus = built(tmp_path, "RioLee/ToolPref-Pairwise-30K", rows)
    plans = list(planloom.open(corpus.out))
    assert len(plans) == 2
    assert {plan.source_split for plan in plans} == {"train/gen"}


def test_a_worse_answer_to_the_same_task_leaves(tmp_path: Path) -> None:
    gen = golden("toolpref")[0]["row"]
    history = gen["chat_history"]
    wrong = (
        '<tool_call>\n{"name": "kiln_temp", "arguments": {"kiln": 3, "celsius": 90}}\n</tool_call>'
    )
    disc = {"chosen": [*history, {"role": "assistant", "content": wrong}], "chosen_score": 0.67}
    rows = {"toolrm_train_think.jsonl": [gen], "toolrm_train_disc.jsonl": [disc]}
    corpus = built(tmp_path, "RioLee/ToolPref-Pairwise-30K", rows)
    (plan,) = planloom.open(corpus.out)
    assert plan.source_split == "train/gen"


def test_each_instance_of_a_task_file_is_a_row(tmp_path: Path) -> None:
    source = find("allenai/natural-instructions")
    task = golden("natural_instructions_upstream")[0]["row"]
    instances = [{"input": word, "output": [word[::-1]]} for word in ("harbour", "lantern")]
    path = tmp_path / "tasks" / "task1_turn.json"
    path.parent.mkdir()
    path.write_text(json.dumps({**task, "Instances": instances}, indent=4))
    (file,) = files.find(tmp_path, source)
    part = source.parts[0]
    rows = [row for _, row in records.read(files.Slice(file, 0, 0), part.columns, part.each)]
    answers = [part.read(row).answers for row in rows if isinstance(row, dict)]
    assert answers == [("ruobrah",), ("nretnal",)]
