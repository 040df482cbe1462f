"""What the slices' own ledgers come to: the ledger of a build, what was tolerated, what went wrong."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from planloom.errors import Reason
from planloom.indexed import KEPT, REASONS, SIDE, Fates, Indexed
from planloom.ledger import Ledger
from planloom.slices import Task
from planloom.work import ATTEMPTS, Failed


def report(folder: Path) -> dict[str, Any]:
    """A slice's own ledger."""
    report: dict[str, Any] = msgspec.json.decode((folder / "ledger.json").read_bytes())
    return report


def ledger(
    reports: Sequence[dict[str, Any]], indexed: Sequence[Indexed], fates: Sequence[Fates]
) -> Ledger:
    """The slices' ledgers, and where dedup and mix sent the plans."""
    ledger = Ledger()
    for made in reports:
        ledger += Ledger.of(made["rows"])
    for chunk, mine in zip(indexed, fates, strict=True):
        codes, counts = np.unique(mine, return_counts=True)
        for code, n in zip(codes.tolist(), counts.tolist(), strict=True):
            if code == KEPT:
                ledger.add(chunk.source, "write", "plan", n=n)
            elif code != SIDE:
                reason = REASONS[code - 1]
                where = "mix" if reason == Reason.over_target else "dedup"
                ledger.add(chunk.source, where, "plan", reason, n)
    return ledger


def notes(tasks: Sequence[Task], reports: Sequence[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """What reading and checking had to tolerate, by source and name."""
    notes: dict[str, dict[str, int]] = {}
    for task, made in zip(tasks, reports, strict=True):
        mine = notes.setdefault(task.source, {})
        for name, n in made["notes"].items():
            mine[name] = mine.get(name, 0) + n
    return {source: dict(sorted(mine.items())) for source, mine in sorted(notes.items()) if mine}


def contaminated(reports: Sequence[dict[str, Any]]) -> Counter[str]:
    """Plans that repeat an evaluation set, by set."""
    counts: Counter[str] = Counter()
    for made in reports:
        counts.update(made["contaminated"])
    return counts


def given_up(failed: Failed[Task]) -> str:
    piece = failed.job.piece
    where = f"{piece.file.path} {piece.start}..{piece.stop}" if piece.stop else piece.file.path
    return f"{where}: given up after {ATTEMPTS} attempts, its rows are not in: {failed.error}"


def trouble(tasks: Sequence[Task], reports: Sequence[dict[str, Any]]) -> list[str]:
    found = []
    for task, made in zip(tasks, reports, strict=True):
        if made["cut"]:
            found.append(f"{made['cut']}; the file is cut off or broken: download it again")
        if made["crash"]:
            found.append(f"{task.source}: a reader crashed, first time:\n{made['crash']}")
    return found
