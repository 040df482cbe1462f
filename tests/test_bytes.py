"""The promise: same recipe, same inputs, same bytes, whatever the workers, the order or the kills."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from conftest import SOURCES, golden

import planloom
from planloom import cli, files, output, pipeline, slices, work
from planloom.explain import explain
from planloom.lift import edges, trust
from planloom.lift.judgement import Judgement
from planloom.rows import Settings, carry, place_of

RECIPE = """
name = "many"
[targets]
function_calling = 60
instruction_following = 50
[sources]
"google/mobile-actions" = {}
"Muennighoff/natural-instructions" = { max = 45 }
"""


def rows(name: str, part: str) -> Iterator[dict[str, Any]]:
    """Golden rows over and over, every third time with the same request."""
    mine = [case["row"] for case in golden(name) if case["part"] == part]
    for n in range(120):
        row = json.dumps(mine[n % len(mine)])
        yield json.loads(row.replace("the ", f"the {n} ") if n % 3 else row)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of many slices and forty files of one."""
    root = tmp_path_factory.mktemp("inputs")
    (root / "recipe.toml").write_text(RECIPE)
    tasks = root / "Muennighoff__natural-instructions" / "train"
    phone = root / "google__mobile-actions" / "dataset.jsonl"
    for folder in (tasks, phone.parent):
        folder.mkdir(parents=True)
    lines = [json.dumps(row) for row in rows("mobile_actions", "default/train")]
    phone.write_text("\n".join(lines))
    for n, row in enumerate(rows("natural_instructions", "default/train")):
        with (tasks / f"task{n % 40:03d}.jsonl").open("a") as out:
            out.write(json.dumps({**row, "id": f"task{n % 40}-{n % 100}"}) + "\n")
    return root


@pytest.fixture(autouse=True)
def many_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SLICE_BYTES", 20_000)
    monkeypatch.setattr(work, "SMALL", 0)


def command(inputs: Path, out: Path, workers: int) -> list[str]:
    given = ["--out", out, "--data-root", inputs, "--workers", workers]
    return ["build", *map(str, (inputs / "recipe.toml", *given))]


@pytest.fixture(scope="module")
def expected(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = tmp_path_factory.mktemp("expected") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "SLICE_BYTES", 20_000)
        assert cli.main(command(inputs, out, 1)) == 0
    pieces = json.loads((out / "run.json").read_bytes())["slices"]
    kept = sum(1 for _ in planloom.open(out))
    assert pieces >= 45 and kept > 60
    return (out / "manifest.json").read_bytes()


@pytest.mark.parametrize("workers", [2, 5])
def test_any_number_of_workers(inputs: Path, expected: bytes, tmp_path: Path, workers: int) -> None:
    assert cli.main(command(inputs, tmp_path / "out", workers)) == 0
    assert (tmp_path / "out/manifest.json").read_bytes() == expected


