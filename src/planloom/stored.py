"""Plans as they lie in files: Parquet or JSON lines, read a batch at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from planloom import arrow
from planloom.errors import InputError, RecipeError
from planloom.plan import ExecutionPlan, decode
from planloom.trace import Tool

BATCH = 1000
PARTS = "part-*.parquet"
TOOLS = "tools.parquet"


def files(paths: Sequence[Path]) -> list[Path]:
    """Every file of plans among and in the paths.

    Raises:
        RecipeError: if there is no such file, or none of plans.
    """
    found = []
    for path in paths:
        if path.is_dir():
            inside = [*path.glob(PARTS), *path.glob(f"*/{PARTS}")]
            if not inside:
                raise RecipeError(f"{path}: no {PARTS} in it")
            found += sorted(inside)
        elif path.is_file():
            found.append(path)
        else:
            raise RecipeError(f"{path}: no such file")
    return found


def corpus(path: Path) -> list[Path]:
    """The files of a finished build's corpus, without what lies beside it; else as `files`.

    Raises:
        InputError: if a build there is not finished, or kept nothing.
        RecipeError: as `files`.
    """
    finished = (path / "manifest.json").exists()
    if (path / ".stage").is_dir() and not finished:
        raise InputError(f"{path}: no finished build; run the same planloom build again first")
    inside = path / "plans"
    if finished and not inside.is_dir() and not any(path.glob(PARTS)):
        raise InputError(f"{path}: the build kept no plan; what lies beside a corpus is none of it")
    return files([inside if inside.is_dir() else path])


def plans(
    path: Path, only: frozenset[str] = frozenset()
) -> Iterator[tuple[int, ExecutionPlan | str]]:
    """The plans of a file with their rows; of what is no plan, why. `only`: these ids alone."""
    read = _from_parquet if path.suffix == ".parquet" else _from_lines
    for row, plan in read(path, only):
        if not only or isinstance(plan, str) or plan.plan_id in only:
            yield row, plan


def _from_lines(path: Path, _: frozenset[str]) -> Iterator[tuple[int, ExecutionPlan | str]]:
    with path.open("rb") as lines:
        for row, line in enumerate(lines):
            try:
                yield row, decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield row, str(error)


def _from_parquet(path: Path, only: frozenset[str]) -> Iterator[tuple[int, ExecutionPlan | str]]:
    try:
        with pq.ParquetFile(path) as file:
            row = 0
            for group in range(file.num_row_groups):
                about = file.metadata.row_group(group)
                if not only or _may_hold(about, only):
                    yield from enumerate(_group(file, group), row)
                row += about.num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise RecipeError(f"{path}: not a Parquet file: {str(error).splitlines()[0]}") from error


def _group(file: pq.ParquetFile, group: int) -> Iterator[ExecutionPlan | str]:
    for batch in file.iter_batches(BATCH, row_groups=[group]):
        yield from map(_plan, batch.to_pylist())


def _may_hold(group: pq.RowGroupMetaData, only: frozenset[str]) -> bool:
    """Whether one of the ids can be in a row group, by its least and greatest; plans come sorted."""
    column = next((c for c in map(group.column, range(group.num_columns)) if _is_id(c)), None)
    bounds = column.statistics if column is not None else None
    if bounds is None or not bounds.has_min_max:
        return True
    return any(bounds.min <= one <= bounds.max for one in only)


def _is_id(column: pq.ColumnChunkMetaData) -> bool:
    return bool(column.path_in_schema == "plan_id")


def _plan(record: dict[str, object]) -> ExecutionPlan | str:
    try:
        return arrow.of_row(record)
    except (msgspec.ValidationError, msgspec.DecodeError, KeyError, TypeError) as error:
        return f"not a plan: {error}"


def tools(beside: Path) -> dict[str, Tool] | None:
    """The tools of a build by hash, from beside a file of plans or the folder above; None if none.

    Raises:
        RecipeError: if the file is spoiled.
    """
    places = (beside.parent / TOOLS, beside.parent.parent / TOOLS)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return None
    try:
        rows = pq.read_table(path, columns=arrow.TOOLS.names).to_pylist()
    except (pa.ArrowInvalid, OSError) as error:
        raise RecipeError(f"{path}: not a file of tools: {str(error).splitlines()[0]}") from error
    return {
        row["key"]: Tool(row["name"], row["description"], row["parameters"].encode(), row["key"])
        for row in rows
    }
