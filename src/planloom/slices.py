"""One slice in, one stage folder out: a pure function that any process may run.

A stage folder holds the slice's plans in chunks, its prompts, a sample of what was left, the slice's ledger, and
the hashes of all of these. It is written beside its place and renamed, so a folder that is there is
whole.
"""

import gc
import hashlib
import shutil
from bisect import insort
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pyarrow as pa
from msgspec import Struct

from planloom import (
    arrow,
    decontaminate,
    files,
    language,
    payload,
    prompts,
    records,
    signatures,
)
from planloom.chunks import MAX_PLANS, Chunk
from planloom.datasets import find
from planloom.decontaminate import Evaluation
from planloom.errors import Reason
from planloom.files import Broken, Slice
from planloom.ledger import Ledger
from planloom.rows import Judged, Outcome, Settings, carry, cleared, forbidden, place_of
from planloom.source import Part, Row, Source
from planloom.trace import Trace
from planloom.version import __version__

ROOMS = (
    "arrow.py",
    "calls.py",
    "checks.py",
    "chunks.py",
    "decontaminate.py",
    "files.py",
    "fit.py",
    "hashes.py",
    "items.py",
    "language.py",
    "parquet.py",
    "payload.py",
    "phrases.py",
    "plan.py",
    "prompts.py",
    "recipe.py",
    "records.py",
    "rows.py",
    "signatures.py",
    "slices.py",
    "trace.py",
    "unfilled.py",
    "verdict.py",
)

OUTPUTS = "outputs.json"
TOGETHER = 256  # rows whose requests are looked for in evaluation sets at once


class Task(Struct, frozen=True):
    """Everything that decides about the outcome of a slice."""

    source: str
    folders: tuple[str, ...]
    piece: Slice
    sha256: str
    revision: str | None
    settings: Settings
    rejects: int
    limit: int | None
    stage: str
    evaluation: Evaluation | None = None

    @property
    def key(self) -> str:
        """Names the stage folder: a hash of content and code, of no path and no time."""
        known = (
            *(self.source, self.piece.file.part, self.piece.file.name, self.sha256, self.revision),
            *(self.piece.start, self.piece.stop, self.settings, self.rejects, self.limit),
            self.evaluation and self.evaluation.digest,
            *(
                code_hash(self.folders),
                pa.__version__,
                language.VERSION,
                signatures.VERSION,
                __version__,
            ),
        )
        return hashlib.blake2b(msgspec.json.encode(known), digest_size=16).hexdigest()

    @property
    def folder(self) -> Path:
        return Path(self.stage) / self.key


@lru_cache(maxsize=8)
def code_hash(folders: tuple[str, ...]) -> str:
    """A hash of the code that turns rows into checked plans, users' datasets included."""
    house = Path(arrow.__file__).parent
    paths = [house / name for name in ROOMS]
    rooms = (house / name for name in ("shapes", "datasets", "lift", "safety"))
    for room in (*rooms, *map(Path, folders)):
        paths += sorted(path for path in room.glob("*.*") if path.suffix in (".py", ".json"))
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def run(task: Task) -> Path:
    """The stage folder of the slice, made unless it is there and whole."""
    if task.folder.is_dir():
        if _whole(task.folder):
            return task.folder
        shutil.rmtree(task.folder)
    temporary = task.folder.with_name(f"{task.key}.{uuid4().hex}")
    temporary.mkdir(parents=True)
    source = msgspec.structs.replace(find(task.source, task.folders), revision=task.revision)
    gathered = _Gathered(source, source.parts[task.piece.file.part], task, temporary)
    with rarely_collected():
        for at, record in _records(task, gathered.part):
            gathered.take(at, record)
        gathered.finish()
    _settle(temporary, task.folder)
    return task.folder


def _settle(temporary: Path, folder: Path) -> None:
    """The folder gets its name; if another process made the same meanwhile, that one stays."""
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(temporary)


def _whole(folder: Path) -> bool:
    """Whether the files of a stage folder are those that were written."""
    try:
        known = msgspec.json.decode((folder / OUTPUTS).read_bytes(), type=dict[str, str])
        return all(files.digest(str(folder / name)) == digest for name, digest in known.items())
    except (FileNotFoundError, ValueError, msgspec.DecodeError):
        return False


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Rows and plans are trees: looking for cycles among them takes a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def chunks(folder: Path) -> list[Path]:
    """The chunk folders of a stage folder, in order."""
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _records(task: Task, part: Part) -> Iterator[files.Record]:
    for number, record in enumerate(
        records.read(task.piece, part.columns, part.each, whole=part.whole)
    ):
        if number == task.limit:
            return
        yield record


