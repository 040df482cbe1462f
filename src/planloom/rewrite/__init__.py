"""Requests in other people's words, by a language model: paid for once, never over the budget.

It rewrites requests and gives values; the graph of a plan it never sees. `rewrite` asks for all,
`estimate` for a few and multiplies, `foreseen` for none. Calls, what they cost and their answers stand in
`calls.jsonl` of a folder, so that a second run goes on where the first ended.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from planloom.errors import RecipeError
from planloom.rewrite.answers import Tally, ask_all
from planloom.rewrite.ask import Ask, digest, messages
from planloom.rewrite.costs import Estimate, Foreseen, estimated, foreseen
from planloom.rewrite.faults import Fault, validated
from planloom.rewrite.paid import Ended, Outcome, Paid
from planloom.rewrite.settings import Price, Settings, load

__all__ = [
    "Ask",
    "Estimate",
    "Fault",
    "Foreseen",
    "Price",
    "Rewritten",
    "Settings",
    "answered",
    "estimate",
    "foreseen",
    "load",
    "rewrite",
]

REWRITTEN, NOT_ASKED = "rewritten", "not_asked"
SAMPLE = 20


class Rewritten(NamedTuple):
    """New wordings by key, in the order of the asks. `counts` says what became of every ask:
    `rewritten`, a Fault, the Outcome of a call that gave nothing, or `not_asked`.

    `spent_usd` is all that was ever spent in the folder, `paid_usd` what this run added.
    """

    model: str
    texts: dict[str, str]
    counts: dict[str, int]
    calls: int
    cached: int
    paid_usd: float
    spent_usd: float
    max_usd: float

    @property
    def stopped(self) -> bool:
        """Whether the budget ended it."""
        return bool(self.counts.get(NOT_ASKED))

    @property
    def line(self) -> str:
        """What a user is told at the end."""
        counts = Counter(self.counts)
        done, whole = counts.pop(REWRITTEN, 0), sum(self.counts.values())
        rest = ", ".join(f"{name} {n:,}" for name, n in counts.most_common())
        told = (
            f"{done:,} of {whole:,} requests rewritten ({self.cached:,} answers were there already)"
        )
        return f"{told}{'; not: ' + rest if rest else ''}; {self.money}"

    @property
    def money(self) -> str:
        spent = f"spent ${self.spent_usd:,.4f} of ${self.max_usd:,.2f}"
        return (
            f"{spent}; the same command goes on with a larger --max-usd" if self.stopped else spent
        )


def rewrite(
    asks: Iterable[Ask],
    settings: Settings,
    folder: Path,
    max_usd: float,
    valid: Callable[[str], bool] = lambda _: True,
    *,
    collect: bool = True,
) -> Rewritten:
    """Asks for each request that the folder has no answer to, while the budget lasts.

    The same asks and answers give the same texts, in whatever order the answers came. Without `collect`
    there are none in memory; `answered` gives them one after the other.

    Raises:
        EndpointError: if the endpoint does not answer. What was paid for is kept.
        RecipeError: if the budget is no amount of money, or the key is not there.
        OutputError: if another run writes in the folder.
    """
    check_budget(max_usd)
    found: dict[int, tuple[str, str]] = {}
    counts: Counter[str] = Counter()

    def take(numbered: tuple[int, Ask], ended: Ended) -> None:
        number, ask = numbered
        result = judged(ask, ended, valid)
        if isinstance(result, Fault | Outcome):
            counts[result] += 1
            return
        counts[REWRITTEN] += 1
        if collect:
            found[number] = ask.key, result

    with Paid(folder) as paid:
        prompts = (((number, ask), messages(ask)) for number, ask in enumerate(asks))
        tally = ask_all(prompts, settings, paid, max_usd, take)
        spent = paid.spent_usd
    counts.update(tally.failed)
    if tally.not_asked:
        counts[NOT_ASKED] = tally.not_asked
    texts = dict(found[number] for number in sorted(found))
    return Rewritten(
        settings.model,
        texts,
        _plain(counts),
        tally.calls,
        tally.cached,
        tally.paid_usd,
        spent,
        max_usd,
    )


def answered(
    asks: Iterable[Ask],
    settings: Settings,
    folder: Path,
    valid: Callable[[str], bool] = lambda _: True,
) -> Iterator[tuple[Ask, str | None]]:
    """Each ask with its new wording, if the folder has one that may be taken. Nobody is asked.

    Raises:
        OutputError: if another run writes in the folder.
    """
    with Paid(folder) as paid:
        for ask in asks:
            hash = digest(messages(ask), settings)
            known = paid.answer(hash, settings.max_output_tokens)
            result = judged(ask, known, valid) if known else None
            yield ask, None if isinstance(result, Fault | Outcome) else result


def _plain(counts: Counter[str]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts)}


def judged(ask: Ask, ended: Ended, valid: Callable[[str], bool]) -> str | Fault | Outcome:
    """The new wording, or why there is none."""
    if ended.outcome != Outcome.answered:
        return ended.outcome
    return validated(ask, ended.text, valid)


def check_budget(max_usd: float) -> None:
    """
    Raises:
        RecipeError: for what is no amount of money.
    """
    if not (math.isfinite(max_usd) and max_usd >= 0):
        raise RecipeError(f"--max-usd {max_usd}: not an amount of dollars; 0 is for free endpoints")


def estimate(
    asks: Iterable[Ask],
    settings: Settings,
    folder: Path,
    max_usd: float,
    total: int,
    valid: Callable[[str], bool] = lambda _: True,
) -> Estimate:
    """What `total` requests cost, by really asking for the first 20 of `asks`, within the budget.

    Raises:
        EndpointError, RecipeError, OutputError: as `rewrite`; EndpointError also without any answer.
    """
    check_budget(max_usd)
    answers: list[tuple[Ended, bool]] = []

    def take(ask: Ask, ended: Ended) -> None:
        answers.append((ended, isinstance(judged(ask, ended, valid), Fault | Outcome)))

    with Paid(folder) as paid:
        prompts = ((ask, messages(ask)) for ask in islice(asks, SAMPLE))
        tally: Tally = ask_all(prompts, settings, paid, max_usd, take)
    return estimated(answers, tally, settings, total)
