"""`planloom convert` as a user meets it: results, the account on stderr, wrong input, cut runs."""

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

import planloom
from planloom import arrow, cli, conversion, plan

WORDS = "import sys; from planloom import cli; sys.exit(cli.main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("convert") / "sample"
    planloom.build(out=out, workers=1)
    return out


def first(sample: Path) -> str:
    return next(p.plan_id for p in planloom.open(sample) if p.edges)


def test_the_layout_of_the_build_comes_out_with_the_same_bytes(
    sample: Path, tmp_path: Path
) -> None:
    out = tmp_path / "rows.jsonl"
    done = planloom.convert(sample, "gatling", out)
    assert out.read_bytes() == (sample / "sample.jsonl").read_bytes()
    assert done.plans == done.written == sum(1 for _ in planloom.open(sample))


def test_every_way_in_gives_the_same_rows(sample: Path, tmp_path: Path) -> None:
    lines = tmp_path / "plans.jsonl"
    lines.write_bytes(b"\n".join(map(plan.encode, planloom.open(sample))) + b"\n")
    (tmp_path / "tools.parquet").write_bytes((sample / "tools.parquet").read_bytes())
    (part,) = (sample / "plans").glob("part-*.parquet")
    found = []
    for number, source in enumerate((sample, sample / "plans", part, lines)):
        out = tmp_path / f"{number}.jsonl"
        assert cli.main(["convert", str(source), "--to", "openai", "--out", str(out)]) == 0
        found.append(out.read_bytes())
    assert len(set(found)) == 1 and found[0]


def test_the_account_adds_up(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["convert", str(sample), "--to", "sharegpt"]) == 0
    told = capsys.readouterr()
    plans = list(planloom.open(sample))
    calls = [p for p in plans if p.evidence in ("observed", "gold")]
    assert len(told.out.splitlines()) == len(calls)
    assert f"{len(calls)} of {len(plans)} plans written as sharegpt" in told.err
    assert f"left out: {len(plans) - len(calls)} plans that answer in text" in told.err
    observed = sum(p.evidence == "observed" for p in calls)
    assert f"evidence {observed};" in told.err or f"evidence {observed}\n" in told.err


