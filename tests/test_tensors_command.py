"""`planloom tensors`: every plan accounted for, the same bytes again, wrong use in one line."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from test_plan import made, node
from test_tensors import SENT

import planloom
from planloom import arrow, cli
from planloom.jepa import metadata, parts, ragged
from planloom.plan import Edge, ExecutionPlan


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tensors") / "sample"
    planloom.build(out=out, workers=1)
    return out


def built(out: Path, some: list[ExecutionPlan], folder: str = "plans") -> Path:
    """What `tensors` needs of a finished build."""
    (out / folder).mkdir(parents=True)
    (out / "manifest.json").write_text('{"files": {}}')
    pq.write_table(arrow.table(some), out / folder / "part-00000.parquet", row_group_size=50)
    return out


def many(count: int) -> list[ExecutionPlan]:
    return [made(node(0, 0, "f", arguments={"a": n}), request=f"do {n}") for n in range(count)]


def test_tensors_of_a_build(sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:  # type: ignore[type-arg]
    into = tmp_path / "t"
    given = ["tensors", str(sample), "--out", str(into), "--with", "adversarial"]
    assert cli.main(given) == 0
    told = capsys.readouterr().out
    kept = list(planloom.open(sample))
    usable = sum(len(p.nodes) > 1 for p in kept)
    assert f"{len(kept)} plans" in told and f"{usable} have two nodes or more" in told
    before = {p: p.read_bytes() for p in into.rglob("*") if p.is_file()}
    assert cli.main(given) == 0
    (into / "plans/part-00000.parquet").write_bytes(b"broken")
    assert cli.main([*given, "--workers", "2"]) == 0
    assert {p: p.read_bytes() for p in into.rglob("*") if p.is_file()} == before
    ids = ragged.meta(str(into), ["plan_id", "source"])["plan_id"].to_pylist()
    assert [one.hex() for one in ids] == [p.plan_id for p in kept]
    assert cli.main(given[:4]) == 0 and not list((into / "adversarial").glob("*"))


def test_no_text_of_a_row_is_in_the_tensors(tmp_path: Path) -> None:
    out = built(tmp_path, [SENT])
    assert cli.main(["tensors", str(out)]) == 0
    lists = pq.read_table(out / "tensors/plans/part-00000.parquet").drop_columns("meta")
    assert not any("string" in str(kind) or "binary" in str(kind) for kind in lists.schema.types)


def test_what_is_left_out_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:  # type: ignore[type-arg]
    lost = Edge(src="n0", dst="n7", kind="order", evidence="sequence")
    some = [
        made(*(node(i, i) for i in range(5)), request="long"),
        made(request="nothing", evidence="request"),
        made(node(0, 0), edges=(lost,), request="broken"),
        *many(3),
    ]
    out = built(tmp_path, some)
    assert cli.main(["tensors", str(out), "--max-nodes", "4"]) == 0
    told = capsys.readouterr().out
    assert "3 plans, 3 calls" in told and "left out: 1 plans, more than 4 nodes" in told
    assert "1 plans, no node" in told and "1 plans, an edge leaves the graph" in told
    made_ = json.loads((out / "tensors/tensors.json").read_bytes())
    counts = made_["folders"]["plans"]["all"]
    assert counts["plans"] + sum(counts["left"].values()) == len(some)


def test_files_say_what_they_are(tmp_path: Path) -> None:
    out = built(tmp_path, many(3))
    parts.write(out, tmp_path / "t", 1000)
    told = metadata.about(pq.read_metadata(tmp_path / "t/plans/part-00000.parquet").metadata, "")
    assert told.vocabulary == 1000 and told.max_nodes == 32 and len(told.corpus) == 64


def no_build(tmp: Path) -> list[str]:
    return [str(tmp / "none")]


def no_plans(tmp: Path) -> list[str]:
    (tmp / "manifest.json").write_text("{}")
    return [str(tmp)]


def foreign(tmp: Path) -> list[str]:
    (tmp / "mine").mkdir()
    (tmp / "mine/letter.txt").write_text("dear")
    return [str(built(tmp / "o", many(1))), "--out", str(tmp / "mine")]


def a_file(tmp: Path) -> list[str]:
    (tmp / "letter.txt").write_text("dear")
    return [str(built(tmp / "o", many(1))), "--out", str(tmp / "letter.txt")]


def unwritable(tmp: Path) -> list[str]:
    return [str(built(tmp / "o", many(1))), "--out", "/proc/tensors"]


def no_boundary(tmp: Path) -> list[str]:
    return [str(built(tmp / "o", many(1))), "--with", "boundary"]


def large(tmp: Path) -> list[str]:
    return [str(built(tmp / "o", many(1))), "--vocab", "70000"]


def deep(tmp: Path) -> list[str]:
    return [str(built(tmp / "o", many(1))), "--max-nodes", "256"]


def no_parquet(tmp: Path) -> list[str]:
    out = built(tmp / "o", many(1))
    (out / "plans/part-00000.parquet").write_bytes(b"PAR1")
    return [str(out)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (no_build, "no such file"),
        (no_plans, "kept no plan"),
        (foreign, "not empty and no tensors; name another with --out"),
        (a_file, "not a folder; name another with --out"),
        (unwritable, "/proc/tensors"),
        (no_boundary, "make it with planloom mutate"),
        (large, "--vocab 70000: from 256 to 65536"),
        (deep, "--max-nodes 256: 255 at most"),
        (no_parquet, "not a Parquet file"),
    ],
)
def test_wrong_use_is_one_line(
    given: Any,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,  # type: ignore[type-arg]
) -> None:
    assert cli.main(["tensors", *given(tmp_path)]) in (1, 2)
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and err.startswith("planloom: ")
