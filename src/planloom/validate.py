"""Checks files of plans against schema, ids and graph rules."""

from pathlib import Path
from typing import NamedTuple

from planloom import stored
from planloom.plan import faults


class Checked(NamedTuple):
    """How many plans were looked at, and what is wrong: `FILE:ROW: problem`."""

    plans: int
    problems: list[str]


def check(paths: list[Path], most: int = 100) -> Checked:
    """Checks Parquet files, JSON lines, or all files of a build; stops after `most` problems.

    Raises:
        RecipeError: if there is no such file, or none of plans.
    """
    count, found = 0, []
    for path in stored.files(paths):
        for row, plan in stored.plans(path):
            count += 1
            wrong = [plan] if isinstance(plan, str) else faults(plan)
            found += [f"{path}:{row}: {problem}" for problem in wrong]
            if len(found) >= most:
                return Checked(count, found)
    return Checked(count, found)
