"""The house stays in order: who may import whom, sizes, docs that are what the code says."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1]
PACKAGE = HOME / "src" / "planloom"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.stat().st_size)

WORDS = {"plan", "trace", "source", "errors", "ledger", "recipe", "payload", "verdict", "version"}
STAGES = {"lift", "checks", "safety", "decontaminate", "dedup", "mix", "write", "stats"}
KNOW_STAGES = {"pipeline", "rows", "api", "mix", "write", "explain"} | {"measured", "supply"}
"""The last two foretell what dedup and mix will leave."""
KNOW_STAGES |= {"synth", "rewording"}
"""The first reads the word lists of lift, to tell what a tool does by its name; the second asks the checks."""
KNOW_STAGES |= {"conversion"}
"""Lifts anew what a converted row tells, to say what it does not."""
KNOW_STAGES |= {"mutate"}
"""Judges what it changed by the rules of lift."""
KNOW_STAGES |= {
    "evaluation",
    "inputs",
    "slices",
}  # the index of what is decontaminated is theirs to open
MAY_IMPORT = {
    "plan": set(),
    "errors": set(),
    "version": set(),
    "trace": {"plan"},
    "source": {"plan", "trace"},
    "recipe": {"plan", "errors"},
    "ledger": {"errors"},
    "payload": {"errors", "trace"},
    "arrow": {"plan", "trace"},
    "shapes": WORDS,
    "datasets": WORDS | {"shapes"},
    "lift": WORDS | {"language"},
    "language": set(),
    "verdict": {"errors"},
    "unfilled": WORDS,
    "fit": WORDS,
    "calls": WORDS | {"fit", "unfilled"},
    "checks": WORDS | {"calls"},
    "safety": WORDS,
    "prompts": {"plan"},
    "hashes": set(),
    "phrases": {"hashes"},
    "items": WORDS | {"datasets", "files", "hashes", "phrases", "records"},
    "decontaminate": {"items", "phrases", "plan"},
    "evaluation": WORDS
    | {"cluster", "datasets", "decontaminate", "fetch", "files", "inputs", "items", "output"}
    | {"pipeline", "slices", "work"},
    "signatures": {"plan", "hashes"},
    "near": {"hashes", "signatures"},
    "upload": {"errors"},
    "indexed": {
        "chunks",
        "errors",
        "signatures",
        "source",
    },  # dedup and mix share it: mix goes on where dedup stopped
    "kin": WORDS | {"arrow", "hashes", "near", "indexed", "signatures"},
    "dedup": WORDS | {"hashes", "kin", "indexed"},
    "mix": WORDS | {"chunks", "hashes", "indexed"},
    "synth": WORDS | {"fit", "lift", "shapes", "stored"},
    "gold": WORDS
    | {"cluster", "datasets", "files", "inputs", "output", "rewording", "rewrite", "synth", "work"},
    "rewording": WORDS | {"checks", "rewrite", "synth"},
    "section": {"errors"},
    "report": WORDS | {"arrow", "cost", "output", "section"},
    "review": WORDS | {"arrow", "explain", "hashes", "output", "report", "terminal"},
    "terminal": set(),
    "explain": WORDS
    | {
        "arrow",
        "chunks",
        "datasets",
        "decontaminate",
        "files",
        "indexed",
        "inputs",
        "lift",
        "mix",
        "records",
    }
    | {"output", "rows", "terminal"},
    "card": WORDS | {"arrow", "report"},
    "parcel": WORDS | {"card", "files", "report"},
    "push": {"asking", "download", "errors", "hub", "parcel", "version"},
    "formats": {"plan", "trace"},
    "stored": {"arrow", "errors", "plan", "trace"},
    "validate": {"plan", "stored"},
    "conversion": {"errors", "formats", "lift", "plan", "stored", "trace"},
    "mutate": {"arrow", "errors", "lift", "plan", "stored", "trace"},
    "stats": set(),
    "write": WORDS | {"arrow", "formats", "hashes", "indexed", "stats"},
    "files": WORDS,
    "records": WORDS | {"files", "parquet"},
    "parquet": WORDS | {"files"},
    "chunks": WORDS | {"arrow", "signatures"},
    "asking": {"errors"},
    "rewrite": {"asking", "errors", "language"},
    "hub": {"asking", "errors", "version"},
    "download": {"asking", "errors", "files", "hub"},
    "fetch": WORDS | {"download", "files", "hub"},
    "excerpts": {"download", "files", "hub", "records", "source"},
    "texts": {"errors", "excerpts", "files", "payload", "records"},
    "footers": {"excerpts", "files", "parquet", "source"},
    "layout": {"excerpts", "files", "hub", "source"},
    "viewer": {"hub", "payload", "source"},
    "facts": {"errors"},
    "feasible": {"facts", "source"},
    "overview": {"facts", "terminal"},
    "remote": WORDS | {"fetch", "hub"},
    "measured": WORDS | {"chunks", "datasets", "dedup", "indexed"},
    "known": {"errors", "measured", "plan"},
    "supply": WORDS | {"known", "measured", "mix", "rows"},
    "jepa": {"errors", "output", "plan", "report", "section", "stored", "terminal"}
    | {"version", "work"},
    "cost": {"known", "measured", "source", "supply"},
}


def room(path: Path) -> str:
    """The module or folder directly below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The rooms of ours that a file imports when it is loaded or run."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "planloom":
            parts = (node.module or "").split(".")
            names = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
            found |= set(names)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    mine = room(path)
    if mine in MAY_IMPORT:
        assert imported(path) - {mine} <= MAY_IMPORT[mine]


