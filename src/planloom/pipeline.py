"""The order of a build: find, slice, transform, dedup, mix, write. The only file that knows it."""

import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct

from planloom import card, dedup, evaluation, inputs, output, prompts, report, slices, stats, write
from planloom.card.about import About
from planloom.chunks import LABELS
from planloom.cluster import Cluster
from planloom.errors import OutputError, Reason
from planloom.indexed import KEPT, REASONS, SIDE, Deduped, Fates, Indexed, Named, opened
from planloom.ledger import Ledger
from planloom.mix import mix
from planloom.output import Out
from planloom.recipe import Recipe
from planloom.report.built import Built
from planloom.safety import classes
from planloom.slices import Task
from planloom.upload import Target
from planloom.work import ATTEMPTS, Failed, Workers

SIDES = {"adversarial": LABELS.index("adversarial"), "quarantine": LABELS.index("unknown")}


class Options(Struct, frozen=True):
    """What the command line may add to a recipe. `out` and `data_root` are folders or URLs of
    fsspec; without a data root the hub is read. `cache_limit` is in GB."""

    out: str
    data_root: str | None = None
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    tier: int | None = None
    limit: int | None = None
    workers: int = 0
    ray: str | None = None
    fresh: bool = False
    offline: bool = False
    cache_limit: float | None = None


class Corpus(NamedTuple):
    """A finished build, in the folder `out` on this machine. `trouble` lists files that were cut off and readers that crashed.

    `unchecked` are evaluation sets that no plan was checked against, each with why.
    """

    out: Path
    recipe: Recipe
    ledger: Ledger
    stats: dict[str, Any]
    refused: dict[str, str]
    trouble: list[str]
    unchecked: dict[str, str]


def build(recipe: Recipe, options: Options) -> Corpus:
    """Builds the corpus in `options.out`, going on where an earlier run stopped.

    Raises:
        RecipeError, InputError, OutputError: in one line.
    """
    laps = _Laps()
    classes.check(recipe.safety.classes)
    chosen = inputs.choose(recipe, options.only, options.without, options.tier)
    inputs.refuse_nothing(recipe, chosen)
    target = Target(options.out)
    target.claim(recipe.name, fresh=options.fresh)
    out = output.Out(target.folder)
    out.refuse_foreign(fresh=options.fresh)
    out.refuse_other(recipe, fresh=options.fresh)
    digests = out.digests()
    located = inputs.locate(recipe, chosen, options, digests)
    sets = evaluation.sets(recipe, chosen, located, options, digests)
    laps.end("find")
    with _workers(
        options, sum(inputs.size(one.file) for one in (*located, *sets.inputs))
    ) as workers:
        checked = evaluation.check(sets, recipe, out.stage, workers)
        tasks = inputs.tasks(recipe, chosen, located, out.stage, options.limit, checked.evaluation)
        out.claim(recipe, options, located, tasks)
        laps.end("evaluation sets")
        ran = workers.run(slices.run, tasks, "slices", inputs.weights(tasks))
        failed = [one for one in ran if isinstance(one, Failed)]
        tasks = [t for t, one in zip(tasks, ran, strict=True) if not isinstance(one, Failed)]
        folders = [one for one in ran if not isinstance(one, Failed)]
        reports = [_report(folder) for folder in folders]
        chunks = [
            (t, chunk) for t, f in zip(tasks, folders, strict=True) for chunk in slices.chunks(f)
        ]
        indexed = [opened(c, inputs.source_of(t), t.piece.file.part) for t, c in chunks]
        places = [chunk for _, chunk in chunks]
        laps.end("slices")
        deduped = dedup.dedup(indexed, recipe.dedup)
        laps.end("dedup")
        mix(indexed, deduped.fates, recipe)
        laps.end("mix")
        ledger = _ledger(reports, indexed, deduped.fates)
        out.clear()
        out.fates(places, deduped)
        made = _write(workers, out, recipe, places, indexed, deduped)
    laps.end("write")
    output.rejects(out.path, folders, recipe.rejects)
    made += prompts.write(folders, out.path / prompts.FILE)
    statistics = {
        **stats.tree(made),
        "repairs": _notes(tasks, reports),
        "contaminated": dict(sorted(_contaminated(reports).items())),
    }
    out.json("stats.json", statistics)
    out.json("ledger.json", ledger.rows())
    out.forget()
    manifest = inputs.manifest(recipe, options, chosen, located, checked.about)
    lost = [_given_up(one) for one in failed]
    run = {"slices": len(folders), "commits": inputs.commits(located)}
    if lost:
        manifest["given_up"] = lost
    files = out.hashed()
    known = Built(out.path, manifest, ledger, statistics, run)
    about = card.write(About(known, files), out.path)
    out.finish(manifest, files, about, laps.seconds, run)
    report.write(out.path)
    target.put()
    trouble = [*lost, *_trouble(tasks, reports), *ledger.problems()]
    refused = chosen.refused
    return Corpus(out.path, recipe, ledger, statistics, refused, trouble, checked.missing)


class _Laps:
    """Seconds of each stage, in their order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.monotonic()

    def end(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[stage] = round(now - self._since, 2)
        self._since = now


def _workers(options: Options, weight: float) -> Workers | Cluster:
    if options.ray:
        return Cluster(options.ray)
    return Workers(options.workers or os.cpu_count() or 1, weight)


def _report(folder: Path) -> dict[str, Any]:
    """A slice's own ledger."""
    report: dict[str, Any] = msgspec.json.decode((folder / "ledger.json").read_bytes())
    return report


