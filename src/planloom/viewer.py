"""The hub's dataset viewer: row counts and rows of a Parquet dataset in a few small answers.

It is asked at PLANLOOM_VIEWER, by default at the public hub's viewer if that hub is used. It is a
help, not a need: an answer that is late, too large, of another commit or not complete is None, and
the files themselves are read.
"""

import os
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2
import msgspec
from huggingface_hub import constants, get_session

from planloom.hub import Repo, headers
from planloom.payload import without_nulls
from planloom.source import Row

PUBLIC = {"https://huggingface.co": "https://datasets-server.huggingface.co"}
SECONDS = 20.0
MOST = 1 << 20
"""Bytes of an answer: three of them, with what came before, stay within 4 MB."""
FULL = 100
"""Rows that the viewer gives at once."""
BUSY = (429, 503)

Name = tuple[str, str]
"""A config and a split."""


class Size(NamedTuple):
    """Rows of a config and split, and the mean bytes of one."""

    rows: int
    mean: float


class Page(NamedTuple):
    """Some rows in a row, and the columns with their types."""

    rows: list[Row]
    columns: dict[str, str]


def sizes(repo: Repo) -> dict[Name, Size] | None:
    """The sizes of all configs and splits, or None if the viewer does not know all of them."""
    answer = _asked(repo, "size")
    if answer is None or answer.get("pending") or answer.get("failed") or answer.get("partial"):
        return None
    try:
        splits = answer["size"]["splits"]
        return {(s["config"], s["split"]): _size(s) for s in splits}
    except (KeyError, TypeError):  # another version of the viewer
        return None


def _size(split: dict[str, Any]) -> Size:
    rows = int(split["num_rows"])
    return Size(rows, int(split["num_bytes_memory"]) / max(rows, 1))


def page(repo: Repo, name: Name, size: Size, start: int, most: int) -> Page | None:
    """Rows from `start` on, so many as fit an answer."""
    fit = int(MOST / 2 / max(size.mean, 1))
    length = max(1, min(most, FULL, fit))
    config, split = name
    answer = _asked(repo, "rows", config=config, split=split, offset=start, length=length)
    if answer is None:
        return None
    try:
        return Page(
            [without_nulls(item["row"]) for item in answer["rows"]],
            {f["name"]: _type(f["type"]) for f in answer["features"]},
        )
    except (KeyError, TypeError):
        return None


def _type(feature: Any) -> str:
    if isinstance(feature, list) or feature.get("_type") in ("List", "Sequence", "LargeList"):
        return "list"
    return str(feature["dtype"]) if "dtype" in feature else str(feature.get("_type", "struct"))


def _asked(repo: Repo, what: str, **query: Any) -> dict[str, Any] | None:
    """The answer for the repository's commit; a busy viewer is asked once more."""
    base = os.environ.get("PLANLOOM_VIEWER") or PUBLIC.get(constants.ENDPOINT)
    if not base:
        return None
    for _ in range(2):
        try:
            status, body = _fetched(f"{base}/{what}", {"dataset": repo.id, **query}, repo)
        except httpx2.HTTPError:
            return None
        if status not in BUSY:
            break
    try:
        answer = msgspec.json.decode(body) if status == httpx2.codes.OK else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return answer if isinstance(answer, dict) else None


def _fetched(address: str, query: dict[str, Any], repo: Repo) -> tuple[int, bytes]:
    """The status, and the body if it is for the commit and not too large."""
    request = get_session().stream(
        "GET", address, params=query, headers=_headers(address), timeout=SECONDS
    )
    with request as response:
        if response.headers.get("X-Revision", repo.commit) != repo.commit:
            return httpx2.codes.CONFLICT, b""
        body = b""
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MOST:
                return httpx2.codes.REQUEST_ENTITY_TOO_LARGE, b""
        return response.status_code, body


def _headers(address: str) -> dict[str, str]:
    """The token goes to the hub's own host and to those below it, nowhere else."""
    host, home = urlsplit(address).hostname or "", urlsplit(constants.ENDPOINT).hostname or ""
    known = headers()
    if host != home and not host.endswith(f".{home}"):
        known.pop("authorization", None)
    return known
