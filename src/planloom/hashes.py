"""Hashes of whole columns of 64-bit numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

PRIME = np.uint64(0x9E3779B97F4A7C15)


def mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64: every bit of a number decides about every bit of its hash."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def begins(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Where in sorted columns a row differs from the one before."""
    found = np.ones(len(columns[0]), bool)
    found[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return found


def firsts(begins: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each row the number of the row with which its run of equal ones begins."""
    return np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))
