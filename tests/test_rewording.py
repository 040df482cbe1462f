"""Gold traces in a model's words: checked, paid for once, within the budget."""

import json
from pathlib import Path
from typing import Any

import pytest
from endpoint import FINE, KEY, Endpoint, endpoint

import planloom
from planloom import cli, gold, recipe, rewording


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", KEY)


def written(path: Path, server: Endpoint) -> Path:
    told = f'base_url = "{server.url}"\nmodel = "m"\nkey_env = "MODEL_KEY"\nconcurrency = 4\n'
    path.write_text(told + '[prices."m"]\ninput = 150\noutput = 600\n')
    return path


def command(*words: object) -> int:
    return cli.main([str(word) for word in words])


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_bytes())
    return found


def test_requests_are_rewritten_once_and_still_say_their_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, out = tmp_path / "plain", tmp_path / "out"
    assert command("synth", "--out", plain, "--number", 60) == 0
    with endpoint() as server:
        settings = written(tmp_path / "llm.toml", server)
        words = ("--number", 60, "--rewrite", settings, "--max-usd", 50)
        assert command("synth", "--out", out, *words) == 0
        told, asked = capsys.readouterr().out, server.calls
        assert f"of {asked:,} requests rewritten" in told
        assert command("synth", "--out", tmp_path / "again", *words) == 0
        assert server.calls == asked  # nothing is paid for twice
    rewritten = manifest(out)["rewritten"]
    assert rewritten["counts"]["rewritten"] > 0.8 * asked
    assert "by the model m." in (out / "README.md").read_text()
    assert command("check", out) == 0
    old = {plan.at: plan for plan in planloom.open(plain)}
    new = {plan.at: plan for plan in planloom.open(out)}
    assert (tmp_path / "again/plans/part-00000.parquet").read_bytes() == (out / "plans/part-00000.parquet").read_bytes()  # fmt: skip
    both = old.keys() & new.keys()
    assert both
    for at in both:
        assert [n.arguments for n in new[at].nodes] == [n.arguments for n in old[at].nodes]
    assert any(new[at].request != old[at].request for at in both)


def test_a_budget_that_is_too_small_leaves_the_rest_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with endpoint() as server:
        settings = written(tmp_path / "llm.toml", server)
        code = command("synth", "--out", tmp_path / "out", "--number", 60, "--rewrite", settings, "--max-usd", 2)  # fmt: skip
        assert server.usd <= 2
    assert code == 1
    assert "goes on with a larger --max-usd" in capsys.readouterr().out
    assert manifest(tmp_path / "out")["rewritten"]["counts"]["not_asked"] > 0
    assert len(list(planloom.open(tmp_path / "out"))) == 60


def test_an_estimate_asks_a_few_times_and_builds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with endpoint() as server:
        settings = written(tmp_path / "llm.toml", server)
        words = ("synth", "--out", tmp_path / "out", "--number", 1_000_000, "--rewrite", settings, "--max-usd", 50, "--estimate")  # fmt: skip
        assert command(*words) == 0
        assert server.calls == 20
    assert "requests, by 20 that were asked for $" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_model_and_a_budget_go_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("synth", "--out", tmp_path / "out", "--rewrite", "x.toml") == 2
    assert "--max-usd" in capsys.readouterr().err


def test_a_model_gives_more_values(tmp_path: Path) -> None:
    names = "\n".join(f"Quillmoor {one} Works" for one in ("North", "South", "East", "West"))
    script = lambda number, text: FINE._replace(content=names)  # noqa: E731
    with endpoint(script) as server:
        settings = written(tmp_path / "llm.toml", server)
        how = rewording.Rewording(str(settings), str(tmp_path / "answers"), 50.0)
        path = rewording.more_values(10, how, None)
        calls = server.calls
        assert rewording.more_values(10, how, None).read_bytes() == path.read_bytes()
        assert server.calls == calls
    assert "Quillmoor West Works" in path.read_text()
    with_more = recipe.Gold(pools=str(path))
    assert gold.check(with_more).worlds


def test_what_is_kept_is_said_and_what_a_result_brings_is_not() -> None:
    corpus = gold.alone(400, 3, recipe.Gold())
    for ask in rewording.asks(gold.sample(corpus)):
        assert all(value in ask.text for value in ask.keep)
        assert not set(ask.keep) & set(ask.avoid)
