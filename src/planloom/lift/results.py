"""The results of earlier calls, searched for where a value came from."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from planloom.lift.leaves import Leaf, leaves_of, parsed
from planloom.lift.spellings import dates_in, keys, number_in, numbers_in, supplied
from planloom.lift.texts import UBIQUITOUS, contains, quotable, telling, tokens
from planloom.trace import Trace, plain_name

MAX_LONG = 40  # a longer value, or one with spaces, is searched inside
MAX_SAME, MAX_TEXTS, MAX_PHRASES = 64, 500, 2_000  # how much of a huge result is searched
PAGING = frozenset((
    "page", "limit", "count", "offset", "size", "total", "n", "num", "number", "index",
    "per_page", "page_size",
))  # fmt: skip
_BETWEEN = re.compile(r"[;\n]")
_INDEX = re.compile(r"\[\d+\]")


class Match(NamedTuple):
    """Where a result holds a value; `support` counts what else speaks for that place."""

    leaf: Leaf
    support: int


class Result:
    """A result, taken apart when it is first asked: most values come from the user."""

    def __init__(self, text: str, call: int, round_: int, together: Sequence[int]) -> None:
        self._text = text
        self.call = call
        self.round = round_
        self.together = together  # the calls that a joint text answers
        self.joint = len(together) > 1

    @cached_property
    def leaves(self) -> list[Leaf]:
        data = parsed(self._text)
        parts = _BETWEEN.split(data) if self.joint and isinstance(data, str) else [data]
        return [leaf for part in parts for leaf in leaves_of(part, named=True) if leaf.text]

    @cached_property
    def _by_text(self) -> dict[str, list[Leaf]]:
        found: dict[str, list[Leaf]] = {}
        for leaf in self.leaves:
            found.setdefault(leaf.text, []).append(leaf)
        return found

    @cached_property
    def _by_key(self) -> dict[str, Leaf]:
        found: dict[str, Leaf] = {}
        for text, same in self._by_text.items():
            for key in supplied(text):
                found.setdefault(key, same[0])
        return found

    @cached_property
    def _long(self) -> list[Leaf]:
        long = (leaf for leaf in self.leaves if " " in leaf.text or len(leaf.text) > MAX_LONG)
        return list(islice(long, MAX_TEXTS))

    @cached_property
    def _in_texts(self) -> dict[str, Leaf]:
        """Dates, numbers and words with digits that stand in longer texts."""
        found: dict[str, Leaf] = {}
        for leaf in self._long:
            text = leaf.text
            dates = (f"date:{year}-{date}" for year, date, _ in dates_in(text))
            numbers = (f"number:{number}" for number in numbers_in(text))
            words = (word for word, _ in tokens(text) if not word.isalpha())
            for key in (*dates, *numbers, *words):
                found.setdefault(key, leaf)
        return found

    @cached_property
    def _records(self) -> dict[str, set[str]]:
        """The values that stand together in one object, by its path."""
        found: dict[str, set[str]] = {}
        for leaf in self.leaves:
            found.setdefault(record_of(leaf.path), set()).add(leaf.text)
        return found

    def value(self, leaf: Leaf, name: str, beside: set[str]) -> Match | None:
        """The value itself, whole or inside a text; `name` is the argument's.

        Of several places the one in whose record most of the call's other values (`beside`) stand,
        under the name that agrees. A value that says little by itself counts only where its name
        agrees, or where it is all there is.
        """
        best: Match | None = None
        says = telling(leaf.text)
        for one in self._by_text.get(leaf.text, ())[:MAX_SAME]:
            agrees = affine(name, last_name(one.path))
            if says or (agrees and name not in PAGING and leaf.text not in UBIQUITOUS):
                support = len(beside & self._records[record_of(one.path)]) + agrees
                if best is None or support > best.support:
                    best = Match(one, support)
        if best is not None:
            return best
        if says:
            other = self._respelled(leaf) or self._inside(leaf.text)
        else:
            other = self._only(leaf.text) if name not in PAGING else None
        return Match(other, 0) if other is not None else None

    def _only(self, text: str) -> Leaf | None:
        """A number that is all a result says: `9`, `The sum is 9.`"""
        if len(self.leaves) != 1 or (number := number_in(text)) is None:
            return None
        (leaf,) = self.leaves
        return leaf if leaf.text == text or numbers_in(leaf.text) == [number] else None

    def _respelled(self, leaf: Leaf) -> Leaf | None:
        for key in keys(leaf.text):
            if (found := self._by_key.get(key) or self._in_texts.get(key)) is not None:
                return found
        return None

    def _inside(self, text: str) -> Leaf | None:
        return next((leaf for leaf in self._long if contains(leaf.text, text)), None)

    def known(self) -> Iterator[tuple[str, Leaf]]:
        """Every text and key by which a value of the result may be recognised inside another text."""
        yield from ((text, same[0]) for text, same in self._by_text.items())
        yield from self._by_key.items()
        yield from self._in_texts.items()

    def phrases(self) -> Iterator[Leaf]:
        """The values that are no single word."""
        for leaf in self.leaves:
            is_word = leaf.text.isalnum() and leaf.text.isascii()
            if not is_word and quotable(leaf.text):
                yield leaf


class Index:
    """What the results so far hold, by text and key: for values quoted inside a longer text."""

    def __init__(self) -> None:
        self._count = 0
        self._known: dict[str, list[tuple[Result, Leaf]]] = {}
        self._phrases: list[tuple[Result, Leaf]] = []

    def quoted(self, text: str, results: Sequence[Result]) -> Iterator[tuple[Result, Leaf]]:
        """Values of the results that the text holds, whole or as particular words of theirs."""
        for result in results[self._count :]:
            self._add(result)
        self._count = max(self._count, len(results))
        for word, spelled in tokens(text):
            for key in (word, *spelled):
                if key in self._known:
                    yield from ((result, _worded(leaf, word)) for result, leaf in self._known[key])
                    break
        yield from ((result, leaf) for result, leaf in self._phrases if contains(text, leaf.text))

    def _add(self, result: Result) -> None:
        for key, leaf in result.known():
            same = self._known.setdefault(key, [])
            if len(same) < MAX_SAME:
                same.append((result, leaf))
        room = MAX_PHRASES - len(self._phrases)
        self._phrases += ((result, leaf) for leaf in islice(result.phrases(), max(room, 0)))


def _worded(leaf: Leaf, word: str) -> Leaf:
    """The value as the text has it: of a longer one the word alone."""
    return leaf if leaf.text == word else Leaf(leaf.path, word, word)


def results_of(trace: Trace) -> list[Result]:
    """The results of a trace in order; a joint one may be the work of each call of its round."""
    results, index = [], 0
    for number, round_ in enumerate(trace.rounds):
        together = range(index, index + len(round_.calls))
        for index, call in zip(together, round_.calls, strict=True):
            joint = round_.joint is not None
            if text := round_.joint if joint else call.result:
                results.append(Result(text, index, number, together if joint else (index,)))
        index = together.stop
    return results


def record_of(path: str) -> str:
    """The path of the object in which a value stands."""
    return path.rpartition(".")[0]


def last_name(path: str) -> str:
    """The name of the innermost field of a path, without list indices."""
    return plain_name(_INDEX.sub("", path).rsplit(".", 1)[-1])


def affine(argument: str, field: str) -> bool:
    """Whether two names may mean the same: `id` and `order_id` do."""
    if not argument or not field:
        return False
    return argument == field or argument.endswith("_" + field) or field.endswith("_" + argument)
