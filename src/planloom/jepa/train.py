"""Trains a model on tensors. A run that was stopped, however rudely, goes on and comes to the same numbers."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from planloom.jepa import curves
from planloom.jepa.chosen import benign, chosen, named
from planloom.jepa.extra import threads, torch
from planloom.jepa.loader import Plans
from planloom.jepa.running import Card, Run, Settings, lines
from planloom.jepa.sizes import SIZES
from planloom.jepa.training import FLOOR, Training
from planloom.version import __version__

EVERY, SECONDS = 10, 60.0
"""Steps between lines of the log; seconds between checkpoints."""
SAID = 30.0
"""Seconds between lines of progress where no one sees a bar."""
BAR = "{percentage:3.0f}%|{bar}|{postfix} [{elapsed}<{remaining}]"

Line = dict[str, Any]


class Ended(NamedTuple):
    """What a run came to: what is known of the model, and the last line of the log."""

    card: Card
    last: Line


def train(tensors: Path, out: Path, settings: Settings) -> Ended:
    """Trains, or goes on where an earlier run stopped; writes log, model and curves to `out`.

    Raises:
        PlanloomError: if there is nothing to train on, or `out` holds something else.
    """
    keep = benign(settings.folds, gold=settings.gold)
    plans = Plans(str(tensors), calls=settings.calls, keep=keep, seed=settings.seed)
    taken = chosen(plans.found, keep)
    run = Run(out, settings, plans.found.about)
    with _as_before(settings):
        training = Training(run, plans, taken)
        if (state := run.state()) is not None:
            training.load(state)
        print(_told(training), file=sys.stderr)
        with _shown(training) as say:
            _go(training, say)
    return _end(training)


@contextmanager
def _as_before(settings: Settings) -> Iterator[None]:
    """On the CPU the same sums in the same order, whenever the run goes on."""
    sure = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(settings.device == "cpu")
    try:
        with threads(SIZES[settings.size].threads):
            yield
    finally:
        torch.use_deterministic_algorithms(sure)


def _go(training: Training, say: Callable[[Line], None]) -> None:
    run = training.run
    if not training.step:
        run.keep(training.state())
    kept = ticked = time.monotonic()
    while training.done < 1:
        for batch in training.plans.batches():
            made = training.learn(batch)
            now = time.monotonic()
            training.seconds, ticked = training.seconds + now - ticked, now
            if training.step % EVERY == 1 or training.done >= 1:
                run.log(line := training.line(made))
                say(line)
            if now - kept >= SECONDS or training.done >= 1:
                run.keep(training.state())
                kept = now
            if training.done >= 1:
                break


def _told(training: Training) -> str:
    count = sum(one.numel() for one in training.model.parameters())
    kinds = ", ".join(f"{name} {n:,}" for name, n in training.taken.counts().items())
    on = f" on {training.device}" + f", threads: {torch.get_num_threads()}" * (
        training.settings.device == "cpu"
    )
    way = "finished at" if training.done >= 1 else "goes on after"
    gone = f"; {way} step {training.step:,}" if training.step else ""
    return (
        f"{training.settings.size}: {count:,} parameters{on}; {training.taken.plans:,} plans with "
        f"{training.taken.calls:,} calls ({kinds}){gone}"
    )


@contextmanager
def _shown(training: Training) -> Iterator[Callable[[Line], None]]:
    """A bar in a terminal; elsewhere a line now and then. Says once when latents fall together."""
    said, warned = time.monotonic(), False
    with tqdm(total=1.0, bar_format=BAR, disable=not sys.stderr.isatty(), leave=False) as bar:

        def say(line: Line) -> None:
            nonlocal said, warned
            told = _line(line)
            bar.set_postfix_str(told, refresh=False)
            bar.update(training.done - bar.n)
            if bar.disable and time.monotonic() - said >= SAID:
                said = time.monotonic()
                print(f"{training.done:.0%}: {told}", file=sys.stderr)
            if not warned and (warned := fallen(line)):
                bar.write(
                    f"warning: step {line['step']}: latents fall together (std {lowest(line):.3f})",
                    sys.stderr,
                )

        yield say


def lowest(line: Line) -> float:
    """The smaller standard deviation, of calls or of plans."""
    return float(min(line["std_calls"], line["std_plans"]))


def fallen(line: Line) -> bool:
    """Whether the latents have collapsed."""
    return lowest(line) < FLOOR


def _line(line: Line) -> str:
    speed = line["plans"] / max(line["seconds"], 0.1)
    return (
        f"epoch {line['epoch'] + 1}, step {line['step']:,}, {line['plans']:,} plans, {speed:,.0f} a second, "
        f"loss {line['all']:.3f}, std {lowest(line):.2f}"
    )


def _end(training: Training) -> Ended:
    last = list(lines(training.run.path))[-1]
    made = Card(
        settings=training.settings,
        tensors=training.plans.found.about,
        plans=training.taken.plans,
        steps=training.step,
        seen=named(training.seen),
        seconds=round(training.seconds, 1),
        parameters=sum(one.numel() for one in training.model.parameters()),
        std=lowest(last),
        collapsed=fallen(last),
        versions={"planloom": __version__, "torch": metadata.version("torch")},
    )
    training.run.finish(
        {name: one.cpu() for name, one in training.model.state_dict().items()}, made
    )
    curves.write(training.run.path, made)
    return Ended(made, last)
