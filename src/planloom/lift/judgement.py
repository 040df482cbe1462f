"""A judgement on a node: a value, what it rests on, and the rules that led to it."""

import re
from functools import lru_cache
from typing import NamedTuple

from planloom.plan import Basis

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Judgement(NamedTuple):
    """`basis`: observed in the row, inferred by `rules`, or the default."""

    value: int
    basis: Basis
    rules: tuple[str, ...] = ()


class Rule(NamedTuple):
    """Words that decide; data, so that a reader can check them. `level` is what they mean."""

    name: str
    level: int
    words: re.Pattern[str]

    def fits(self, text: str) -> bool:
        """Whether one of the words stands in the text (see `words`)."""
        return self.words.search(text) is not None


def rule(name: str, level: int, *alternatives: str) -> Rule:
    """A rule whose alternatives (regular expressions) are matched as whole words."""
    return Rule(name, level, re.compile(rf"\b(?:{'|'.join(alternatives)})\b"))


@lru_cache(maxsize=100_000)
def words(name: str) -> str:
    """The words of a name in lower case: `getUserToken` and `get_user-token` are `get user token`."""
    return " ".join(re.findall(r"[^\W_]+", _CAMEL.sub(" ", name))).lower()
