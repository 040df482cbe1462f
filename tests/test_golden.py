"""Every dataset against its golden rows: each card gets all of this without further edits.

`pytest --update-golden` writes what the code gives into tests/golden; a person reviews the diff.
"""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conftest import GOLDEN, SOURCES, golden
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import PACKED, files

import planloom
from planloom import plan
from planloom.errors import Reason
from planloom.golden import carried, outcome, told

WITH_PARTS = sorted(name for name, source in SOURCES.items() if source.parts)
JUNK = st.one_of(
    st.none(), st.integers(), st.text(max_size=20), st.lists(st.integers(), max_size=2), st.just({})
)


def of_format(case: dict[str, Any]) -> dict[str, Any]:
    lifted = planloom.transform(case["row"])
    found = {
        "plans": [told(p) for p in lifted.plans],
        "left": [reason for reason, _ in lifted.left],
    }
    return json.loads(msgspec.json.encode({key: value for key, value in found.items() if value}))


def compare(
    name: str, cases: list[dict[str, Any]], found: list[dict[str, Any]], update: bool
) -> None:
    inputs = [{k: v for k, v in case.items() if k in ("why", "part", "row")} for case in cases]
    now = [{**case, **result} for case, result in zip(inputs, found, strict=True)]
    if update:
        text = json.dumps(now, ensure_ascii=False, indent=1)
        (GOLDEN / f"{name}.json").write_text(text + "\n", "utf-8")
        return
    for case, result in zip(cases, now, strict=True):
        assert result == case, f"{case['why']}: review with pytest --update-golden and git diff"


@pytest.mark.parametrize("name", WITH_PARTS)
def test_rows_give_what_is_stored(name: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / f"{name}.json"
    assert path.exists(), f"write {path} with cases of why, part and row; then --update-golden"
    cases = golden(name)
    found = [outcome(SOURCES[name], case) for case in cases]
    compare(name, cases, found, request.config.getoption("--update-golden"))


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("formats*.json")))
def test_the_formats_are_detected(name: str, request: pytest.FixtureRequest) -> None:
    cases = golden(name)
    found = [of_format(case) for case in cases]
    compare(name, cases, found, request.config.getoption("--update-golden"))


NEVER_BENIGN = {"agentdojo", "rjudge", "agentsafetybench"}
"""Sets of attacks: what of them is benign is held out."""


@pytest.mark.parametrize("name", WITH_PARTS)
def test_a_source_shows_a_kept_and_a_left_case(name: str) -> None:
    outcomes = [carried(SOURCES[name], case) for case in golden(name)]
    kept = any(judged.verdict.reason is None for gone in outcomes for judged in gone.plans)
    left = any(gone.left or any(j.verdict.reason for j in gone.plans) for gone in outcomes)
    held_out = all(part.policy != "train" for part in SOURCES[name].parts)
    assert left
    assert kept != (held_out or name in NEVER_BENIGN)


@pytest.mark.parametrize("name", WITH_PARTS)
def test_every_part_has_a_case(name: str) -> None:
    parts = {part.name for part in SOURCES[name].parts}
    assert parts == {case["part"] for case in golden(name)}


@pytest.mark.parametrize("name", WITH_PARTS)
def test_plans_are_sound_and_survive_encoding(name: str) -> None:
    for case in golden(name):
        for judged in carried(SOURCES[name], case).plans:
            assert plan.problems(judged.plan) == []
            assert plan.decode(plan.encode(judged.plan)) == judged.plan


@pytest.mark.parametrize("name", WITH_PARTS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_junk_in_a_field_is_left_with_a_reason(name: str, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(golden(name)))
    column = data.draw(st.sampled_from(sorted(case["row"])))
    row = {**case["row"], column: data.draw(JUNK)}
    gone = carried(SOURCES[name], {**case, "row": row})
    assert gone.crash == ""
    assert gone.plans or gone.left


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_the_card_is_filled(name: str) -> None:
    source = SOURCES[name]
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", source.id)
    assert source.licence and source.rows > 0
    assert source.revision is None or re.fullmatch("[0-9a-f]{40}", source.revision)
    assert bool(source.parts) != bool(source.refused)
    for part in source.parts:
        assert (part.policy == "train") == (part.why == "")


def test_the_sample_is_the_golden_rows() -> None:
    texts = dict(files())
    packed = {path for path in PACKED.rglob("*") if path.is_file() and path.name != "recipe.toml"}
    assert packed == set(texts), "run python tests/sample.py"
    for path, text in texts.items():
        assert Path(path).read_text("utf-8") == text, "run python tests/sample.py"


def test_every_reason_has_a_meaning() -> None:
    assert all(reason.meaning and reason.value == reason.name for reason in Reason)
