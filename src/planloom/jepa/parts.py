"""Tensors of a finished build: each part of plans becomes a part of tensors, by itself.

A part that lies there whole, made of the same bytes by the same code, is not made again.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from planloom import stored
from planloom.errors import InputError, OutputError, RecipeError
from planloom.jepa import metadata, tensors, tokens, values
from planloom.jepa.metadata import COUNTS, ROW_GROUP, About
from planloom.output import replaced
from planloom.plan import ExecutionPlan
from planloom.work import Failed, Workers

FILE, PLANS = "tensors.json", "plans"
BESIDE = ("boundary", "adversarial")
MAX_NODES = 32
ZSTD_LEVEL = 3


class Counts(Struct, forbid_unknown_fields=True):
    """What became of the plans of some part: `left` by why, `usable` by what for.

    `of` is a hash of the part and of the code that made tensors of it.
    """

    of: str = ""
    plans: int = 0
    calls: int = 0
    left: dict[str, int] = {}
    usable: dict[str, int] = {}
    bytes: int = 0


class Folder(Struct, forbid_unknown_fields=True):
    """The parts of a folder, and all of them together."""

    all: Counts
    parts: dict[str, Counts]


class Made(Struct, forbid_unknown_fields=True):
    """What FILE says; not `whole` while parts are written."""

    about: About
    whole: bool
    folders: dict[str, Folder] = {}


class Job(NamedTuple):
    """A part of plans, and where its tensors go."""

    path: Path
    target: Path
    about: About


def write(
    out: Path,
    into: Path,
    vocabulary: int = tokens.VOCABULARY,
    max_nodes: int = MAX_NODES,
    beside: Iterable[str] = (),
    workers: int = 0,
) -> Made:
    """Tensors of a build, and of what lies beside its corpus.

    Raises:
        PlanloomError: if there is no finished build, or the place is not ours.
    """
    wanted = {PLANS: stored.corpus(out), **{name: _beside(out, name) for name in beside}}
    manifest = out / "manifest.json"
    if not manifest.exists():
        raise InputError(f"{out}: no finished build; make one with planloom build --out {out}")
    stated = About(hashlib.sha256(manifest.read_bytes()).hexdigest(), vocabulary, max_nodes)
    _take(into, stated, wanted)
    jobs = [Job(path, into / name / path.name, stated) for name in wanted for path in wanted[name]]
    weights = [job.path.stat().st_size for job in jobs]
    with Workers(workers or os.cpu_count() or 1, sum(weights)) as pool:
        done = _sound(pool.run(part, jobs, "parts", weights))
    folders: dict[str, Folder] = {}
    for job, counts in zip(jobs, done, strict=True):
        folder = folders.setdefault(job.target.parent.name, Folder(Counts(), {}))
        folder.parts[job.target.name] = counts
        _add(folder.all, counts)
    made = Made(stated, True, folders)
    _say(into, made)
    return made


def _beside(out: Path, name: str) -> list[Path]:
    found = sorted((out / name).glob(stored.PARTS))
    if not found:
        how = f"; make it with planloom mutate {out}" if name == "boundary" else ""
        raise RecipeError(f"--with {name}: no plans in {out / name}{how}")
    return found


def _take(into: Path, about: About, wanted: dict[str, list[Path]]) -> None:
    """Makes the place ready, and takes away what an earlier run left that this one does not make."""
    if into.exists() and not into.is_dir():
        raise OutputError(f"{into}: not a folder; name another with --out")
    if into.is_dir() and any(into.iterdir()) and not (into / FILE).exists():
        raise OutputError(f"{into}: not empty and no tensors; name another with --out")
    into.mkdir(parents=True, exist_ok=True)
    _say(into, Made(about, False))
    for name in (PLANS, *BESIDE):
        kept = {path.name for path in wanted.get(name, ())}
        for path in (into / name).glob("part-*"):
            if path.name not in kept:
                path.unlink()
    for name in wanted:
        (into / name).mkdir(exist_ok=True)


def _say(into: Path, made: Made) -> None:
    replaced(into / FILE, msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")


def _sound(done: Sequence[Counts | Failed[Job]]) -> list[Counts]:
    found = []
    for one in done:
        if isinstance(one, Failed):
            path = one.job.path
            raise InputError(f"{path}: {one.error}; see planloom check {path}")
        found.append(one)
    return found


def _add(whole: Counts, one: Counts) -> None:
    whole.plans += one.plans
    whole.calls += one.calls
    whole.bytes += one.bytes
    whole.left = dict(sorted((Counter(whole.left) + Counter(one.left)).items()))
    whole.usable = {name: whole.usable.get(name, 0) + n for name, n in one.usable.items()}


def part(job: Job) -> Counts:
    """Writes the tensors of one part, or finds that they are there."""
    with job.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    for module in (metadata, tensors, tokens, values):
        digest.update(Path(str(module.__file__)).read_bytes())
    of = digest.hexdigest()
    return _there(job, of) or _written(job, of)


def _there(job: Job, of: str) -> Counts | None:
    if not job.target.exists():
        return None
    try:
        told = pq.read_metadata(job.target).metadata or {}
        if metadata.about(told, str(job.target)) != job.about:
            return None
        counts = msgspec.json.decode(told.get(COUNTS, b""), type=Counts)
    except (pa.ArrowInvalid, msgspec.DecodeError, InputError):
        return None
    return _sized(counts, job.target) if counts.of == of else None


def _sized(counts: Counts, path: Path) -> Counts:
    counts.bytes = path.stat().st_size
    return counts


def _written(job: Job, of: str) -> Counts:
    counts = Counts(of, usable={"nodes": 0, "edges": 0, "request": 0})
    whole = job.target.with_name(f"{job.target.name}.tmp")
    enums = enums_of(job.path)
    plans = _fit(job, counts)
    with pq.ParquetWriter(
        whole,
        metadata.schema(job.about),
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=metadata.repeating(),
    ) as out:
        while some := list(islice(plans, ROW_GROUP)):
            out.write_table(tensors.table(some, job.about, enums), row_group_size=ROW_GROUP)
        out.add_key_value_metadata({COUNTS: msgspec.json.encode(counts)})
    whole.replace(job.target)
    return _sized(counts, job.target)


def _fit(job: Job, counts: Counts) -> Iterator[ExecutionPlan]:
    for row, plan in stored.plans(job.path):
        if isinstance(plan, str):
            raise InputError(f"{job.path}:{row}: {plan}; see planloom check {job.path}")
        if why := unfit(plan, job.about.max_nodes):
            counts.left[why] = counts.left.get(why, 0) + 1
            continue
        counts.plans += 1
        counts.calls += len(plan.nodes)
        counts.usable["nodes"] += len(plan.nodes) > 1
        counts.usable["edges"] += bool(plan.edges)
        counts.usable["request"] += bool(plan.request.strip())
        yield plan


def unfit(plan: ExecutionPlan, most: int) -> str | None:
    """Why a plan cannot become tensors."""
    count = len(plan.nodes)
    if not count:
        return "no node"
    if count > most:
        return f"more than {most} nodes"
    names = {node.id for node in plan.nodes}
    if any(edge.src not in names or edge.dst not in names for edge in plan.edges):
        return "an edge leaves the graph"
    return None


@lru_cache(maxsize=2)
def _listed(path: Path) -> tensors.Enums:
    found = {}
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(10_000, columns=["key", "name", "parameters"]):
            for row in batch.to_pylist():
                if '"enum"' in row["parameters"]:
                    listed = tensors.listed_values(row["parameters"].encode())
                    found[row["key"]] = (row["name"], listed)
    return found


def enums_of(beside: Path) -> tensors.Enums:
    """Of the tools of a build those whose schema lists values; none if no tools lie beside the plans."""
    places = (beside.parent / stored.TOOLS, beside.parent.parent / stored.TOOLS)
    path = next((place for place in places if place.is_file()), None)
    try:
        return _listed(path) if path else {}
    except (pa.ArrowInvalid, OSError) as error:
        raise RecipeError(f"{path}: not a file of tools: {str(error).splitlines()[0]}") from error
