"""From chunk folders to the files of a build: parts by id range, each made by itself."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from planloom import arrow, stats
from planloom.formats import gatling
from planloom.hashes import PRIME
from planloom.indexed import ID

PART_PLANS = 250_000
AT_ONCE = 100_000  # plans in memory: the fewer, the more often each chunk is opened
ROW_GROUP = 10_000
ZSTD_LEVEL = 3

Picks = NDArray[np.void]
PICK = np.dtype([("hi", "<u8"), ("lo", "<u8"), ("chunk", "<u4"), ("row", "<u4"), ("group", ID)])
FOLDS = (("test", 0.01), ("valid", 0.02), ("train", 1.0))
"""Folds by the share of groups at which each of them ends: 1 % test, 1 % valid."""


class Job(NamedTuple):
    """A part to write: which rows of which chunk folders, in order of plan_id."""

    path: Path
    folders: Sequence[Path]
    picks: Picks
    also_in: dict[tuple[int, int], tuple[str, ...]]
    jsonl: Path | None


class Written(NamedTuple):
    """What a part came to: counters for the statistics, findings, the tools that it refers to."""

    plans: int
    counts: stats.Counts
    found: stats.Counts
    tools: set[str]


def parts(picks: Picks) -> list[Picks]:
    """The k-th id range of at most PART_PLANS plans, for each k."""
    ordered = picks[np.lexsort((picks["lo"], picks["hi"]))]
    count = -(-len(ordered) // PART_PLANS)
    bounds = [len(ordered) * k // count for k in range(count + 1)] if count else []
    return [ordered[a:b] for a, b in pairwise(bounds)]


def part(job: Job) -> Written:
    """Writes one part, and its lines of JSON where the recipe wants them."""
    counts: stats.Counts = Counter()
    found: stats.Counts = Counter()
    tools: set[str] = set()
    job.path.parent.mkdir(parents=True, exist_ok=True)
    lines = job.jsonl.open("wb") if job.jsonl else None
    with pq.ParquetWriter(
        job.path, arrow.SCHEMA, compression="zstd", compression_level=ZSTD_LEVEL
    ) as out:
        for chunk in _chunks(job):
            out.write_table(chunk, row_group_size=ROW_GROUP)
            tools.update(pc.unique(chunk["tools"].combine_chunks().flatten()).to_pylist())
            counts += stats.counted(chunk)
            found += stats.found(chunk, job.path.parent.name)
            if lines:
                lines.writelines(map(gatling.line, arrow.plans(chunk)))
    if lines:
        lines.close()
    return Written(len(job.picks), counts, found, tools)


def _chunks(job: Job) -> Iterator[pa.Table]:
    for start in range(0, len(job.picks), AT_ONCE):
        picks = job.picks[start : start + AT_ONCE]
        tables, where = [], np.empty(len(picks), np.int64)
        count = 0
        for chunk in np.unique(picks["chunk"]):
            mine = np.flatnonzero(picks["chunk"] == chunk)
            rows = picks["row"][mine]
            tables.append(arrow.read_plans(job.folders[chunk] / "plans.arrow", rows))
            where[mine] = np.arange(count, count + len(mine))
            count += len(mine)
        table = pa.concat_tables(tables).take(pa.array(where))
        yield _with_group(_with_also_in(table, picks, job.also_in), picks)


def _with_also_in(
    table: pa.Table, picks: Picks, also_in: dict[tuple[int, int], tuple[str, ...]]
) -> pa.Table:
    if not also_in:
        return table
    names = [also_in.get((int(pick["chunk"]), int(pick["row"]))) for pick in picks]
    return _with(table, "also_in", names)


def _with_group(table: pa.Table, picks: Picks) -> pa.Table:
    """Group and fold of plans that dedup saw; those beside the corpus keep their own group."""
    groups = picks["group"]
    if not (groups["hi"].any() or groups["lo"].any()):
        return table
    names = [f"{hi:016x}{lo:016x}" for hi, lo in groups.tolist()]
    shares = ((groups["lo"] * PRIME) >> np.uint64(11)) / (1 << 53)
    ends = np.array([end for _, end in FOLDS])
    folds = np.array([name for name, _ in FOLDS])[np.searchsorted(ends, shares, side="right")]
    made = np.array(pc.equal(table["category"], "gold_traces"))
    folds[made] = "train"  # nothing is evaluated on what was generated
    return _with(_with(table, "group", names), "fold", folds.tolist())


def _with(table: pa.Table, name: str, values: Sequence[object]) -> pa.Table:
    column = arrow.SCHEMA.get_field_index(name)
    field = arrow.SCHEMA.field(column)
    return table.set_column(column, field, pa.array(values, field.type))


def tools(folders: Sequence[Path], wanted: set[str], path: Path) -> int:
    """Writes the tools that plans refer to, each once; returns how many."""
    found: dict[str, dict[str, str]] = {}
    for folder in folders:
        for row in arrow.read_tools(folder / "tools.arrow"):
            if row["key"] in wanted:
                found.setdefault(row["key"], row)
    ordered = [found[key] for key in sorted(found)]
    table = pa.Table.from_pylist(ordered, arrow.TOOLS)
    pq.write_table(table, path, compression="zstd", compression_level=ZSTD_LEVEL)
    return len(ordered)
