"""The catalogue: one small file per dataset, each with a SOURCE. This folder is the registry."""

import importlib
import importlib.util
import pkgutil
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from planloom.errors import RecipeError, nearest
from planloom.source import Source, checked

DENIED = frozenset(
    ("lockon/xlam-function-calling-60k", "AarushSah/lmsys-chat-1m", "victor/ToolScale")
)
"""Copies of gated sets, or with a licence that is not the publisher's."""


@lru_cache(maxsize=8)
def catalogue(folders: tuple[str, ...] = ()) -> dict[str, Source]:
    """Every known source by id: ours, then those in the user's folders.

    Raises:
        RecipeError: for a folder or file that cannot be used, or an id that stands twice.
    """
    modules = [
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    ]
    for folder in folders:
        modules += _modules_in(Path(folder))
    sources: dict[str, Source] = {}
    for module in modules:
        source = _source_in(module)
        if source.id in sources:
            raise RecipeError(f"{module.__file__}: {source.id} is in the catalogue already")
        sources[source.id] = source
    return sources


def _source_in(module: ModuleType) -> Source:
    source = getattr(module, "SOURCE", None)
    if not isinstance(source, Source):
        raise RecipeError(f"{module.__file__}: no SOURCE of type planloom.source.Source")
    if source.id in DENIED:
        raise RecipeError(
            f"{module.__file__}: {source.id} bypasses a gate or a licence; use the original"
        )
    try:
        checked(source)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"{module.__file__}: {error}") from error
    return source


def loaded(path: Path) -> Source:
    """The source of one dataset file.

    Raises:
        RecipeError: if the file cannot be used.
    """
    return _source_in(_load(path))


def _modules_in(folder: Path) -> list[ModuleType]:
    if not folder.is_dir():
        raise RecipeError(f"--datasets {folder}: no such folder")
    return [_load(path) for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"planloom_user_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise RecipeError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise RecipeError(f"{path}: {type(error).__name__}: {error}") from error
    return module


def find(source_id: str, folders: tuple[str, ...] = ()) -> Source:
    """The source with this id.

    Raises:
        RecipeError: naming the nearest known id.
    """
    known = catalogue(folders)
    if source_id not in known:
        hint = nearest(source_id, known)
        raise RecipeError(f"{source_id}: not in the catalogue{hint}; see planloom list")
    return known[source_id]


def docs(source: Source, folders: tuple[str, ...] = ()) -> str:
    """The docstring of the source's file: its story and its quirks."""
    for name, module in list(sys.modules.items()):
        ours = name.startswith((f"{__name__}.", "planloom_user_"))
        if ours and getattr(module, "SOURCE", None) == source:
            return module.__doc__ or ""
    return ""
