"""What latents are worth, held against naive reckoning; and that nothing passes that has not learned."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from msgspec import structs

pytest.importorskip("torch", reason="torch is not installed: pip install 'planloom[jepa]'")

import planloom
from planloom import arrow, cli
from planloom.jepa import evaluate, measures


def drawn(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_reciprocal_ranks_are_those_of_sorting() -> None:
    predicted, target = drawn(60, 5), drawn(60, 5, seed=1)
    found = measures.reciprocal_ranks(predicted, target, 30)
    for n in range(60):
        block = range(30 * (n // 30), 30 * (n // 30) + 30)
        ranked = sorted(block, key=lambda m: float(((predicted[n] - target[m]) ** 2).sum()))
        assert found[n] == pytest.approx(1 / (1 + ranked.index(n)))


def test_a_collapsed_model_ranks_by_chance_and_fills_one_dimension() -> None:
    same = np.ones((200, 8), np.float32)
    assert measures.reciprocal_ranks(same, same, 100).mean() == pytest.approx(1 / 50.5)
    assert measures.rankme(same) == pytest.approx(1)
    assert measures.chance(2) == 0.75


def test_rankme_counts_dimensions() -> None:
    flat = drawn(2_000, 3) @ drawn(3, 10, seed=2)
    assert 2 < measures.rankme(flat) < 3.1
    assert measures.rankme(np.eye(7, dtype=np.float32)) == pytest.approx(7)


def test_lidar_counts_what_tells_plans_apart_not_what_views_differ_in() -> None:
    plans, noise = drawn(300, 1, 6), drawn(300, 4, 6, seed=3)
    clear = plans + 0.01 * noise
    blurred = np.concatenate(
        [plans[:, :, :1].repeat(4, 1) + 0.01 * noise[:, :, :1], noise[:, :, 1:]], 2
    )
    assert measures.lidar(clear) > 5
    assert measures.lidar(blurred) < 2


def test_a_probe_reads_what_is_there_and_nothing_else() -> None:
    labels = np.arange(600) % 3
    latents = drawn(600, 4)
    groups = np.arange(600)
    assert measures.probe(latents, labels, groups) == pytest.approx(1 / 3, abs=0.08)
    latents[:, 0] += 10 * labels
    assert measures.probe(latents, labels, groups) > 0.9


def one(**values: float) -> dict[str, Any]:
    trained = {
        "request mrr, all": 0.5,
        "call mrr, all": 0.3,
        "probe verb": 0.6,
        "std": 0.9,
    } | values
    untrained = {"request mrr, all": 0.01, "call mrr, all": 0.02, "probe verb": 0.5, "std": 0.3}
    return {"trained": trained, "untrained": untrained}


@pytest.mark.parametrize(
    "values",
    [{"request mrr, all": 0.04}, {"call mrr, all": 0.19}, {"probe verb": 0.5}, {"std": 0.05}],
)
def test_the_gate_asks_for_everything_of_every_seed(values: dict[str, float]) -> None:
    assert evaluate.gate([one(), one(), one()])["passed"]
    assert not evaluate.gate([one(), one(), one(**values)])["passed"]
    assert not evaluate.gate([one(), one()])["passed"]


def command(*words: object) -> int:
    return cli.main([str(word) for word in words])


def corpus(folder: Path) -> Path:
    """A finished build of made-up plans with folds, which gold traces have not."""
    assert command("synth", "--out", folder / "gold", "--number", 900) == 0
    (part,) = (folder / "gold/plans").glob("*.parquet")
    plans = [
        structs.replace(
            plan,
            category="function_calling",
            fold=("valid", "test")[n % 2] if n % 5 == 0 else "train",
        )
        for n, plan in enumerate(planloom.open(folder / "gold"))
    ]
    pq.write_table(arrow.table(plans), part)
    return folder / "gold"


def test_the_page_from_corpus_to_scores_runs(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs/jepa.md").read_text("utf-8")
    lines = page.split("## From corpus to scores")[1].split("```")[1].splitlines()[2:]
    out = corpus(tmp_path)
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        words = [
            w.replace("out/tier1", str(out)).replace("out/run", str(tmp_path / "run"))
            for w in words
        ]
        more = ["--steps", "3"] if words[0] == "train" else []
        assert command(*words, *more) in ((0, 1) if words[0] in ("evaluate", "score") else (0,)), (
            line
        )
    found = json.loads((tmp_path / "run0" / evaluate.FILE).read_bytes())
    assert len(found["seeds"]) == 3
    assert (tmp_path / "run0/tables.npz").exists()


def test_what_was_hardly_trained_does_not_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, run = tmp_path / "out", tmp_path / "run"
    assert command("build", "--out", out) == 0
    assert command("tensors", out) == 0
    assert command("train", out, "--out", run, "--steps", 3) == 0
    words = ("evaluate", run, "--tensors", out / "tensors", "--folds", "train", "valid", "test")
    capsys.readouterr()
    assert command(*words) == 1
    told = capsys.readouterr().out
    assert "no claim that it learned" in told
    found = json.loads((run / evaluate.FILE).read_bytes())
    assert found["plans"] == sum(found["sources"].values())
    assert set(found["seeds"][0]["trained"]) == set(found["seeds"][0]["untrained"])
    assert command("evaluate", run, *words[1:]) == 2
    assert "train each with another --seed" in capsys.readouterr().err
    assert command("evaluate", run, "--tensors", out / "tensors", "--source", "nobody/nothing") == 1
    assert "at least 50 are needed" in capsys.readouterr().err
