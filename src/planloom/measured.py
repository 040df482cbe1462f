"""What an earlier build tells of a larger one: shares per part, how duplicates grow, speed, disk."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from planloom import dedup
from planloom.chunks import CATEGORIES, EVIDENCE, USES
from planloom.datasets import find
from planloom.errors import InputError, Reason
from planloom.indexed import KEPT, Indexed, fate, opened
from planloom.recipe import Dedup, Recipe

SURE = 3.0
"""Standard errors by which duplicates must differ between two sizes before they count as growing."""


class Loss(NamedTuple):
    """Plans that dedup took, and that it left."""

    lost: int
    left: int


NOTHING = Loss(0, 0)


class Doubled(NamedTuple):
    """What dedup takes of the first half of a part, and of the whole."""

    half: Loss
    whole: Loss


_Sizes = dict[tuple[str, int], Doubled]


class Gauge(NamedTuple):
    """A part in a build: rows read, plans made, passed; what dedup took, also of its first half.

    `cells` counts what dedup left by (category, evidence, use); targets take nothing off here.
    """

    rows: int
    plans: int
    passed: int
    loss: Loss
    doubled: Doubled
    cells: dict[tuple[str, str, str], int]


class Build(NamedTuple):
    """A finished build; `rows_second` and `disk_plan` tell of the machine that made it."""

    path: Path
    gauges: dict[tuple[str, str], Gauge]
    bytes: dict[str, int]
    rows: int
    limited: bool
    rows_second: float
    disk_plan: float


class _Slice(NamedTuple):
    part: tuple[str, int]
    file: int
    report: dict[str, Any]
    chunks: list[Path]


def growth(gauges: Sequence[Gauge]) -> float:
    """The power of the number of rows with which duplicates a kept plan grow: 0 not, 1 in step.

    Two builds of different size tell; one is compared with its own first half.
    """
    smallest, largest = min(gauges), max(gauges)
    if smallest.rows < largest.rows:
        return _power(smallest.loss, largest.loss, largest.rows / smallest.rows)
    return _power(*largest.doubled, 2.0)


def _power(few: Loss, most: Loss, times: float) -> float:
    """0 where chance explains the difference, so that few rows do not promise many duplicates."""
    if not (few.left and most.left):
        return 0.0
    ratio = math.log((most.lost + 0.5) / most.left) - math.log((few.lost + 0.5) / few.left)
    error = math.sqrt(1 / (few.lost + 0.5) + 1 / (most.lost + 0.5))
    return min(max(ratio / math.log(times), 0.0), 1.0) if ratio > SURE * error else 0.0


def load(out: Path) -> Build:
    """What the build in `out` tells.

    Raises:
        InputError: if no finished build lies there, or its stage is gone.
    """
    stage = out / ".stage"
    try:
        about, run, manifest = (
            msgspec.json.decode((folder / name).read_bytes())
            for folder, name in ((stage, "build.json"), (out, "run.json"), (out, "manifest.json"))
        )
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            f"--measured {out}: no finished build with its .stage ({error})"
        ) from error
    recipe = msgspec.convert(about["recipe"], Recipe)
    slices = list(_slices(stage, about["files"]))
    limited = manifest["options"]["limit"] is not None
    doubled = _doubled(slices, recipe, limited=limited)
    gauges = {}
    for source, part in dict.fromkeys(found.part for found in slices):
        mine = [found for found in slices if found.part == (source, part)]
        name = find(source, recipe.datasets).parts[part].name
        gauges[source, name] = _gauge(mine, doubled[source, part])
    rows = sum(gauge.rows for gauge in gauges.values())
    kept = sum(gauge.loss.left for gauge in gauges.values())
    return Build(
        path=out,
        gauges=gauges,
        bytes={
            entry["id"]: sum(file["bytes"] for file in entry["files"].values())
            for entry in manifest["sources"]
        },
        rows=rows,
        limited=limited,
        rows_second=rows / max(run["seconds"], 0.01),
        disk_plan=_disk(out) / max(kept, 1),
    )


def _disk(out: Path) -> int:
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file())


def _slices(stage: Path, files: list[list[Any]]) -> Iterator[_Slice]:
    """The slices in the order of the files, which is the order of reading."""
    parts = {
        (source, name): (part, number) for number, (source, part, name, *_) in enumerate(files)
    }
    found = []
    for folder in stage.iterdir():
        if (folder / "ledger.json").is_file():
            report = msgspec.json.decode((folder / "ledger.json").read_bytes())
            part, number = parts[report["source"], report["file"]]
            chunks = sorted(path.parent for path in folder.glob("*/fates.npy"))
            first = min((_first_at(chunk) for chunk in chunks), default=0)
            found.append((number, first, _Slice((report["source"], part), number, report, chunks)))
    yield from (piece for *_, piece in sorted(found, key=lambda entry: entry[:2]))


def _first_at(chunk: Path) -> int:
    return int(np.load(chunk / "index.npy")["at"].min())


def _gauge(slices: Sequence[_Slice], doubled: Doubled) -> Gauge:
    counts: Counter[str] = Counter()
    cells: Counter[tuple[str, str, str]] = Counter()
    for piece in slices:
        for row in piece.report["rows"]:
            if row["reason"] is None:
                counts[f"{row['stage']} {row['unit']}"] += row["n"]
        for chunk in piece.chunks:
            index, fates = np.load(chunk / "index.npy"), np.load(chunk / "fates.npy")
            counts["passed"] += int((index["label"] == 0).sum())
            left = index[np.isin(fates, (KEPT, fate(Reason.over_target)))]
            kinds, times = np.unique(left[["category", "evidence", "use"]], return_counts=True)
            for (category, evidence, use), n in zip(kinds.tolist(), times.tolist(), strict=True):
                cells[CATEGORIES[category], EVIDENCE[evidence], USES[use]] += n
    return Gauge(
        rows=counts["read row"],
        plans=counts["lift plan"],
        passed=counts["passed"],
        loss=Loss(counts["passed"] - cells.total(), cells.total()),
        doubled=doubled,
        cells=dict(cells),
    )


def _doubled(slices: Sequence[_Slice], recipe: Recipe, *, limited: bool) -> _Sizes:
    """What dedup takes of the first half of each part, and of the whole.

    Under a limit the first half of every file counts, of all sources at once, since that is what
    half the limit would have read. Else each part stands for itself, and what it shares with others
    keeps its share.
    """
    found: _Sizes = {}
    parts = list(dict.fromkeys(piece.part for piece in slices))
    for group in [parts] if limited else [[part] for part in parts]:
        halves: list[Indexed] = []
        wholes: list[Indexed] = []
        for part in group:
            mine = [piece for piece in slices if piece.part == part]
            for _, cut in groupby(mine, lambda piece: piece.file if limited else 0):
                chunks = [chunk for piece in cut for chunk in _indexed(piece, recipe.datasets)]
                wholes += chunks
                halves += _half(chunks)
        few, most = _losses(halves, recipe.dedup), _losses(wholes, recipe.dedup)
        found |= {p: Doubled(few.get(p, NOTHING), most.get(p, NOTHING)) for p in group}
    return found


def _indexed(piece: _Slice, folders: tuple[str, ...]) -> Iterator[Indexed]:
    source, part = piece.part
    for chunk in piece.chunks:
        yield opened(chunk, find(source, folders), part)


def _half(chunks: Sequence[Indexed]) -> Iterator[Indexed]:
    """What is read first, until it is half of the plans."""
    wanted = sum(chunk.size for chunk in chunks) // 2
    for chunk in chunks:
        take = min(wanted, chunk.size)
        wanted -= take
        yield chunk.first(take)


def _losses(chunks: Sequence[Indexed], wanted: Dedup) -> dict[tuple[str, int], Loss]:
    counts: dict[tuple[str, int], Loss] = {}
    for chunk, fates in zip(chunks, dedup.dedup(chunks, wanted).fates, strict=True):
        lost, left = counts.get((chunk.source, chunk.part), NOTHING)
        kept = int(np.count_nonzero(fates == KEPT))
        benign = int(np.count_nonzero(chunk.index["label"] == 0))
        counts[chunk.source, chunk.part] = Loss(lost + benign - kept, left + kept)
    return counts
