"""Where every row and every plan went: one table of counters. Statistics are views of it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from planloom.errors import Reason

Unit = Literal["row", "plan"]
STAGES = ("read", "lift", "label", "check", "dedup", "mix", "write")


class Key(NamedTuple):
    """`reason` None counts what came in at read (rows), was made at lift, was kept at write."""

    source: str
    stage: str
    unit: Unit
    reason: Reason | None


class Ledger:
    """Counters that add up: rows balance up to lift, plans from there."""

    def __init__(self, counts: Iterable[tuple[Key, int]] = ()) -> None:
        self.counts: Counter[Key] = Counter()
        for key, n in counts:
            self.counts[key] += n

    def add(
        self, source: str, stage: str, unit: Unit, reason: Reason | None = None, n: int = 1
    ) -> None:
        if n:
            self.counts[Key(source, stage, unit, reason)] += n

    def __iadd__(self, other: "Ledger") -> "Ledger":
        self.counts.update(other.counts)
        return self

    def total(self, *, source: str | None = None, stage: str, unit: Unit, left: bool) -> int:
        """The sum over reasons (`left`), or of what was read, made or kept."""
        return sum(
            n
            for key, n in self.counts.items()
            if (key.stage, key.unit) == (stage, unit)
            and source in (None, key.source)
            and (key.reason is not None) == left
        )

    def rows(self) -> list[dict[str, Any]]:
        """The table, in a fixed order."""
        order = {stage: index for index, stage in enumerate(STAGES)}
        keys = sorted(
            self.counts, key=lambda k: (k.source, order[k.stage], k.unit != "row", k.reason or "")
        )
        return [{**key._asdict(), "n": self.counts[key]} for key in keys]

    @classmethod
    def of(cls, rows: Iterable[dict[str, Any]]) -> "Ledger":
        """The ledger whose table this is."""
        return cls(
            (Key(r["source"], r["stage"], r["unit"], r["reason"] and Reason(r["reason"])), r["n"])
            for r in rows
        )

    def problems(self) -> list[str]:
        """Where it does not balance; an empty list if everything is accounted for."""
        return [
            problem
            for source in sorted({key.source for key in self.counts})
            for problem in self._problems_of(source)
        ]

    def _problems_of(self, source: str) -> list[str]:
        def total(stage: str, unit: Unit, left: bool) -> int:
            return self.total(source=source, stage=stage, unit=unit, left=left)

        found = []
        read = total("read", "row", False)
        gone = total("read", "row", True) + total("lift", "row", True)
        lifted = total("lift", "row", False)
        if read != gone + lifted:
            found.append(f"{source}: {read} rows read, {gone} left, {lifted} lifted")
        made = total("lift", "plan", False)
        left = sum(total(stage, "plan", True) for stage in STAGES)
        kept = total("write", "plan", False)
        if made != left + kept:
            found.append(f"{source}: {made} plans made, {left} left, {kept} kept")
        return found
