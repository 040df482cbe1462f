"""What a build reads from the hub: listed at one commit, chosen by the cards, fetched, remembered.

The listing is kept beside the files, so that a later build offline is as complete and as verified.
"""

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path, PurePosixPath
from threading import Event

import msgspec
from huggingface_hub import is_offline_mode
from tqdm import tqdm

from planloom import files, hub
from planloom.download import Need, cache, ensure, size
from planloom.errors import HubError, InputError
from planloom.hub import Entry, Repo
from planloom.source import Source

AT_ONCE = 4
GB = 10**9


def folders(
    sources: Sequence[Source],
    digests: dict[str, str],
    *,
    offline: bool = False,
    cache_limit: float | None = None,
) -> dict[str, Path]:
    """The folder of each source, named by its commit, with every file that its card asks for.

    Raises:
        HubError: naming all sources that cannot be had, or the file that is not what it should be.
        InputError: if disk or limit (in GB) do not hold what is missing.
    """
    offline = offline or is_offline_mode()
    repos = _listed(sources, offline=offline)
    needs = {s.id: [Need(repos[s.id], e) for e in select(repos[s.id].files, s)] for s in sources}
    everything = [need for mine in needs.values() for need in mine]
    if not offline:
        _check_room(everything, cache_limit)
    _fetch(everything, digests, offline=offline)
    for source in sources:
        _remember(repos[source.id], source.revision)
    return {name: _home(name) / "snapshots" / repo.commit for name, repo in repos.items()}


def _listed(sources: Sequence[Source], *, offline: bool) -> dict[str, Repo]:
    """What each source holds; of all that cannot be had one message says why."""
    listed, refused = {}, {}
    for source in tqdm(sources, unit=" listed", disable=None, leave=False):
        try:
            listed[source.id] = _remembered(source) if offline else _readable(source)
        except HubError as error:
            if error.status in ("network", "token"):
                raise
            refused[source.id] = error
    if refused:
        words = " ".join(f"--without {name}" for name in refused)
        rest = f"\ngo on without: {words}" if len(refused) < len(sources) else ""
        told = "\n  ".join(map(str, refused.values()))
        status = next(iter(refused.values())).status
        raise HubError(
            status,
            f"{len(refused)} of {len(sources)} sources cannot be had\n  {told}{rest}",
        )
    return listed


def _readable(source: Source) -> Repo:
    repo = hub.repo(source.id, source.revision)
    hub.check_access(repo)
    return repo


def _home(source_id: str) -> Path:
    return cache() / files.cached_as(source_id)


def _about(source_id: str, revision: str | None) -> Path:
    """Where the listing of a revision is kept."""
    return _home(source_id) / "planloom" / f"{revision or 'main'}.json"


def _remember(repo: Repo, revision: str | None) -> None:
    """Notes, when all is there, what the revision is and holds: for us, and the ref for others."""
    ref = _home(repo.id) / "refs" / (revision or "main")
    listing = _about(repo.id, revision)
    for path, content in ((listing, msgspec.json.encode(repo)), (ref, repo.commit.encode())):
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = path.with_name(f"{path.name}.tmp")
        whole.write_bytes(content)
        whole.replace(path)


def _remembered(source: Source) -> Repo:
    """The dataset as an earlier build fetched it, whole.

    Raises:
        HubError: if none did, or a file is gone.
    """
    path = _about(source.id, source.revision)
    if not path.exists():
        raise HubError(
            "missing",
            f"{source.id}: no build has fetched it into {cache()}; run once without --offline",
        )
    repo = msgspec.json.decode(path.read_bytes(), type=Repo)
    gone = [e.path for e in select(repo.files, source) if Need(repo, e).missing]
    if gone:
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        raise HubError("missing", f"{source.id}: {gone[0]}{more} not in {cache()}")
    return repo


def select(entries: Iterable[Entry], source: Source) -> list[Entry]:
    """The files that the card's patterns match.

    They are laid out as empty files, so that one matcher decides here and below a data root.

    Raises:
        HubError: for a path that leads out of the dataset.
    """
    by_path = {entry.path: entry for entry in entries}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in by_path:
            if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
                raise HubError("corrupt", f"{source.id}: lists a file outside itself: {name}")
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        chosen = {path.relative_to(root).as_posix() for _, path in files.matching(root, source)}
    return [by_path[name] for name in sorted(chosen)]


def _check_room(needs: Sequence[Need], limit: float | None) -> None:
    """Refuses before the first byte what disk or limit will not hold."""
    missing = {need.blob: need.missing for need in needs}
    wanted = sum(missing.values())
    if not wanted:
        return
    there = next(path for path in (cache(), *cache().parents) if path.exists())
    room, what = shutil.disk_usage(there).free, f"{there} has"
    if limit is not None:
        held = sum(size(path) for path in cache().glob("*/blobs/*"))
        room, what = min((room, what), (int(limit * GB) - held, "--cache-limit leaves"))
    if wanted > room:
        raise InputError(
            f"{_bytes(wanted)} are to be fetched and {what} {_bytes(max(room, 0))}: make room, "
            "set HF_HOME to a larger disk, or leave sources out with --without ID"
        )


def _bytes(count: int) -> str:
    unit, name = next(
        (u, n) for u, n in ((GB, "GB"), (10**6, "MB"), (1, "bytes")) if count >= u or u == 1
    )
    return f"{count / unit:,.1f} {name}" if unit > 1 else f"{count:,} bytes"


def _fetch(needs: Sequence[Need], digests: dict[str, str], *, offline: bool) -> None:
    """Makes every file be there and be what the listing says, a few at once."""
    total = sum(need.missing for need in needs)
    stop = Event()
    with (
        tqdm(
            total=total, unit="B", unit_scale=True, desc="fetched", disable=None, leave=False
        ) as bar,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        work = [pool.submit(ensure, need, digests, bar, stop, offline=offline) for need in needs]
        try:
            for done in as_completed(work):
                done.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
