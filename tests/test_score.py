"""Scores: tables that count what a plain count counts, exact p-values, reasons that are true."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_plan import data, made, node
from test_tensors_command import built

from planloom import cli
from planloom.errors import InputError
from planloom.jepa import asked, calls, conformal, fitted, score, tensors, verdicts, why
from planloom.jepa.conformal import Ladder
from planloom.jepa.score import Model
from planloom.plan import ExecutionPlan

PLANS = 1200
THINGS = ("order", "parcel", "invoice")


def benign(number: int) -> ExecutionPlan:
    """Looks something up, then cancels or lists it: as the request says."""
    thing, many = THINGS[number % 3], number % 7 + 1
    cancels = number % 2 == 0
    then = node(
        *(1, 1, f"cancel_{thing}" if cancels else f"list_{thing}"),
        arguments={"id": number, "count": many},
        scope_volume=many,
        rules=("result:action",) if cancels else (),
    )
    said = f"please {'cancel' if cancels else 'list'} {many} of {thing} {number}"
    return made(
        node(0, 0, f"find_{thing}", arguments={"id": number}),
        then,
        edges=(data("n0", "n1", argument="id"),) if number % 5 == 0 else (),
        request=said,
        user_turns=(said,),
        source=f"some/set{number % 4}",
        fold=("train", "train", "valid", "test")[number // 6 % 4],
    )


def of_tool(plan: ExecutionPlan, **changed: Any) -> ExecutionPlan:
    """The plan with its second call changed."""
    return replace(plan, nodes=(plan.nodes[0], replace(plan.nodes[1], **changed)))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("score") / "out"
    built(out, [benign(number) for number in range(PLANS)])
    assert cli.main(["tensors", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def model(tree: Path) -> Model:
    return score.calibrated(fitted.fit(str(tree)), str(tree))


@pytest.fixture(scope="module")
def run(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    score.save(model, folder)
    return folder


@given(st.lists(st.integers(0, 9) | st.floats(0, 9), min_size=2, max_size=40), st.floats(0, 1))
def test_of_equally_drawn_scores_no_more_than_promised_alarm(
    scores: list[float], share: float
) -> None:
    """Each of n + 1 scores in turn as the new one: exact for any scores, ties too."""
    whole = np.array(scores)
    p = [Ladder.of(np.delete(whole, i)).p_values(whole[i : i + 1])[0] for i in range(len(whole))]
    assert sum(one <= share for one in p) <= share * len(whole) + 1e-9
    if len(set(scores)) == len(scores):
        assert sorted(p) == pytest.approx([(i + 1) / len(p) for i in range(len(p))])


@given(st.lists(st.floats(0, 9), min_size=1, max_size=40), st.floats(0, 1))
def test_the_threshold_is_a_p_value_that_alarms_and_none_above(
    scores: list[float], share: float
) -> None:
    bound = Ladder.of(np.array(scores)).threshold(share)
    steps = bound * (len(scores) + 1)
    assert bound <= share + 1e-9 and steps == pytest.approx(round(steps))
    assert (round(steps) + 1) / (len(scores) + 1) > share - 1e-9


def test_benign_plans_that_were_held_out_have_uniform_p_values(tree: Path, model: Model) -> None:
    keep = score.CALIBRATION._replace(fold=("test",))
    p = np.concatenate(
        [score.of_table(table, model).plan for table in fitted.read(str(tree), keep)]
    )
    for share in (0.05, 0.2, 0.5):
        wide = 4 * np.sqrt(share * (1 - share) * (1 / len(p) + 1 / len(model.plan.scores)))
        assert (p <= share).mean() < share + wide
    assert len(p) == PLANS // 4


def test_words_of_names_are_translated_as_a_plain_model_does() -> None:
    """The model written out: every word of a name beside every word of its request and nothing."""
    some = [benign(number) for number in range(60)]
    flat = calls.of_table(tensors.table(some, fitted_about(), {}))
    one = asked.bag(flat, 4096)
    got = asked.fit(one, 4096)
    names, words = got.name_of[one.name], got.word_of[one.word]
    said = [(names[i], one.plan[i]) for i in range(len(names)) if names[i]]
    of_plan = [[0, *(w for w, p in zip(words, one.asker, strict=True) if p == g and w)]
               for g in range(len(some))]  # fmt: skip
    chance = np.repeat(got.plain[:, None].astype(float), got.chance.shape[1], 1)
    for _ in range(asked.ROUNDS):
        brought = np.zeros_like(chance)
        for name, plan in said:
            part = np.array([chance[name, word] for word in of_plan[plan]])
            for word, share in zip(of_plan[plan], part / part.sum(), strict=True):
                brought[name, word] += share
        plain = brought.sum(1) / brought.sum()
        chance = (brought + 2 * plain[:, None]) / (brought.sum(0) + 2)
    assert got.chance == pytest.approx(chance, rel=1e-4, abs=1e-6)


def fitted_about() -> Any:
    from planloom.jepa.metadata import About

    return About("c" * 64, 4096, 32)


CHANGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "volume": ("cancel_order", {"scope_volume": 1000}, "volume 1000, more than all"),
    "size": ("cancel_order", {"arguments": {"id": 6, "count": 900}}, "count: 900, more than all"),
    "tier": ("cancel_order", {"provenance_tier": 3}, "values of tier 3, more than all"),
    "sensitivity": ("cancel_order", {"scope_sensitivity": 5}, "sensitivity 5, more than all"),
    "keys": ("cancel_order", {"arguments": {"id": 6, "all": True}}, "these arguments together"),
    "key": ("cancel_order", {"arguments": {"id": 6, "all": True}}, "an argument all, unlike all"),
    "class": ("cancel_order", {"arguments": {"id": "a@b.org", "count": 7}}, "id: a@b.org"),
    "source": ("cancel_order", {"arguments": {"id": 77, "count": 7}}, "id: 77, the user did not"),
    "foreign": ("cancel_order", {"arguments": {"id": 77, "count": 5}}, "so few of its values"),
    "asked": ("cancel_order", {"tool": "list_order", "rules": ()}, "words of its name"),
    "verb pair": ("cancel_order", {"tool": "find_order", "rules": ()}, "comes after find_order"),
}


@pytest.mark.parametrize("term", CHANGES)
def test_a_changed_call_is_unusual_and_the_reason_is_told(
    term: str, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool, changed, words = CHANGES[term]
    plan = benign(6)
    assert plan.nodes[1].tool == tool
    both = score.of_plans([plan, of_tool(plan, **changed)], model, {})
    column = model.names.index(term)
    assert both.terms[3, column] < both.terms[1, column]
    assert both.plan_energy[1] > both.plan_energy[0]
    monkeypatch.setattr(why, "MOST", len(model.names))
    monkeypatch.setattr(why, "UNUSUAL", 1.0)
    call = verdicts_of([of_tool(plan, **changed)], model)[0].calls[1]
    assert words in {reason.term: reason.says for reason in call.why}[term]


def verdicts_of(plans: list[ExecutionPlan], model: Model) -> list[verdicts.Verdict]:
    return list(verdicts._judged(plans, model, score.of_plans(plans, model, {}), 0.01))


def test_a_score_knows_nothing_of_label_source_or_company(model: Model) -> None:
    some = [benign(number) for number in range(20)]
    strange = [replace(p, source="x/y", label="adversarial", plan_id="0" * 32) for p in some]
    together, alone = score.of_plans(strange, model, {}), score.of_plans(some[7:8], model, {})
    plain = score.of_plans(some, model, {})
    assert np.array_equal(plain.plan, together.plan) and np.array_equal(plain.terms, together.terms)
    assert alone.plan_energy[0] == plain.plan_energy[7]


def test_an_answer_is_no_call(model: Model) -> None:
    answer = made(node(0, 0, "respond", kind="respond"), request="what is a berth")
    found = score.of_plans([answer, benign(1)], model, {})
    assert found.plan[0] == 1.0 and found.call[0] == 1.0
    assert found.plan[1] == score.of_plans([benign(1)], model, {}).plan[0]


def test_a_neural_model_adds_two_terms(tree: Path, model: Model, tmp_path: Path) -> None:
    def energies(table: Any) -> Any:
        flat = calls.of_table(table)
        return np.arange(flat.plans) * 1.0, np.ones(len(flat.plan))

    found = score.calibrated(model.fitted, str(tree), energies=energies)
    assert found.names[-2:] == score.NEURAL
    assert score.of_plans([benign(1)], found, {}).terms.shape == (2, len(found.names))
    score.save(found, tmp_path)
    assert score.load(tmp_path, lambda run: energies).names == found.names
    with pytest.raises(InputError, match="scales of a neural model"):
        score.load(tmp_path)


def test_a_trained_model_is_found_and_asked(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="torch is not installed: pip install 'planloom[jepa]'")
    from planloom.jepa import encode, neural, train
    from planloom.jepa.loader import Plans
    from planloom.jepa.running import Settings

    train.train(tree, tmp_path, Settings(steps=2))
    found = score.fit(str(tree), tmp_path, energies=neural.energies(tmp_path))
    keep = score.CALIBRATION
    (table,) = fitted.read(str(tree), keep, calls.MODEL)
    request, call = found.energies(table) if found.energies else ((), ())
    trained, plans = encode.load(tmp_path).model, Plans(str(tree), shuffle=False, keep=keep)
    told = [encode.energies(trained, one) for one in plans.batches()]
    assert request == pytest.approx(np.concatenate([one.request for one in told]), rel=1e-3)
    assert call == pytest.approx(np.concatenate([one.call for one in told]), rel=1e-3)
    lines = lines_of([benign(1)], tmp_path / "plans.jsonl")
    assert cli.main(["score", str(lines), "--model", str(tmp_path)]) == 0
    assert "tables alone" not in capsys.readouterr().err


def test_the_same_plans_give_the_same_files(tree: Path, run: Path, tmp_path: Path) -> None:
    score.fit(str(tree), tmp_path)
    for name in (fitted.FILE, score.FILE):
        first, again = (np.load(folder / name) for folder in (run, tmp_path))
        assert first.files == again.files
        assert all(np.array_equal(first[one], again[one]) for one in first.files)


def test_what_was_kept_scores_alike(model: Model, run: Path) -> None:
    some = [benign(number) for number in range(30)]
    kept, here = (score.of_plans(some, one, {}) for one in (score.load(run), model))
    assert np.array_equal(kept.plan, here.plan) and np.array_equal(kept.terms, here.terms)


def lines_of(plans: list[ExecutionPlan], path: Path) -> Path:
    from msgspec.json import encode

    path.write_bytes(b"".join(encode(plan) + b"\n" for plan in plans))
    return path


def test_score_tells_which_plan_and_why(
    run: Path, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = of_tool(benign(6), scope_volume=1000, arguments={"id": 77, "to": "eve@evil.org"})
    plans = lines_of([benign(1), bad, benign(2)], tmp_path / "plans.jsonl")
    given = ["score", str(plans), "--model", str(run), "--json", str(tmp_path / "all.jsonl")]
    assert cli.main([*given, "--top", "1"]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("3 plans, 1 alarms") and told.out.count("\np ") == 1
    assert "n1 cancel_order: " in told.out and "tables alone" in told.err
    found = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [one["alarm"] for one in found] == [False, True, False]
    assert found[1]["where"] == f"{plans}:1" and found[1]["calls"][1]["why"]
    assert cli.main(["score", str(plans), "--model", str(run), "--false-alarms", "0.0067"]) == 1
    assert cli.main(["score", str(tree), "--model", str(run), "--false-alarms", "0.05"]) in (0, 1)


WRONG: dict[str, tuple[list[str], str]] = {
    "no model": (["plans.jsonl", "--model", "none"], "none/tables.npz: no such file; make it"),
    "spoiled": (["plans.jsonl", "--model", "spoiled"], "tables.npz: cannot be read"),
    "no plans": (["none.jsonl", "--model", "RUN"], "none.jsonl: no such file"),
    "no plan": (["bad.jsonl", "--model", "RUN"], "bad.jsonl:0: "),
    "too few": (["plans.jsonl", "--model", "RUN", "--false-alarms", "0.0001"], "allow 0.00"),
    "no place": (["plans.jsonl", "--model", "RUN", "--json", "no/x"], "no/x: No such file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_told_in_one_line(
    name: str,
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    lines_of([benign(1)], Path("plans.jsonl"))
    Path("bad.jsonl").write_text("{}\n")
    Path("spoiled").mkdir()
    Path("spoiled/tables.npz").write_bytes(b"spoiled")
    given, words = WRONG[name]
    assert cli.main(["score", *(str(run) if one == "RUN" else one for one in given)]) in (1, 2)
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("planloom: ") and words in told


@settings(max_examples=20)
@given(st.integers(2, 6), st.integers(0, 100))
def test_ways_of_putting_together_rise_as_p_falls(count: int, seed: int) -> None:
    p = np.random.default_rng(seed).uniform(0.01, 1, (1, count))
    less = p.copy()
    less[0, 0] /= 2
    for put in conformal.COMBINATIONS.values():
        assert put(less)[0] > put(p)[0]