def test_what_is_read_is_not_written_over(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (part,) = (sample / "plans").glob("part-*.parquet")
    before = part.read_bytes()
    command = ["convert", str(sample), "--to", "openai", "--out", str(part), "--overwrite"]
    assert cli.main(command) == 2
    assert "is what is read" in capsys.readouterr().err
    assert part.read_bytes() == before


def test_a_file_without_tools_says_so(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (part,) = (sample / "plans").glob("part-*.parquet")
    alone = tmp_path / "deep" / "er" / part.name
    alone.parent.mkdir(parents=True)
    alone.write_bytes(part.read_bytes())
    assert cli.main(["convert", str(alone), "--to", "openai"]) == 0
    told = capsys.readouterr()
    assert "no tools.parquet beside it" in told.err
    assert " tools" in told.err.split("not carried, of")[1]
    assert all("tools" not in json.loads(line) for line in told.out.splitlines())


def test_some_plans_alone_and_compressed(sample: Path, tmp_path: Path) -> None:
    out, one = tmp_path / "rows.jsonl.gz", first(sample)
    command = ["convert", str(sample), "--to", "atif", "--out", str(out), "--only", one]
    assert cli.main(command) == 0
    (line,) = gzip.decompress(out.read_bytes()).splitlines()
    assert json.loads(line)["trajectory_id"] == one
    assert cli.main(command) == 2, "a file that is there is not replaced"
    assert cli.main([*command, "--overwrite"]) == 0


def test_row_groups_that_cannot_hold_a_plan_are_not_read(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pq.read_table(sample / "plans")
    pq.write_table(table, tmp_path / "part-0.parquet", row_group_size=10)
    read: list[object] = []
    made = arrow.of_row
    monkeypatch.setattr(arrow, "of_row", lambda row: (read.append(row), made(row))[1])
    last = table["plan_id"][-1].as_py()
    conversion.run(tmp_path, "gatling", lambda line: None, [last])
    assert 0 < len(read) <= 10


def test_a_build_that_kept_nothing_gives_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "none.toml"
    recipe.write_text('name = "none"\n[sources]\n"lmsys/lmsys-chat-1m" = {}\n')
    rows = Path(planloom.__file__).parent / "sample"
    planloom.build(recipe, out=tmp_path / "out", data_root=rows)
    assert list((tmp_path / "out").glob("adversarial/part-*.parquet"))
    assert cli.main(["convert", str(tmp_path / "out"), "--to", "gatling"]) == 1
    told = capsys.readouterr()
    assert not told.out and "kept no plan" in told.err


def test_an_answer_among_calls_is_counted_as_lost(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = list(planloom.open(sample))
    (answer,) = next(p.nodes for p in plans if p.evidence == "response")
    calls = next(p for p in plans if len(p.nodes) == 2)
    last = replace(answer, id="n2", step=calls.nodes[-1].step + 1)
    lines = tmp_path / "mixed.jsonl"
    lines.write_bytes(plan.encode(replace(calls, nodes=(*calls.nodes, last))) + b"\n")
    assert cli.main(["convert", str(lines), "--to", "atif"]) == 0
    told = capsys.readouterr().err
    assert "of 3 nodes: " in told and "tool" in told.split("of 3 nodes: ")[1]


def test_a_chart_is_of_one_plan(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["convert", str(sample), "--to", "mermaid", "--only", first(sample)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("flowchart TD\n") and "not carried" not in told.err
    assert cli.main(["convert", str(sample), "--to", "mermaid"]) == 2
    assert "--only PLAN_ID" in capsys.readouterr().err


WRONG = {
    "no such format": (["{sample}", "--to", "opnai"], 2, r"did you mean openai"),
    "no such file": (["{tmp}/none", "--to", "atif"], 2, "none: no such file"),
    "an empty folder": (["{tmp}/empty", "--to", "atif"], 2, "no part-*.parquet in it"),
    "an empty file": (["{tmp}/empty.jsonl", "--to", "atif"], 1, "holds no plans"),
    "no plan": (["{tmp}/odd.jsonl", "--to", "atif"], 1, "odd.jsonl:0: "),
    "no Parquet": (["{tmp}/odd.parquet", "--to", "atif"], 2, "not a Parquet file"),
    "not begun": (["{tmp}/begun", "--to", "atif"], 1, "no finished build"),
    "no such plan": (["{sample}", "--to", "atif", "--only", "0" * 32], 1, "holds 0 of the 1 plans"),
    "no id": (["{sample}", "--to", "atif", "--only", "abc"], 2, "32 hex digits"),
    "no folder": (["{sample}", "--to", "atif", "--out", "{tmp}/a/b"], 2, "there is no folder"),
    "a folder as file": (["{sample}", "--to", "atif", "--out", "{tmp}/empty"], 2, "is a folder"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_line_and_leaves_nothing(
    name: str, sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "begun" / ".stage").mkdir(parents=True)
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "odd.jsonl").write_text('{"a": 1}\n')
    (tmp_path / "odd.parquet").write_text("no")
    before = sorted(tmp_path.rglob("*"))
    given, code, said = WRONG[name]
    command = [part.format(sample=sample, tmp=tmp_path) for part in given]
    out = [] if "--out" in command else ["--out", str(tmp_path / "rows.jsonl")]
    assert cli.main(["convert", *command, *out]) == code
    told = capsys.readouterr().err.strip().splitlines()
    assert said in told[-1] and told[-1].startswith("planloom: ")
    assert sorted(tmp_path.rglob("*")) == before


def endless(sample: Path, tmp_path: Path) -> list[str]:
    """A command on so many plans that it can be cut."""
    table = pq.read_table(sample / "plans")
    with pq.ParquetWriter(tmp_path / "part-0.parquet", table.schema) as writer:
        for _ in range(200):
            writer.write_table(table)
    (tmp_path / "tools.parquet").write_bytes((sample / "tools.parquet").read_bytes())
    return [sys.executable, "-c", WORDS, "convert", str(tmp_path), "--to", "atif"]


def test_a_closed_pipe_is_no_error(sample: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        endless(sample, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout and run.stderr
        run.stdout.readline()
        run.stdout.close()
        assert b"Traceback" not in run.stderr.read()
    assert run.returncode == cli.CLOSED


def test_an_interrupted_run_leaves_no_file(sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    with subprocess.Popen(
        [*endless(sample, tmp_path), "--out", str(out)], stderr=subprocess.PIPE
    ) as run:
        assert run.stderr
        while not (part := tmp_path / "rows.jsonl.tmp").exists() or not part.stat().st_size:
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        assert b"planloom: interrupted" in run.stderr.read()
    assert run.returncode == cli.INTERRUPTED
    assert not out.exists() and not part.exists()
