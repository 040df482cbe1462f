"""The generated blocks about forecasts: the seed's recipe, what is assumed, what is published."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planloom import outlook, recipe
from planloom.forecast import forecast
from planloom.known import NOTHING, Factor, facts

HOME = Path(__file__).parents[1]
WIDTH = 88
SURPRISES = ("the seed says", "wanted")
"""What the notes say of sources that the README shows."""


def of_the_seed() -> list[list[str]]:
    """The forecast of recipes/jepa-10m.toml, as lines of sections."""
    found = forecast(recipe.load(HOME / "recipes/jepa-10m.toml"), NOTHING)
    return [section.splitlines() for section in outlook.text(found, WIDTH).split("\n\n")]


def whole() -> str:
    return fenced(line for section in of_the_seed() for line in ("", *section))


def excerpt() -> str:
    """The last tier, the sources that are not what was claimed, the gaps, the cost."""
    _, _, _, tier, sources, gaps, _, _, costs = of_the_seed()
    head = next(n for n, line in enumerate(sources) if line.endswith("from"))
    shown = [*sources[: head + 1], *surprising(sources[head + 1 :])]
    return fenced(line for section in (tier, shown, gaps, costs) for line in ("", *section))


def surprising(lines: list[str]) -> Iterator[str]:
    """Each source whose notes hold a surprise, with these notes."""
    source, named = "", False
    for line in lines:
        if not line.startswith(" "):
            source, named = line, False
        elif any(word in line for word in SURPRISES):
            yield from (line,) if named else (source, line)
            named = True


def fenced(lines: Iterator[str]) -> str:
    text = "\n".join(lines).strip("\n")
    return f"```text\n{text}\n```"


def assumed() -> Iterator[tuple[object, ...]]:
    """(what, value, reason) of every figure that is a guess."""
    for name, factor in named():
        if factor.origin == "assumed":
            yield name, figure(factor), factor.why


def published() -> Iterator[tuple[object, ...]]:
    """(what, value, where from) of every figure that is published or measured."""
    for name, factor in named():
        if factor.origin != "assumed":
            yield name, figure(factor), factor.why


def named() -> Iterator[tuple[str, Factor]]:
    known = facts()
    for category, about in known.assumed.items():
        for field in about.__struct_fields__:
            yield f"{category}: {field}", getattr(about, field)
    for field, factor in known.machine.items():
        yield f"machine: {field}", factor
    for source, told in known.sources.items():
        for field in ("tasks", "bytes"):
            if factor := getattr(told, field):
                yield f"{source}: {field}", factor
        yield from ((f"{source}: repeats {other}", f) for other, f in told.repeats.items())
        for part, values in told.parts.items():
            fields = [(f, getattr(values, f)) for f in values.__struct_fields__]
            yield from ((f"{source} {part}: {field}", f) for field, f in fields if f)


def figure(factor: Factor) -> str:
    whole = factor.value == int(factor.value) and factor.value > 1
    return f"{int(factor.value):,}" if whole else f"{factor.value:g}"


def accuracy() -> Iterator[tuple[object, ...]]:
    """Each run of benchmarks/forecast.py --json: in total, and the sources over 10 %."""
    for run in json.loads((HOME / "benchmarks/results/forecast.json").read_text("utf-8")):
        over = [
            f"{name.split('/')[-1]} {one['built']:,}: {error(one):+.0%}"
            for name, one in run["sources"].items()
            if abs(error(one)) > 0.1
        ]
        total = run["total"]
        first = (" and ".join(run["from"]), f"{run['rows']:,} rows", f"{total['forecast']:,}")
        yield *first, f"{total['built']:,}", f"{error(total):+.1%}", "; ".join(over) or "none"


def error(one: dict[str, Any]) -> float:
    return float(one["forecast"] / one["built"] - 1) if one["built"] else 1.0
