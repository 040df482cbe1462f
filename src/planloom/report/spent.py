"""What a build took: seconds of each stage, and what they cost."""

from planloom import cost
from planloom.report.built import Built
from planloom.section import Bars, Section, Tile, Tiles


def spent(built: Built) -> Section:
    """Time of each stage, and what it cost."""
    stages, seconds = built.run["stages"], built.run["seconds"]
    size = sum(entry["bytes"] for entry in built.manifest["files"].values())
    paid = cost.prices()
    dollars = seconds / 3600 * paid.hour + size / 1e9 * paid.gb
    tiles = (
        Tile("time", _time(seconds), f"finished {built.run['finished']}"),
        Tile(
            "rows a second",
            f"{built.ledger.total(stage='read', unit='row', left=False) / max(seconds, 0.01):,.0f}",
        ),
        Tile("on disk", f"{size / 1e6:,.1f} MB", "all files of the build"),
        Tile(
            "cost",
            f"${dollars:,.2f}",
            f"at ${paid.hour:.2f} an hour of machine, ${paid.gb:.2f} a GB kept a month",
        ),
    )
    bars = Bars(
        "Seconds per stage",
        tuple(stages),
        {"seconds": tuple(stages.values())},
        lying=True,
        unit="s",
    )
    text = "Of the last run alone: slices that an earlier one had finished cost it nothing. The download is not in it."
    return Section("Time and cost", text, (Tiles(tiles), bars))


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
