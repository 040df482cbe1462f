"""Checks files of plans against schema, ids and graph rules."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from planloom import arrow
from planloom.errors import RecipeError
from planloom.plan import ExecutionPlan, decode, problems


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
    for path in _files(paths):
        for row, plan in _plans(path):
            count += 1
            wrong = [plan] if isinstance(plan, str) else problems(plan)
            found += [f"{path}:{row}: {problem}" for problem in wrong]
            if len(found) >= most:
                return Checked(count, found)
    return Checked(count, found)


def _files(paths: list[Path]) -> list[Path]:
    found = []
    for path in paths:
        if path.is_dir():
            inside = [*path.glob("part-*.parquet"), *path.glob("*/part-*.parquet")]
            if not inside:
                raise RecipeError(f"{path}: no part-*.parquet in it")
            found += sorted(inside)
        elif path.is_file():
            found.append(path)
        else:
            raise RecipeError(f"{path}: no such file")
    return found


def _plans(path: Path) -> Iterator[tuple[int, ExecutionPlan | str]]:
    if path.suffix != ".parquet":
        with path.open("rb") as lines:
            for row, line in enumerate(lines):
                try:
                    yield row, decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    yield row, str(error)
        return
    try:
        with pq.ParquetFile(path) as file:
            row = 0
            for batch in file.iter_batches(1000):
                for record in batch.to_pylist():
                    yield row, _plan(record)
                    row += 1
    except (pa.ArrowInvalid, OSError) as error:
        raise RecipeError(f"{path}: not a Parquet file: {str(error).splitlines()[0]}") from error


def _plan(record: dict[str, object]) -> ExecutionPlan | str:
    try:
        return arrow.of_row(record)
    except (msgspec.ValidationError, msgspec.DecodeError, KeyError, TypeError) as error:
        return f"not a plan: {error}"
