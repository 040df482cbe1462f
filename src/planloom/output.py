"""The output folder: whose it is, what is written besides parts, and when it is whole."""

import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from planloom import prompts, section
from planloom.errors import InputError, OutputError
from planloom.files import digest
from planloom.indexed import Deduped
from planloom.inputs import Input
from planloom.recipe import Recipe
from planloom.slices import Task

if TYPE_CHECKING:
    from planloom.pipeline import Options

MADE = ("plans", "adversarial", "quarantine", "rejects")
EVALUATION = "evaluation"
"""The folder in the stage that holds hashes of evaluation sets."""
GOLD = "gold"
"""The folder in the stage that holds generated traces, in one folder for each way of making them."""
REPORT = "report.html"
"""Made from the rest and with times in it, therefore not in the manifest."""


class Status(NamedTuple):
    """Whether a build is finished; slices done and in all, by source."""

    finished: bool
    slices: dict[str, tuple[int, int]]


class Out:
    """A build's folder. `.stage` inside it holds finished slices, so that work is never redone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stage = path / ".stage"
        self._claim = self.stage / "build.json"
        self._earlier = self.stage / "earlier.json"
        self._files = ["ledger.json", "stats.json", "tools.parquet", prompts.FILE]

    def refuse_foreign(self, *, fresh: bool) -> None:
        """Refuses a folder with content that no build of ours made.

        Raises:
            OutputError: saying what to do.
        """
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path}: not a folder; name another with --out")
        foreign = self.path.is_dir() and any(self.path.iterdir()) and not self._claim.exists()
        if foreign:
            hint = " (--fresh replaces Planloom builds only)" if fresh else ""
            raise OutputError(f"{self.path}: not empty and no Planloom build; name another{hint}")

    def refuse_other(self, recipe: Recipe, *, fresh: bool) -> None:
        """Refuses a folder that belongs to another recipe.

        Raises:
            OutputError: if `fresh` is not set.
        """
        known = self._known()
        if not fresh and known and known["recipe"]["name"] != recipe.name:
            raise OutputError(
                f"{self.path}: holds a build of recipe {known['recipe']['name']}; "
                "name another folder, or replace it with --fresh"
            )

    def claim(
        self, recipe: Recipe, options: "Options", located: Sequence[Input], tasks: Sequence[Task]
    ) -> None:
        """Takes the folder for this build, and keeps what `explain` and `status` ask for.

        A folder belongs to a recipe by its name: whatever is changed in it, only the slices that the change
        concerns are made again. Those of sources that this time are not read are spared.
        """
        known = self._known()
        read = {task.source for task in tasks}
        others = () if options.fresh else (*known.get("slices", ()), *known.get("spared", ()))
        about = {
            "recipe": recipe,
            "data_root": options.data_root,
            "files": [(found.source, *found.file) for found in located],
            "evaluation": tasks[0].evaluation if tasks else None,
            "slices": [(task.source, task.key) for task in tasks],
            "spared": [(source, key) for source, key in others if source not in read],
        }
        self.stage.mkdir(parents=True, exist_ok=True)
        new = msgspec.json.encode(about)
        manifest = self.path / "manifest.json"
        if manifest.exists() and self._claim.exists() and self._claim.read_bytes() != new:
            manifest.replace(self._earlier)  # what is there is no longer what is claimed
        replaced(self._claim, new)

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = {}
        if self._claim.exists():
            known = msgspec.json.decode(self._claim.read_bytes())
        return known

    def digests(self) -> dict[str, str]:
        """The cache of input hashes; what is added to it is kept by `finish`."""
        path = self.stage / "digests.json"
        self._digests: dict[str, str] = {}
        with suppress(FileNotFoundError, ValueError, msgspec.DecodeError):
            self._digests = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        return self._digests

    def status(self) -> Status:
        """How far the build in the folder is, by its files alone.

        Raises:
            InputError: if no build was begun there.
        """
        if not self._claim.exists():
            raise InputError(f"{self.path}: no build was begun there")
        known = self._known()
        counts: dict[str, tuple[int, int]] = {}
        for source, key in known.get("slices", ()):
            done, all_ = counts.get(source, (0, 0))
            counts[source] = done + (self.stage / key).is_dir(), all_ + 1
        whole = all(done == all_ for done, all_ in counts.values())
        return Status(whole and (self.path / "manifest.json").exists(), counts)

    def clear(self) -> None:
        """Removes what an earlier run wrote: the manifest first, so that nothing half looks whole."""
        manifest = self.path / "manifest.json"
        if manifest.exists():
            manifest.replace(self._earlier)
        if self._earlier.exists():
            for name in msgspec.json.decode(self._earlier.read_bytes())["files"]:
                (self.path / name).unlink(missing_ok=True)
            self._earlier.unlink()
        for name in (*MADE, section.FOLDER):
            shutil.rmtree(self.path / name, ignore_errors=True)
        (self.path / REPORT).unlink(missing_ok=True)

    def json(self, name: str, value: Any) -> None:
        text = msgspec.json.format(msgspec.json.encode(value), indent=1)
        (self.path / name).write_bytes(text + b"\n")

    def join(self, pieces: Sequence[Path], recipe: Recipe) -> None:
        """One file of JSON lines out of those of the parts."""
        suffix = ".zst" if recipe.jsonl == "zst" else ""
        target = self.path / f"{recipe.name}.jsonl{suffix}"
        self._files.append(target.name)
        compression = "zstd" if suffix else None
        with pa.output_stream(str(target), compression=compression) as out:
            for piece in pieces:
                with piece.open("rb") as lines:
                    shutil.copyfileobj(lines, out)
                piece.unlink()

    def fates(self, chunks: Sequence[Path], deduped: Deduped) -> None:
        """Keeps where dedup and mix sent each plan, and what it repeats, for `explain`."""
        for folder, mine, because in zip(chunks, deduped.fates, deduped.because, strict=True):
            np.save(folder / "fates.npy", mine)
            np.savez(folder / "because.npz", row=because.rows, plan=because.ids)

    def add(self, recipe: Recipe, located: Sequence[Input], tasks: Sequence[Task]) -> None:
        """Adds to the claim what is only known after the rest was read."""
        about = self._known() | {"recipe": recipe}
        about["files"] += [(found.source, *found.file) for found in located]
        about["slices"] += [(task.source, task.key) for task in tasks]
        replaced(self._claim, msgspec.json.encode(about))

    def forget(self) -> None:
        """Drops slices that neither this build nor a source left out needs, and gold traces of other tools."""
        known = self._known()
        made = {Path(file[3]).parent.name for file in known["files"]}
        for path in (self.stage / GOLD).glob("*"):
            if path.name not in made:
                shutil.rmtree(path)
        keys = {EVALUATION, GOLD, *(key for _, key in (*known["slices"], *known["spared"]))}
        for path in self.stage.iterdir():
            if path.is_dir() and path.name not in keys:
                shutil.rmtree(path)

    def hashed(self) -> dict[str, dict[str, Any]]:
        """The files written so far, with the SHA-256 and size of each."""
        made = [path for name in MADE for path in (self.path / name).rglob("*") if path.is_file()]
        return self._entries([*made, *(self.path / name for name in self._files)])

    def _entries(self, paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
        return {
            path.relative_to(self.path).as_posix(): {
                "sha256": digest(str(path)),
                "bytes": path.stat().st_size,
            }
            for path in sorted(paths)
        }

    def finish(
        self,
        manifest: dict[str, Any],
        files: dict[str, dict[str, Any]],
        about: Sequence[Path],
        seconds: dict[str, float],
        run: dict[str, Any],
    ) -> None:
        """run.json and last the manifest with the hash of every file, those about the build too: now it is whole."""
        self.json_in_stage("digests.json", self._digests)
        self.json(
            "run.json",
            {
                "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "seconds": round(sum(seconds.values()), 2),
                "stages": seconds,
                **run,
                "packages": {name: metadata.version(name) for name in ("numpy", "msgspec")},
            },
        )
        entries = {**files, **self._entries(about)}
        self.json("manifest.json", {**manifest, "files": dict(sorted(entries.items()))})

    def json_in_stage(self, name: str, value: Any) -> None:
        replaced(self.stage / name, msgspec.json.encode(value))


def rejects(out: Path, folders: Sequence[Path], most: int) -> None:
    """rejects/<owner>__<name>.jsonl: of each reason the rows of least hash over all slices."""
    by_source: dict[str, dict[str, list[tuple[str, bytes]]]] = {}
    for folder in folders:
        for line in (folder / "rejects.jsonl").read_bytes().splitlines():
            about = msgspec.json.decode(line)
            rank = about.pop("rank")
            source = about["address"].split(":", 1)[0]
            kept = by_source.setdefault(source, {}).setdefault(about["reason"], [])
            kept.append((rank, msgspec.json.encode(about)))
    for source, reasons in by_source.items():
        path = out / "rejects" / f"{source.replace('/', '__')}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [line for name in sorted(reasons) for _, line in sorted(reasons[name])[:most]]
        path.write_bytes(b"\n".join(lines) + b"\n")


def replaced(path: Path, content: bytes) -> None:
    """Writes a file so that it is there as it was or as it will be, never half."""
    whole = path.with_name(f"{path.name}.tmp")
    whole.write_bytes(content)
    whole.replace(path)