class _Gathered:
    """What a slice comes to, while it is read."""

    def __init__(self, source: Source, part: Part, task: Task, folder: Path) -> None:
        self.folder = folder
        self.source = source
        self.part = part
        self.task = task
        self.ledger = Ledger()
        self.notes: Counter[str] = Counter()
        self.rejects: dict[Reason, list[tuple[str, dict[str, Any]]]] = {}
        self.chunk = Chunk()
        self.prompts = prompts.Lines(folder)
        self.chunks = 0
        self.crash = ""
        self.cut = ""
        self.closed = forbidden(part, task.settings)
        self.index = decontaminate.opened(task.evaluation.folder) if task.evaluation else None
        self.repeated: Counter[str] = Counter()
        self.waiting: list[tuple[int, Row, Outcome]] = []

    def take(self, at: int, record: dict[str, Any] | Broken) -> None:
        self.ledger.add(self.source.id, "read", "row")
        if isinstance(record, Broken):
            reason = Reason.too_large if record.oversized else Reason.unreadable
            if record.cut and not self.cut:
                self.cut = f"{self.task.piece.file.path} at {at}: {record.detail}"
            self._left(at, "read", "row", reason, record.detail, {})
        elif self.closed is not None:
            self._left(at, "read", "row", Reason.policy, self.closed, record)
        else:
            place = place_of(self.source, self.part, self.task.piece.file.name, at)
            outcome = carry(record, self.part, place, self.task.settings)
            self.waiting.append((at, record, outcome))
            if len(self.waiting) == TOGETHER:
                self._clear()

    def _clear(self) -> None:
        """Takes the rows that wait, after a look into the evaluation sets for all at once."""
        outcomes = [outcome for _, _, outcome in self.waiting]
        if self.index is not None:
            outcomes = cleared(outcomes, self.index, self.repeated)
        for (at, row, _), outcome in zip(self.waiting, outcomes, strict=True):
            self._carried(at, row, outcome)
        self.waiting.clear()

    def _carried(self, at: int, row: Row, outcome: Outcome) -> None:
        self.crash = self.crash or outcome.crash
        if outcome.trace is not None:
            self.notes.update(outcome.trace.notes)
        if outcome.prompt is not None:
            self.prompts.add(outcome.prompt)
        if outcome.left is not None:
            stage, reason, detail = outcome.left
            self._left(at, stage, "row", reason, detail, row)
            return
        self.ledger.add(self.source.id, "lift", "row")
        self.ledger.add(self.source.id, "lift", "plan", n=len(outcome.plans) + len(outcome.late))
        for reason, detail in outcome.late:
            self._left(at, "lift", "plan", reason, detail, row)
        for judged in outcome.plans:
            self._judged(at, row, judged, outcome.trace)

    def _judged(self, at: int, row: Row, judged: Judged, trace: Trace | None) -> None:
        plan, stage, verdict = judged
        self.notes.update(verdict.tolerated)
        if verdict.reason is not None:
            self._left(at, stage, "plan", verdict.reason, verdict.detail, row)
            if stage != "label":
                return
        self.chunk.add(plan, trace.tools if trace else (), self.part.task(row))
        if len(self.chunk.plans) >= MAX_PLANS:
            self._flush()

    def _flush(self) -> None:
        self.chunk.write(self.folder / f"{self.chunks:05d}")
        self.chunk = Chunk()
        self.chunks += 1

    def _left(self, at: int, stage: str, unit: Any, reason: Reason, detail: str, row: Row) -> None:
        """Counts what is left and keeps it if its hash is among the least: a fair sample."""
        self.ledger.add(self.source.id, stage, unit, reason)
        address = f"{self.source.id}:{self.task.piece.file.name}@{at}"
        rank = hashlib.blake2b(address.encode(), digest_size=8).hexdigest()
        kept = self.rejects.setdefault(reason, [])
        if len(kept) < self.task.rejects or (kept and rank < kept[-1][0]):
            about = {"stage": stage, "unit": unit, "reason": reason, "detail": detail}
            item = (rank, {"address": address, **about, "row": row})
            insort(kept, item, key=lambda pair: pair[0])
            del kept[self.task.rejects :]

    def finish(self) -> None:
        """The last rows, the last chunk, the rejects, the ledger, and the hashes of all."""
        self._clear()
        if self.chunk.plans:
            self._flush()
        self.prompts.close()
        with (self.folder / "rejects.jsonl").open("wb") as out:
            for reason in sorted(self.rejects):
                for rank, about in self.rejects[reason]:
                    out.write(_reject_line(rank, about))
        ledger = {
            "source": self.source.id,
            "file": self.task.piece.file.name,
            "rows": self.ledger.rows(),
            "notes": dict(sorted(self.notes.items())),
            "contaminated": dict(sorted(self.repeated.items())),
            "crash": self.crash,
            "cut": self.cut,
        }
        (self.folder / "ledger.json").write_bytes(msgspec.json.encode(ledger))
        outputs = {
            path.relative_to(self.folder).as_posix(): files.digest(str(path))
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }
        (self.folder / OUTPUTS).write_bytes(msgspec.json.encode(outputs))


def _reject_line(rank: str, about: dict[str, Any]) -> bytes:
    """One line of a rejects file; long texts of the row are cut."""
    row = {key: _short(value) for key, value in about["row"].items()}
    return msgspec.json.encode({**about, "row": row, "rank": rank}) + b"\n"


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else payload.dumps(value)
    return text if len(text) <= 1000 else f"{text[:1000]}… ({len(text):,} characters)"
