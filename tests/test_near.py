"""What counts as the same: near duplicates, template siblings, groups and folds."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import planloom
from planloom import dedup, near, signatures
from planloom.chunks import INDEX, PREFIX
from planloom.errors import Reason
from planloom.explain import explain
from planloom.indexed import KEPT, Indexed, fate
from planloom.ledger import Ledger
from planloom.pipeline import Corpus
from planloom.recipe import Dedup

CARD = '''"""Rows made up here."""
from planloom.shapes import conversation, gold_list
from planloom.source import Part, Source

SOURCE = Source(id="own/{name}", licence="MIT", rows=9, tier=3, overlap="own", parts=(
    Part("train", ("calls.jsonl",), gold_list.reader("query", "answers"), "function_calling"),
    Part("chat", ("chat.jsonl",), conversation.reader("messages"), "conversation"),))
'''


def built(
    home: Path, rows: dict[str, list[dict[str, Any]]], dedup: str = "", name: str = "out"
) -> Corpus:
    """A build of sources `own/NAME`, whose rows are calls or chats."""
    (home / "sets").mkdir(exist_ok=True)
    for source, mine in rows.items():
        folder = home / f"data/own__{source}"
        folder.mkdir(parents=True, exist_ok=True)
        (home / f"sets/{source}.py").write_text(CARD.replace("{name}", source))
        for file, key in (("calls.jsonl", "query"), ("chat.jsonl", "messages")):
            lines = [json.dumps(row) for row in mine if key in row]
            (folder / file).write_text("\n".join(lines))
    listed = "\n".join(f'"own/{source}" = {{}}' for source in rows)
    (home / "r.toml").write_text(
        f'name = "r"\ndatasets = ["./sets"]\ntargets = {{function_calling = 99999, conversation = 99999}}\n'
        f"[dedup]\n{dedup}\n[sources]\n{listed}\n"
    )
    return planloom.build(home / "r.toml", home / name, data_root=home / "data", fresh=True)


def row(query: str, **arguments: Any) -> dict[str, Any]:
    return {"query": query, "answers": json.dumps([{"name": "book", "arguments": arguments}])}


def chat(*said: str) -> dict[str, Any]:
    turns = [[("user", text), ("assistant", "Here you are.")] for text in said]
    return {"messages": [{"role": r, "content": c} for pair in turns for r, c in pair]}


def left(corpus: Corpus) -> dict[str, int]:
    rows = json.loads((corpus.out / "ledger.json").read_bytes())
    return {r["reason"]: r["n"] for r in rows if r["stage"] == "dedup" and r["reason"]}


def plans(corpus: Corpus) -> list[dict[str, Any]]:
    files = sorted((corpus.out / "plans").glob("*.parquet"))
    return [plan for file in files for plan in pq.read_table(file).to_pylist()]


ASKED = "Please book the small berth at the north quay for Friday evening"


@pytest.mark.parametrize(
    ("some", "other"),
    [
        (ASKED, f"Hi, {ASKED[0].lower()}{ASKED[1:]}!"),
        (ASKED, ASKED.replace("small", "SMALL")),
        (ASKED, ASKED.replace("evening", "evenign")),
        (
            "请帮我在北码头预订星期五晚上的小泊位，谢谢你",
            "请帮我在北码头预订星期五晚上的小泊位。谢谢",
        ),
        (
            "金曜日の夜に北の岸壁で小さな停泊所を予約してください",
            "金曜日の夜に北の岸壁で小さな停泊所を予約して下さい",
        ),
    ],
)
def test_a_small_edit_leaves_one(tmp_path: Path, some: str, other: str) -> None:
    corpus = built(tmp_path, {"a": [row(some, berth="n"), row(other, berth="n")]})
    assert left(corpus) == {"near_duplicate": 1}
    assert plans(corpus)[0]["at"] == 0
    assert left(built(tmp_path, {"a": [chat(some), chat(other)]})) == {"near_duplicate": 1}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (row(ASKED, berth="n"), row(f"{ASKED}!", berth="s")),  # other calls
        (row(f"{ASKED} at 7", berth="n"), row(f"{ASKED} at 8", berth="n")),  # other numbers
        (chat("Tell me of the sea.", ASKED), chat("Tell me of the tides.", f"{ASKED}!")),
        (chat(f"{ASKED} {'and the next ' * 60}, all is well"), chat(f"{ASKED} {'and the next ' * 60}, no word of it came to us")),
    ],
)  # fmt: skip
def test_what_asks_for_another_thing_stays(
    tmp_path: Path, one: dict[str, Any], two: dict[str, Any]
) -> None:
    assert "near_duplicate" not in left(built(tmp_path, {"a": [one, two]}))


def test_a_threshold_of_zero_keeps_near_duplicates(tmp_path: Path) -> None:
    rows = {"a": [chat(ASKED), chat(f"{ASKED}!")]}
    assert left(built(tmp_path, rows, "near_duplicates = 0.0")) == {}


def test_a_near_duplicate_says_of_what(tmp_path: Path) -> None:
    corpus = built(tmp_path, {"a": [chat(ASKED), chat(f"{ASKED}!")]})
    (kept,) = plans(corpus)
    at = len(json.dumps(chat(ASKED))) + 1
    assert f"of {kept['plan_id']}" in explain(corpus.out, f"own/a:chat.jsonl@{at}")


def test_distinct_plans_of_one_template_stay_and_can_be_capped(tmp_path: Path) -> None:
    rows = [
        row(f"Pay invoice {n} from account A{n} to account B{n}.", invoice=n) for n in range(300)
    ]
    assert left(built(tmp_path, {"a": rows}, "template_cap = 0")) == {}
    assert left(built(tmp_path, {"a": rows}, "template_cap = 50")) == {"template_cap": 250}


def test_thresholds_read_no_source_again(tmp_path: Path) -> None:
    rows = {"a": [chat(ASKED), chat(f"{ASKED}!")]}
    stage = built(tmp_path, rows).out / ".stage"
    before = {path: path.stat().st_mtime_ns for path in stage.glob("*/*/plans.arrow")}
    again = built(tmp_path, rows, "near_duplicates = 0.0")
    assert {path: path.stat().st_mtime_ns for path in stage.glob("*/*/plans.arrow")} == before
    assert Ledger.of(json.loads((again.out / "ledger.json").read_bytes())).problems() == []


def test_what_belongs_together_is_one_group_in_one_fold(tmp_path: Path) -> None:
    corpus = built(
        tmp_path,
        {
            "a": [
                row(ASKED, berth="n", day="fri", time="late"),
                *(chat(f"Tell me a story of the {thing}.", "And another one, please.") for thing in THINGS),
            ],
            "b": [row("Kuzey rıhtımda cuma akşamı küçük yeri ayırt", berth="n", day="fri", time="late")],
        },
    )  # fmt: skip
    rows = plans(corpus)
    calls = {plan["group"] for plan in rows if plan["category"] == "function_calling"}
    assert len(calls) == 1  # equal calls in sources that share rows, such as a translation
    talks: dict[str, list[str]] = {}
    for plan in rows:
        talks.setdefault(plan["group"], []).append(plan["plan_id"])
    assert all(group == min(ids) for group, ids in talks.items())
    assert sum(len(ids) == 2 for ids in talks.values()) == 1 + len(THINGS)
    folds = {(plan["group"], plan["fold"]) for plan in rows}
    assert len(folds) == len(talks)
    assert {fold for _, fold in folds} <= {"train", "valid", "test"}


THINGS = ("lighthouse", "harbour seal", "old ferry", "drowned bell", "north wind")


@given(st.lists(st.text(max_size=60), min_size=1, max_size=8))
@settings(max_examples=200)
def test_signatures_take_any_text_and_depend_on_it_alone(texts: list[str]) -> None:
    together = signatures.signatures(texts)
    for number, text in enumerate(texts):
        alone = signatures.signatures([text])
        assert (alone.low[0] == together.low[number]).all()
        assert (alone.buckets[:, 0] == together.buckets[:, number]).all()


def test_similarity_estimates_that_of_the_grams() -> None:
    rng = np.random.default_rng(7)
    words = [f"w{n}" for n in range(400)]
    texts = [" ".join(rng.choice(words, 60)) for _ in range(60)]
    texts += [" ".join(w if rng.random() > 0.05 else "zz" for w in text.split()) for text in texts]
    hashes, ends = signatures.grams(signatures.letters(texts))
    sets = [set(part.tolist()) for part in np.split(hashes, ends[1:-1].astype(int))]
    some, others = np.arange(60), np.arange(60, 120)
    true = [
        len(sets[a] & sets[b]) / len(sets[a] | sets[b]) for a, b in zip(some, others, strict=True)
    ]
    found = near.similarity(signatures.signatures(texts).low, some, others)
    assert abs(found - np.array(true)).mean() < 0.04


def chunk(folder: Path, source: str, rows: list[dict[str, int]], prefixes: Any) -> Indexed:
    """A chunk whose requests nobody compares."""
    folder.mkdir()
    index = np.zeros(len(rows), INDEX)
    for number, row in enumerate(rows):
        for name, value in row.items():
            index[number][name] = value
    np.save(folder / "index.npy", index)
    np.save(folder / "prefixes.npy", np.array(prefixes, PREFIX))
    return Indexed(source, 0, False, None, folder, len(rows))


@pytest.mark.parametrize("label", [0, 2])
def test_a_beginning_leaves_only_for_a_longer_dialogue_that_is_in(
    tmp_path: Path, label: int
) -> None:
    """In another source stands a copy of the longer one, benign or adversarial."""
    short, longer = {"hi": 1, "whole": 77}, {"hi": 2, "whole": 88}
    chunks = [
        chunk(tmp_path / "a", "a", [short, longer], [(77, 1)]),
        chunk(tmp_path / "b", "b", [{**longer, "label": label}], []),
    ]
    fates = dedup.dedup(chunks, Dedup(near_duplicates=0, template_cap=0)).fates
    if label:
        assert fates[0].tolist() == [KEPT, fate(Reason.flagged)]
    else:
        assert fates[0].tolist() == [fate(Reason.prefix_of_longer), KEPT]
