"""An output at a URL that fsspec knows (s3://, gs://, memory://): built on this machine, copied there.

What is there already, by the hashes of the manifest there, is not sent again. The manifest comes last, so
that nothing half looks whole; a small file says from the first moment whose place it is.
"""

import hashlib
from pathlib import Path
from typing import Any

import fsspec
import msgspec
from fsspec.implementations.local import LocalFileSystem
from huggingface_hub import constants
from tqdm import tqdm

from planloom.errors import OutputError

MANIFEST, OWNER = "manifest.json", ".planloom"
VARYING = ("run.json", "report.html")
WRONG = (ImportError, ValueError, TypeError, RuntimeError, OSError)


class Target:
    """Where a build goes: `folder` on this machine, and for a URL the place that gets a copy of it.

    Raises:
        OutputError: if nothing here knows such a URL.
    """

    def __init__(self, out: str) -> None:
        self.folder = Path(out)
        self._system: Any = None
        if "://" not in out:
            return
        try:
            system, root = fsspec.core.url_to_fs(out)
        except WRONG as error:
            raise OutputError(f"--out {out}: {error}") from error
        if isinstance(system, LocalFileSystem):
            self.folder = Path(root)
            return
        self._system, self._url, self._root = system, out, root.rstrip("/")
        name = hashlib.sha256(out.rstrip("/").encode()).hexdigest()[:16]
        self.folder = Path(constants.HF_HOME) / "planloom" / "out" / name

    def claim(self, recipe: str, *, fresh: bool) -> None:
        """Takes the place for builds of a recipe, before anything is read.

        Raises:
            OutputError: if it holds something else, or cannot be written.
        """
        if self._system is None:
            return
        try:
            owner = self._owner()
            if owner not in (None, recipe) and not (owner and fresh):
                held = f"holds a build of recipe {owner}" if owner else "no Planloom build"
                raise OutputError(f"{self._url}: not empty and {held}; name another")
            self._system.makedirs(self._root, exist_ok=True)
            self._system.pipe_file(self._at(OWNER), recipe.encode())
        except WRONG as error:
            raise OutputError(f"--out {self._url}: cannot be written: {error}") from error

    def _owner(self) -> str | None:
        """The recipe whose place it is, "" for that of others, None if nothing is there."""
        if self._system.exists(self._at(OWNER)):
            return str(self._system.cat_file(self._at(OWNER)).decode())
        there = self._system.exists(self._root) and self._system.ls(self._root, detail=False)
        return "" if there else None

    def put(self) -> None:
        """Makes the place hold what the finished build holds, the slices apart."""
        if self._system is None:
            return
        wanted, there = _files((self.folder / MANIFEST).read_bytes()), self._there()
        if self._system.exists(self._at(MANIFEST)):
            self._system.rm_file(self._at(MANIFEST))
        for path in self._system.find(self._root):
            name = path[len(self._root) :].lstrip("/")
            if name not in wanted and name != OWNER:
                self._system.rm_file(path)
        changed = sorted(name for name in wanted if there.get(name) != wanted[name])
        for name in tqdm([*changed, *VARYING, MANIFEST], unit=" files", disable=None, leave=False):
            self._system.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)
            self._system.put_file(str(self.folder / name), self._at(name))

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _there(self) -> dict[str, Any]:
        """The files of the build that is there, none if it is not whole."""
        if not self._system.exists(self._at(MANIFEST)):
            return {}
        return _files(self._system.cat_file(self._at(MANIFEST)))


def _files(manifest: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(manifest)["files"]
    return found
