"""Wrong use and wrong input: one clear line that says what, where and what to do, and the exit code."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from planloom import cli

XLAM = "Salesforce/xlam-function-calling-60k"
LINE = '{"query": "What is the tide at Brest?", "answers": "[]", "tools": "[]"}\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / XLAM
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text(LINE)
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign/letter.txt").write_text("mine")
    for name, text in RECIPES.items():
        body = text if "sources" in text else f'{text}\n[targets]\n[sources]\n"{XLAM}" = {{}}\n'
        (tmp_path / name).write_text(f'name = "r"\n{body}')
    return tmp_path


RECIPES = {
    "good.toml": "",
    "key.toml": "seeed = 1",
    "limit.toml": "[limits]\nmax_turn = 3",
    "type.toml": 'seed = "many"',
    "broken.toml": "seed = ",
    "id.toml": '[targets]\n[sources]\n"Salesforce/xlam-function-caling-60k" = {}',
    "refused.toml": f'[targets]\n[sources]\n"mercor/apex-agents" = {{}}\n"{XLAM}" = {{}}',
}
DATA = ("--out", "out", "--data-root", "data")
WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown key": (("build", "key.toml", *DATA), r"key.toml: unknown key `seeed` \(did you mean seed\?\)"),
    "unknown limit": (("build", "limit.toml", *DATA), r"`max_turn` in \[limits\] \(did you mean max_turns\?\)"),
    "wrong type": (("build", "type.toml", *DATA), r"type.toml: Expected `int`, got `str` - at `\$.seed`"),
    "no TOML": (("build", "broken.toml", *DATA), r"broken.toml: not TOML: .*line 2"),
    "no recipe": (("build", "none.toml", *DATA), r"none.toml: No such file"),
    "a folder": (("build", "data", *DATA), r"recipe data: Is a directory"),
    "unknown id": (("build", "id.toml", *DATA), rf"did you mean {XLAM}\?\); see planloom list"),
    "not in the recipe": (("build", "good.toml", *DATA, "--without", "google/mobile-actions"), "not in recipe r"),
    "refused by name": (("build", "refused.toml", *DATA, "--only", "mercor/apex-agents"), "refused: its terms .* forbid training"),
    "a strange URL": (("build", "good.toml", "--out", "out", "--data-root", "moon://x"), "--data-root moon://x: Protocol not known: moon"),
    "wrong data root": (("build", "good.toml", "--out", "out", "--data-root", "none"), "--data-root none: no such folder"),
    "no data of a source": (("build", "good.toml", "--out", "out", "--data-root", "foreign"), rf"no data of {XLAM}; .* --without {XLAM}"),
    "foreign folder": (("build", "--out", "foreign"), "foreign: not empty and no Planloom build"),
    "foreign folder, fresh": (("build", "--out", "foreign", "--fresh"), r"--fresh replaces Planloom builds only"),
    "a file": (("build", "--out", "good.toml"), "good.toml: not a folder"),
    "no datasets folder": (("build", "--out", "out", "--datasets", "none"), "--datasets .*none: no such folder"),
    "nothing to check": (("check", "none"), "none: no such file"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_is_told_in_one_line(
    root: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, said = WRONG[case]
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("planloom: ") and err.count("\n") == 1
    assert re.search(said, err)
    assert not (root / "out").exists()
    assert (root / "foreign/letter.txt").read_text() == "mine"


def test_a_refused_source_gives_nothing_and_says_why(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["build", "refused.toml", *DATA]) == 0
    out = capsys.readouterr().out
    assert re.search(r"mercor/apex-agents.*\n.*forbid training|mercor/apex-agents.*forbid", out)


def test_another_build_is_not_overwritten_unless_fresh(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["build", "good.toml", *DATA]) == 0
    other = root / "other.toml"
    other.write_text((root / "refused.toml").read_text().replace('"r"', '"other"'))
    assert cli.main(["build", "other.toml", *DATA]) == 2
    assert "holds a build of recipe r; " in capsys.readouterr().err
    assert cli.main(["build", "other.toml", *DATA, "--fresh"]) == 0


ROW = json.loads(LINE)
CUT = {
    "a.jsonl": LINE.encode() * 2 + LINE[:40].encode(),
    "a.json": json.dumps([ROW] * 3, indent=1).encode()[:-30],
    "a.jsonl.gz": gzip.compress(b"".join(LINE.encode() for _ in range(2000)))[:-50],
}


@pytest.mark.parametrize("name", CUT)
def test_a_cut_file_is_named_and_what_is_whole_is_read(
    root: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "data" / XLAM / "a.jsonl").unlink()
    (root / "data" / XLAM / name).write_bytes(CUT[name])
    assert cli.main(["build", "good.toml", *DATA]) == 1
    out, err = capsys.readouterr()
    assert re.search(rf"{name} at \d+: .*; the file is cut off or broken: download it again", err)
    assert "no_call" in out and "unreadable 1" in out


def test_a_parquet_file_without_its_end_stops_the_build(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "data" / XLAM / "b.parquet").write_bytes(b"PAR1" + b"x" * 100)
    assert cli.main(["build", "good.toml", *DATA]) == 1
    assert "b.parquet: not a whole Parquet file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("abc", "neither a plan id"),
        ("0" * 32, "no row of this build gave such a plan"),
        ("a/b:c@0", "read no such file"),
    ],
)
def test_explain_says_what_it_cannot_find(
    root: Path, what: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["build", "good.toml", *DATA]) == 0
    assert cli.main(["explain", "out", what]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "--out", "o", "--cache-limit", "nan"], "must be 0 or more"),
        (["build", "--out", "o", "--cache-limit", "inf"], "must be 0 or more"),
        (["build", "--out", "o", "--only", XLAM, "--without", XLAM], "no source is left"),
        (["discover", XLAM, "--data-root", "s3://x"], "a URL is for build alone"),
        (["discover", XLAM, "--json", "nowhere/f.json"], "no such folder"),
    ],
)
def test_wrong_use_is_one_clear_line(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = cli.main(arguments)
    except SystemExit as stopped:  # what argparse itself refuses
        code = int(str(stopped.code))
    assert code == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in error


def test_a_tier_that_adds_nothing_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["forecast", str(Path(__file__).parents[1] / "recipes/tier1.toml")]) == 0
    assert capsys.readouterr().out.count("Sources up to tier") == 1


def test_status_tells_how_far_a_build_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert cli.main(["build", "--out", str(out), "--status"]) == 1
    assert "no build was begun there" in capsys.readouterr().err
    assert cli.main(["build", "--out", str(out)]) == 0
    capsys.readouterr()
    assert cli.main(["build", "--out", str(out), "--status"]) == 0
    assert capsys.readouterr().out.rstrip().endswith(": finished")
    slice_ = next(path.parent for path in (out / ".stage").glob("*/ledger.json"))
    slice_.rename(tmp_path / "gone")
    (out / "manifest.json").unlink()
    assert cli.main(["build", "--out", str(out), "--status"]) == 0
    assert "not finished" in capsys.readouterr().out


def test_the_whole_catalogue_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    parts = {(one["id"], part["unique"]) for one in listed for part in one["parts"]}
    assert ("RioLee/ToolPref-Pairwise-30K", "_task") in parts and len(listed) > 40


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["forecast"]])
def test_a_terminal_without_unicode_gets_the_likeness(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import planloom.cli as c; exit(c.main())", *arguments],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=True,
    )
    text = ran.stdout.decode("ascii")
    assert text and not ran.stderr
    if "--json" in arguments:
        json.loads(text)
