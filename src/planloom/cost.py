"""What a build needs: bytes to download, disk, time, and money at stated prices."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from planloom.known import Factor, Known, facts, facts_of
from planloom.measured import Build
from planloom.source import Source
from planloom.supply import PartSupply

SEED = (
    ("Original (100M synthetic)", "$50-100K", "12+ weeks"),
    ("Revised (10M synthetic)", "$2,000", "4 weeks"),
    ("HF sourcing (10M curated)", "$0-500", "2 weeks"),
)
"""The seed document's own table: approach, cost, timeline."""


class Prices(NamedTuple):
    """US dollars for an hour of a machine and for a GB of disk."""

    hour: float
    gb: float


class Needs(Struct, frozen=True):
    """Bytes, seconds and dollars; `largest` is the biggest download, `origins` are the figures used."""

    download: int
    largest: tuple[str, int]
    disk: int
    rows: int
    download_seconds: float
    build_seconds: float
    prices: Prices
    dollars: float
    synthetic_plan: float
    origins: dict[str, Factor]

    @property
    def hours(self) -> float:
        return (self.download_seconds + self.build_seconds) / 3600


def prices() -> Prices:
    """The assumed prices."""
    machine = facts().machine
    return Prices(machine["price_hour"].value, machine["price_gb"].value)


def needs(
    sources: Sequence[Source],
    parts: Sequence[PartSupply],
    plans: float,
    known: Known,
    builds: Sequence[Build],
    paid: Prices,
    *,
    jsonl: bool,
) -> Needs:
    """What reading `parts` and keeping `plans` after dedup takes."""
    machine = dict(facts().machine)
    if builds:
        most = max(builds, key=lambda build: build.rows)
        said = f"a build of {most.rows:,} rows"
        machine["rows_second"] = Factor(most.rows_second, said, "measured")
        machine["disk_plan"] = Factor(most.disk_plan, said, "measured")
    sizes = {source.id: round(_bytes(source, parts, known, builds)) for source in sources}
    download = sum(sizes.values())
    rows = sum(part.rows.value for part in parts)
    lines = machine.pop("jsonl_plan")
    if jsonl and not builds:
        both = machine["disk_plan"].value + lines.value
        machine["disk_plan"] = Factor(both, "Parquet, stage and JSON lines", lines.origin)
    disk = download + plans * machine["disk_plan"].value
    wait, work = download / machine["bytes_second"].value, rows / machine["rows_second"].value
    dollars = (wait + work) / 3600 * paid.hour + disk / 1e9 * paid.gb
    synthetic = machine.pop("synthetic_plan").value
    return Needs(
        download=download,
        largest=max(sizes.items(), key=lambda pair: pair[1], default=("", 0)),
        disk=round(disk),
        rows=round(rows),
        download_seconds=wait,
        build_seconds=work,
        prices=paid,
        dollars=dollars,
        synthetic_plan=synthetic,
        origins=machine,
    )


def _bytes(
    source: Source, parts: Sequence[PartSupply], known: Known, builds: Sequence[Build]
) -> float:
    """Bytes of a source's files: looked up, in step with an earlier build, published, or by rows."""
    rows = {part.part: part.rows.value for part in parts if part.source == source.id}
    if size := known.seen(source.id).bytes:
        return float(size)
    for build in sorted(builds, key=lambda build: -build.rows):
        read = sum(gauge.rows for (name, _), gauge in build.gauges.items() if name == source.id)
        if read and not build.limited:
            return build.bytes[source.id] * sum(rows.values()) / read
    if fact := facts_of(source.id).bytes:
        return fact.value
    kinds = {part.name: part.category for part in source.parts}
    return sum(n * facts().assumed[kinds[name]].bytes.value for name, n in rows.items())
