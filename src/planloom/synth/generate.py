"""Traces by the block: the same seed, block and tools give the same traces, on any machine."""

import hashlib
import random
from collections.abc import Iterator
from itertools import islice

from planloom.synth.blueprints import Blueprint, Profile
from planloom.synth.compose import Draft, compose
from planloom.synth.fill import Gold, fill
from planloom.synth.makers import Random
from planloom.synth.requests import worded
from planloom.synth.universe import Universe
from planloom.synth.workflow import Workflow

BLOCK = 5_000
"""Traces that are generated together: the unit that a process makes."""
FILLED, WORDED = 8, 3  # traces of one workflow, and how many of them are in the same words
ATTEMPTS = 12  # domains that are tried for one form, before another form is drawn


def block(
    universe: Universe, profile: Profile, seed: int, number: int, size: int = BLOCK
) -> Iterator[Gold]:
    """The first `size` traces of a block."""
    digest = hashlib.blake2b(f"{seed}/{number}".encode(), digest_size=8).digest()
    r = random.Random(int.from_bytes(digest, "little")).random
    return islice(_traces(universe, profile, r), size)


def _traces(universe: Universe, profile: Profile, r: Random) -> Iterator[Gold]:
    while True:
        draft = _draft(universe, profile.draw(r), r)
        if draft is not None:
            yield from _filled(draft.workflow(), r)


def _filled(flow: Workflow, r: Random) -> Iterator[Gold]:
    """A few traces of a workflow: one alone if it has too few values to tell several apart."""
    for number in range(FILLED if len(flow.slots) > 3 else 1):
        if number % WORDED == 0:
            wording = worded(flow.asked, flow.slots, flow.world.makers, r)
        yield fill(flow, wording, r)


def _draft(universe: Universe, form: Blueprint, r: Random) -> Draft | None:
    """The first that has all the form's edges, else the one with most."""
    worlds, wanted = universe.worlds, sum(values for *_, values in form.edges)
    best: Draft | None = None
    for _ in range(ATTEMPTS):
        draft = compose(form, worlds[int(r() * len(worlds))], r)
        if draft is not None and (best is None or len(draft.edges) > len(best.edges)):
            best = draft
        if best is not None and len(best.edges) == wanted:
            break
    return best
