"""Whatever happens to a build, the next run of the same command ends as if nothing had."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import golden

from planloom.ledger import Ledger

RECIPE = """
name = "disturbed"
[targets]
function_calling = 900
[sources]
"google/mobile-actions" = {}
"""
ROWS = 1500
WAIT = 60  # seconds after which a test gives up


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Golden rows over and over, every third time with the same request."""
    root = tmp_path_factory.mktemp("data")
    (root / "recipe.toml").write_text(RECIPE)
    rows = [c["row"] for c in golden("mobile_actions") if c["part"] == "default/train"]
    path = root / "google__mobile-actions" / "dataset.jsonl"
    path.parent.mkdir()
    with path.open("w") as out:
        for n in range(ROWS):
            text = json.dumps(rows[n % len(rows)])
            out.write((text.replace("the ", f"the {n} ") if n % 3 else text) + "\n")
    return root


def started(data: Path, out: Path, slice_bytes: int = 20_000) -> "subprocess.Popen[str]":
    script = Path(__file__).with_name("disturbed_build.py")
    given = [slice_bytes, data / "recipe.toml", "--out", out, "--data-root", data, "--workers", 2]
    return subprocess.Popen(
        [sys.executable, script, *map(str, given)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finished(data: Path, out: Path, slice_bytes: int = 20_000) -> bytes:
    """The manifest, after the command was run to its end."""
    build = started(data, out, slice_bytes)
    _, said = build.communicate(timeout=WAIT)
    assert build.returncode == 0, said
    problems = Ledger.of(json.loads((out / "ledger.json").read_bytes())).problems()
    assert problems == []
    return (out / "manifest.json").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    finished(data, out)
    return out


@pytest.fixture(scope="module")
def expected(undisturbed: Path) -> bytes:
    return (undisturbed / "manifest.json").read_bytes()


def slices_of(out: Path) -> list[Path]:
    return [path.parent for path in out.glob(".stage/*/ledger.json") if "." not in path.parent.name]


def until(true: Callable[[], Any]) -> None:
    end = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def workers_of(pid: int) -> list[int]:
    """The processes that a build has started to work for it."""
    listed = subprocess.run(
        ["ps", "-ewwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    found = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [int(p) for p, parent, args in found if int(parent) == pid and "spawn_main" in args]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


needs_proc = pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="needs ps and /proc: Linux only"
)


@needs_proc
def test_the_killed_parent_takes_its_workers_along(
    data: Path, expected: bytes, tmp_path: Path
) -> None:
    build = started(data, tmp_path / "out")
    until(lambda: len(slices_of(tmp_path / "out")) >= 5)
    workers = workers_of(build.pid)
    build.kill()
    build.communicate()
    assert workers
    until(lambda: not any(map(is_alive, workers)))
    assert not (tmp_path / "out/manifest.json").exists()
    assert finished(data, tmp_path / "out") == expected


@needs_proc
def test_a_killed_worker_is_replaced(data: Path, expected: bytes, tmp_path: Path) -> None:
    build = started(data, tmp_path / "out")
    until(lambda: len(slices_of(tmp_path / "out")) >= 3)
    os.kill(workers_of(build.pid)[0], signal.SIGKILL)
    _, said = build.communicate(timeout=WAIT)
    assert build.returncode == 0, said
    assert (tmp_path / "out/manifest.json").read_bytes() == expected


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1.6 MB, half of it for hashes of the rows held out; the whole build takes more."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1600k", "tmpfs", disk], capture_output=True
    )
    if not made or made.returncode:
        pytest.skip("may not mount a small file system here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_told_in_one_line_and_what_is_done_stays(
    data: Path, expected: bytes, tmp_path: Path, small_disk: Path
) -> None:
    build = started(data, small_disk / "out")
    _, said = build.communicate(timeout=WAIT)
    assert build.returncode == 2
    assert "No space left on device" in said
    assert said.count("\n") == 1
    done = slices_of(small_disk / "out")
    assert done
    shutil.copytree(small_disk / "out", tmp_path / "out")
    assert finished(data, tmp_path / "out") == expected
    assert {path.name for path in done} <= {path.name for path in slices_of(tmp_path / "out")}


@pytest.mark.parametrize("name", ["outputs.json", "ledger.json", "00000/index.npy"])
@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
def test_a_damaged_stage_file_is_made_again(
    data: Path, undisturbed: Path, expected: bytes, tmp_path: Path, name: str, harm: str
) -> None:
    shutil.copytree(undisturbed, tmp_path / "out")
    path = slices_of(tmp_path / "out")[1] / name
    whole = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + (b"\xff" + whole[middle + 1 :]) * (harm == "changed"))
    assert finished(data, tmp_path / "out") == expected
    assert path.read_bytes() == whole


def test_a_huge_line_and_binary_junk_cost_themselves_alone(
    data: Path, expected: bytes, tmp_path: Path
) -> None:
    shutil.copytree(data, tmp_path / "data")
    path = tmp_path / "data/google__mobile-actions/dataset.jsonl"
    junk = bytes(range(256)) * 40
    with path.open("ab") as out:
        out.write(junk.replace(b"\n", b"") + b"\n")
        out.write(b'{"text": "' + b"a" * (200 << 20) + b'"}\n')
        out.write(path.read_bytes()[: path.read_bytes().index(b"\n") + 1])
    finished(tmp_path / "data", tmp_path / "out", slice_bytes=32 << 20)
    ledger = Ledger.of(json.loads((tmp_path / "out/ledger.json").read_bytes()))
    assert ledger.total(stage="read", unit="row", left=False) == ROWS + 3
    left = {k.reason: n for k, n in ledger.counts.items() if k.stage == "read" and k.reason}
    assert left["too_large"] == 1
    assert left["unreadable"] == 1
    plans = json.loads(expected)["files"]["plans/part-00000.parquet"]
    again = json.loads((tmp_path / "out/manifest.json").read_bytes())
    assert again["files"]["plans/part-00000.parquet"] == plans
