"""The files of a boundary set: parts in the layout of plans, and pairs as Parquet and JSON lines."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import structs

from planloom import arrow
from planloom.errors import OutputError
from planloom.mutate.pair import Pair
from planloom.plan import ExecutionPlan

PART_PLANS, AT_ONCE, ZSTD_LEVEL = 250_000, 2_000, 3
STATS, PAIRS, LINES = "stats.json", "pairs.parquet", "pairs.jsonl"
_PLAN = pa.struct(list(arrow.SCHEMA))
SCHEMA = pa.schema(
    [
        pa.field("pair", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("severity", pa.float64(), nullable=False),
        *(pa.field(name, _PLAN, nullable=False) for name in ("parent", "mutant", "control")),
    ]
)
_json = msgspec.json.Encoder()


class Writer:
    """Writes beside the folder and takes its place at the end, so that it is never there half."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._new = folder.with_name(f".{folder.name}.new")
        self._waiting: list[Pair] = []
        self._part: pq.ParquetWriter | None = None
        self._plans = self._parts = 0

    def __enter__(self) -> Self:
        refuse_foreign(self.folder)
        shutil.rmtree(self._new, ignore_errors=True)
        self._new.mkdir(parents=True)
        self._pairs = pq.ParquetWriter(
            self._new / PAIRS, SCHEMA, compression="zstd", compression_level=ZSTD_LEVEL
        )
        self._lines = (self._new / LINES).open("wb")
        return self

    def add(self, pair: Pair) -> None:
        self._waiting.append(pair)
        if len(self._waiting) == AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        pairs, self._waiting = self._waiting, []
        if not pairs:
            return
        self._pairs.write_table(_table(pairs))
        self._lines.writelines(_json.encode(_line(pair)) + b"\n" for pair in pairs)
        if self._part is None or self._plans + 2 * len(pairs) > PART_PLANS:
            self._next_part()
        assert self._part is not None
        self._part.write_table(
            arrow.table([p for pair in pairs for p in (pair.mutant, pair.control)])
        )
        self._plans += 2 * len(pairs)

    def _next_part(self) -> None:
        if self._part is not None:
            self._part.close()
        path = self._new / f"part-{self._parts:05d}.parquet"
        self._part = pq.ParquetWriter(
            path, arrow.SCHEMA, compression="zstd", compression_level=ZSTD_LEVEL
        )
        self._parts, self._plans = self._parts + 1, 0

    def finish(self, stats: dict[str, Any]) -> None:
        """The statistics, and the folder in its place."""
        self._flush()
        self._close()
        text = msgspec.json.format(msgspec.json.encode(stats), indent=1)
        (self._new / STATS).write_bytes(text + b"\n")
        shutil.rmtree(self.folder, ignore_errors=True)
        self._new.replace(self.folder)

    def _close(self) -> None:
        for one in (self._pairs, self._lines, self._part):
            if one is not None:
                one.close()

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._close()
        shutil.rmtree(self._new, ignore_errors=True)


def refuse_foreign(folder: Path) -> None:
    """Refuses a folder that holds anything but an earlier boundary set.

    Raises:
        OutputError: saying what to do.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: not a folder; name another with --out")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / PAIRS).is_file():
        raise OutputError(f"{folder}: not empty and no boundary set; name another with --out")


def _table(pairs: Sequence[Pair]) -> pa.Table:
    plans = [_struct([getattr(pair, name) for pair in pairs]) for name in SCHEMA.names[3:]]
    first = [[pair.name for pair in pairs], [p.kind for p in pairs], [p.severity for p in pairs]]
    return pa.Table.from_arrays([*map(pa.array, first), *plans], schema=SCHEMA)


def _struct(plans: list[ExecutionPlan]) -> pa.Array:
    columns = [column.combine_chunks() for column in arrow.table(plans).columns]
    return pa.StructArray.from_arrays(columns, fields=list(arrow.SCHEMA))


def _line(pair: Pair) -> dict[str, Any]:
    plans = {name: _plain(getattr(pair, name)) for name in SCHEMA.names[3:]}
    return {"pair": pair.name, "kind": pair.kind, "severity": pair.severity, **plans}


def _plain(plan: ExecutionPlan) -> dict[str, Any]:
    """A plan with arguments as JSON text, as in Parquet: readers that look for one type find one."""
    nodes = [
        {**structs.asdict(node), "arguments": _json.encode(node.arguments).decode()}
        for node in plan.nodes
    ]
    return {**msgspec.to_builtins(plan), "nodes": nodes}
