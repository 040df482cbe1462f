"""The order of a build: find, slice, transform, dedup, mix, write. The only file that knows it."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from planloom import (
    accounts,
    card,
    dedup,
    evaluation,
    gold,
    inputs,
    mix,
    output,
    prompts,
    report,
    slices,
    stats,
    write,
)
from planloom.card.about import About
from planloom.chunks import LABELS
from planloom.cluster import Cluster
from planloom.errors import OutputError
from planloom.indexed import KEPT, Deduped, Indexed, Named, opened
from planloom.ledger import Ledger
from planloom.output import Out
from planloom.recipe import Recipe
from planloom.report.built import Built
from planloom.rewording import Rewording
from planloom.rewrite import Rewritten
from planloom.safety import classes
from planloom.slices import Task
from planloom.upload import Target
from planloom.work import Failed, Workers

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
    no_gold: bool = False
    rewording: Rewording | None = None

    @property
    def fills(self) -> bool:
        """Whether gold traces fill what is missing: not in a trial of some rows or sources."""
        return not (self.no_gold or self.only or self.limit)


class Corpus(NamedTuple):
    """A finished build, in the folder `out` on this machine. `trouble` lists files that were cut off and readers that crashed.

    `unchecked` are evaluation sets that no plan was checked against, each with why; `filled` says whether
    gold traces were made for what was missing, `rewritten` what came of other words for their requests.
    """

    out: Path
    recipe: Recipe
    ledger: Ledger
    stats: dict[str, Any]
    refused: dict[str, str]
    trouble: list[str]
    unchecked: dict[str, str]
    filled: bool
    rewritten: Rewritten | None = None


def build(recipe: Recipe, options: Options) -> Corpus:
    """Builds the corpus in `options.out`, going on where an earlier run stopped.

    Raises:
        RecipeError, InputError, OutputError: in one line.
    """
    laps, rewritten = _Laps(), None
    classes.check(recipe.safety.classes)
    chosen = inputs.choose(recipe, options.only, options.without, options.tier)
    inputs.refuse_nothing(recipe, chosen)
    if options.fills and recipe.gold_max:
        gold.check(recipe.gold)
    target = Target(options.out)
    target.claim(recipe.name, fresh=options.fresh)
    out = output.Out(target.folder)
    out.refuse_foreign(fresh=options.fresh)
    out.refuse_other(recipe, fresh=options.fresh)
    digests = out.digests()
    located = inputs.locate(recipe, chosen, options, digests)
    sets = evaluation.sets(recipe, chosen, located, options, digests)
    laps.end("find")
    weight = sum(inputs.size(one.file) for one in (*located, *sets.inputs))
    weight += gold.BYTES * recipe.gold_max * options.fills
    with _workers(options, weight) as workers:
        checked = evaluation.check(sets, recipe, out.stage, workers)
        tasks = inputs.tasks(recipe, chosen, located, out.stage, options.limit, checked.evaluation)
        out.claim(recipe, options, located, tasks)
        laps.end("evaluation sets")
        carried = _carried(workers, tasks)
        laps.end("slices")
        deduped = dedup.dedup(carried.indexed, recipe.dedup)
        laps.end("dedup")
        mix.mix(carried.indexed, deduped.fates, recipe)
        laps.end("mix")
        if options.fills and (room := mix.room(carried.indexed, deduped.fates, recipe)):
            made_up, rewritten = gold.made(recipe, room, out, digests, workers, options.rewording)
            recipe, located = gold.with_card(recipe), [*located, *made_up]
            chosen = chosen._replace(sources=[*chosen.sources, gold.source(recipe.gold)])
            more = inputs.tasks(recipe, chosen, made_up, out.stage, None, checked.evaluation)
            out.add(recipe, made_up, more)
            carried, deduped = _filled(workers, recipe, carried, deduped, more)
            laps.end("gold traces")
        ledger = accounts.ledger(carried.reports, carried.indexed, deduped.fates)
        out.clear()
        out.fates(carried.places, deduped)
        made = _write(workers, out, recipe, carried.places, carried.indexed, deduped)
    laps.end("write")
    tasks, folders, reports = carried.tasks, carried.folders, carried.reports
    output.rejects(out.path, folders, recipe.rejects)
    made += prompts.write(folders, out.path / prompts.FILE)
    statistics = {
        **stats.tree(made),
        "repairs": accounts.notes(tasks, reports),
        "contaminated": dict(sorted(accounts.contaminated(reports).items())),
    }
    out.json("stats.json", statistics)
    out.json("ledger.json", ledger.rows())
    out.forget()
    manifest = inputs.manifest(recipe, options, chosen, located, checked.about)
    lost = [accounts.given_up(one) for one in carried.failed]
    run = {"slices": len(folders), "commits": inputs.commits(located)}
    if lost:
        manifest["given_up"] = lost
    if rewritten is not None:
        manifest["rewritten"] = {"model": rewritten.model, "counts": rewritten.counts}
    files = out.hashed()
    known = Built(out.path, manifest, ledger, statistics, run)
    about = card.write(About(known, files), out.path)
    out.finish(manifest, files, about, laps.seconds, run)
    report.write(out.path)
    target.put()
    trouble = [*lost, *accounts.trouble(tasks, reports), *ledger.problems()]
    refused, missing = chosen.refused, checked.missing
    filled = options.fills
    return Corpus(
        out.path, recipe, ledger, statistics, refused, trouble, missing, filled, rewritten
    )


class _Carried(NamedTuple):
    """Slices that were run, their ledgers, and the chunks of plans in them."""

    tasks: list[Task]
    folders: list[Path]
    reports: list[dict[str, Any]]
    places: list[Path]
    indexed: list[Indexed]
    failed: list[Failed[Task]]

    def and_(self, more: "_Carried") -> "_Carried":
        """These and more."""
        return _Carried(
            [*self.tasks, *more.tasks],
            [*self.folders, *more.folders],
            [*self.reports, *more.reports],
            [*self.places, *more.places],
            [*self.indexed, *more.indexed],
            [*self.failed, *more.failed],
        )


def _carried(workers: Workers | Cluster, tasks: Sequence[Task]) -> _Carried:
    ran = workers.run(slices.run, tasks, "slices", inputs.weights(tasks))
    pairs = [(t, one) for t, one in zip(tasks, ran, strict=True) if not isinstance(one, Failed)]
    chunks = [(task, chunk) for task, folder in pairs for chunk in slices.chunks(folder)]
    return _Carried(
        [task for task, _ in pairs],
        [folder for _, folder in pairs],
        [accounts.report(folder) for _, folder in pairs],
        [chunk for _, chunk in chunks],
        [opened(c, inputs.source_of(t), t.piece.file.part) for t, c in chunks],
        [one for one in ran if isinstance(one, Failed)],
    )


def _filled(
    workers: Workers | Cluster,
    recipe: Recipe,
    real: _Carried,
    deduped: Deduped,
    tasks: Sequence[Task],
) -> tuple[_Carried, Deduped]:
    """With gold traces in the room that real plans leave."""
    made = _carried(workers, tasks)
    alone = dedup.dedup(made.indexed, recipe.dedup)
    both = dedup.joined(real.indexed, deduped, made.indexed, alone)
    carried = real.and_(made)
    mix.mix(carried.indexed, both.fates, recipe)
    return carried, both


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
