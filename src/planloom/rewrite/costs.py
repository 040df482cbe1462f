"""What rewriting will cost: without a call at most so much, after twenty calls about so much."""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, stdev
from typing import NamedTuple

from planloom.errors import EndpointError, RecipeError
from planloom.rewrite.answers import Tally
from planloom.rewrite.ask import Ask, messages
from planloom.rewrite.paid import Ended
from planloom.rewrite.settings import Settings
from planloom.rewrite.spend import cost, most_tokens

T_95 = 2.1
"""Student's t for 19 degrees of freedom; with fewer answers the interval is somewhat too narrow."""


class Foreseen(NamedTuple):
    """The most that requests can cost, from their bytes alone."""

    requests: int
    tokens_in: int
    tokens_out: int
    usd: float

    @property
    def line(self) -> str:
        return (
            f"{self.requests:,} requests: at most {self.tokens_in:,} tokens in, {self.tokens_out:,} "
            f"out, ${self.usd:,.2f}"
        )


class Estimate(NamedTuple):
    """What requests will cost, by a few that were asked: the mean of one, times all, with 95 %.

    `yielded` is the share whose answer could be taken, `seconds` the time of all at the settings'
    concurrency, if the endpoint stands it. Calls that gave no answer are not in it.
    """

    requests: int
    asked: int
    usd_low: float
    usd: float
    usd_high: float
    tokens_in: int
    tokens_out: int
    yielded: float
    seconds: float
    paid_usd: float

    @property
    def line(self) -> str:
        return (
            f"{self.requests:,} requests, by {self.asked} that were asked for ${self.paid_usd:,.4f}: "
            f"${self.usd:,.2f} (95 %: {self.usd_low:,.2f} to {self.usd_high:,.2f}), {self.tokens_in:,} "
            f"tokens in, {self.tokens_out:,} out, {self.yielded:.0%} rewritten, "
            f"{self.seconds / 3600:,.1f} h"
        )


def foreseen(asks: Iterable[Ask], settings: Settings) -> Foreseen:
    """No call is made; every byte may be a token, every answer as long as it may."""
    requests = tokens_in = 0
    for ask in asks:
        requests += 1
        tokens_in += most_tokens(messages(ask))
    tokens_out = requests * settings.max_output_tokens
    return Foreseen(requests, tokens_in, tokens_out, cost(settings, tokens_in, tokens_out))


def estimated(
    answers: Sequence[tuple[Ended, bool]], tally: Tally, settings: Settings, total: int
) -> Estimate:
    """`answers` are what came, and whether each had a fault.

    Raises:
        RecipeError: if the budget does not hold so few.
        EndpointError: if none was answered.
    """
    if tally.not_asked:
        raise RecipeError(
            f"--max-usd does not hold the {len(answers) + tally.not_asked} calls of an estimate; raise it"
        )
    if not answers:
        why = ", ".join(outcome.meaning for outcome in tally.failed)
        raise EndpointError(f"{settings.base_url}: no call of the estimate was answered ({why})")

    def mean(value: Callable[[Ended], float]) -> float:
        return fmean(value(ended) for ended, _ in answers)

    usd, half = mean(lambda one: one.usd), 0.0
    if len(answers) > 1:
        half = T_95 * stdev(one.usd for one, _ in answers) / math.sqrt(len(answers))
    return Estimate(
        requests=total,
        asked=len(answers),
        usd_low=total * max(0.0, usd - half),
        usd=total * usd,
        usd_high=total * (usd + half),
        tokens_in=round(total * mean(lambda one: one.tokens_in)),
        tokens_out=round(total * mean(lambda one: one.tokens_out)),
        yielded=sum(not fault for _, fault in answers) / len(answers),
        seconds=total * mean(lambda one: one.seconds) / settings.concurrency,
        paid_usd=tally.paid_usd,
    )
