"""Shares with their intervals: one source's by Wilson's score, all sources' stratified.

The total weighs each source by its kept plans. Its interval recovers each source's variance from the
source's own Wilson limits (Zou, Huang and Zhang 2009, "A note on confidence interval estimation for a
linear function of binomial proportions"): unlike the normal one it is not empty where every answer is yes.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

Z95 = 1.959963984540054


class Share(NamedTuple):
    """A share and the limits of its 95 % interval."""

    value: float
    low: float
    high: float


class Stratum(NamedTuple):
    """Of a source with `size` kept plans, `judged` were judged and `right` of these are right."""

    right: int
    judged: int
    size: int


def wilson(stratum: Stratum) -> Share:
    """The share of right ones; exact if all there are were judged."""
    right, n, size = stratum
    share = right / n
    if n >= size:
        return Share(share, share, share)
    scale = 1 + Z95**2 / n
    middle = (share + Z95**2 / (2 * n)) / scale
    half = Z95 * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2)) / scale
    return Share(share, max(middle - half, 0.0), min(middle + half, 1.0))


def stratified(strata: Sequence[Stratum]) -> Share:
    """The share over all sources, each weighed by its size."""
    total = sum(one.size for one in strata)
    shares = [(one.size / total, wilson(one)) for one in strata]
    value = math.fsum(weight * share.value for weight, share in shares)
    below = math.fsum((weight * (share.value - share.low)) ** 2 for weight, share in shares)
    above = math.fsum((weight * (share.high - share.value)) ** 2 for weight, share in shares)
    return Share(value, max(value - math.sqrt(below), 0.0), min(value + math.sqrt(above), 1.0))
