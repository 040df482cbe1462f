"""The hub: what a dataset holds at one commit, whether it may be read, and its files by range.

Only `huggingface_hub` talks to it, with its settings: HF_ENDPOINT, HF_HOME, HF_TOKEN.
"""

import io
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import httpx2
import huggingface_hub
from huggingface_hub import HfApi, constants, get_session, hf_hub_url, hf_raise_for_status
from huggingface_hub.utils import build_hf_headers

from planloom.asking import asked
from planloom.errors import HubError
from planloom.version import __version__

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Gated = Literal["no", "auto", "manual"]
AHEAD = 64 << 10


class Entry(NamedTuple):
    """A file: its git blob id, and for a large one the SHA-256 of its content."""

    path: str
    size: int
    blob: str
    sha256: str | None

    @property
    def hash(self) -> str:
        """What the content is verified against; also its name in the cache."""
        return self.sha256 or self.blob


class Repo(NamedTuple):
    """A dataset at one commit. `configs` is what its own card says of its files.

    `renamed` is its new id, where the hub still knows the old one.
    """

    id: str
    commit: str
    gated: Gated
    licence: str | None
    private: bool
    disabled: bool
    files: tuple[Entry, ...]
    configs: tuple[dict[str, Any], ...] = ()
    renamed: str | None = None


def repo(source_id: str, revision: str | None = None) -> Repo:
    """The dataset at a revision, `main` without one, in one request.

    Raises:
        HubError: in one line what is wrong, where, and what to do.
    """
    info = asked(
        source_id,
        lambda: _api().dataset_info(
            source_id,
            revision=revision,
            files_metadata=True,
            timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT,
        ),
        revision,
    )
    card = info.card_data
    licence, configs = (card.get("license"), card.get("configs")) if card else (None, None)
    return Repo(
        id=source_id,
        commit=info.sha or "",
        gated=info.gated or "no",
        licence=", ".join(licence) if isinstance(licence, list) else licence,
        private=bool(info.private),
        disabled=bool(info.disabled),
        files=tuple(_entry(sibling) for sibling in info.siblings or ()),
        configs=tuple(c for c in configs if isinstance(c, dict)) if configs else (),
        renamed=info.id if info.id != source_id else None,
    )


def _api() -> HfApi:
    return HfApi(library_name="planloom", library_version=__version__)


def _entry(sibling: huggingface_hub.hf_api.RepoSibling) -> Entry:
    sha256 = sibling.lfs.sha256 if sibling.lfs else None
    return Entry(sibling.rfilename, sibling.size or 0, sibling.blob_id or "", sha256)


def may_read(repo: Repo) -> bool:
    """Whether this token may read the files; a dataset that is not gated needs no question."""
    try:
        check_access(repo)
    except HubError as error:
        if error.status in ("gated", "disabled", "missing"):
            return False
        raise
    return True


def check_access(repo: Repo) -> None:
    """Asks whether this token may read the files.

    Raises:
        HubError: if not, saying how to get access.
    """
    if repo.disabled:
        raise HubError("disabled", f"{repo.id}: disabled by the hub, nobody can read it")
    if repo.gated != "no":
        asked(repo.id, lambda: _api().auth_check(repo.id, repo_type="dataset"))


def opened(repo: Repo, entry: Entry) -> io.RawIOBase:
    """A file by range reads: one request a read, or none within the last 64 KiB read ahead."""
    return _Ranged(repo, entry)


class _Ranged(io.RawIOBase):
    def __init__(self, repo: Repo, entry: Entry) -> None:
        self._repo = repo
        self._entry = entry
        self._at = 0
        self._start = 0
        self._held = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._entry.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        found = self._bytes(self._at, min(self._at + len(view), self._entry.size))
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _bytes(self, start: int, stop: int) -> bytes:
        if start >= stop:
            return b""
        if start < self._start or stop > self._start + len(self._held):
            last = min(max(stop, start + AHEAD), self._entry.size)
            self._held = asked(self._repo.id, lambda: self._range(start, last))
            self._start = start
        return self._held[start - self._start : stop - self._start]

    def _range(self, start: int, stop: int) -> bytes:
        response = get_session().get(
            url(self._repo, self._entry),
            headers={**headers(), "Range": f"bytes={start}-{stop - 1}"},
            timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT,
        )
        hf_raise_for_status(response)
        whole = response.status_code == httpx2.codes.OK
        return response.content[start:stop] if whole else response.content


def url(repo: Repo, entry: Entry) -> str:
    """Where a file lies, at the commit."""
    return hf_hub_url(repo.id, entry.path, repo_type="dataset", revision=repo.commit)


def headers() -> dict[str, str]:
    """With the token, where there is one; content comes as it is, so that ranges of it are."""
    ours = build_hf_headers(library_name="planloom", library_version=__version__)
    return {**ours, "Accept-Encoding": "identity"}
