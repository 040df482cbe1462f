"""Configs and splits, spreading, drift, feasibility and the table, without a hub."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from planloom import feasible, layout, overview, texts
from planloom.datasets import catalogue
from planloom.facts import Facts, PartFacts, Sample, added
from planloom.hub import Entry

XLAM = catalogue()["Salesforce/xlam-function-calling-60k"]


def entries(*paths: str) -> list[Entry]:
    return [Entry(path, 10, "", None) for path in paths]


DATA = "a/train-0.parquet", "a/train-1.parquet", "b/x_val_2.jsonl", "b/y.json.gz"
CONFIGS: dict[str, tuple[list[dict[str, Any]], dict[tuple[str, str], int]]] = {
    "none": ([], {("default", "train"): 3, ("default", "validation"): 1}),
    "a pattern": ([{"config_name": "c", "data_files": "a/*"}], {("c", "train"): 2}),
    "patterns": ([{"data_files": ["a/*", "b/y*"]}], {("default", "train"): 3}),
    "splits": (
        [{"data_files": [{"split": "s", "path": "a/*"}, {"split": "t", "path": ["b/*", "a/*"]}]}],
        {("default", "s"): 2, ("default", "t"): 4},
    ),
    "a table": (
        [{"data_files": {"s": "a/train-0*", "t": ["b/x*"]}}],
        {("default", "s"): 1, ("default", "t"): 1},
    ),
    "a folder": ([{"config_name": "d", "data_dir": "b"}], {("d", "train"): 2}),
    "any folders": ([{"data_files": "**/train-?.parquet"}], {("default", "train"): 2}),
    "nothing there": ([{"data_files": "c/*"}], {}),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configs_and_splits_are_those_of_the_repository(name: str) -> None:
    configs, expected = CONFIGS[name]
    listed = entries(*DATA, "README.md", ".cache/z.jsonl", "../out.jsonl", "/etc/out.jsonl")
    found = layout.groups(listed, configs, None)
    assert {(g.config, g.split): len(g.files) for g in found} == expected


def test_the_first_files_are_spread() -> None:
    listed = entries(*(f"train-{n:02d}.parquet" for n in range(16)), "test.jsonl")
    files = [e.path for e, _ in layout.ordered(layout.groups(listed, [], None))]
    assert set(files[:3]) == {"train-00.parquet", "test.jsonl", "train-08.parquet"}
    assert len(files) == 17


@pytest.mark.parametrize("indent", [None, 2])
def test_elements_are_found_in_the_middle_of_an_array(tmp_path: Path, indent: int | None) -> None:
    rows = [
        {"q": f'a }}, {{"x": {n}', "m": [{"r": n}, {"r": n}], "p": "é" * 400} for n in range(3000)
    ]
    data = json.dumps(rows, indent=indent, ensure_ascii=False).encode()
    entry = Entry("a.json", len(data), "", None)
    opened: Any = lambda _: io.BytesIO(data)  # noqa: E731
    [found] = texts.excerpts(opened, [(entry, None)], tmp_path)
    assert found.file is not None
    read = [json.loads(line) for line in Path(found.file.path).read_text("utf-8").splitlines()]
    assert all(set(row) == {"q", "m", "p"} for row in read) and len(read) == found.records
    assert max(row["m"][0]["r"] for row in read) > 2500
    assert round(len(data) * found.records / found.bytes) == pytest.approx(3000, rel=0.02)


LICENCES = [
    ("cc-by-4.0", "CC-BY-4.0", True),
    ("odc-by", "ODC-By-1.0", True),
    ("other", "LicenseRef-NVIDIA", True),
    (None, "none stated", True),
    ("cc-by-4.0, cc-by-sa-4.0", "CC-BY-4.0", True),
    ("mit", "CC-BY-4.0", False),
    (None, "MIT", False),
    ("apache-2.0", "LicenseRef-NVIDIA", False),
]


@pytest.mark.parametrize(("hub", "card", "same"), LICENCES)
def test_a_licence_is_compared_as_the_hub_writes_it(hub: str | None, card: str, same: bool) -> None:
    facts = Facts("a/b", commit="c", licence_hub=hub)
    source = type(XLAM)("a/b", card, 0, 3, refused="x")
    assert (not list(feasible.drift(facts, source, []))) == same


def seen(**other: Any) -> Facts:
    sample = Sample(rows=100, lifted=95, plans=95)
    part = PartFacts("dataset", "train", ["dataset/train"], 1, 9, "json", 60_000, "viewer")
    part.sample, part.columns = sample, {"query": "string", "answers": "string"}
    known = {"licence_hub": "cc-by-4.0", "gated": "auto", "commit": XLAM.revision}
    return Facts(XLAM.id, parts=[part], **{**known, **other})


def test_what_is_as_the_card_says_is_easy_and_does_not_drift() -> None:
    facts = seen()
    assert list(feasible.drift(facts, XLAM, ["query"])) == []
    assert feasible.judged(facts, XLAM) == ("easy", "95% of sampled rows lift")


def test_rows_drift_by_one_percent_counted_and_ten_estimated() -> None:
    facts = seen()
    for rows, origin, drifts in (
        (60_500, "footers", 0),
        (61_000, "viewer", 1),
        (61_000, "estimated", 0),
    ):
        facts.parts[0].rows, facts.parts[0].rows_origin = rows, origin
        assert len(list(feasible.drift(facts, XLAM, []))) == drifts


def test_what_went_and_what_came_is_told() -> None:
    facts = seen(commit="0" * 40, gated="no")
    facts.parts.append(PartFacts("new", "train", [], 1, 1, "json"))
    facts.parts[0].card = []
    found = list(feasible.drift(facts, XLAM, ["query", "tools"]))
    words = [line.split(":")[0] for line in found]
    assert words == ["revision", "gated", "new", "new", "gone", "columns"]


def test_names_of_strangers_do_not_steer_the_terminal() -> None:
    facts = seen(licence_hub="\x1b[31mred\x9b", detail="\u202e")
    facts.parts[0].sample = Sample(rows=1, examples=["\x07{}"])
    text = overview.render([facts, facts], 100, details=True)
    assert all(c.isprintable() or c == "\n" for c in text)


def test_samples_add_up() -> None:
    one = Sample(rows=2, plans=1, reasons={"no_call": 1}, examples=["a"])
    two = Sample(rows=3, plans=2, reasons={"no_call": 2, "flagged": 1}, examples=["b"])
    assert added([one, two]) == Sample(
        rows=5, plans=3, reasons={"no_call": 3, "flagged": 1}, examples=["a", "b"]
    )