def _ledger(
    reports: Sequence[dict[str, Any]], indexed: Sequence[Indexed], fates: Sequence[Fates]
) -> Ledger:
    """The slices' ledgers, and where dedup and mix sent the plans."""
    ledger = Ledger()
    for made in reports:
        ledger += Ledger.of(made["rows"])
    for chunk, mine in zip(indexed, fates, strict=True):
        codes, counts = np.unique(mine, return_counts=True)
        for code, n in zip(codes.tolist(), counts.tolist(), strict=True):
            if code == KEPT:
                ledger.add(chunk.source, "write", "plan", n=n)
            elif code != SIDE:
                reason = REASONS[code - 1]
                where = "mix" if reason == Reason.over_target else "dedup"
                ledger.add(chunk.source, where, "plan", reason, n)
    return ledger


def _write(
    workers: Workers | Cluster,
    out: Out,
    recipe: Recipe,
    folders: Sequence[Path],
    indexed: Sequence[Indexed],
    deduped: Deduped,
) -> stats.Counts:
    """The parts of plans/, adversarial/ and quarantine/, tools.parquet, and the JSON lines."""
    kept = [mine == KEPT for mine in deduped.fates]
    jobs = _jobs(
        out, "plans", folders, _picks(indexed, kept, deduped.groups), deduped.also_in, recipe.jsonl
    )
    for name, label in SIDES.items():
        masks = [chunk.index["label"] == label for chunk in indexed]
        jobs += _jobs(out, name, folders, _picks(indexed, masks, deduped.groups), {}, None)
    written = []
    for done in workers.run(write.part, jobs, "parts"):
        if isinstance(done, Failed):
            raise OutputError(f"{done.job.path}: {done.error}; run the same command again")
        written.append(done)
    if recipe.jsonl:
        out.join([job.jsonl for job in jobs if job.jsonl], recipe)
    wanted: set[str] = set().union(*(done.tools for done in written))
    write.tools(folders, wanted, out.path / "tools.parquet")
    counts: stats.Counts = stats.Counts()
    for job, done in zip(jobs, written, strict=True):
        counts += done.found
        if job.path.parent.name == "plans":
            counts += done.counts
    return counts


def _picks(
    indexed: Sequence[Indexed], masks: Sequence[Any], groups: Sequence[Named]
) -> write.Picks:
    pieces = []
    for number, (chunk, mask, mine) in enumerate(zip(indexed, masks, groups, strict=True)):
        rows = np.flatnonzero(mask)
        picks = np.zeros(len(rows), write.PICK)
        picks["hi"], picks["lo"] = chunk.index["hi"][rows], chunk.index["lo"][rows]
        picks["chunk"], picks["row"] = number, rows
        grouped = np.isin(rows, mine.rows, assume_unique=True)
        picks["group"][grouped] = mine.ids[np.searchsorted(mine.rows, rows[grouped])]
        pieces.append(picks)
    return np.concatenate(pieces) if pieces else np.empty(0, write.PICK)


def _jobs(
    out: Out,
    name: str,
    folders: Sequence[Path],
    picks: write.Picks,
    also_in: dict[tuple[int, int], tuple[str, ...]],
    jsonl: str | None,
) -> list[write.Job]:
    jobs = []
    for number, mine in enumerate(write.parts(picks)):
        keys = zip(mine["chunk"].tolist(), mine["row"].tolist(), strict=True) if also_in else ()
        shared = {key: also_in[key] for key in keys if key in also_in}
        path = out.path / name / f"part-{number:05d}.parquet"
        lines = out.stage / f"part-{number:05d}.jsonl" if jsonl else None
        jobs.append(write.Job(path, folders, mine, shared, lines))
    return jobs


def _notes(tasks: Sequence[Task], reports: Sequence[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """What reading and checking had to tolerate, by source and name."""
    notes: dict[str, dict[str, int]] = {}
    for task, made in zip(tasks, reports, strict=True):
        mine = notes.setdefault(task.source, {})
        for name, n in made["notes"].items():
            mine[name] = mine.get(name, 0) + n
    return {source: dict(sorted(mine.items())) for source, mine in sorted(notes.items()) if mine}


def _contaminated(reports: Sequence[dict[str, Any]]) -> Counter[str]:
    """Plans that repeat an evaluation set, by set."""
    counts: Counter[str] = Counter()
    for made in reports:
        counts.update(made["contaminated"])
    return counts


def _given_up(failed: Failed[Task]) -> str:
    piece = failed.job.piece
    where = f"{piece.file.path} {piece.start}..{piece.stop}" if piece.stop else piece.file.path
    return f"{where}: given up after {ATTEMPTS} attempts, its rows are not in: {failed.error}"


def _trouble(tasks: Sequence[Task], reports: Sequence[dict[str, Any]]) -> list[str]:
    found = []
    for task, made in zip(tasks, reports, strict=True):
        if made["cut"]:
            found.append(f"{made['cut']}; the file is cut off or broken: download it again")
        if made["crash"]:
            found.append(f"{task.source}: a reader crashed, first time:\n{made['crash']}")
    return found
