"""Plans as Arrow tables, the schema generated from the types.

Arguments are a JSON text column: a struct would fill in null for every key of every other call.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import inspect, structs
from numpy.typing import NDArray

from planloom.plan import SCHEMA_VERSION, ExecutionPlan
from planloom.trace import Tool

_SIMPLE = {
    inspect.StrType: pa.string(),
    inspect.IntType: pa.int64(),
    inspect.FloatType: pa.float64(),
    inspect.BoolType: pa.bool_(),
    inspect.LiteralType: pa.string(),
    inspect.DictType: pa.string(),  # JSON text
}


def _arrow_type(info: inspect.Type, *, nullable: bool = False) -> pa.DataType:
    """Below a nullable struct everything is nullable: Parquet asks for it."""
    match info:
        case inspect.UnionType(types=types):
            bare = next(t for t in types if not isinstance(t, inspect.NoneType))
            return _arrow_type(bare, nullable=True)
        case inspect.VarTupleType(item_type=item):
            return pa.list_(_arrow_type(item))
        case inspect.StructType(fields=fields):
            return pa.struct([_arrow_field(field, nullable=nullable) for field in fields])
        case inspect.Metadata(type=inner):
            return _arrow_type(inner)
        case _:
            return _SIMPLE[type(info)]


def _arrow_field(field: inspect.Field, *, nullable: bool = False) -> pa.Field:
    bare = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
    nullable = nullable or isinstance(bare, inspect.UnionType)
    return pa.field(field.encode_name, _arrow_type(field.type), nullable=nullable)


def _schema() -> pa.Schema:
    info = inspect.type_info(ExecutionPlan)
    assert isinstance(info, inspect.StructType)
    version = {"planloom_schema": str(SCHEMA_VERSION)}
    return pa.schema([_arrow_field(field) for field in info.fields], metadata=version)


SCHEMA = _schema()
TOOLS = pa.schema([("key", pa.string()), ("name", pa.string()), ("description", pa.string()), ("parameters", pa.string())])  # fmt: skip
_ATTRIBUTES = {"class": "cls"}
_json = msgspec.json.Encoder()


def table(plans: Sequence[ExecutionPlan]) -> pa.Table:
    """A table of SCHEMA, one row a plan."""
    columns = [_column([getattr(p, field.name) for p in plans], field.type) for field in SCHEMA]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """An array built by flattening, level by level, without an object per nested row."""
    if pa.types.is_list(kind):
        return _list_column(values, kind)
    if not pa.types.is_struct(kind):
        if values and isinstance(next((v for v in values if v is not None), None), dict):
            values = [None if v is None else _json.encode(v).decode() for v in values]
        return pa.array(values, kind)
    children = []
    for field in kind:
        name = _ATTRIBUTES.get(field.name, field.name)
        children.append(
            _column([None if v is None else getattr(v, name) for v in values], field.type)
        )
    mask = pa.array([v is None for v in values]) if None in values else None
    return pa.StructArray.from_arrays(children, fields=list(kind), mask=mask)


def _list_column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    offsets, end = [], 0
    for value in values:
        offsets.append(None if value is None else end)
        end += len(value or ())
    offsets.append(end)
    items = _column(list(chain.from_iterable(v for v in values if v)), kind.value_type)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items, type=kind)


def plans(rows: pa.Table | pa.RecordBatch) -> Iterator[ExecutionPlan]:
    """The plans of a table, strictly typed.

    Raises:
        msgspec.ValidationError: if a row is not a plan.
    """
    return map(of_row, rows.to_pylist())


def of_row(row: dict[str, Any]) -> ExecutionPlan:
    """The plan in one row of a table."""
    nodes = [{**node, "arguments": msgspec.json.decode(node["arguments"])} for node in row["nodes"]]
    return msgspec.convert({**row, "nodes": nodes}, ExecutionPlan)


FILE_BATCH = 2048


def write_plans(path: Path, plans: Sequence[ExecutionPlan]) -> None:
    """An Arrow file of plans in batches of FILE_BATCH, so that few rows can be read alone."""
    options = pa.ipc.IpcWriteOptions(
        compression="lz4"
    )  # written and read once: zstd takes 3 times as long
    with (
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_file(sink, SCHEMA, options=options) as out,
    ):
        for start in range(0, len(plans), FILE_BATCH):
            out.write_table(table(plans[start : start + FILE_BATCH]))


def requests(path: Path, rows: NDArray[np.int64]) -> list[str]:
    """The requests of some plans of a file of `write_plans`; nothing else of it is read."""
    options = pa.ipc.IpcReadOptions(included_fields=[SCHEMA.get_field_index("request")])
    with pa.OSFile(str(path), "rb") as source:
        column = pa.ipc.open_file(source, options=options).read_all()["request"]
    found: list[str] = column.take(pa.array(rows)).to_pylist()
    return found


def read_plans(path: Path, rows: NDArray[np.unsignedinteger]) -> pa.Table:
    """The rows, given in ascending order, of such a file; only their batches are read."""
    with pa.OSFile(str(path), "rb") as source:
        reader = pa.ipc.open_file(source)
        numbers = range(int(rows[0]) // FILE_BATCH, int(rows[-1]) // FILE_BATCH + 1)
        batches = [reader.get_batch(number) for number in numbers]
        first = numbers.start * FILE_BATCH
    return pa.Table.from_batches(batches, SCHEMA).take(pa.array(rows - first))


def write_tools(path: Path, tools: Iterable[Tool]) -> None:
    """An Arrow file of tools."""
    rows = [
        {**structs.asdict(tool), "parameters": tool.parameters.decode()}
        for tool in sorted(tools, key=lambda tool: tool.key)
    ]
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, TOOLS) as out:
        out.write_table(pa.Table.from_pylist(rows, TOOLS))


def read_tools(path: Path) -> Iterator[dict[str, str]]:
    """The tools of such a file as rows of TOOLS."""
    with pa.OSFile(str(path), "rb") as source:
        yield from pa.ipc.open_file(source).read_all().to_pylist()
