"""From scores to p-values: how many benign plans are at least as unusual, the plan itself counted.

Of n benign plans and one more, drawn alike, each rank is equally likely; so a p-value of at most a comes
to a benign plan in at most a share of a, for any n and any score (Vovk et al., 2005). The benign
plans are divided: one half tells how unusual each term is, the other how unusual all of them together are.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from planloom.jepa.ragged import Rows
from planloom.jepa.tables import Floats

SILENT = -np.inf
"""The score of a term that says nothing: nothing is less unusual."""


class Ladder(NamedTuple):
    """Scores of benign plans, ascending. What is silent has none: its p-value is 1."""

    scores: Floats

    @classmethod
    def of(cls, scores: Floats) -> "Ladder":
        return cls(np.sort(scores[scores > SILENT]))

    def p_values(self, scores: Floats) -> Floats:
        """For each score the share of benign ones, and itself, that are at least as large."""
        plain = np.where(np.isnan(scores), SILENT, scores)
        above = len(self.scores) - np.searchsorted(self.scores, plain, side="left")
        found: Floats = (1 + above) / (1 + len(self.scores))
        return found

    def threshold(self, false_alarms: float) -> float:
        """The largest p-value that at most that share of benign plans comes to; 0: there is none."""
        steps = np.floor(false_alarms * (len(self.scores) + 1) + 1e-9)
        return float(steps / (len(self.scores) + 1))


def fisher(p: Floats) -> Floats:
    """The mean of -log p: many terms that are somewhat unusual."""
    found: Floats = -np.log(p).mean(1)
    return found


def cauchy(p: Floats) -> Floats:
    """The mean of tan((1/2 - p) pi): one that is most unusual, however they depend on one another."""
    found: Floats = np.tan((0.5 - np.minimum(p, 0.999)) * np.pi).mean(1)
    return found


def harmonic(p: Floats) -> Floats:
    """The mean of 1 / p: the few most unusual ones."""
    found: Floats = (1 / p).mean(1)
    return found


COMBINATIONS: dict[str, Callable[[Floats], Floats]] = {
    "fisher": fisher,
    "cauchy": cauchy,
    "harmonic": harmonic,
}
CHOSEN = "harmonic"
"""By mutants and controls, never by attacks: `benchmarks/choose.py`."""


def together(p: Floats) -> Floats:
    """The p-values of terms, a row each, as one score: larger is more unusual."""
    return COMBINATIONS[CHOSEN](p)


def each(ladders: Sequence[Ladder], scores: Floats) -> Floats:
    """The p-value of each row and term."""
    columns = zip(ladders, scores.T, strict=True)
    return np.stack([ladder.p_values(column) for ladder, column in columns], 1)


def largest(scores: Floats, call_at: Rows) -> Floats:
    """Of each plan the score of its most unusual call; SILENT where it has none."""
    padded = np.append(scores, SILENT)
    found: Floats = np.maximum.reduceat(padded, call_at[:-1])
    found[np.diff(call_at) == 0] = SILENT
    return found
