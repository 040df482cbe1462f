"""Named arrays in one file, with what is said about them: written whole or not at all."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from planloom.errors import InputError, OutputError

ABOUT = "about"


def save(path: Path, about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes them beside the file, then takes its place.

    Raises:
        OutputError: if the folder cannot be written.
    """
    told = np.frombuffer(msgspec.json.encode(about), np.uint8)
    whole = path.with_name(f"{path.name}.tmp")
    try:
        with whole.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **{ABOUT: told}, **arrays)
        whole.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from error


def load(path: Path, version: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What is said about them, and the arrays.

    Raises:
        InputError: if the file is not there, spoiled, or of another version.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            kept = {name: file[name] for name in file.files}
        about = msgspec.json.decode(kept.pop(ABOUT).tobytes())
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; make it with planloom train") from error
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read: {error}; train again") from error
    if about.get("version") != version:
        raise InputError(f"{path}: of another version of Planloom; train again")
    return about, kept
