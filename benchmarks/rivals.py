"""The same kernel in other engines: rows per CPU-second, all in one run on one machine.

    python3 -m venv rivals && rivals/bin/pip install datatrove==0.10.1 datasets==5.2.0 -e .
    rivals/bin/python benchmarks/rivals.py TREE [--rows N] [--json FILE]

TREE is a tree of `make_seed_tree.py` with xlam and wildchat. Their first N rows are laid out as four Parquet
files; every engine reads the columns that a build reads, and writes Parquet (zstd) with two
processes. Kernels: `carry` is Planloom's way of a row to checked plans as JSON, the same function
everywhere; `copy` only spells the row as JSON, which leaves the price of the engine. `bare` scans and
rewrites the columns without a Python object. `build` is what a build does with a slice: `carry`,
signatures, index, Arrow files. CPU-seconds are those of all processes, start-up included.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from planloom import files, records, slices
from planloom.datasets import find
from planloom.files import DataFile, Slice
from planloom.plan import encode
from planloom.rows import Settings, carry, place_of
from planloom.source import Source
from planloom.work import Workers

CASES = {
    "xLAM-like": "Salesforce/xlam-function-calling-60k",
    "chat-like": "allenai/WildChat-1M",
}
FILES, GROUP, WORKERS = 4, 5_000, 2
PLANS = pa.schema([("plan", pa.string())])
SETTINGS = Settings()


def kernel(name: str, source_id: str, row: dict[str, Any]) -> list[str]:
    """The lines that a row gives."""
    if name == "copy":
        return [json.dumps(row, default=str)]
    source = find(source_id)
    outcome = carry(row, source.parts[0], place_of(source, source.parts[0], "rivals", 0), SETTINGS)
    kept = (judged.plan for judged in outcome.plans if judged.verdict.reason is None)
    return [encode(plan).decode() for plan in kept]


def laid_out(tree: Path, source: Source, most: int, folder: Path) -> int:
    """The first rows of a source in FILES Parquet files of the projected columns; returns how many."""
    found = (
        row
        for file in files.find(tree / source.id, source)
        for piece in files.slices(file)
        for _, row in records.read(piece, source.parts[0].columns)
        if isinstance(row, dict)
    )
    table = pa.Table.from_pylist(list(islice(found, most)))
    rows = len(table)
    for number in range(FILES):
        start, stop = (rows * k // FILES for k in (number, number + 1))
        piece = table.slice(start, stop - start)
        pq.write_table(
            piece, folder / f"{number}.parquet", compression="zstd", row_group_size=GROUP
        )
    return rows


def _inputs(data: Path) -> list[Slice]:
    paths = sorted(data.glob("*.parquet"))
    return [
        piece
        for path in paths
        for piece in files.slices(DataFile(0, path.name, str(path), "parquet"))
    ]


def _planloom_slice(job: tuple[str, str, Slice, str]) -> int:
    name, source_id, piece, out = job
    lines = (
        line
        for _, row in records.read(piece, find(source_id).parts[0].columns)
        if isinstance(row, dict)
        for line in kernel(name, source_id, row)
    )
    target = Path(out) / f"{Path(piece.file.path).stem}-{piece.start}.parquet"
    with (
        slices.rarely_collected(),
        pq.ParquetWriter(target, PLANS, compression="zstd", compression_level=3) as writer,
    ):
        while batch := list(islice(lines, 2048)):
            writer.write_table(pa.table({"plan": batch}, PLANS))
    return 0


def planloom(name: str, source_id: str, data: Path, out: Path) -> None:
    jobs = [(name, source_id, piece, str(out)) for piece in _inputs(data)]
    with Workers(WORKERS, 1 << 40) as workers:
        workers.run(_planloom_slice, jobs, "slices")


def build(name: str, source_id: str, data: Path, out: Path) -> None:
    """What a build does with its slices."""
    tasks = [
        slices.Task(source_id, (), piece, str(n), None, SETTINGS, 20, None, str(out))
        for n, piece in enumerate(_inputs(data))
    ]
    with Workers(WORKERS, 1 << 40) as workers:
        workers.run(slices.run, tasks, "slices")


def bare(name: str, source_id: str, data: Path, out: Path) -> None:
    for path in sorted(data.glob("*.parquet")):
        file = pq.ParquetFile(path)
        target = out / path.name
        schema = file.schema_arrow
        with pq.ParquetWriter(target, schema, compression="zstd", compression_level=3) as writer:
            for batch in file.iter_batches(GROUP):
                writer.write_batch(batch)


def datasets(name: str, source_id: str, data: Path, out: Path) -> None:
    """`map` in batches with two processes, then Parquet."""
    from datasets import load_dataset

    def mapped(batch: dict[str, list[Any]]) -> dict[str, list[str]]:
        rows = (dict(zip(batch, row, strict=True)) for row in zip(*batch.values(), strict=True))
        return {"plan": [line for row in rows for line in kernel(name, source_id, row)]}

    paths = [str(path) for path in sorted(data.glob("*.parquet"))]
    rows = load_dataset("parquet", data_files=paths, split="train", cache_dir=str(out / "cache"))
    made = rows.map(mapped, batched=True, num_proc=WORKERS, remove_columns=rows.column_names)
    made.to_parquet(str(out / "plans.parquet"))


def datatrove(name: str, source_id: str, data: Path, out: Path) -> None:
    """Reader, one step, writer; a file is a task, two at once."""
    from datatrove.data import Document
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import ParquetWriter

    def adapted(self: Any, row: dict[str, Any], path: str, at: Any) -> dict[str, Any]:
        return {"text": "row", "id": str(at), "metadata": {"row": row}}

    def step(documents: Any, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        for document in documents:
            for line in kernel(name, source_id, document.metadata["row"]):
                yield Document(text=line, id=document.id)

    def plain(self: Any, document: Any) -> dict[str, str]:
        return {"plan": document.text}

    LocalPipelineExecutor(
        pipeline=[
            ParquetReader(str(data), adapter=adapted),
            step,
            ParquetWriter(str(out / "plans"), adapter=plain, compression="zstd"),
        ],
        tasks=FILES,
        workers=WORKERS,
        logging_dir=str(out / "logs"),
        start_method="spawn",  # those of its fork server are nobody's children, and not counted
    ).run()


ENGINES: dict[str, Callable[[str, str, Path, Path], None]] = {
    "planloom": planloom,
    "datasets": datasets,
    "datatrove": datatrove,
    "bare": bare,
    "build": build,
}
RUNS = [(k, e) for k in ("carry", "copy") for e in ("planloom", "datasets", "datatrove")]
RUNS += [("-", "bare"), ("-", "build")]


def timed(engine: str, name: str, source_id: str, data: Path) -> tuple[float, float]:
    """CPU-seconds and seconds of an engine in a process of its own."""
    with tempfile.TemporaryDirectory() as out:
        given = [sys.executable, __file__, "--engine", engine, name, source_id, str(data), out]
        env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
        started, before = time.monotonic(), os.times()
        subprocess.run(given, check=True, env=env, capture_output=True)
        after = os.times()
        cpu = after.children_user + after.children_system
        cpu -= before.children_user + before.children_system
        return cpu, time.monotonic() - started


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("tree", type=Path)
    ap.add_argument("--rows", type=int, default=100_000)
    ap.add_argument("--runs", type=int, default=3, help="of which the median counts")
    ap.add_argument("--json", type=Path)
    args = ap.parse_args()
    found: dict[str, Any] = {
        "versions": {name: metadata.version(name) for name in ("datatrove", "datasets", "pyarrow")},
        "cases": {},
    }
    for case, source_id in CASES.items():
        folder = Path(tempfile.mkdtemp())
        rows = laid_out(args.tree, find(source_id), args.rows, folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{case}: {rows:,} rows, {size / rows:,.0f} bytes each in Parquet")
        mine: dict[str, Any] = {"rows": rows, "bytes": size, "engines": {}}
        for name, engine in RUNS:
            runs = sorted(timed(engine, name, source_id, folder) for _ in range(args.runs))
            cpu, wall = runs[len(runs) // 2]
            mine["engines"][f"{engine} {name}"] = {"cpu": cpu, "wall": wall}
            print(
                f"  {engine:<10}{name:<6}{rows / cpu:>10,.0f} rows/CPU-s{rows / wall:>10,.0f} rows/s"
            )
        found["cases"][case] = mine
        shutil.rmtree(folder)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--engine"]:
        chosen, kernel_name, dataset, data_folder, out_folder = sys.argv[2:]
        ENGINES[chosen](kernel_name, dataset, Path(data_folder), Path(out_folder))
    else:
        sys.exit(main())
