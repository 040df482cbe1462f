"""What is really there: every dataset is looked at by a few small requests, and none ends the run."""

import io
from collections.abc import Iterator, Sequence
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from planloom import files, hub, layout, listing, quality, survey
from planloom.datasets import catalogue
from planloom.errors import HubError, RecipeError
from planloom.facts import Facts, PartFacts, Sample, Status, added
from planloom.feasible import drift, judged
from planloom.hub import Entry, Repo
from planloom.layout import Group
from planloom.source import Source
from planloom.survey import Place, Seen

ROWS = 100
WORKERS = 4
EVERYTHING = 1_000_000
"""Reads, where files are on this machine."""
STATUS: dict[str, Status] = {s: s for s in ("gated", "private", "disabled", "missing")}


class Run(NamedTuple):
    """What was found, in the order asked for. `silent` says why nothing was, if the hub does not answer."""

    found: list[Facts]
    left: int
    interrupted: bool
    silent: str


def run(
    ids: Sequence[str] = (),
    rows: int = ROWS,
    data_root: Path | None = None,
    folders: tuple[str, ...] = (),
) -> Run:
    """Looks at each dataset, without ids at the whole catalogue; an interrupt ends it with what is there.

    Raises:
        RecipeError: for a data root or a folder of cards that is not there.
    """
    asked = list(dict.fromkeys(ids)) or [card.id for card in listing.sources(folders)]
    found: list[Facts] = []
    interrupted = False
    bar = tqdm(total=len(asked), unit=" datasets", disable=None, leave=False)
    with bar:
        try:
            for one in discover(asked, rows, data_root, folders):
                found.append(one)
                bar.update()
        except KeyboardInterrupt:
            interrupted = True
    found.sort(key=lambda one: asked.index(one.id))
    silent = found[0].detail if found and all(map(_unanswered, found)) else ""
    return Run(found, len(asked) - len(found), interrupted, silent)


def discover(
    ids: Sequence[str],
    rows: int = ROWS,
    data_root: Path | None = None,
    folders: tuple[str, ...] = (),
) -> Iterator[Facts]:
    """The facts of each dataset as they come in; `data_root` holds folders to look at, not the hub.

    If the hub does not answer at first, it is not asked again and again.
    """
    cards = catalogue(folders)
    if data_root is not None and not data_root.is_dir():
        raise RecipeError(f"--data-root {data_root}: no such folder (a URL is for build alone)")
    silent = False

    def look(name: str) -> Facts:
        if silent:
            return Facts(name, "unreadable", "not asked, as the hub does not answer")
        return facts(name, cards.get(name), rows, data_root)

    first = look(ids[0])
    silent = _unanswered(first)
    yield first
    # its threads are daemons: one that waits for the hub keeps no interrupted run alive
    with ThreadPool(WORKERS) as pool:
        yield from pool.imap_unordered(look, ids[1:])


def _unanswered(one: Facts) -> bool:
    return one.status == "unreadable" and not one.parts and one.commit is None


def facts(
    source_id: str, card: Source | None, rows: int = ROWS, data_root: Path | None = None
) -> Facts:
    """Everything about one dataset; whatever goes wrong stands in it."""
    found = Facts(source_id)
    if card is not None:
        found.licence_card, found.claim = card.licence, card.claim
    needed: list[str] = []
    try:
        place = _on_disk(source_id, data_root) if data_root else survey.on_hub(source_id)
        needed = _looked(found, place, card, rows)
    except HubError as error:
        found.status = STATUS.get(error.status, "unreadable")
        found.detail = str(error).removeprefix(f"{source_id}: ")
    except Exception as error:  # noqa: BLE001 - the one guard: a bug costs its dataset and is shown
        found.status, found.detail = "unreadable", f"failed unexpectedly: {error!r}"
    if card is not None:
        found.drift += drift(found, card, needed)
    found.feasibility, found.why = judged(found, card)
    return found


def _looked(found: Facts, place: Place, card: Source | None, rows: int) -> list[str]:
    """Fills in what is there, as far as it comes; returns the columns that readers name."""
    repo = place.repo
    if place.online:
        _told(found, repo)
    groups = layout.groups(repo.files, repo.configs, card)
    found.parts = [_part(group) for group in groups]
    found.bytes = sum(part.bytes for part in found.parts)
    if place.online:
        found.may_read = False
        hub.check_access(repo)
        found.may_read = True
    if not groups:
        scripts = [entry.path for entry in repo.files if entry.path.endswith(".py")]
        found.status = "script" if scripts else "unreadable"
        found.detail = f"no data files, but {scripts[0]}" if scripts else "no data files"
        return []
    needed: list[str] = []
    for part, group, seen in zip(
        found.parts, groups, survey.seen(place, groups, rows), strict=True
    ):
        needed += _described(part, group, seen, card)
        found.detail = "; ".join(filter(None, [found.detail, *seen.wrong]))
    _unless_broken(found)
    return list(dict.fromkeys(needed))


def _on_disk(source_id: str, data_root: Path) -> Place:
    """A folder as if it were a repository: what the hub would say of it is not known."""
    folder = files.root_of(data_root, Source(source_id, "", 0, 3))
    if folder is None:
        raise HubError("missing", f"no {source_id} below {data_root}")
    entries = [
        Entry(path.relative_to(folder).as_posix(), path.stat().st_size, "", None)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    repo = Repo(source_id, "", "no", None, False, False, tuple(entries))
    return Place(repo, lambda e: io.FileIO(folder / e.path), EVERYTHING, online=False)


def _told(found: Facts, repo: Repo) -> None:
    found.commit, found.licence_hub, found.gated = repo.commit, repo.licence, repo.gated
    if repo.renamed:
        found.drift.append(f"renamed: it is now {repo.renamed}")


def _part(group: Group) -> PartFacts:
    return PartFacts(
        config=group.config,
        split=group.split,
        card=[part.name for part in group.parts],
        files=len(group.files),
        bytes=group.bytes,
        format=group.format,
    )


def _described(part: PartFacts, group: Group, seen: Seen, card: Source | None) -> list[str]:
    """Fills in rows, columns, shape and sample; returns the columns that readers name."""
    part.rows, part.rows_origin, part.columns = seen.number, seen.origin, seen.columns
    unknown = [read.record for read in seen.rows if read.part is None]
    known = [read for read in seen.rows if read.part is not None]
    samples: list[Sample] = []
    readers = [reader for one in group.parts for reader in quality.readers(one)]
    part.shape, part.mapping = quality.shapes_of(group.parts), quality.mapping(readers)
    if card is not None and known:
        samples.append(quality.of_card(known, card))
    if unknown:
        sample, shape, mapping = quality.of_unknown(unknown)
        samples.append(sample)
        part.shape, part.mapping = part.shape or shape, part.mapping or mapping
    if samples:
        part.sample = added(samples)
    named = {column.split(".")[0]: 0 for one in group.parts for column in one.columns or ()}
    return list(named) if seen.columns else []


def _unless_broken(found: Facts) -> None:
    """A dataset of which no record could be decoded is not readable."""
    sample = found.sample
    broken = sample.reasons.get("unreadable", 0) if sample else 0
    if sample and sample.rows and broken == sample.rows:
        found.status, found.detail = "unreadable", found.detail or "no record could be decoded"
    elif found.detail and not (sample and sample.rows):
        found.status = "unreadable"
