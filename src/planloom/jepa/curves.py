"""`curves.html`: how a run went, as one page that needs nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from planloom.jepa.running import CURVES, Card, lines
from planloom.output import replaced
from planloom.report import packed, whole
from planloom.section import Lines, Section, Table, Tile, Tiles

SCRIPTS = ("echarts.min.js", "made.js", "charts.js")
POINTS = 400
"""Of a curve; a longer log is thinned out."""

Log = Sequence[dict[str, Any]]


def write(path: Path, card: Card) -> Path:
    """Makes the page of a run, and returns its path."""
    log = list(lines(path))
    log = [*log[: -1 : -(-len(log) // POINTS)], log[-1]]
    name = path.resolve().name
    data = {
        "name": name,
        "made": f"planloom {card.versions['planloom']}, torch {card.versions['torch']}",
        "sections": [_came_to(card, log), _losses(log), _latents(log)],
    }
    mine = "planloom.jepa"
    scripts = [*map(packed, SCRIPTS), packed("curves.js", mine)]
    title = "".join(c for c in name if c.isalnum() or c in "._- ")
    page = whole(packed("curves.html", mine), title, data, packed("page.css"), scripts)
    replaced(path / CURVES, page.encode("utf-8", "replace"))
    return path / CURVES


def _came_to(card: Card, log: Log) -> Section:
    speed = sum(card.seen.values()) / max(card.seconds, 0.1)
    tiles = (
        Tile("Size", card.settings.size, f"{card.parameters:,} parameters"),
        Tile("Steps", f"{card.steps:,}", f"{card.seconds / 60:,.1f} minutes"),
        Tile("Plans a second", f"{speed:,.0f}", card.settings.device),
        Tile("Spread", f"{card.std:.2f}", "collapsed" if card.collapsed else "standard deviation"),
    )
    rows = tuple((name.replace("_", " "), float(n)) for name, n in card.seen.items())
    text = "A small loss proves nothing: latents that have become one point are easily predicted."
    return Section("What it came to", text, (Tiles(tiles), Table(("category", "plans seen"), rows)))


def _losses(log: Log) -> Section:
    text = "Squared distance in the mean over dimensions: 1 is what guessing the mean comes to."
    told = {"call": "hidden calls", "argument": "hidden arguments", "request": "plan from request"}
    return Section(
        "Losses",
        text,
        (_curves("Predicted latents", log, told), _curves("SIGReg", log, {"sigreg": "SIGReg"})),
    )


def _latents(log: Log) -> Section:
    text = "Of the last 256 latents. Standard deviation near 0 is collapse; RankMe alone proves nothing."
    spread = {"std_calls": "calls", "std_plans": "plans"}
    rank = {"rank_calls": "calls", "rank_plans": "plans"}
    blocks = (
        _curves("Standard deviation", log, spread),
        _curves("RankMe", log, rank),
        _curves("Rate", log, {"rate": "rate"}, times=1000),
    )
    return Section("Latents", text, blocks)


def _curves(title: str, log: Log, told: dict[str, str], times: int = 1) -> Lines:
    series = {name: tuple(line[key] * times for line in log) for key, name in told.items()}
    title = f"{title}, times {times:,}" if times > 1 else title
    return Lines(title, tuple(float(line["step"]) for line in log), series, x_name="step")
