"""The folder of a training run: whose it is, its log, its checkpoint, and the model that came of it."""

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import msgspec
from msgspec import Struct

from planloom.errors import InputError, OutputError, RecipeError
from planloom.jepa.extra import torch
from planloom.jepa.metadata import About
from planloom.output import replaced

CHECKPOINT, LOG, MODEL, CARD, CURVES = (
    "checkpoint.pt",
    "log.jsonl",
    "model.pt",
    "model.json",
    "curves.html",
)
BROKEN = (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, BadZipFile)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All that decides what a run comes to, besides the tensors. With `steps` the epochs do not count.

    `stop`: the targets do not move towards what is predicted; for comparison.
    """

    size: str = "tiny"
    epochs: int = 3
    steps: int | None = None
    seed: int = 0
    calls: int = 512
    folds: tuple[str, ...] = ("train",)
    gold: bool = True
    sigreg: float = 0.1
    stop: bool = False
    device: str = "cpu"


def device(wanted: str) -> str:
    """The device to train on, `auto` resolved.

    Raises:
        RecipeError: if it is not there.
    """
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise RecipeError("--device cuda: torch finds none here; use --device cpu")
    return ("cuda" if there else "cpu") if wanted == "auto" else wanted


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a model beside its numbers."""

    settings: Settings
    tensors: About
    plans: int
    steps: int
    seen: dict[str, int]
    seconds: float
    parameters: int
    std: float
    collapsed: bool
    versions: dict[str, str]


class Run:
    """RUN. Everything is written beside its place and renamed, or is a line of the log."""

    def __init__(self, path: Path, settings: Settings, about: About) -> None:
        """Takes the folder.

        Raises:
            OutputError: if it holds something else.
        """
        if path.exists() and not path.is_dir():
            raise OutputError(f"{path}: not a folder; name another with --out")
        mine = (path / CHECKPOINT, path / f"{CHECKPOINT}.tmp")
        if path.is_dir() and any(path.iterdir()) and not any(one.exists() for one in mine):
            raise OutputError(f"{path}: not empty and no training run; name another with --out")
        path.mkdir(parents=True, exist_ok=True)
        self.path, self.settings, self.about = path, settings, about

    def state(self) -> dict[str, Any] | None:
        """What was kept last; the log is cut to it.

        Raises:
            RecipeError: if it is of other settings or other tensors.
            InputError: if it cannot be read.
        """
        path = self.path / CHECKPOINT
        if not path.exists():
            return None
        try:
            state = read(path)
            begun, about = state["settings"], state["about"]
        except BROKEN as error:
            raise InputError(
                f"{path}: cannot be read; remove {self.path} and train anew"
            ) from error
        self._refuse_other(begun, about)
        kept = [line for line in lines(self.path) if line["step"] <= state["step"]]
        replaced(self.path / LOG, b"".join(msgspec.json.encode(line) + b"\n" for line in kept))
        return state

    def _refuse_other(self, begun: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        mine = msgspec.to_builtins(self.about)
        if other := [name for name in mine if mine[name] != about.get(name)]:
            what = f"corpus {about.get('corpus', '')[:12]}, not {mine['corpus'][:12]}"
            told = what if "corpus" in other else f"another {', '.join(other)}"
            raise RecipeError(
                f"{self.path}: begun on other tensors ({told}); name another with --out"
            )
        asked = msgspec.to_builtins(self.settings)
        if changed := [name for name in asked if asked[name] != begun.get(name)]:
            told = ", ".join(f"{name} {begun.get(name)}, not {asked[name]}" for name in changed)
            raise RecipeError(
                f"{self.path}: begun with {told}; ask for the same, or name another with --out"
            )

    def keep(self, state: dict[str, Any]) -> None:
        """Writes the checkpoint."""
        about = {
            "settings": msgspec.to_builtins(self.settings),
            "about": msgspec.to_builtins(self.about),
        }
        saved(self.path / CHECKPOINT, {**state, **about})

    def log(self, line: dict[str, Any]) -> None:
        """Adds a line to the log."""
        with (self.path / LOG).open("ab") as out:
            out.write(msgspec.json.encode(line) + b"\n")

    def finish(self, model: dict[str, Any], card: Card) -> None:
        """The model, then what is known of it."""
        saved(self.path / MODEL, model)
        told = msgspec.json.format(msgspec.json.encode(card), indent=1)
        replaced(self.path / CARD, told + b"\n")


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a run's log."""
    if not (path / LOG).exists():
        return
    for line in (path / LOG).read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield msgspec.json.decode(line)


def saved(path: Path, state: dict[str, Any]) -> None:
    """Saves so that the file is there as it was or as it will be, never half."""
    half = path.with_name(f"{path.name}.tmp")
    try:
        with half.open("wb") as out:
            torch.save(state, out)
    except (
        OSError,
        RuntimeError,
    ) as error:  # torch hides that a disk is full behind an error of its own
        half.unlink(missing_ok=True)
        cause = error if isinstance(error, OSError) else error.__context__
        if not isinstance(cause, OSError):
            raise
        raise OSError(cause.errno, cause.strerror, str(path)) from error
    half.replace(path)


def read(path: Path, device: str = "cpu") -> dict[str, Any]:
    """What `saved` wrote. Another file is one of BROKEN."""
    if not is_zipfile(path):
        raise BadZipFile("not as written")
    found: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    return found


def card(path: Path) -> Card:
    """What is known of the model of a finished run.

    Raises:
        InputError: if there is none.
    """
    try:
        return msgspec.json.decode((path / CARD).read_bytes(), type=Card)
    except FileNotFoundError:
        begun = (path / CHECKPOINT).exists()
        how = (
            "not finished; run the same planloom train again"
            if begun
            else "no model; make one with planloom train"
        )
        raise InputError(f"{path}: {how}") from None
    except msgspec.DecodeError as error:
        raise InputError(f"{path / CARD}: not as written: {error}; train again") from error
