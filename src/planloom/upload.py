"""An output at a URL that fsspec knows (s3://, gs://, memory://): built on this machine, copied there.

What is there already, by the hashes of the manifest there, is not sent again. The manifest comes last, so
that nothing half looks whole.
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

MANIFEST, RUN = "manifest.json", "run.json"


class Target:
    """Where a build goes: `folder` on this machine, and for a URL the place that gets a copy of it.

    Raises:
        OutputError: if nothing here can write to such a URL.
    """

    def __init__(self, out: str) -> None:
        self.folder = Path(out)
        self._system: Any = None
        if "://" not in out:
            return
        try:
            system, self._root = fsspec.core.url_to_fs(out)
        except (ImportError, ValueError) as error:
            raise OutputError(f"--out {out}: {error}") from error
        if isinstance(system, LocalFileSystem):
            self.folder = Path(self._root)
            return
        self._system, self._url = system, out
        name = hashlib.sha256(out.encode()).hexdigest()[:16]
        self.folder = Path(constants.HF_HOME) / "planloom" / "out" / name

    def refuse_foreign(self) -> None:
        """Refuses a place with content that no build of ours made.

        Raises:
            OutputError: saying what to do.
        """
        if self._system is None or not self._system.exists(self._root):
            return
        names = {path.rstrip("/").rpartition("/")[2] for path in self._system.ls(self._root, False)}
        if names and not names & {MANIFEST, RUN}:
            raise OutputError(f"{self._url}: not empty and no Planloom build; name another")

    def put(self) -> None:
        """Makes the place hold what the finished build holds, the slices apart."""
        if self._system is None:
            return
        wanted, there = self._entries(), self._there()
        self._system.makedirs(self._root, exist_ok=True)
        self._system.put_file(str(self.folder / RUN), self._at(RUN))
        if self._system.exists(self._at(MANIFEST)):
            self._system.rm_file(self._at(MANIFEST))
        for name in there.keys() - wanted.keys():
            self._system.rm_file(self._at(name))
        changed = sorted(name for name in wanted if there.get(name) != wanted[name])
        for name in tqdm(changed, unit=" files sent", disable=None, leave=False):
            self._system.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)
            self._system.put_file(str(self.folder / name), self._at(name))
        self._system.put_file(str(self.folder / MANIFEST), self._at(MANIFEST))

    def _at(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _entries(self) -> dict[str, Any]:
        return _files((self.folder / MANIFEST).read_bytes())

    def _there(self) -> dict[str, Any]:
        """The files of the build that is there, none if it is not whole."""
        if not self._system.exists(self._at(MANIFEST)):
            return {}
        return _files(self._system.cat_file(self._at(MANIFEST)))


def _files(manifest: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(manifest)["files"]
    return found