def test_any_order_of_slices(
    inputs: Path, expected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shuffled(
        _: work.Workers, do: Callable[[Any], Any], jobs: Sequence[Any], what: str, *_1: Any
    ) -> list:
        order = random.Random(what).sample(range(len(jobs)), len(jobs))
        done = {n: do(jobs[n]) for n in order}
        return [done[n] for n in range(len(jobs))]

    monkeypatch.setattr(work.Workers, "run", shuffled)
    assert cli.main(command(inputs, tmp_path / "out", 1)) == 0
    assert (tmp_path / "out/manifest.json").read_bytes() == expected


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_stopped_build_goes_on_where_it_was(
    inputs: Path,
    expected: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stop: BaseException,
) -> None:
    finish, finished = slices._Gathered.finish, []

    def stopping(gathered: Any) -> None:
        if len(finished) == 20:
            raise stop
        finish(gathered)
        finished.append(gathered.task.piece)

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(slices._Gathered, "finish", stopping)
        assert cli.main(command(inputs, out, 1)) == (
            130 if isinstance(stop, KeyboardInterrupt) else 2
        )
    assert capsys.readouterr().err.count("\n") == 1
    assert not (out / "manifest.json").exists()
    again = list(finished)
    monkeypatch.setattr(
        slices._Gathered, "finish", lambda g: (finish(g), again.append(g.task.piece))
    )
    assert cli.main(command(inputs, out, 1)) == 0
    assert len(set(again)) == len(again), "a finished slice was made again"
    assert (out / "manifest.json").read_bytes() == expected


def test_to_mix_again_no_source_is_read(
    inputs: Path, expected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target, a threshold, a source less, and all back."""
    out = tmp_path / "out"
    assert cli.main(command(inputs, out, 1)) == 0

    def read(*_: Any) -> Iterator[Any]:
        raise AssertionError("a source was read")

    monkeypatch.setattr(slices, "_records", read)
    changed = tmp_path / "changed"
    changed.mkdir()
    fewer = RECIPE.replace("function_calling = 60", "function_calling = 20")
    for text in (fewer, f"{RECIPE}[dedup]\ntemplate_cap = 1\n"):
        (changed / "recipe.toml").write_text(text)
        mixed = ["build", str(changed / "recipe.toml"), *command(inputs, out, 1)[2:]]
        assert cli.main(mixed) == 0
        assert 0 < sum(1 for _ in planloom.open(out)) < 80
    assert cli.main([*command(inputs, out, 1), "--without", "google/mobile-actions"]) == 0
    assert {plan.source for plan in planloom.open(out)} == {"Muennighoff/natural-instructions"}
    assert cli.main(command(inputs, out, 1)) == 0
    assert (out / "manifest.json").read_bytes() == expected


def test_what_a_recipe_no_longer_wants_is_gone(inputs: Path, tmp_path: Path) -> None:
    """JSON lines of another kind, the folder of another recipe, a stray file."""
    changed = tmp_path / "changed"
    changed.mkdir()
    fresh: list[bytes] = []
    for number, out in enumerate((tmp_path / "out", tmp_path / "new")):
        for text in (f'jsonl = "plain"{RECIPE}', f'jsonl = "zst"{RECIPE}', RECIPE)[2 * number :]:
            (changed / "recipe.toml").write_text(text)
            mixed = ["build", str(changed / "recipe.toml"), *command(inputs, out, 1)[2:]]
            assert cli.main(mixed) == 0
            (out / "notes.txt").write_text("mine")
        assert cli.main(mixed) == 0
        fresh.append((out / "manifest.json").read_bytes())
        assert not list(out.glob("*.jsonl*"))
    assert fresh[0] == fresh[1]
    (changed / "recipe.toml").write_text(f'jsonl = "plain"{RECIPE}'.replace("many", "other"))
    assert cli.main([*mixed, "--fresh"]) == 0
    assert [path.name for path in (tmp_path / "new").glob("*.jsonl*")] == ["other.jsonl"]


def test_a_mix_that_was_stopped_is_not_finished_and_can_be_explained_after(
    inputs: Path, expected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert cli.main(command(inputs, out, 1)) == 0
    without = [*command(inputs, out, 1), "--without", "google/mobile-actions"]
    with monkeypatch.context() as patch:
        patch.setattr(pipeline.mix, "mix", interrupted)
        assert cli.main(without) == 130
    assert not output.Out(out).status().finished
    (out / ".stage/digests.json").write_bytes(b'{"cut')
    assert cli.main(without) == 0
    for plan in islice(planloom.open(out), 5):
        assert "kept, in plans/" in explain(out, plan.plan_id)
    assert output.Out(out).status().finished
    assert cli.main(command(inputs, out, 1)) == 0
    assert (out / "manifest.json").read_bytes() == expected


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


def ids() -> list[str]:
    found = []
    for name, source in SOURCES.items():
        for case in golden(name) if source.parts else []:
            part = source.part(case["part"])
            gone = carry(case["row"], part, place_of(source, part, "f", 0), Settings())
            found += [judged.plan.plan_id for judged in gone.plans]
    return found


def test_a_changed_rule_changes_no_id(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids()
    monkeypatch.setattr(edges, "edges", lambda *_: ())
    monkeypatch.setattr(trust, "result_tier", lambda *_: Judgement(3, "inferred", ("made:up",)))
    assert len(before) > 50 and ids() == before
