"""Golden cases: rows with what became of them, kept beside a dataset file and reviewed as diffs.

A case is an object with `why`, `part` and `row`; the rest of it is what the code gives.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from planloom import plan, rows
from planloom.errors import InputError, RecipeError
from planloom.plan import ExecutionPlan
from planloom.rows import Outcome, Settings
from planloom.source import Source

SUFFIX = ".golden.json"
GIVEN = ("why", "part", "row")
SHORT = 160
Case = dict[str, Any]


def carried(source: Source, case: Case) -> Outcome:
    """The way of a case's row.

    Raises:
        KeyError: if the source has no such part.
    """
    part = source.part(case["part"])
    place = rows.place_of(source, part, "golden.json", 0)
    return rows.carry(case["row"], part, place, Settings(allow_non_commercial=True))


def told(found: ExecutionPlan) -> dict[str, Any]:
    """A plan as a reviewer wants to read it: without its address and its tool hashes."""
    left_out = ("at", "config", "file", "licence", "revision", "source", "source_split", "tools")
    whole = msgspec.json.decode(plan.encode(found))
    return {key: value for key, value in whole.items() if value and key not in left_out}


def outcome(source: Source, case: Case) -> Case:
    """What the code gives for a case, as plain JSON."""
    gone = carried(source, case)
    plans = []
    for judged in gone.plans:
        verdict = {"left": [judged.stage, judged.verdict.reason]} if judged.verdict.reason else {}
        tolerated = {"tolerated": judged.verdict.tolerated} if judged.verdict.tolerated else {}
        plans.append({**told(judged.plan), **tolerated, **verdict})
    found: Case = {"plans": plans} if plans else {}
    if gone.left:
        found["left"] = gone.left[:2]
    if gone.trace and gone.trace.notes:
        found["notes"] = gone.trace.notes
    plain: Case = msgspec.json.decode(msgspec.json.encode(found))
    return plain


def load(path: Path) -> list[Case]:
    """The cases of a file.

    Raises:
        InputError: if it is no list of cases.
    """
    try:
        cases = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    if not isinstance(cases, list) or not all(
        isinstance(case, dict)
        and isinstance(case.get("row"), dict)
        and all(isinstance(case.get(key), str) for key in ("why", "part"))
        for case in cases
    ):
        raise InputError(f"{path}: not a list of cases with {', '.join(GIVEN)}")
    return cases


def save(path: Path, cases: list[Case]) -> None:
    """Writes cases so that they read well as diffs."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(cases), indent=1) + b"\n")


def updated(source: Source, cases: list[Case]) -> list[Case]:
    """The cases with what the code gives now.

    Raises:
        RecipeError: for a case of a part that the source does not have.
    """
    try:
        return [{**{k: case[k] for k in GIVEN}, **outcome(source, case)} for case in cases]
    except KeyError as error:
        raise RecipeError(str(error.args[0])) from error


def _brief(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def differences(source: Source, cases: list[Case]) -> Iterator[str]:
    """A line for each thing that the code gives otherwise than the file says."""
    for case, now in zip(cases, updated(source, cases), strict=True):
        if now != case:
            keys = [k for k in ("plans", "left", "notes") if now.get(k) != case.get(k)]
            for key in keys:
                yield f"{case['why']}: {key} was {_brief(case.get(key))}, is {_brief(now.get(key))}"
