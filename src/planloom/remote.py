"""A data root at a URL that fsspec knows (s3://, gs://, memory://): its files, copied to this machine.

Copies stay in HF_HOME/planloom and are made again when the file system says that a file changed;
their size is checked, their content only as far as the file system does it.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fsspec
import msgspec
from fsspec.implementations.local import LocalFileSystem
from huggingface_hub import constants
from tqdm import tqdm

from planloom.errors import InputError, RecipeError
from planloom.fetch import select
from planloom.hub import Entry
from planloom.source import Source

KNOWN = ".known.json"


def data_root(url: str, sources: Sequence[Source]) -> Path:
    """The folder with the copies; for a file:// URL the folder itself.

    Raises:
        RecipeError: if nothing here can read such a URL.
        InputError: if a file comes shorter than it is.
    """
    try:
        system, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise RecipeError(f"--data-root {url}: {error}") from error
    if isinstance(system, LocalFileSystem):
        return Path(root)
    here = Path(constants.HF_HOME) / "planloom" / hashlib.sha256(url.encode()).hexdigest()[:16]
    here.mkdir(parents=True, exist_ok=True)
    for source in tqdm(sources, unit=" sources", disable=None, leave=False):
        for name in (source.id, source.id.replace("/", "__")):
            if system.isdir(f"{root.rstrip('/')}/{name}"):
                _copy(system, f"{root.rstrip('/')}/{name}", here / source.id, source)
                break
    return here


def _copy(system: Any, root: str, here: Path, source: Source) -> None:
    """The files that the card's patterns match, unless they are here as they are there."""
    listing = system.find(root, detail=True)
    below = len(root.strip("/")) + 1
    paths = {path.strip("/")[below:]: path for path in listing}
    entries = [Entry(name, listing[path]["size"], "", None) for name, path in paths.items()]
    chosen = select(entries, source)
    states = {entry.path: str(system.ukey(paths[entry.path])) for entry in chosen}
    copied = _known(here)
    for name in copied.keys() - states.keys():  # gone there
        (here / name).unlink(missing_ok=True)
    for entry in chosen:
        if copied.get(entry.path) != states[entry.path] or not (here / entry.path).exists():
            _get(system, paths[entry.path], here / entry.path, entry.size)
    here.mkdir(parents=True, exist_ok=True)
    (here / KNOWN).write_bytes(msgspec.json.encode(states))


def _known(here: Path) -> dict[str, str]:
    """The state in which each file was when it was copied."""
    path = here / KNOWN
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path.exists() else {}


def _get(system: Any, path: str, target: Path, size: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.incomplete")
    system.get_file(path, str(part))
    if (came := part.stat().st_size) != size:
        part.unlink()
        raise InputError(
            f"{path}: came with {came:,} bytes of {size:,}; run the same command again"
        )
    part.replace(target)
