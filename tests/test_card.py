"""Card, NOTICE and Croissant of a build: read by the tools that people use, equal to what is inside."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from huggingface_hub import DatasetCard

from planloom import pipeline, write
from planloom.arrow import SCHEMA, TOOLS
from planloom.card import fields
from planloom.card.about import About
from planloom.card.licences import known, verdict
from planloom.card.words import share
from planloom.errors import RecipeError
from planloom.pipeline import Corpus, Options
from planloom.recipe import load, parse
from planloom.report.built import Built

quiet = pytest.mark.filterwarnings("ignore")
"""The tools that read a build are not ours to mend."""
PACKED = str(Path(write.__file__).parent / "sample")
OPEN = """
name = "open"
[targets]
function_calling = 20
conversation = 20
[sources]
"NousResearch/hermes-function-calling-v1" = {}
"allenai/WildChat-1M" = {}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The sample, its plans in three parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "PART_PLANS", 50)
        return pipeline.build(load(None), Options(out=str(tmp_path_factory.mktemp("o")), workers=1))


@pytest.fixture(scope="module")
def plans(built: Corpus) -> list[dict[str, Any]]:
    return pq.read_table(built.out / "plans").to_pylist()


def small(folder: Path, added: str = "") -> Corpus:
    recipe = parse(OPEN + added, "test")
    return pipeline.build(recipe, Options(out=str(folder), data_root=PACKED, workers=1))


def tables(out: Path) -> dict[str, list[list[str]]]:
    """The tables of the card by their first head, without links and marks."""
    found: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in (out / "README.md").read_text("utf-8").splitlines():
        if not line.startswith("| "):
            rows = []
            continue
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        cells = [re.sub(r"\[(.+)\]\(.+\)", r"\1", cell).strip("`*") for cell in cells]
        if not rows:
            found[cells[0]] = rows = [cells]
        elif cells[0] != "---":
            rows.append(cells)
    return {head: rows[1:] for head, rows in found.items()}


def number(text: str) -> int:
    return int(text.replace(",", ""))


def told(counts: str) -> dict[str, int]:
    """`gold 1,200, observed 3` as a table."""
    return {name: number(n) for name, n in re.findall(r"(\w+) ([\d,]*\d)", counts)}


def test_the_head_is_what_the_hub_reads(built: Corpus, plans: list[dict[str, Any]]) -> None:
    head = DatasetCard.load(built.out / "README.md").data
    assert (head.license, head.license_name) == ("other", "not-for-redistribution")
    assert [one["config_name"] for one in head.configs] == [
        "plans",
        "adversarial",
        "quarantine",
        "tools",
    ]
    assert [one.get("default") for one in head.configs] == [True, None, None, None]
    assert head.size_categories == ["n<1K"]
    assert set(head.source_datasets) >= {plan["source"] for plan in plans}
    assert head.language == sorted({plan["language"] for plan in plans} - {"und"})


@quiet
@pytest.mark.parametrize("config", ["plans", "adversarial", "quarantine", "tools"])
def test_datasets_loads_every_config_with_the_features_stated(
    built: Corpus, tmp_path: Path, config: str
) -> None:
    import datasets

    loaded = datasets.load_dataset(str(built.out), config, split="full", cache_dir=str(tmp_path))
    files = "tools.parquet" if config == "tools" else f"{config}/*.parquet"
    inferred = datasets.load_dataset(
        "parquet", data_files=str(built.out / files), split="train", cache_dir=str(tmp_path)
    )
    schema = TOOLS if config == "tools" else SCHEMA
    assert loaded.features == inferred.features == datasets.Features.from_arrow_schema(schema)
    assert fields.features(config) == loaded.features._to_yaml_list()
    assert len(loaded) == len(inferred) > 0


def test_the_composition_is_what_the_plans_are(built: Corpus, plans: list[dict[str, Any]]) -> None:
    titles = {"Function calling": "function_calling", "Tool reasoning": "tool_reasoning"}
    titles |= {"Instruction following": "instruction_following", "Conversations": "conversation"}
    *rows, total = tables(built.out)["category"]
    assert {titles[row[0]] for row in rows} == set(titles.values())
    for title, wanted, got, missing, evidence in rows:
        mine = [plan for plan in plans if plan["category"] == titles[title]]
        assert number(got) == len(mine)
        assert number(wanted) == getattr(built.recipe.targets, titles[title])
        assert number(missing) == max(number(wanted) - len(mine), 0)
        assert told(evidence) == Counter(plan["evidence"] for plan in mine)
    assert number(total[2]) == len(plans) and number(total[1]) == built.recipe.goal


