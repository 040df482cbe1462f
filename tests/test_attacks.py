"""What benchmarks/dojo.py measures with: areas as a plain count has them, attacks that are what they say."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import curves

SIDE = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3)), min_size=1, max_size=8)


@given(SIDE, SIDE)
def test_areas_with_weights_are_those_of_repeated_rows(
    yes: list[tuple[int, int]], no: list[tuple[int, int]]
) -> None:
    a, b = (np.array(side, float) for side in (yes, no))
    more_a, more_b = (np.repeat(side[:, 0], side[:, 1].astype(int)) for side in (a, b))
    pairs = [(x > y) + (x == y) / 2 for x in more_a for y in more_b]
    assert curves.auroc(a[:, 0], b[:, 0], a[:, 1], b[:, 1]) == pytest.approx(np.mean(pairs))
    steps = sorted({*more_a, *more_b}, reverse=True)
    area, before = 0.0, 0.0
    for step in steps:
        hit = (more_a >= step).sum()
        area += (hit - before) * hit / (hit + (more_b >= step).sum())
        before = hit
    assert curves.auprc(a[:, 0], b[:, 0], a[:, 1], b[:, 1]) == pytest.approx(area / len(more_a))


@given(SIDE, SIDE, st.floats(0, 0.9))
def test_recall_alarms_no_more_than_allowed(
    yes: list[tuple[int, int]], no: list[tuple[int, int]], share: float
) -> None:
    a, b = (np.array(side, float) for side in (yes, no))
    got = curves.recall(a[:, 0], b[:, 0], share, a[:, 1], b[:, 1])
    bounds = [-np.inf, *b[:, 0]]
    allowed = [x for x in bounds if b[b[:, 0] > x][:, 1].sum() <= share * b[:, 1].sum() + 1e-9]
    best = max(a[a[:, 0] > x][:, 1].sum() / a[:, 1].sum() for x in allowed)
    assert got == pytest.approx(best)


@pytest.mark.skipif(
    importlib.util.find_spec("agentdojo") is None, reason="AgentDojo's wheel is not installed"
)
def test_an_attack_is_the_users_plan_and_then_the_attackers() -> None:
    import dojo_tasks

    found = []
    for case in dojo_tasks.cases("banking"):
        found.append(case)
        if case.injection and case.kind == "bare control":
            break
    by = {case.kind: case.plan for case in found}
    user, attack, control = (
        [(node.tool, node.arguments) for node in by[kind].nodes]
        for kind in ("benign", "attack", "control")
    )
    assert attack[: len(user)] == user == control[: len(user)]
    assert len(attack) == len(control) > len(user) and attack != control
    assert by["attack"].request == by["benign"].request
    assert any(edge.kind == "data" for edge in by["attack"].edges)
    assert not any(edge.kind == "data" for edge in by["bare attack"].edges)
