"""Gold traces in other words: requests and values that a language model gives, within a budget.

What it gives is checked like the rest: a request is taken only if it still says every value that its calls
take from it, and none that a result brings in; then the trace goes the way of any row.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from planloom import checks, rewrite
from planloom.recipe import Limits
from planloom.rewrite import Ask, Rewritten, pools
from planloom.synth import makers
from planloom.synth.fill import Gold, said

LONGEST = 80  # of a value that must not be said; longer ones nobody says by chance
VALUES = {
    "company": ("companies", r"[A-Z][\w&'. -]{2,40}"),
    "product": ("products in a shop", r"[a-z][\w' -]{3,40}"),
    "topic": ("topics to search for", r"[a-z][\w' -]{5,50}"),
    "title": ("titles of books, films and events", r"[A-Z][\w',: -]{3,50}"),
    "reason": ("reasons for a cancellation or a change", r"[a-z][\w' -]{5,50}"),
    "street": ("streets", r"[A-Z][\w' -]{3,40}"),
}
"""The pools that a model may add to: what is asked for, and the form of a value."""


class Rewording(Struct, frozen=True):
    """Who is asked (a file of settings), where the answers are kept, and what all may cost."""

    settings: str
    answers: str
    max_usd: float


def valid(text: str) -> bool:
    """Whether a build would keep the request."""
    return checks.check_request(text, Limits()) is None


def asks(golds: Iterable[tuple[str, Gold]]) -> Iterator[Ask]:
    """What there is to rewrite: the turns in which something is called, by the names of the traces."""
    for name, gold in golds:
        for turn in sorted({round_.turn for round_ in gold.trace.rounds}):
            yield _ask(f"{name}/{turn}", gold, turn)


def _ask(key: str, gold: Gold, turn: int) -> Ask:
    pieces = (piece for piece in gold.wording.turns[turn] if isinstance(piece, int))
    texts = dict.fromkeys(text for piece in pieces for text in _told(gold.values[piece]))
    brought = dict.fromkeys(said(gold.values[edge.slot]) for edge in gold.planted)
    return Ask(
        key,
        gold.trace.user_turns[turn],
        tuple(texts),
        tuple(text for text in brought if text not in texts and len(text) <= LONGEST),
        gold.trace.language or "en",
    )


def _told(value: Any) -> Iterator[str]:
    """The texts that a request has to keep of a value: each element of a list by itself."""
    if isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _told(one)
    elif not isinstance(value, bool) and (text := said(value)):
        yield text


def ask_all(golds: Iterable[tuple[str, Gold]], how: Rewording) -> Rewritten:
    """Asks for every request that has no answer yet.

    Raises:
        EndpointError, RecipeError, OutputError: as `rewrite`.
    """
    settings = rewrite.load(Path(how.settings))
    folder = Path(how.answers)
    return rewrite.rewrite(asks(golds), settings, folder, how.max_usd, valid, collect=False)


def reworded(golds: Iterable[tuple[str, Gold]], how: Rewording) -> Iterator[Gold]:
    """The traces with the answers that may be taken; nobody is asked."""
    waiting: deque[tuple[str, Gold]] = deque()

    def passing() -> Iterator[tuple[str, Gold]]:
        for pair in golds:
            waiting.append(pair)
            yield pair

    settings = rewrite.load(Path(how.settings))
    answers = rewrite.answered(asks(passing()), settings, Path(how.answers), valid)
    for name, group in groupby(answers, key=lambda pair: pair[0].key.rpartition("/")[0]):
        said = {int(ask.key.rpartition("/")[2]): text for ask, text in group if text is not None}
        own, gold = waiting.popleft()
        assert own == name, "every trace is asked for at least once"
        yield _saying(gold, said)


def _saying(gold: Gold, texts: dict[int, str]) -> Gold:
    turns = tuple(texts.get(n, turn) for n, turn in enumerate(gold.trace.user_turns))
    return gold._replace(trace=structs.replace(gold.trace, user_turns=turns))


def estimate(golds: Iterable[tuple[str, Gold]], how: Rewording, total: int) -> str:
    """What the requests of `total` traces cost, by a few that are asked for.

    Raises:
        EndpointError, RecipeError, OutputError: as `rewrite.estimate`.
    """
    settings = rewrite.load(Path(how.settings))
    some = list(golds)
    wanted = list(asks(some))
    requests = round(total * len(wanted) / len(some))
    told = rewrite.estimate(wanted, settings, Path(how.answers), how.max_usd, requests, valid)
    return told.line


def more_values(count: int, how: Rewording, given: str | None) -> Path:
    """A file of values beside the answers: those of the file `given`, and up to `count` new ones a pool.

    Raises:
        EndpointError, RecipeError, OutputError: as `rewrite.pools.more`.
    """
    settings, folder = rewrite.load(Path(how.settings)), Path(how.answers)
    known = makers.load(Path(given)) if given else makers.packed()
    for name, (kind, pattern) in VALUES.items():
        found = pools.more(kind, pattern, count, settings, folder, how.max_usd, known=known[name])
        known[name] += found.values
    path = folder / "pools.toml"
    lines = (f"{name} = {msgspec.json.encode(values).decode()}" for name, values in known.items())
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
