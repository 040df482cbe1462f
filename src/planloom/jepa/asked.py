"""Does a request ask for such a tool? Words of tools' names, translated from words of requests.

The first translation model of Brown et al. (1993): each word of a name was brought by one word of the request,
which one is learnt by expectation maximisation. What matters is the gain: how much likelier a word is for
this request than for any. A word that never came says nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planloom.jepa.calls import Calls
from planloom.jepa.ragged import Rows
from planloom.jepa.tables import Floats

NAMES, WORDS = 2048, 4096
"""The most frequent words are told apart; others are not looked at."""
ROUNDS = 4
PLANS = 200_000
"""So many plans are learnt from."""
PAIRS = 2_000_000
NOTHING = 1.0
"""So much a word of a name comes by itself, beside one request word's share."""
DEEDS = 2
"""Words of our own, for each call one, behind those of the vocabulary: it reads, it acts."""

Ids = NDArray[np.int64]


class Words(NamedTuple):
    """`chance[name, word]`; row and column 0 stand for nothing. `name_of`, `word_of` map ids of tokens."""

    name_of: Ids
    word_of: Ids
    chance: NDArray[np.float32]
    plain: NDArray[np.float32]  # [names] how likely without a request


class Bag(NamedTuple):
    """Words that tools were called by, and words of the requests."""

    call: Rows
    plan: Rows
    name: Ids
    asker: Rows
    word: Ids


def _names(calls: Calls, vocabulary: int) -> tuple[Rows, Ids]:
    """The words of calls' names, and whether each reads or acts."""
    every = np.flatnonzero(~calls.answers)
    named = ~calls.answers[calls.named]
    call = np.concatenate([calls.named[named], every])
    names = calls.name[named].astype(np.int64)
    return call, np.concatenate([names, calls.acts[every] + vocabulary])


def bag(calls: Calls, vocabulary: int) -> Bag:
    """Names of calls and distinct words of requests."""
    call, name = _names(calls, vocabulary)
    pairs = np.unique(calls.asker * vocabulary + calls.asked.astype(np.int64))
    return Bag(call, calls.plan[call], name, pairs // vocabulary, pairs % vocabulary)


def joined(bags: list[Bag]) -> Bag:
    """Several bags as one, plans counted on."""
    found, plans, calls = [], 0, 0
    for one in bags:
        found.append(Bag(one.call + calls, one.plan + plans, one.name, one.asker + plans, one.word))
        plans += int(max(one.plan.max(initial=-1), one.asker.max(initial=-1))) + 1
        calls += int(one.call.max(initial=-1)) + 1
    return Bag(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


def fit(whole: Bag, vocabulary: int) -> Words:
    """Learns how words of requests bring words of names."""
    name_of = _frequent(whole.name, vocabulary + DEEDS, NAMES)
    word_of = _frequent(whole.word, vocabulary, WORDS)
    name, word = name_of[whole.name], word_of[whole.word]
    said = Bag(
        *(whole.call[name > 0], whole.plan[name > 0], name[name > 0]),
        *(whole.asker[word > 0], word[word > 0]),
    )
    counts = np.bincount(said.name, minlength=name_of.max() + 1).astype(np.float64)
    plain = (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
    chance = np.repeat(plain[:, None], int(word_of.max()) + 1, axis=1)
    for _ in range(ROUNDS):
        chance = _learnt(said, chance)
    return Words(name_of, word_of, chance.astype(np.float32), plain.astype(np.float32))


def _frequent(ids: Ids, size: int, most: int) -> Ids:
    """A new id for each of the most frequent ids, 0 for all others."""
    counts = np.bincount(ids, minlength=size)
    order = np.argsort(-counts, kind="stable")[: most - 1]
    order = order[counts[order] > 2]
    found = np.zeros(size, np.int64)
    found[order] = np.arange(1, len(order) + 1)
    return found


def _learnt(said: Bag, chance: Floats) -> Floats:
    """One round: each word of a name is divided among the words that may have brought it."""
    brought = np.zeros_like(chance)
    for name, word, start, size in _chunks(said):
        part = chance[name, word] * np.where(word == 0, NOTHING, 1.0)
        whole = np.add.reduceat(part, start)
        np.add.at(brought, (name, word), part / np.repeat(whole, size))
    plain = brought.sum(1) / brought.sum()
    smooth = 2.0
    learnt: Floats = (brought + smooth * plain[:, None]) / (brought.sum(0) + smooth)
    return learnt


def _chunks(said: Bag) -> Iterator[tuple[Ids, Ids, Rows, Rows]]:
    """Every word of a name beside every word of its request and nothing, some millions at a time."""
    at = np.searchsorted(said.asker, np.arange(int(said.plan.max(initial=0)) + 2))
    sizes = np.diff(at)[said.plan] + 1
    first = 0
    ends = np.cumsum(sizes)
    while first < len(sizes):
        last = int(np.searchsorted(ends, (ends[first - 1] if first else 0) + PAIRS)) + 1
        yield _beside(said, at, sizes[first:last], slice(first, last))
        first = last


def _beside(said: Bag, at: Rows, size: Rows, some: slice) -> tuple[Ids, Ids, Rows, Rows]:
    start = np.cumsum(size) - size
    name = np.repeat(said.name[some], size)
    place = np.arange(int(size.sum())) - np.repeat(start, size)
    where = np.repeat(at[said.plan[some]], size) + place - 1
    words = np.append(said.word, 0)
    return name, np.where(place > 0, words[where], 0), start, size


def gains(calls: Calls, model: Words) -> tuple[Floats, ...]:
    """Of each call: how much less likely its name, and that it acts, is for this request than for any.

    NaN where neither the request nor the name says anything.
    """
    vocabulary = len(model.word_of)
    one = bag(calls, vocabulary)
    name, word = model.name_of[one.name], model.word_of[one.word]
    said = Bag(one.call, one.plan, name, one.asker[word > 0], word[word > 0])
    gain = np.full(len(name), np.nan)
    at = np.searchsorted(said.asker, np.arange(calls.plans + 1))
    sizes = np.diff(at)[said.plan] + 1
    spoken = (sizes > 1) & (name > 0)
    some = Bag(said.call[spoken], said.plan[spoken], name[spoken], said.asker, said.word)
    if spoken.any():
        rows, words, start, size = _beside(some, at, sizes[spoken], slice(None))
        weight = np.where(words == 0, NOTHING, 1.0)
        likely = np.add.reduceat(model.chance[rows, words] * weight, start) / (size - 1 + NOTHING)
        gain[spoken] = np.log(model.plain[some.name] / likely)
    named, acts = one.name < vocabulary, one.name == vocabulary + 1
    return tuple(_mean(one.call, gain, which, len(calls.plan)) for which in (named, acts))


def _mean(call: Rows, gain: Floats, where: NDArray[np.bool_], calls: int) -> Floats:
    chosen = where & ~np.isnan(gain)
    n = np.bincount(call[chosen], minlength=calls)
    total = np.bincount(call[chosen], gain[chosen], minlength=calls)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)
