"""A finished build as its files tell it: all that the report's figures come from."""

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from planloom.errors import InputError
from planloom.ledger import Key, Ledger
from planloom.recipe import CATEGORIES, gold_room


class Built(NamedTuple):
    """The manifest, ledger, statistics and run of a build in `out`."""

    out: Path
    manifest: dict[str, Any]
    ledger: Ledger
    stats: dict[str, Any]
    run: dict[str, Any]

    @classmethod
    def at(cls, out: Path) -> "Built":
        """The build in a folder.

        Raises:
            InputError: if there is no finished build, or a spoiled one.
        """
        if not (out / "manifest.json").exists():
            raise InputError(f"{out}: no finished build of Planloom is there")
        manifest, table, stats, run = (
            _decoded(out / f"{name}.json") for name in ("manifest", "ledger", "stats", "run")
        )
        return cls(out, manifest, Ledger.of(table), stats, run)

    @property
    def name(self) -> str:
        return str(self.manifest["recipe"]["name"])

    @property
    def kept(self) -> int:
        return self.ledger.total(stage="write", unit="plan", left=False)

    @property
    def goal(self) -> int:
        """Plans wanted in all."""
        return int(self.manifest["recipe"]["total"] or sum(self.manifest["targets"].values()))

    @property
    def gold(self) -> int:
        """Plans kept that were generated."""
        return sum(self.counted("category").get("gold_traces", {}).values())

    def wanted(self, category: str) -> int:
        """Plans wanted of a category; of gold traces as many as real plans leave room for."""
        if category != "gold_traces":
            return int(self.manifest["targets"][category])
        most = int(self.manifest["recipe"]["gold_max"])
        return gold_room(most, self.goal, self.kept - self.gold)

    def counted(self, name: str) -> dict[str, Any]:
        """A view of the statistics; empty where no plan was counted."""
        found: dict[str, Any] = self.stats.get(name, {})
        return found

    def by_category(self) -> dict[str, dict[str, int]]:
        """Plans kept: category to evidence to how many, in the order of the targets."""
        known = self.counted("category")
        made = ("gold_traces",) if self.manifest["recipe"]["gold_max"] else ()
        return {name: known.get(name, {}) for name in (*CATEGORIES, *made)}

    def left(self, key: str = "reason") -> Counter[Any]:
        """What left, by a field of the ledger's key, or by several: `stage unit reason`."""
        counts: Counter[Any] = Counter()
        for entry, n in self.ledger.counts.items():
            if entry.reason is not None:
                counts[_picked(entry, key)] += n
        return counts


def _decoded(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        raise InputError(f"{path}: not there, or not as it was built; build again") from None


def _picked(entry: Key, key: str) -> Any:
    names = key.split()
    values = tuple(getattr(entry, name) for name in names)
    return values[0] if len(names) == 1 else values