def test_every_source_says_what_it_gave(built: Corpus, plans: list[dict[str, Any]]) -> None:
    rows = {row[0]: row for row in tables(built.out)["dataset"]}
    assert set(rows) == {plan["source"] for plan in plans} | beside(built.out)
    for name, row in rows.items():
        mine = [plan for plan in plans if plan["source"] == name]
        read = built.ledger.total(source=name, stage="read", unit="row", left=False)
        assert (number(row[3]), number(row[4])) == (read, len(mine))
        assert told(row[5]) == Counter(plan["evidence"] for plan in mine)
        assert set(filter(None, row[7].split(", "))) == {plan["use"] for plan in mine}
    tiers = {tier: number(n) for tier, n, _ in tables(built.out)["tier of source"]}
    assert sum(tiers.values()) == len(plans)


def test_what_lies_beside_is_counted(built: Corpus) -> None:
    text = (built.out / "README.md").read_text("utf-8")
    sizes = [len(pq.read_table(built.out / name)) for name in ("adversarial", "quarantine")]
    assert f"{sizes[0]} plans in `adversarial`, {sizes[1]} plans in `quarantine`." in text
    notice = (built.out / "NOTICE").read_text("utf-8")
    for name, size in zip(("adversarial", "quarantine"), sizes, strict=True):
        assert sum(map(int, re.findall(rf"^  {name} +(\d+) plans$", notice, re.M))) == size


def beside(out: Path) -> set[str]:
    names = ("adversarial", "quarantine")
    return {s for name in names for s in pq.read_table(out / name)["source"].to_pylist()}


def test_the_licences_are_those_of_the_plans(built: Corpus, plans: list[dict[str, Any]]) -> None:
    found = {(licence, use): number(n) for licence, use, n in tables(built.out)["licence of rows"]}
    assert found == Counter((plan["licence"], plan["use"]) for plan in plans)


def test_the_limits_are_those_of_the_plans(built: Corpus, plans: list[dict[str, Any]]) -> None:
    text = (built.out / "README.md").read_text("utf-8")
    calls = Counter(sum(n["kind"] == "call" for n in plan["nodes"]) for plan in plans)
    data = sum(any(e["kind"] == "data" for e in plan["edges"]) for plan in plans)
    shares = [share(n, len(plans)) for n in (calls[0], calls[1], data)]
    assert (
        f"- {shares[0]} of plans ({calls[0]}) call no tool, {shares[1]} ({calls[1]}) call one; "
        f"{shares[2]} ({data}) have a data edge.\n"
    ) in text
    bases = Counter(node["origin"]["sensitivity"] for plan in plans for node in plan["nodes"])
    line = next(x for x in text.splitlines() if "sensitivity of nodes rests" in x)
    stated = {b: number(n) for b, n in re.findall(r"(\w+) [<>\d. ]+% \(([\d,]+)\)", line)}
    assert stated == {basis: bases[basis] for basis in ("observed", "inferred", "default")}


def test_the_notice_names_each_source_inside_with_its_terms(built: Corpus) -> None:
    text = (built.out / "NOTICE").read_text("utf-8")
    named = re.findall(
        r"^(\S+)\n  published at  (.+)\n  revision      (.+)\n  licence       (.+)", text, re.M
    )
    by_id = {
        source["id"]: source
        for source in json.loads((built.out / "manifest.json").read_bytes())["sources"]
    }
    assert [one[0] for one in named] == [row[0] for row in tables(built.out)["dataset"]]
    for name, url, revision, licence in named:
        assert url in (by_id[name]["url"], "no public address known")
        assert revision == (by_id[name]["revision"] or revision) and licence.startswith(
            by_id[name]["licence"]
        )
    assert "    1 plans: custom; no_publish" in text  # a row of a set that states its own
    for name in {path.stem.replace("__", "/", 1) for path in (built.out / "rejects").iterdir()}:
        assert f"\n  {name}: " in text


@quiet
def test_croissant_is_valid_and_reads_as_the_files_do(built: Corpus) -> None:
    import mlcroissant

    read = mlcroissant.Dataset(built.out / "croissant.json")
    assert not read.metadata.ctx.issues.errors
    assert len(list((built.out / "plans").iterdir())) == 3
    for name in ("plans", "adversarial", "quarantine", "tools"):
        path = "tools.parquet" if name == "tools" else name
        wanted = pq.read_table(built.out / path).to_pylist()
        records = [plain(record) for record in read.records(name)]
        assert records == wanted
    assert list(read.records("splits")) == [{"splits/name": "full"}]


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """A record as pyarrow tells it: text for bytes, nested where a path is laid flat."""
    out: dict[str, Any] = {}
    for key, value in record.items():
        *path, last = key.rsplit("/", 1)[-1].split(".")
        place = out
        for step in path:
            place = place.setdefault(step, {})
        place[last] = _plain(value)
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        made = plain(value)
        return made if any(v is not None for v in made.values()) else None
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.decode() if isinstance(value, bytes) else getattr(value, "item", lambda: value)()


