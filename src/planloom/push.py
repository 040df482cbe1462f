"""Sending a finished build to a dataset repository of the hub: only what changed, in one commit.

Large files go first and the commit comes last, so that a push that was cut shows nothing half; the
same command sends the rest.
"""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import httpx2
import huggingface_hub
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    HfApi,
    constants,
    errors,
)
from huggingface_hub.utils import validate_repo_id

from planloom import hub
from planloom.asking import FAILURES
from planloom.download import content_hash
from planloom.errors import HubError, PublishError
from planloom.parcel import MANIFEST, Parcel
from planloom.version import __version__

Answer = TypeVar("Answer")
KIND = "dataset"
AGAIN = "run the same command again later, what got through is kept"
BEGUN = {".gitattributes", "README.md"}
"""What the hub itself may put into a new repository."""


class Pushed(NamedTuple):
    """Files sent, deleted and there already; the commit's page, "" if nothing was to send."""

    sent: int
    deleted: int
    same: int
    page: str


def check_id(repo: str) -> None:
    """Refuses what is no OWNER/NAME.

    Raises:
        PublishError: saying so.
    """
    with contextlib.suppress(errors.HFValidationError):
        validate_repo_id(repo)
        if repo.count("/") == 1:
            return
    raise PublishError(f"{repo}: not the id of a dataset; it has the form OWNER/NAME")


def push(parcel: Parcel, *, private: bool) -> Pushed:
    """Makes the repository hold the parcel.

    Raises:
        PublishError: if it is somebody else's, is public where a private one is asked for, or the hub refuses.
    """
    repo, branch = parcel.about.repo, parcel.about.branch
    if huggingface_hub.get_token() is None:
        raise PublishError(f"{repo}: no token; set HF_TOKEN to one that may write there")
    api = HfApi(library_name="planloom", library_version=__version__)
    there = _there(repo)
    if there is None:
        _told(repo, lambda: api.create_repo(repo, repo_type=KIND, private=private, exist_ok=True))
    there = there or _there(repo)
    if there is None:
        raise PublishError(
            f"{repo}: made, but the hub does not show it; run the same command again"
        )
    _check(there, private=private)
    if branch != "main":
        _told(repo, lambda: api.create_branch(repo, repo_type=KIND, branch=branch, exist_ok=True))
        there = _told(repo, lambda: hub.repo(repo, branch))
    return _commit(api, parcel, there)


def _there(repo: str) -> hub.Repo | None:
    """The repository as it is, if it is."""
    try:
        return hub.repo(repo)
    except HubError as error:
        if error.status == "missing":
            return None
        if error.status == "network":
            raise PublishError(f"{repo}: {constants.ENDPOINT} does not answer; {AGAIN}") from None
        raise


def _check(there: hub.Repo, *, private: bool) -> None:
    if private and not there.private:
        raise PublishError(f"{there.id}: is public; make it private on the hub, or name another")
    names = {entry.path for entry in there.files}
    if names - BEGUN and MANIFEST not in names:
        raise PublishError(f"{there.id}: holds files that no planloom pushed; name another")


def _commit(api: HfApi, parcel: Parcel, there: hub.Repo) -> Pushed:
    known = {entry.path: entry for entry in there.files}
    changed = {
        name: path
        for name, path in parcel.files.items()
        if name not in known or _hash(parcel, name, path, known[name]) != known[name].hash
    }
    ours = _ours(parcel.about.built.name)
    stale = sorted(name for name in known.keys() - parcel.files.keys() if ours.fullmatch(name))
    same = len(parcel.files) - len(changed)
    if not changed and not stale:
        return Pushed(0, 0, same, "")
    operations: list[CommitOperationAdd | CommitOperationCopy | CommitOperationDelete] = [
        *(CommitOperationAdd(name, path) for name, path in changed.items()),
        *(CommitOperationDelete(name) for name in stale),
    ]
    made = _told(
        parcel.about.repo,
        lambda: api.create_commit(
            parcel.about.repo,
            operations,
            commit_message=f"{parcel.about.title}: {parcel.about.built.kept:,} plans",
            repo_type=KIND,
            revision=parcel.about.branch,
            parent_commit=there.commit or None,
        ),
    )
    return Pushed(len(changed), len(stale), same, made.commit_url)


def _hash(parcel: Parcel, name: str, path: Path, known: hub.Entry) -> str:
    """What the hub would call the content; a large file was hashed before it was packed."""
    if known.sha256 and name in parcel.about.files:
        return str(parcel.about.files[name]["sha256"])
    return content_hash(path, known)


def _ours(recipe: str) -> re.Pattern[str]:
    """The names of what an earlier push put there; what people add by hand stays."""
    parts = r"(plans|adversarial|quarantine)/part-\d+\.parquet"
    return re.compile(rf"{parts}|{re.escape(recipe)}\.jsonl(\.zst)?")


def _told(repo: str, ask: Callable[[], Answer]) -> Answer:
    """The answer; a refusal as one line, which quotes nothing that may hold the token."""
    try:
        return ask()
    except (*FAILURES, RuntimeError) as error:  # RuntimeError: a file did not get through
        raise PublishError(f"{repo}: {_refusal(repo, error)}") from None


def _refusal(repo: str, error: Exception) -> str:
    code = error.response.status_code if isinstance(error, errors.HfHubHTTPError) else None
    owner = repo.split("/", 1)[0]
    if code == httpx2.codes.UNAUTHORIZED:
        return "the hub does not accept the token; set HF_TOKEN to one that may write there"
    if code == httpx2.codes.FORBIDDEN:
        return f"the token may not write to {owner}; set HF_TOKEN to one that may, or name a repository of yours"
    if code == httpx2.codes.NOT_FOUND:
        return f"no {owner} that the token may write to; look at {constants.ENDPOINT}/{owner}"
    if code in (httpx2.codes.CONFLICT, httpx2.codes.PRECONDITION_FAILED):
        return "somebody else changed it meanwhile; run the same command again"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set; unset it to push"
    if isinstance(error, ValueError) and "Invalid metadata" in str(error):
        return "the hub does not take the head of the card; look at OUT/README.md and at [card] of the recipe"
    said = f"HTTP {code}" if code else "no connection, or one that broke"
    return f"{constants.ENDPOINT} did not take it ({said}); {AGAIN}"
