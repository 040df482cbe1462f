"""A build from end to end on the packed sample: nothing is lost, nothing is made up."""

import json
from collections import Counter

import msgspec
import pyarrow.parquet as pq
import pytest
from conftest import SOURCES, golden

import planloom
from planloom import plan
from planloom.explain import explain
from planloom.ledger import Ledger
from planloom.pipeline import Corpus
from planloom.plan import ExecutionPlan
from planloom.validate import check


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return planloom.build(out=tmp_path_factory.mktemp("sample") / "out")


def table(corpus: Corpus, name: str) -> list[dict]:
    paths = sorted((corpus.out / name).glob("part-*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def test_every_row_is_accounted_for(built: Corpus) -> None:
    ledger = Ledger.of(json.loads((built.out / "ledger.json").read_bytes()))
    assert ledger.problems() == []
    for source in SOURCES.values():
        read = ledger.total(source=source.id, stage="read", unit="row", left=False)
        cases = golden(next(n for n, s in SOURCES.items() if s is source)) if source.parts else []
        assert read == (0 if source.id in built.refused else len(cases)), source.id


def test_kept_is_what_was_written(built: Corpus) -> None:
    kept = Counter(row["source"] for row in table(built, "plans"))
    for name, n in kept.items():
        assert built.ledger.total(source=name, stage="write", unit="plan", left=False) == n
    assert built.ledger.total(stage="write", unit="plan", left=False) == kept.total()


def test_what_is_not_benign_stands_beside_the_corpus(built: Corpus) -> None:
    assert {row["label"] for row in table(built, "plans")} == {"benign"}
    assert {row["label"] for row in table(built, "adversarial")} == {"adversarial"}
    assert {row["label"] for row in table(built, "quarantine")} == {"unknown"}
    counts = {key.reason: n for key, n in built.ledger.counts.items() if key.stage == "label"}
    by_reason: Counter[str] = Counter()
    for key, n in built.ledger.counts.items():
        if key.stage == "label":
            by_reason[str(key.reason)] += n
    assert counts
    assert by_reason["flagged"] == len(table(built, "adversarial"))
    doubted = sum(by_reason[reason] for reason in ("unlabelled", "attacked", "suspect"))
    assert doubted == len(table(built, "quarantine"))


def test_plans_are_sound_ordered_and_unique(built: Corpus) -> None:
    checked = check([built.out])
    assert checked.problems == []
    ids = [row["plan_id"] for row in table(built, "plans")]
    assert ids == sorted(set(ids))
    assert checked.plans > len(ids)


def test_no_call_is_made_up(built: Corpus) -> None:
    """Every kept call stands, name and values, in the golden row that it is said to come from."""
    texts = {SOURCES[name].id: json.dumps(golden(name)) for name in SOURCES if SOURCES[name].parts}
    calls = [
        (p.source, node)
        for p in planloom.open(built.out)
        for node in p.nodes
        if node.kind == "call"
    ]
    assert calls
    for source, node in calls:
        assert node.tool in texts[source]
        for value in node.arguments.values():
            if isinstance(value, str) and value.isascii() and value.isalnum():
                assert value in texts[source]


def test_tools_are_stored_once_and_found(built: Corpus) -> None:
    keys = pq.read_table(built.out / "tools.parquet")["key"].to_pylist()
    used = {
        key
        for name in ("plans", "adversarial", "quarantine")
        for row in table(built, name)
        for key in row["tools"]
    }
    assert keys == sorted(used)


def test_equal_plans_name_each_other(built: Corpus) -> None:
    duplicates = [key for key in built.ledger.counts if key.reason == "duplicate"]
    assert duplicates
    observed = {p.request: p.evidence for p in planloom.open(built.out) if "museum" in p.request}
    assert "gold" not in observed.values()  # the copy with its result wins


def test_the_consumers_layout(built: Corpus) -> None:
    """One line a plan with just the fields that the prototype's consumer reads."""

    class Node(msgspec.Struct, forbid_unknown_fields=True):
        node_id: str
        tool_name: str
        arguments: dict
        provenance_tier: int
        provenance_hash: str
        scope_volume: int
        scope_sensitivity: int

    class Line(msgspec.Struct, forbid_unknown_fields=True):
        plan_id: str
        request: str
        nodes: list[Node]
        edges: list[tuple[str, str]]
        source_dataset: str
        category: str
        label: str

    lines = (built.out / "sample.jsonl").read_bytes().splitlines()
    read = [msgspec.json.decode(line, type=Line) for line in lines]
    plans = list(planloom.open(built.out))
    assert [line.plan_id for line in read] == [p.plan_id for p in plans]
    for line, whole in zip(read, plans, strict=True):
        ids = {node.node_id for node in line.nodes}
        assert all(src in ids and dst in ids for src, dst in line.edges)
        assert len(line.nodes) == len(whole.nodes)


def test_targets_and_maxima_are_kept(built: Corpus) -> None:
    kept = Counter(p.source for p in planloom.open(built.out))
    for name, wanted in built.recipe.sources.items():
        assert wanted.max is None or kept[name] <= wanted.max
    by_category = Counter(p.category for p in planloom.open(built.out))
    assert all(by_category[c] <= getattr(built.recipe.targets, c) for c in by_category)


def test_personal_columns_never_arrive(built: Corpus) -> None:
    text = b"".join(path.read_bytes() for path in built.out.rglob("*.jsonl"))
    assert b"hashed_ip" not in text
    assert b"user-agent" not in text


def test_the_manifest_names_every_file(built: Corpus) -> None:
    manifest = json.loads((built.out / "manifest.json").read_bytes())
    listed = set(manifest["files"])
    there = {
        path.relative_to(built.out).as_posix()
        for path in built.out.rglob("*")
        if path.is_file() and ".stage" not in path.parts
    }
    assert there - listed == {"manifest.json", "run.json", "report.html"}


def test_explain_tells_the_fate_of_kept_and_left(built: Corpus) -> None:
    kept: ExecutionPlan = next(planloom.open(built.out))
    told = explain(built.out, kept.plan_id)
    assert "kept, in plans/" in told
    assert f"{kept.source}:{kept.file}@{kept.at}" in told
    xlam = "Salesforce/xlam-function-calling-60k:xlam_function_calling_60k.json@"
    assert "left at read: truncated" in explain(built.out, f"{xlam}9")
    assert "unknown_tool" in explain(built.out, f"{xlam}11")
    assert "flagged" in explain(built.out, f"{xlam}12")
    toolmind = "Nanbeige/ToolMind:graph_syn_datasets/graphsyn.jsonl@"
    prefixes = [r for r in table(built, "plans") if r["source"] == "Nanbeige/ToolMind"]
    assert toolmind.startswith(prefixes[0]["source"])


def test_the_same_build_again_changes_nothing(built: Corpus) -> None:
    before = (built.out / "manifest.json").read_bytes()
    planloom.build(out=built.out)
    assert (built.out / "manifest.json").read_bytes() == before


def test_ids_are_those_of_the_content(built: Corpus) -> None:
    assert all(p.plan_id == plan.id_of(p) for p in planloom.open(built.out))
