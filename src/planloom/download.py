"""One file of the hub: fetched, verified, and put where the hub's other tools on this machine look.

The client's own download begins anew after a kill and does not look at what it got. This one writes
the same layout under the same lock: `blobs/HASH`, `snapshots/COMMIT/PATH`; a part that was left is
gone on with.
"""

import hashlib
import os
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import httpx2
from huggingface_hub import constants, get_session, hf_raise_for_status
from huggingface_hub.utils import WeakFileLock
from tqdm import tqdm

from planloom import files, hub
from planloom.asking import asked, say
from planloom.errors import HubError
from planloom.hub import Entry, Repo


def cache() -> Path:
    """The cache of the hub's tools: HF_HOME/hub, or HF_HUB_CACHE."""
    return Path(constants.HF_HUB_CACHE)


class Need(NamedTuple):
    """A file of a dataset that the build reads, and where it lies in the cache."""

    repo: Repo
    entry: Entry

    @property
    def home(self) -> Path:
        return cache() / files.cached_as(self.repo.id)

    @property
    def path(self) -> Path:
        return self.home / "snapshots" / self.repo.commit / self.entry.path

    @property
    def blob(self) -> Path:
        return self.home / "blobs" / self.entry.hash

    @property
    def part(self) -> Path:
        return self.home / "blobs" / f"{self.entry.hash}.planloom.incomplete"

    @property
    def lock(self) -> Path:
        return cache() / ".locks" / self.home.name / f"{self.entry.hash}.lock"

    @property
    def missing(self) -> int:
        """Bytes still to fetch."""
        if self.path.exists() or self.blob.exists():
            return 0
        return max(0, self.entry.size - size(self.part))


def size(path: Path) -> int:
    """Bytes of a file that another process may have moved away."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def ensure(
    need: Need, digests: dict[str, str], bar: "tqdm[Any]", stop: Event, *, offline: bool
) -> None:
    """One file: from the cache if it is sound there, else fetched, at most twice.

    Raises:
        HubError: if it is not what the listing says.
    """
    need.lock.parent.mkdir(parents=True, exist_ok=True)
    need.blob.parent.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(need.lock):
        actual = _in_cache(need, digests)
        if actual == need.entry.hash:
            return
        if offline:
            raise _spoiled(
                need, f"in {cache()}", actual, "build without --offline to fetch it again"
            )
        if actual:
            say(f"{need.repo.id}: {need.entry.path} is damaged in the cache; fetching it again")
            need.path.unlink()
            need.blob.unlink(missing_ok=True)
        for _ in range(2):
            actual = _download(need, bar, stop)
            if actual == need.entry.hash:
                need.part.replace(need.blob)
                _link(need)
                digests[_key(need)] = actual
                return
            need.part.unlink()
    raise _spoiled(need, "as it came, twice,", actual, "the hub or the way to it spoils it")


def _spoiled(need: Need, where: str, actual: str, advice: str) -> HubError:
    return HubError(
        "corrupt",
        f"{need.repo.id}: {need.entry.path} {where} has the hash {actual}, the hub says "
        f"{need.entry.hash}; {advice}",
    )


def _in_cache(need: Need, digests: dict[str, str]) -> str:
    """The hash of the file in the cache, empty if it is not there."""
    if not need.path.exists() and need.blob.exists():
        _link(need)
    if not need.path.exists():
        return ""
    if (key := _key(need)) not in digests:
        digests[key] = content_hash(need.path, need.entry)
    return digests[key]


def _key(need: Need) -> str:
    """As the digests of a build are named; a blob id is no SHA-256 and has a name of its own."""
    return files.stamp(str(need.path)) + ("" if need.entry.sha256 else ":blob")


def content_hash(path: Path, entry: Entry) -> str:
    """What the hub calls the content: the SHA-256 of a large file, else git's blob id."""
    if entry.sha256:
        return files.digest(str(path))
    head = b"blob %d\0" % path.stat().st_size
    with path.open("rb") as stream:
        return hashlib.file_digest(
            stream, lambda: hashlib.sha1(head, usedforsecurity=False)
        ).hexdigest()


def _link(need: Need) -> None:
    need.path.parent.mkdir(parents=True, exist_ok=True)
    need.path.unlink(missing_ok=True)
    try:
        need.path.symlink_to(os.path.relpath(need.blob, need.path.parent))
    except OSError:  # a disk without links: the file itself lies there, as the client does it
        need.blob.replace(need.path)


def _download(need: Need, bar: "tqdm[Any]", stop: Event) -> str:
    """Brings the part to its full length, going on where it ends; returns its hash."""
    need.part.touch()
    asked(
        need.repo.id,
        partial(_stream, need, bar, stop),
        gained=lambda: size(need.part),
        pause=stop.wait,
    )
    return content_hash(need.part, need.entry)


def _stream(need: Need, bar: "tqdm[Any]", stop: Event) -> None:
    have = size(need.part)
    if have >= need.entry.size:
        return
    headers = {**hub.headers(), **({"Range": f"bytes={have}-"} if have else {})}
    where = hub.url(need.repo, need.entry)
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", where, headers=headers, timeout=timeout) as response:
        hf_raise_for_status(response)
        goes_on = response.status_code == httpx2.codes.PARTIAL_CONTENT
        with need.part.open("ab" if goes_on else "wb") as out:
            for chunk in response.iter_bytes():
                if stop.is_set():
                    raise InterruptedError("another file failed")
                out.write(chunk)
                out.flush()  # what came is kept, whatever ends this process
                bar.update(len(chunk))
    if size(need.part) < need.entry.size:
        raise httpx2.RemoteProtocolError("the file ends early")
