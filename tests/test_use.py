"""What docs/use.md shows runs as it stands, and prints what is shown; `--update-golden` writes it."""

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import NamedTuple

import pytest

import planloom

PAGE = Path(__file__).parents[1] / "docs/use.md"
BLOCK = re.compile(
    r"```(python|bash)\n((?:(?!```).)*)```\n\n<!-- output -->\n(?:```text\n((?:(?!```).)*)```\n)?",
    re.DOTALL,
)
NEEDS = re.compile(r"^(?:import|from) (duckdb|polars|pandas|datasets)\b", re.MULTILINE)


class Block(NamedTuple):
    """A block of the page and what stands below it."""

    kind: str
    code: str
    shown: str


BLOCKS = [Block(*match.groups("")) for match in BLOCK.finditer(PAGE.read_text("utf-8"))]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("use")
    planloom.build(out=home / "out/sample")
    return home


def ran(block: Block, home: Path) -> str:
    python = [sys.executable, "-W", "error", "-c", block.code]
    shell = ["bash", "-euc", block.code]
    quiet = {"HF_DATASETS_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    done = subprocess.run(
        python if block.kind == "python" else shell,
        cwd=home,
        env={**os.environ, **quiet, "HF_HOME": str(home / "cache"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines() if line.strip())


@pytest.mark.parametrize("at", range(len(BLOCKS)))
def test_a_block_prints_what_is_shown(at: int, home: Path, pytestconfig: pytest.Config) -> None:
    block = BLOCKS[at]
    for name in NEEDS.findall(block.code):
        pytest.importorskip(name, reason=f"no {name}: pip install -e '.[test]'")
    if block.kind == "bash" and not which("jq"):
        pytest.skip("no jq on this machine")
    printed = ran(block, home)
    assert printed
    if pytestconfig.getoption("--update-golden"):
        text = PAGE.read_text("utf-8")
        head = f"```{block.kind}\n{block.code}```\n\n<!-- output -->\n"
        old = head + (f"```text\n{block.shown}```\n" if block.shown else "")
        PAGE.write_text(text.replace(old, f"{head}```text\n{printed}```\n"), "utf-8")
    else:
        assert printed == block.shown, "pytest tests/test_use.py --update-golden; read the diff"


def test_no_block_is_left_out() -> None:
    text = PAGE.read_text("utf-8")
    assert len(BLOCKS) == len(re.findall(r"```(?:python|bash)\n", text)) - 1  # the build itself
    assert {name for block in BLOCKS for name in NEEDS.findall(block.code)} == {
        *("duckdb", "polars", "pandas", "datasets")
    }
