"""Which evaluation sets a build checks its plans against, and the index that is made of them.

Sets are parts of the catalogue with the policy `eval_only`, and rows that a reader marks so. They
are read for nothing else. A set whose data is not there is told, never passed over.
"""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from planloom import decontaminate, files, inputs, items
from planloom.cluster import Cluster
from planloom.datasets import catalogue, find
from planloom.decontaminate import Evaluation
from planloom.errors import HubError, RecipeError
from planloom.inputs import Chosen, Input
from planloom.items import Job
from planloom.output import EVALUATION
from planloom.recipe import Recipe
from planloom.slices import code_hash
from planloom.source import Source
from planloom.work import Failed, Workers

if TYPE_CHECKING:
    from planloom.pipeline import Options


NOT_THERE = "its data was not there"


class Sets(NamedTuple):
    """The data files of the sets that are there; of the others why they are not, where more is known."""

    inputs: list[Input]
    missing: dict[str, str]


class Checked(NamedTuple):
    """What plans are checked against: the index, if there is any set; what the manifest tells of
    each set; and those not checked, with why."""

    evaluation: Evaluation | None
    about: dict[str, dict[str, Any]]
    missing: dict[str, str]


def sets(
    recipe: Recipe,
    chosen: Chosen,
    located: Sequence[Input],
    options: "Options",
    digests: dict[str, str],
) -> Sets:
    """The evaluation sets that the recipe wants checked, with their files.

    Raises:
        RecipeError: for a set that the catalogue does not know.
    """
    read = {source.id for source in chosen.sources}
    found: list[Input] = []
    missing: dict[str, str] = {}
    for source in _wanted(recipe):
        if source.id in read:
            mine = [one for one in located if one.source == source.id]
        else:
            mine, why = _elsewhere(source, recipe, chosen, options, digests)
            missing |= {source.id: why} if why else {}
        mine = [one for one in mine if source.parts[one.file.part].evaluates]
        if not mine:
            missing.setdefault(source.id, NOT_THERE)
        found += mine
    return Sets(found, dict(sorted(missing.items())))


def _wanted(recipe: Recipe) -> list[Source]:
    names = recipe.decontaminate.sets
    known = catalogue(recipe.datasets)
    wanted = known.values() if names is None else [find(name, recipe.datasets) for name in names]
    sources = {s.id: s for s in wanted if any(part.evaluates for part in s.parts)}
    for name in names or ():
        if name not in sources:
            raise RecipeError(f"{name}: no evaluation set; see planloom list")
    return [sources[name] for name in sorted(sources)]


def _elsewhere(
    source: Source, recipe: Recipe, chosen: Chosen, options: "Options", digests: dict[str, str]
) -> tuple[list[Input], str]:
    """The files of a set that is no source of the build, or why there are none."""
    root = inputs.root(recipe, Chosen([source], {}), options.data_root)
    if root is not None:
        folder, why = files.root_of(root, source), ""
    elif source.id in (recipe.decontaminate.sets or ()):
        folder, why = _fetched(source, options, digests)
    else:
        folder, why = None, ""
    found = files.find(folder, source) if folder else []
    return [inputs.read(source, file, None, digests) for file in found], why


def _fetched(
    source: Source, options: "Options", digests: dict[str, str]
) -> tuple[Path | None, str]:
    from planloom import fetch

    parts = tuple(part for part in source.parts if part.evaluates)
    alone = msgspec.structs.replace(source, parts=parts)
    limit = options.cache_limit
    try:
        folders = fetch.folders([alone], digests, offline=options.offline, cache_limit=limit)
    except HubError as error:
        return None, str(error)
    return folders[source.id], ""


def check(found: Sets, recipe: Recipe, stage: Path, workers: Workers | Cluster) -> Checked:
    """The index of the sets, made of what is not known already."""
    jobs = [job for one in found.inputs for job in _jobs(one, recipe.datasets, stage / EVALUATION)]
    weights = [float(files.size(job.piece.file)) for job in jobs]
    ran = workers.run(items.read, jobs, "evaluation sets", weights) if jobs else []
    broken = {one.job.source: one.error for one in ran if isinstance(one, Failed)}
    kept = [job for job in jobs if job.source not in broken]
    about = {key: {"why": NOT_THERE} for key in found.missing}
    about |= {key: {"why": "it could not be read"} for key in broken}
    evaluation = _index(kept, stage / EVALUATION) if kept else None
    if evaluation is not None:
        about |= _about(evaluation, found)
    folders = [Path(evaluation.folder)] if evaluation else []
    _forget(stage, [*(Path(job.path) for job in kept), *folders])
    why = {name: told["why"] for name, told in about.items() if "why" in told}
    missing = {**why, **found.missing, **broken}
    return Checked(evaluation, dict(sorted(about.items())), dict(sorted(missing.items())))


def _jobs(one: Input, folders: tuple[str, ...], stage: Path) -> list[Job]:
    part = find(one.source, folders).parts[one.file.part]
    jobs = []
    for piece in files.slices(one.file, whole=part.counts_rows):
        known = (one.source, one.file.part, one.file.name, one.sha256, piece.start, piece.stop)
        key = _hashed((*known, code_hash(folders)))
        jobs.append(Job(one.source, folders, piece, str(stage / f"{key}.npz")))
    return jobs


def _hashed(value: Any) -> str:
    return hashlib.blake2b(msgspec.json.encode(value), digest_size=16).hexdigest()


def _index(jobs: Sequence[Job], stage: Path) -> Evaluation:
    folder = stage / _hashed([job.path.rsplit("/", 1)[-1] for job in jobs])
    if not decontaminate.whole(folder):
        reads = [(j.source, j.piece.file.name, items.loaded(Path(j.path))) for j in jobs]
        decontaminate.make(reads, folder)
    return Evaluation(str(folder), decontaminate.opened(str(folder)).about.digest)


def _forget(stage: Path, kept: Sequence[Path]) -> None:
    """Removes hashes of sets as they were before."""
    folder = stage / EVALUATION
    for path in folder.iterdir() if folder.is_dir() else ():
        if path not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _about(index: Evaluation, found: Sets) -> dict[str, dict[str, Any]]:
    """Of each set that is checked the items, rows that could not be read, and files."""
    known = decontaminate.opened(index.folder).about
    told: dict[str, dict[str, Any]] = {}
    for name, n in known.items.items():
        mine = {one.file.name: one.sha256 for one in found.inputs if one.source == name}
        bad = known.unreadable[name]
        told[name] = {"items": n, "unreadable": bad, "files": mine}
        if n == 0:
            told[name] = {"why": f"no item of it could be read (unreadable rows: {bad})"}
    return told
