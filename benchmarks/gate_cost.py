"""What the gate costs: the slices of a tree with it and without it, in turns, on one core."""

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from cases import PLACE

from planloom import checks, files, inputs, recipe, rows, safety, slices
from planloom.lift import lift
from planloom.pipeline import Options
from planloom.trace import Trace

ROUNDS = 5


def cost(tree: Path) -> dict[str, float]:
    """The median seconds of the map stage with and without the gate."""
    known = inputs.catalogue()
    sources = {
        name: recipe.Wanted()
        for name, source in known.items()
        if source.parts and files.root_of(tree, source)
    }
    build = recipe.Recipe(name="cost", sources=sources)
    chosen = inputs.choose(build)
    options = Options(out="", data_root=str(tree))
    located = inputs.locate(build, chosen, options, {})
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(ROUNDS):
        for name, times in seconds.items():
            with tempfile.TemporaryDirectory() as stage, _gate(name):
                tasks = inputs.tasks(build, chosen, located, Path(stage), None)
                start = time.process_time()
                for task in tasks:
                    slices.run(task)
                times.append(time.process_time() - start)
    middle = {name: statistics.median(taken) for name, taken in seconds.items()}
    pairs = zip(seconds["with"], seconds["without"], strict=True)
    shares = sorted((a - b) / a for a, b in pairs)
    return {
        **{f"seconds {name}": round(value, 2) for name, value in middle.items()},
        "share": round(statistics.median(shares), 4),
        "least": round(shares[0], 4),
        "most": round(shares[-1], 4),
    }


def busy(traces: Sequence[Trace]) -> dict[str, float]:
    """The same for trajectories with results alone, of label, lift and check without files."""
    limits, shares = rows.Settings().limits, []
    for _ in range(ROUNDS):
        start = time.process_time()
        labels = [safety.label(trace, "by_construction") for trace in traces]
        labelled = time.process_time()
        made = [lift(t, PLACE, *known).plans for t, known in zip(traces, labels, strict=True)]
        lifted = time.process_time()
        made = [[safety.with_targets(plan) for plan in plans] for plans in made]
        aimed = time.process_time()
        for trace, plans in zip(traces, made, strict=True):
            for plan in plans:
                checks.check(plan, trace, limits)
        end = time.process_time()
        shares.append((labelled - start + aimed - lifted) / (end - start))
    return {"rows": len(traces), "share": round(statistics.median(shares), 4)}


@contextmanager
def _gate(name: str) -> Iterator[None]:
    if name == "with":
        yield
        return
    nothing = mock.Mock(label=lambda *_: ("benign", ()), with_targets=lambda plan, _: plan)
    with mock.patch.object(rows, "safety", nothing):
        yield
