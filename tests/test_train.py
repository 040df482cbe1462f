"""Training: it learns, collapse is said, a killed run comes to the same numbers, wrong use is told in a line."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from planloom import cli
from planloom.jepa import parts

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'planloom[jepa]'")

from browser import opened  # noqa: E402
from test_jepa import VOCABULARY, one, tensors  # noqa: E402
from test_tensors_command import built  # noqa: E402

from planloom.errors import PlanloomError  # noqa: E402
from planloom.jepa import encode, running, train  # noqa: E402
from planloom.jepa.batch import Batch  # noqa: E402
from planloom.jepa.loader import Plans  # noqa: E402
from planloom.jepa.model import Model  # noqa: E402
from planloom.jepa.running import Settings  # noqa: E402


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tensors(tmp_path_factory.mktemp("train") / "out", [one(n) for n in range(60)])


def run(tree: Path, out: Path, **more: Any) -> train.Ended:
    return train.train(tree, out, Settings(**{"epochs": 100, "calls": 100, **more}))


def test_it_learns_twenty_plans_by_heart(tmp_path: Path) -> None:
    tree = tensors(tmp_path / "out", [one(n) for n in range(20)])
    ended = run(tree, tmp_path / "run", steps=100)
    first = next(running.lines(tmp_path / "run"))
    assert ended.last["call"] + ended.last["request"] < 0.3 * (first["call"] + first["request"])
    assert not ended.card.collapsed and ended.card.seen == {"function_calling": 100 * 20}
    trained = encode.load(tmp_path / "run")
    batch_ = next(Plans(tree, shuffle=False).batches())
    assert ranked(trained.model, batch_) > 0.9 > 0.5 > ranked(encode.fresh(trained.card), batch_)
    right = encode.energies(trained.model, batch_)
    moved = batch_._replace(rq=batch_.rq.roll(int(batch_.rq_at[1])), rq_at=rolled(batch_.rq_at))
    assert encode.energies(trained.model, moved).request.mean() > 3 * right.request.mean()


def rolled(at: Any) -> Any:
    """Where requests begin, once the first stands last."""
    sizes = at.diff().roll(-1)
    return torch.cat((torch.zeros(1, dtype=at.dtype), sizes.cumsum(0).to(at.dtype)))


def ranked(model: Model, batch: Batch) -> float:
    """The mean reciprocal rank of each plan among all, by what its request lets expect."""
    found = encode.latents(model, [batch])
    distance = torch.cdist(found.requests, found.plans)
    return float((1 / (distance <= distance.diag()[:, None]).sum(1)).mean())


def test_without_sigreg_all_becomes_one_point_and_it_is_said(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = run(tree, tmp_path / "run", steps=60, sigreg=0.0)
    assert ended.card.collapsed and ended.card.std < 0.1
    told = capsys.readouterr().err
    assert told.count("warning: step") == 1 and "latents fall together" in told


KILLED = """
import sys
from planloom import cli
from planloom.jepa import train
train.SECONDS, train.EVERY = 0.0, 2
cli.main(sys.argv[1:])
"""


def told(path: Path) -> list[dict[str, Any]]:
    """The log without what the clock says."""
    return [{**line, "seconds": 0} for line in running.lines(path)]


def test_a_killed_run_comes_to_the_same_numbers(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "EVERY", 2)
    run(tree, tmp_path / "whole", steps=40, calls=40)
    given = [
        "train",
        str(tree),
        "--out",
        str(tmp_path / "killed"),
        "--steps",
        "40",
        "--calls",
        "40",
        "--epochs",
        "100",
    ]
    killed = subprocess.Popen([sys.executable, "-c", KILLED, *given], stderr=subprocess.DEVNULL)
    while killed.poll() is None and len(told(tmp_path / "killed")) < 6:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL and len(told(tmp_path / "killed")) < 20
    assert cli.main(given) == 0
    assert told(tmp_path / "killed") == told(tmp_path / "whole")
    first, second = (torch.load(tmp_path / name / "model.pt") for name in ("whole", "killed"))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_finished_run_is_told_again_and_has_a_page(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["train", str(tree), "--out", str(tmp_path / "run"), "--steps", "3"]
    assert cli.main(given) == 0
    before = capsys.readouterr().out
    assert "3 steps" in before and cli.main(given) == 0 and capsys.readouterr().out == before
    page = (tmp_path / "run/curves.html").read_text("utf-8")
    assert '"title":"RankMe"' in page and "{{" not in page.split("<script>")[0]
    card = json.loads((tmp_path / "run/model.json").read_bytes())
    assert card["settings"]["size"] == "tiny" and card["tensors"]["salt"] == "planloom tokens"


def test_the_page_draws_its_curves(tree: Path, tmp_path: Path) -> None:
    run(tree, tmp_path / "run", steps=2)
    with opened(tmp_path / "run/curves.html") as page:
        page.wait_for_selector("#sections svg")
        assert page.said == [] and len(page.asked) == 1
        assert page.locator("#sections figure").count() == 5


def test_only_benign_plans_of_the_folds_asked_for_are_read(tmp_path: Path) -> None:
    told = [
        {},
        {"label": "adversarial"},
        {"label": "boundary"},
        {"fold": "valid"},
        {"category": "gold_traces"},
        {"category": "conversation"},
    ]
    out = tensors(tmp_path / "out", [one(n, **told[n % 6]) for n in range(60)])
    seen = {"function_calling": 10, "conversation": 10, "gold_traces": 10}
    assert run(out, tmp_path / "all", epochs=1).card.seen == seen
    ended = run(out, tmp_path / "some", epochs=2, gold=False, folds=("train", "valid"))
    assert ended.card.seen == {"function_calling": 40, "conversation": 20}


@pytest.mark.parametrize(
    ("given", "code", "line"),
    [
        pytest.param(["--seed", "1"], 2, "begun with seed 0, not 1", id="settings"),
        pytest.param(
            ["--folds", "valid"], 1, "no benign plan of fold valid; there are train", id="fold"
        ),
        pytest.param(["--device", "cuda"], 2, "torch finds none here", id="cuda"),
        pytest.param(["--out", "FULL"], 2, "not empty and no training run", id="foreign"),
    ],
)
def test_wrong_use_is_told(
    given: list[str],
    code: int,
    line: str,
    tree: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "cuda" in given and torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")
    some = ["train", str(tree), "--steps", "1", "--out", str(tmp_path / "run")]
    assert cli.main(some) == 0
    assert (
        cli.main([*some, *(str(tmp_path / "full") if one == "FULL" else one for one in given)])
        == code
    )
    err = capsys.readouterr().err
    assert line in err.splitlines()[-1]


def test_a_run_on_other_tensors_is_refused(tree: Path, tmp_path: Path) -> None:
    run(tree, tmp_path / "run", steps=1)
    out = built(tmp_path / "other", [one(1)])
    (out / "manifest.json").write_text('{"files": {"a": 1}}')
    parts.write(out, out / "tensors", VOCABULARY)
    with pytest.raises(PlanloomError, match=r"begun on other tensors \(corpus [0-9a-f]{12}, not"):
        run(out / "tensors", tmp_path / "run", steps=1)
    (tmp_path / "run/checkpoint.pt").write_bytes(b"broken")
    with pytest.raises(PlanloomError, match="cannot be read; remove"):
        run(tree, tmp_path / "run", steps=1)
    (tmp_path / "run/model.json").unlink()
    with pytest.raises(PlanloomError, match="not finished; run the same"):
        encode.load(tmp_path / "run")