def test_plan_needs_nothing_of_ours_and_no_torch() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import plan; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(PACKAGE)], capture_output=True, text=True, check=True
    )
    loaded = set(ran.stdout.split())
    assert not {name for name in loaded if name.split(".")[0] in ("planloom", "torch", "pyarrow")}


def test_only_one_module_imports_torch() -> None:
    for path in MODULES:
        for one in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in one.names] if isinstance(one, ast.Import) else []
            names += [one.module or ""] if isinstance(one, ast.ImportFrom) else []
            if any(name.split(".")[0] == "torch" for name in names):
                assert path == PACKAGE / "jepa/extra.py"


@pytest.mark.parametrize(
    "code",
    [
        "import planloom",
        "from planloom.cli import main; main(['tensors', '--help'])",
        "from planloom.cli import main; assert main(['tensors', sys.argv[1]]) == 0",
    ],
)
def test_what_needs_no_torch_does_not_import_it(code: str, tmp_path: Path) -> None:
    from test_plan import SOUND
    from test_tensors_command import built

    built(tmp_path / "out", [SOUND])
    ran = subprocess.run(
        [
            *(sys.executable, "-X", "importtime", "-c", f"import sys; {code}"),
            str(tmp_path / "out"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in ran.stderr.splitlines()}
    assert "planloom" in loaded and "torch" not in loaded


def test_only_the_pipeline_knows_the_order() -> None:
    for path in MODULES:
        used = imported(path) & STAGES - {room(path)}
        if room(path) not in KNOW_STAGES:
            assert not used, f"{path.name} imports the stages {used}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_are_small_and_say_why_they_exist(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 320
    assert ast.get_docstring(ast.parse(text))


def test_a_dataset_file_is_thin() -> None:
    for path in (PACKAGE / "datasets").glob("[a-z]*.py"):
        assert path.read_text("utf-8").count("\n") <= 75, f"{path.name} is a shape in disguise"


def test_generated_docs_are_fresh() -> None:
    ran = subprocess.run(
        [sys.executable, HOME / "docs/generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (HOME / "README.md").read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )


def test_every_command_has_help_and_stands_in_the_readme() -> None:
    from planloom import commands

    text = (HOME / "README.md").read_text("utf-8")
    for name in (
        "list",
        "discover",
        "new",
        "synth",
        "build",
        "forecast",
        "explain",
        "check",
        "report",
        "review",
        "push",
        "convert",
        "mutate",
        "tensors",
        "train",
        "evaluate",
        "score",
    ):
        with pytest.raises(SystemExit, match="0"):
            commands.parser().parse_args([name, "--help"])
        assert f"planloom {name}" in text


def test_nothing_is_left_to_do() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    for path in MODULES:
        assert not words.search(path.read_text("utf-8")), path.name
