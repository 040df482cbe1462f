"""How one plan came to be, or why one row was left out: the row is read again and followed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from planloom import files, inputs, records
from planloom.datasets import find
from planloom.errors import InputError, RecipeError
from planloom.files import Broken, DataFile, Slice
from planloom.indexed import KEPT, REASONS, SIDE
from planloom.plan import ExecutionPlan
from planloom.recipe import Recipe
from planloom.rows import Judged, Outcome, Settings, carry, place_of

SHORT = 100


class Address(NamedTuple):
    """SOURCE:FILE@AT."""

    source: str
    file: str
    at: int


class _Build:
    """A finished build, opened to find rows again."""

    def __init__(self, out: Path) -> None:
        claim = out / ".stage" / "build.json"
        if not claim.exists() or not (out / "manifest.json").exists():
            raise InputError(f"{out}: no finished build; run planloom build --out {out} first")
        known = msgspec.json.decode(claim.read_bytes())
        self.stage = out / ".stage"
        self._chunks = sorted(
            path.parent
            for _, key in known["slices"]
            for path in (self.stage / key).glob("*/index.npy")
        )
        self.recipe = msgspec.convert(known["recipe"], Recipe)
        self.files = {
            (source, name): DataFile(part, name, path, kind)
            for source, part, name, path, kind in known["files"]
        }

    def row(self, address: Address) -> tuple[DataFile, dict[str, Any] | Broken]:
        file = self.files.get((address.source, address.file))
        if file is None:
            raise RecipeError(f"{address.source}:{address.file}: the build read no such file")
        part = find(address.source, self.recipe.datasets).parts[file.part]
        is_bytes = file.kind == "lines" and not (
            part.counts_rows or file.path.endswith(files.COMPRESSED)
        )
        piece = Slice(file, address.at, address.at + 1) if is_bytes else None
        pieces = [piece] if piece else files.slices(file, whole=True)
        for part_of_file in pieces:
            for at, record in records.read(part_of_file, part.columns, part.each, whole=part.whole):
                if at == address.at:
                    return file, record
        raise RecipeError(f"{file.path}: no record at {address.at}")

    def address(self, plan_id: str) -> Address:
        """Where the plan that was kept (else any copy) comes from."""
        hi, lo = np.uint64(int(plan_id[:16], 16)), np.uint64(int(plan_id[16:], 16))
        found: list[tuple[bool, Address]] = []
        for folder in self._chunks:
            index = np.load(folder / "index.npy", mmap_mode="r")
            fates = np.load(folder / "fates.npy", mmap_mode="r")
            start = int(np.searchsorted(index["hi"], hi))
            while start < len(index) and index["hi"][start] == hi:
                if index["lo"][start] == lo:
                    source, file = self._file_of(folder)
                    kept = int(fates[start]) in (KEPT, SIDE)
                    found.append((not kept, Address(source, file, int(index["at"][start]))))
                start += 1
        if not found:
            raise RecipeError(f"{plan_id}: no row of this build gave such a plan")
        return min(found)[1]

    def _file_of(self, folder: Path) -> tuple[str, str]:
        about = msgspec.json.decode((folder.parent / "ledger.json").read_bytes())
        return about["source"], about["file"]

    def fate(self, plan: ExecutionPlan) -> str:
        """Where dedup and mix sent the plan of this address."""
        hi, lo = int(plan.plan_id[:16], 16), int(plan.plan_id[16:], 16)
        for folder in self._chunks:
            if self._file_of(folder) != (plan.source, plan.file):
                continue
            index = np.load(folder / "index.npy", mmap_mode="r")
            mine = (index["hi"] == hi) & (index["lo"] == lo) & (index["at"] == plan.at)
            for row in np.flatnonzero(mine):
                code = int(np.load(folder / "fates.npy")[row])
                return _fate(code) + _repeated(folder, int(row))
        return "not in this build"


def _fate(code: int) -> str:
    if code == KEPT:
        return "kept, in plans/"
    if code == SIDE:
        return "not benign, kept beside the corpus"
    reason = REASONS[code - 1]
    return f"left: {reason}: {reason.meaning}"


def _repeated(folder: Path, row: int) -> str:
    """The plan of which the plan in a row is a near duplicate."""
    because = np.load(folder / "because.npz")
    found = because["plan"][because["row"] == row]
    return "".join(f": of {hi:016x}{lo:016x}" for hi, lo in found.tolist())


def explain(out: Path, what: str) -> str:
    """The story of a plan id or of SOURCE:FILE@AT.

    Raises:
        RecipeError, InputError: if it cannot be found.
    """
    build = _Build(out)
    address = _parsed(what) if "@" in what else build.address(_plan_id(what))
    file, record = build.row(address)
    source = inputs.pinned(find(address.source, build.recipe.datasets), build.recipe)
    part = source.parts[file.part]
    lines = [f"{address.source}:{address.file}@{address.at}  ({part.name}, {source.licence})"]
    if isinstance(record, Broken):
        return "\n".join([*lines, f"left at read: unreadable: {record.detail}"])
    settings = Settings(build.recipe.limits, build.recipe.allow_non_commercial)
    place = place_of(source, part, address.file, address.at)
    outcome = carry(record, part, place, settings)
    return "\n".join([*lines, *_outcome(outcome, build, what)])


def _parsed(what: str) -> Address:
    head, _, at = what.rpartition("@")
    source, _, file = head.partition(":")
    if not (source and file and at.isdigit()):
        raise RecipeError(f"{what}: an address is SOURCE:FILE@AT, as rejects/ and plans give it")
    return Address(source, file, int(at))


def _plan_id(what: str) -> str:
    if len(what) != 32 or any(c not in "0123456789abcdef" for c in what):
        raise RecipeError(f"{what}: neither a plan id (32 hex digits) nor SOURCE:FILE@AT")
    return what


def _outcome(outcome: Outcome, build: _Build, what: str) -> Iterator[str]:
    if outcome.trace is not None and outcome.trace.notes:
        yield f"read with: {', '.join(outcome.trace.notes)}"
    if outcome.left is not None:
        stage, reason, detail = outcome.left
        yield f"left at {stage}: {reason}: {reason.meaning}"
        if detail:
            yield f"  {detail}"
    for reason, detail in outcome.late:
        yield f"left at lift: {reason} ({detail})"
    for judged in outcome.plans:
        if "@" in what or judged.plan.plan_id == what:
            yield from _plan(judged, build)


def _plan(judged: Judged, build: _Build) -> Iterator[str]:
    plan, stage, verdict = judged
    yield f"plan {plan.plan_id}  {plan.category}, {plan.evidence}, {plan.label}"
    yield f"  request: {_short(plan.request)}"
    for node in plan.nodes:
        judged_by = f"tier {node.provenance_tier} ({node.origin.tier}), result {node.result_tier} ({node.origin.result_tier})"
        scope = f"volume {node.scope_volume} ({node.origin.volume}), sensitivity {node.scope_sensitivity} ({node.origin.sensitivity})"
        arguments = msgspec.json.encode(node.arguments).decode()
        yield f"  {node.id} step {node.step} turn {node.turn}: {node.tool} {_short(arguments)}"
        yield f"     {judged_by}; {scope}" + (f"; {', '.join(node.rules)}" if node.rules else "")
    for edge in plan.edges:
        why = f"{edge.argument} = {_short(edge.span or '')} from {edge.result_path or 'the result'}"
        joint = ", joint" if edge.joint else ""
        told = f"{edge.evidence}: {why}{joint}" if edge.kind == "data" else edge.evidence
        yield f"  {edge.src} -> {edge.dst}  {edge.kind} by {told}"
    if verdict.tolerated:
        yield f"  tolerated: {', '.join(verdict.tolerated)}"
    if verdict.reason is not None:
        yield f"  left at {stage}: {verdict.reason}: {verdict.reason.meaning}: {verdict.detail}"
    else:
        yield f"  {build.fate(plan)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[:SHORT]}…"
