"""A judgement on a node: a value, what it rests on, and the rules that led to it."""

from typing import NamedTuple

from planloom.plan import Basis


class Judgement(NamedTuple):
    """`basis`: observed in the row, inferred by `rules`, or the default."""

    value: int
    basis: Basis
    rules: tuple[str, ...] = ()
