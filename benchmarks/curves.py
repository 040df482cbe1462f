"""Areas under curves with weights, so that tasks can be drawn again instead of rows."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def auroc(
    yes: Floats, no: Floats, of_yes: Floats | None = None, of_no: Floats | None = None
) -> float:
    """The share of pairs that are ordered rightly, a tie counts half."""
    a = np.ones(len(yes)) if of_yes is None else of_yes
    b = np.ones(len(no)) if of_no is None else of_no
    order = np.argsort(no, kind="stable")
    below = np.append(0, np.cumsum(b[order]))
    first = below[np.searchsorted(no[order], yes, side="left")]
    last = below[np.searchsorted(no[order], yes, side="right")]
    return float((a * (first + last) / 2).sum() / (a.sum() * b.sum()))


def auprc(yes: Floats, no: Floats, of_yes: Floats, of_no: Floats) -> float:
    """The mean precision over recall, equal scores taken together."""
    scores = np.concatenate([yes, no])
    hits = np.concatenate([of_yes, np.zeros(len(no))])
    whole = np.concatenate([of_yes, of_no])
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.diff(scores[order], append=np.nan) != 0)
    hit, seen = np.cumsum(hits[order])[last], np.cumsum(whole[order])[last]
    precision = np.divide(hit, seen, out=np.zeros(len(hit)), where=seen > 0)
    return float((np.diff(hit, prepend=0) * precision).sum() / of_yes.sum())


def recall(yes: Floats, no: Floats, most: float, of_yes: Floats, of_no: Floats) -> float:
    """The share of `yes` above a bound that at most such a share of `no` lies above."""
    order = np.argsort(-no, kind="stable")
    above = np.cumsum(of_no[order]) <= most * of_no.sum()
    passed = int(above.sum())
    bound = no[order][passed] if passed < len(no) else -np.inf
    return float((of_yes * (yes > bound)).sum() / of_yes.sum())
