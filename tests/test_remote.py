"""Data roots that are no plain folder: URLs of fsspec, and a cache of the hub's tools."""

import json
from pathlib import Path
from shutil import copytree

import fsspec
import pytest
from sample import PACKED

import planloom
from planloom import cli, files
from planloom.errors import OutputError, RecipeError
from planloom.source import Source

ONLY = ("Salesforce/xlam-function-calling-60k", "lmsys/lmsys-chat-1m")


def built(out: Path, root: str | Path) -> bytes:
    planloom.build(out=out, data_root=root, only=ONLY)
    return (out / "manifest.json").read_bytes()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The packed sample in memory, under the one name or the other."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "hf"))
    system = fsspec.filesystem("memory")
    system.store.clear()
    for number, name in enumerate(ONLY):
        folder = PACKED / name.replace("/", "__")
        for path in filter(Path.is_file, folder.rglob("*")):
            under = name if number else folder.name
            system.pipe(f"/bucket/{under}/{path.relative_to(folder)}", path.read_bytes())
    return "memory://bucket"


def test_a_url_gives_what_the_folder_gives(bucket: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ONLY:
        copytree(PACKED / name.replace("/", "__"), root / name.replace("/", "__"))
    folder = built(tmp_path / "folder", root)
    assert built(tmp_path / "memory", bucket) == folder
    assert built(tmp_path / "file", f"file://{root}") == folder


def test_what_changed_there_is_copied_again(bucket: str, tmp_path: Path) -> None:
    before = built(tmp_path / "before", bucket)
    system = fsspec.filesystem("memory")
    [path] = system.glob("/bucket/Salesforce__xlam*/*.json")
    copies = list((tmp_path / "hf").rglob("*.json*"))
    times = {copy: copy.stat().st_mtime_ns for copy in copies if "known" not in copy.name}
    assert built(tmp_path / "again", bucket) == before
    assert times == {copy: copy.stat().st_mtime_ns for copy in times}
    system.pipe(path, system.cat(path).replace(b"e", b"a", 1))
    assert built(tmp_path / "after", bucket) != before


def test_a_url_gets_what_the_folder_gets(
    bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = built(tmp_path / "folder", PACKED)
    url, system = "memory://out/corpus", fsspec.filesystem("memory")
    planloom.build(out=url, data_root=PACKED, only=ONLY)
    there = {path[len("/out/corpus/") :] for path in system.find("/out/corpus")}
    varying = {"run.json", "report.html", ".planloom"}
    assert there == {*json.loads(manifest)["files"], "manifest.json", *varying}
    for name in there - varying:
        assert system.cat(f"/out/corpus/{name}") == (tmp_path / "folder" / name).read_bytes()
    parts = system.info("/out/corpus/plans/part-00000.parquet")["created"]
    planloom.build(out=url, data_root=PACKED, only=ONLY)
    assert system.info("/out/corpus/plans/part-00000.parquet")["created"] == parts
    system.pipe("/out/corpus/plans/part-00009.parquet", b"left by a send that was cut")
    planloom.build(out=url, data_root=PACKED, only=ONLY[:1])
    assert not system.exists("/out/corpus/plans/part-00009.parquet")
    assert system.exists("/out/corpus/manifest.json")
    assert system.info("/out/corpus/plans/part-00000.parquet")["created"] != parts
    assert cli.main(["build", "--out", url, "--status"]) == 0
    assert capsys.readouterr().out.rstrip().endswith(": finished")


def test_a_url_with_other_things_is_refused(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="memory://bucket: not empty and no Planloom build"):
        planloom.build(out=bucket, data_root=PACKED, only=ONLY)
    fsspec.filesystem("memory").pipe("/other/.planloom", b"another")
    with pytest.raises(OutputError, match="holds a build of recipe another; name another"):
        planloom.build(out="memory://other", data_root=PACKED, only=ONLY)
    planloom.build(out="memory://other/", data_root=PACKED, only=ONLY, fresh=True)
    with pytest.raises(OutputError, match="--out data://x: cannot be written: "):
        planloom.build(out="data://x", data_root=PACKED, only=ONLY)
    with pytest.raises(OutputError, match="--out moon://x: Protocol not known: moon"):
        planloom.build(out="moon://x", data_root=PACKED, only=ONLY)


@pytest.mark.parametrize(
    ("url", "said"), [("moon://x", "Protocol not known"), ("memory://none", "no data of")]
)
def test_a_url_that_holds_nothing(bucket: str, tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(RecipeError, match=rf"{url}: {said}"):
        built(tmp_path / "out", url)


def test_a_snapshot_in_a_cache_is_that_of_the_pin(tmp_path: Path) -> None:
    home = tmp_path / "datasets--me--mine"
    for commit in ("a1", "b2"):
        (home / "snapshots" / commit).mkdir(parents=True)
    pinned = Source("me/mine", "", 0, 3, revision="a1")
    free = Source("me/mine", "", 0, 3)
    assert files.root_of(tmp_path, pinned) == home / "snapshots/a1"
    assert files.root_of(tmp_path, free) is None  # which of the two?
    (home / "refs").mkdir()
    (home / "refs/main").write_text("b2")
    assert files.root_of(tmp_path, free) == home / "snapshots/b2"