def test_croissant_has_the_hash_and_size_of_every_data_file(built: Corpus) -> None:
    described = json.loads((built.out / "croissant.json").read_bytes())
    files = json.loads((built.out / "manifest.json").read_bytes())["files"]
    found = {
        one["contentUrl"]: {"sha256": one["sha256"], "bytes": int(one["contentSize"].split()[0])}
        for one in described["distribution"]
        if one["@type"] == "cr:FileObject"
    }
    tables = {name: entry for name, entry in files.items() if name.endswith(".parquet")}
    tables.pop("prompts.parquet")  # requests that are not benign stay at home
    assert found == tables
    assert {"README.md", "NOTICE", "croissant.json"} < set(files)
    assert not {"creator", "datePublished", "url", "version"} & set(described)  # nobody stated them


CARD = """
[card]
title = "A | title <b>"
creator = "Ada {B}"
date = 2026-03-01
version = "1.2.3"
url = "https://example.org/plans"
"""


@quiet
def test_a_card_in_the_recipe_is_told_and_reads_no_source_again(tmp_path: Path) -> None:
    import mlcroissant

    before = small(tmp_path / "out")
    stage = tmp_path / "out/.stage"
    made = {path: path.stat().st_mtime_ns for path in stage.glob("*/ledger.json")}
    after = small(tmp_path / "out", CARD)
    assert made and {p: p.stat().st_mtime_ns for p in stage.glob("*/ledger.json")} == made
    assert after.stats == before.stats
    metadata = mlcroissant.Dataset(after.out / "croissant.json").metadata
    assert not metadata.ctx.issues.errors | metadata.ctx.issues.warnings
    assert (metadata.creators[0].name, str(metadata.version)) == ("Ada {B}", "1.2.3")
    assert metadata.date_published.date().isoformat() == "2026-03-01"
    card = DatasetCard.load(after.out / "README.md")
    assert card.data.pretty_name == "A | title <b>"
    assert "author = {Ada (B)}," in card.text and "year = {2026}," in card.text


@quiet
def test_a_build_without_plans_still_has_a_card(tmp_path: Path) -> None:
    import mlcroissant

    out = tmp_path / "out"
    recipe = parse(OPEN.replace("20", "0"), "test")
    pipeline.build(recipe, Options(out=str(out), data_root=PACKED, workers=1))
    assert "0 benign execution plans" in (out / "README.md").read_text("utf-8")
    assert "plans" not in About(Built.at(out), {}).configs
    assert not mlcroissant.Dataset(out / "croissant.json").metadata.ctx.issues.errors


@pytest.mark.parametrize(
    "wrong", ['date = "May"', 'version = "1"', 'url = "here"', 'titel = "x"', 'creator = ""']
)
def test_a_card_that_says_nonsense_is_refused(wrong: str) -> None:
    with pytest.raises(RecipeError, match="card"):
        parse(f"{OPEN}\n[card]\n{wrong}", "test")


@pytest.mark.parametrize(
    ("uses", "licence", "name"),
    [
        ({"open": {"Apache-2.0": 3}}, "apache-2.0", "Apache-2.0"),
        ({"open": {"CC BY 4.0": 1, "cc-by-4.0": 1}}, "cc-by-4.0", "CC-BY-4.0"),
        ({"share_alike": {"CC-BY-SA-4.0": 1}}, "cc-by-sa-4.0", "CC-BY-SA-4.0"),
        ({"non_commercial": {"CC-BY-NC-4.0": 1}}, "cc-by-nc-4.0", "CC-BY-NC-4.0"),
        ({"open": {"Apache-2.0": 1, "MIT": 1}}, "other", "mixed-open"),
        ({"open": {"MIT": 1}, "share_alike": {"CC-BY-SA-4.0": 1}}, "other", "mixed-share-alike"),
        ({"non_commercial": {"ODC-By-1.0": 1}}, "other", "mixed-non-commercial"),
        (
            {"open": {"MIT": 1}, "non_commercial": {"CC-BY-NC-SA-4.0": 1}},
            "other",
            "mixed-non-commercial-share-alike",
        ),
        ({"no_publish": {"Apache-2.0": 1}}, "other", "not-for-redistribution"),
        ({"open": {"A; B": 1}}, "other", "mixed-open"),
        ({}, "other", "mixed-open"),
    ],
)
def test_the_verdict_says_what_binds(
    uses: dict[str, dict[str, int]], licence: str, name: str
) -> None:
    found = verdict({"a/b": uses})
    assert (found.licence, found.name) == (licence, name)
    assert known("none stated") is None


def test_a_share_never_hides_a_part() -> None:
    shares = [share(n, 10_000) for n in (0, 1, 5_000, 9_999, 10_000)]
    assert shares == ["0 %", "< 0.1 %", "50.0 %", "> 99.9 %", "100 %"]


@quiet
def test_the_python_of_the_card_runs(built: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    text = (built.out / "README.md").read_text("utf-8")
    code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0].replace("OUT", str(built.out))
    names: dict[str, Any] = {}
    exec(code, names)
    assert isinstance(names["arguments"], dict)
    trained = pq.read_table(built.out / "plans")["fold"].to_pylist().count("train")
    assert sum(1 for _ in names["train"]) == trained
