"""What a forecast may go by: published and assumed figures, looks at the hub, earlier builds."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from planloom.errors import InputError
from planloom.measured import Build, Gauge, load
from planloom.plan import Evidence

Origin = Literal["measured", "card", "assumed"]


class Factor(Struct, frozen=True):
    """A figure, where it comes from, and why it is believed."""

    value: float
    why: str
    origin: Origin = "card"


class PartFacts(Struct, frozen=True, forbid_unknown_fields=True):
    rows: Factor | None = None
    plans: Factor | None = None
    passed: Factor | None = None
    left: Factor | None = None


class SourceFacts(Struct, frozen=True, forbid_unknown_fields=True):
    """`tasks` bounds the plans of a source, `repeats` are shares held by other sources."""

    parts: dict[str, PartFacts] = {}
    tasks: Factor | None = None
    bytes: Factor | None = None
    repeats: dict[str, Factor] = {}
    evidence: Evidence | None = None


class Assumed(Struct, frozen=True, forbid_unknown_fields=True):
    """What is taken of a category where nothing is known; `bytes` is for a row."""

    plans: Factor
    passed: Factor
    left: Factor
    bytes: Factor


class Facts(Struct, frozen=True):
    """All of supply.toml."""

    assumed: dict[str, Assumed]
    machine: dict[str, Factor]
    sources: dict[str, SourceFacts]


class Sample(Struct, frozen=True):
    """Rows that discover lifted; `categories` counts plans that pass the checks."""

    rows: int = 0
    plans: int = 0
    categories: dict[str, int] = {}
    evidence: dict[str, int] = {}


class SeenPart(Struct, frozen=True):
    """A config and split of the hub; `card` names the parts of our card that it holds."""

    config: str
    split: str
    rows: int | None = None
    rows_origin: str = "counted"
    sample: Sample | None = None
    card: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        return self.card or (f"{self.config}/{self.split}",)


class Seen(Struct, frozen=True):
    """What `discover --json` says of a dataset, as far as a forecast needs it."""

    id: str
    status: str = "ok"
    detail: str | None = None
    gated: str | None = None
    may_read: bool | None = None
    bytes: int | None = None
    parts: tuple[SeenPart, ...] = ()

    def of(self, part: str) -> list[SeenPart]:
        """What of the hub belongs to a part of our card."""
        return [seen for seen in self.parts if part in seen.parts]


class Discovered(Struct, frozen=True):
    datasets: tuple[Seen, ...]


class Known(NamedTuple):
    """Looks at the datasets by id, and what earlier builds tell of a part."""

    discovered: dict[str, Seen]
    gauges: dict[tuple[str, str], list[Gauge]]

    def seen(self, source: str) -> Seen:
        return self.discovered.get(source, Seen(source))


NOTHING = Known({}, {})


def gather(discovered: Path | None, builds: Iterable[Path]) -> tuple[Known, list[Build]]:
    """What discover's JSON and earlier builds tell.

    Raises:
        InputError: for a file or build that cannot be read.
    """
    loaded = [load(out) for out in builds]
    gauges: dict[tuple[str, str], list[Gauge]] = {}
    for build in loaded:
        for part, gauge in build.gauges.items():
            if gauge.rows:
                gauges.setdefault(part, []).append(gauge)
    return Known(_looked_up(discovered) if discovered else {}, gauges), loaded


def _looked_up(path: Path) -> dict[str, Seen]:
    try:
        told = msgspec.json.decode(path.read_bytes(), type=Discovered)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"{path}: not what `planloom discover --json` writes ({error})") from error
    return {seen.id: seen for seen in told.datasets}


@cache
def facts() -> Facts:
    """supply.toml, typed."""
    text = resources.files("planloom").joinpath("supply.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    shared = {name: tables.pop(name) for name in ("assumed", "machine")}
    return msgspec.convert({**shared, "sources": tables}, Facts)


def facts_of(source: str) -> SourceFacts:
    """What is known of a source beside its card."""
    return facts().sources.get(source, SourceFacts())
