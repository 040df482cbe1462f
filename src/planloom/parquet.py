"""The rows of Parquet files: only the wanted columns, and of a spoiled file all that is whole."""

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from planloom.files import Broken, Record, Slice, first_line
from planloom.payload import without_nulls

BATCH = 1024


def rows(piece: Slice, columns: tuple[str, ...] | None) -> Iterator[Record]:
    with pq.ParquetFile(piece.file.path) as file:
        paths = projected(file.schema, columns) if columns else None
        counts = [file.metadata.row_group(group).num_rows for group in range(piece.stop)]
        bounds = list(pairwise(accumulate(counts, initial=0)))
        for group in range(piece.start, piece.stop):
            yield from _row_group(file, group, range(*bounds[group]), paths)


def _row_group(
    file: pq.ParquetFile, group: int, places: range, paths: list[str] | None
) -> Iterator[Record]:
    """The rows of a group; where it breaks off, the rest of the group is lost, not of the file."""
    done = 0
    try:
        for batch in file.iter_batches(BATCH, row_groups=[group], columns=paths):
            padded = [field.name for field in batch.schema if _may_be_padded(field.type)]
            for row in _rows(batch):
                if not isinstance(row, Broken):
                    row |= {name: without_nulls(row[name]) for name in padded}
                yield places[done], row
                done += 1
    except (OSError, pa.ArrowException) as error:
        for lost in places[done:]:
            yield lost, Broken(first_line(error), cut=True)


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | Broken]:
    """Rows as Python objects; one that Python cannot hold (text not in UTF-8, a year 148,000) alone is lost."""
    schema = pa.schema([field.with_type(_microseconds(field.type)) for field in batch.schema])
    whole = batch if schema == batch.schema else batch.cast(schema, safe=False)
    try:
        yield from whole.to_pylist()
    except (ValueError, OverflowError) as error:
        if isinstance(error, pa.ArrowException):
            raise
        for index in range(len(whole)):
            yield _row(whole.slice(index, 1))


def _row(alone: pa.RecordBatch) -> dict[str, Any] | Broken:
    try:
        row: dict[str, Any] = alone.to_pylist()[0]
    except (ValueError, OverflowError) as error:
        return Broken(f"{type(error).__name__}: {first_line(error)}")
    return row


def _microseconds(kind: pa.DataType) -> pa.DataType:
    """The type with times in microseconds, the finest that Python can hold."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_microseconds(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_microseconds(kind.value_type)))
    return kind


def _may_be_padded(kind: pa.DataType) -> bool:
    """Whether a null inside means absent, because a column store cannot say it otherwise.

    Labels are no objects with keys of their own: structs of truth values and scores alone.
    """
    if not pa.types.is_nested(kind):
        return False
    leaves = list(_leaves(kind))
    scored = any(map(pa.types.is_boolean, leaves)) and all(
        pa.types.is_boolean(leaf) or pa.types.is_floating(leaf) for leaf in leaves
    )
    return not scored


def _leaves(kind: pa.DataType) -> Iterator[pa.DataType]:
    if pa.types.is_nested(kind):
        for index in range(kind.num_fields):
            yield from _leaves(kind.field(index).type)
    else:
        yield kind


def projected(schema: pq.ParquetSchema, columns: Iterable[str]) -> list[str]:
    """Paths of the leaves below the named columns; list levels are left out of the names."""
    paths = [schema.column(index).path for index in range(len(schema))]
    plain = {
        path: re.sub(r"\.(list|bag)\.(element|item|array_element|array)\b", "", path)
        for path in paths
    }
    return [
        path
        for path, name in plain.items()
        if any(name == column or name.startswith(f"{column}.") for column in columns)
    ]
