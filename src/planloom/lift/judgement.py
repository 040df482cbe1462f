"""A judgement on a node: a value, what it rests on, and the rules that led to it."""

import re
from typing import NamedTuple

from planloom.plan import Basis


class Judgement(NamedTuple):
    """`basis`: observed in the row, inferred by `rules`, or the default."""

    value: int
    basis: Basis
    rules: tuple[str, ...] = ()


class Rule(NamedTuple):
    """Words that decide; data, so that a reader can check them. `level` is what they mean."""

    name: str
    level: int
    words: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches one of the words as a whole word."""
        return re.compile(rf"\b(?:{self.words})\b")
