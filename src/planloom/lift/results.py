"""The results of earlier calls, searched for where a value came from."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice

from msgspec import Struct

from planloom.lift.leaves import Leaf, leaves_of, parsed
from planloom.lift.spellings import (
    BARE,
    dates_in,
    keys,
    number_in,
    numbers_in,
    squeezed,
    supplied,
)
from planloom.lift.texts import UBIQUITOUS, contains, figures, quotable, telling, tokens
from planloom.trace import Trace, plain_name

FEW = 100  # words of a text of which each is worth a glance first
MAX_LONG = 40  # a longer value, or one with spaces, is searched inside
MAX_SAME, MAX_TEXTS, MAX_PHRASES = 64, 500, 2_000  # how much of a huge result is searched
PAGING = frozenset((
    "page", "limit", "count", "offset", "size", "total", "n", "num", "number", "index",
    "per_page", "page_size",
))  # fmt: skip
_BETWEEN = re.compile(r"[;\n]")
_INDEX = re.compile(r"\[\d+\]")


class Sought(Struct, frozen=True, gc=False):
    """A value of an argument that is looked for in results: what it is known by is told once.

    `bare` are its letters and digits; `name` is the argument's; `beside` are the other values of the
    call; `says`: whether finding it says anything.
    """

    leaf: Leaf
    text: str
    bare: str
    keys: tuple[str, ...]
    name: str
    says: bool
    beside: set[str]

    @classmethod
    def of(cls, leaf: Leaf, beside: set[str]) -> "Sought":
        text, name = leaf.text, last_name(leaf.path)
        return cls(leaf, text, squeezed(text), keys(text), name, telling(text), beside - {text})


class Match(Struct, frozen=True, gc=False):
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
    def squeezed(self) -> str:
        """Letters and digits of all values: what is not in it is no value in another spelling."""
        return squeezed("".join(leaf.text for leaf in self.leaves))

    @cached_property
    def _long(self) -> list[Leaf]:
        long = (leaf for leaf in self.leaves if " " in leaf.text or len(leaf.text) > MAX_LONG)
        return list(islice(long, MAX_TEXTS))

    @cached_property
    def _in_texts(self) -> dict[str, Leaf]:
        """The keys of dates and numbers that stand in longer texts."""
        found: dict[str, Leaf] = {}
        for leaf in self._long:
            for year, date, _ in dates_in(leaf.text):
                found.setdefault(f"date:{year}-{date}", leaf)
            for number in numbers_in(leaf.text):
                found.setdefault(f"number:{number}", leaf)
        return found

    def _words_in_texts(self) -> dict[str, Leaf]:
        """The particular words of longer texts that are not of letters alone."""
        found: dict[str, Leaf] = {}
        for leaf in self._long:
            for word in figures(leaf.text):
                found.setdefault(word, leaf)
        return found

    @cached_property
    def _records(self) -> dict[str, set[str]]:
        """The values that stand together in one object, by its path."""
        found: dict[str, set[str]] = {}
        for leaf in self.leaves:
            found.setdefault(record_of(leaf.path), set()).add(leaf.text)
        return found

    def may_hold(self, sought: Sought) -> bool:
        """A glance: only numbers and dates can be there though their letters and digits are not."""
        if sought.bare in self.squeezed:
            return True
        return bool(sought.keys) and not sought.keys[0].startswith(BARE)

    def value(self, sought: Sought) -> Match | None:
        """The value itself, whole or inside a text.

        Of several places the one in whose record most of the call's other values stand,
        under the name that agrees. A value that says little by itself counts only where its name
        agrees, or where it is all there is.
        """
        if (best := self._itself(sought)) is not None:
            return best
        if sought.says:
            other = self._respelled(sought.keys) or self._inside(sought.text)
        else:
            other = self._only(sought.text) if sought.name not in PAGING else None
        return Match(other, 0) if other is not None else None

    def _itself(self, sought: Sought) -> Match | None:
        best: Match | None = None
        for one in self._by_text.get(sought.text, ())[:MAX_SAME]:
            agrees = affine(sought.name, last_name(one.path))
            alone = agrees and sought.name not in PAGING and sought.text not in UBIQUITOUS
            if sought.says or alone:
                support = self._beside(one, sought.beside) + agrees
                if best is None or support > best.support:
                    best = Match(one, support)
        return best

    def _beside(self, leaf: Leaf, others: set[str]) -> int:
        """How many of the other values stand in the record of a leaf."""
        return len(others & self._records[record_of(leaf.path)]) if others else 0

    def _only(self, text: str) -> Leaf | None:
        """A number that is all a result says: `9`, `The sum is 9.`"""
        if len(self.leaves) != 1 or (number := number_in(text)) is None:
            return None
        (leaf,) = self.leaves
        return leaf if leaf.text == text or numbers_in(leaf.text) == [number] else None

    def _respelled(self, spelled: tuple[str, ...]) -> Leaf | None:
        for key in spelled:
            found = self._by_key.get(key)
            if found is None and not key.startswith(BARE):
                found = self._in_texts.get(key)
            if found is not None:
                return found
        return None

    def _inside(self, text: str) -> Leaf | None:
        return next(
            (leaf for leaf in self._long if text in leaf.text and contains(leaf.text, text)), None
        )

    def texts(self) -> Iterator[tuple[str, Leaf]]:
        """Every text by which a value of the result may be recognised inside another."""
        yield from ((text, same[0]) for text, same in self._by_text.items())
        yield from self._words_in_texts().items()

    def spelled(self) -> Iterator[tuple[str, Leaf]]:
        """Every key by which it may be."""
        yield from self._by_key.items()
        yield from self._in_texts.items()

    def phrases(self) -> Iterator[Leaf]:
        """The values that are no single word."""
        for leaf in self.leaves:
            if not (leaf.text.isalnum() and leaf.text.isascii()):
                yield leaf


Held = tuple[Result, Leaf]


class Index:
    """What the results so far hold: for values quoted inside a longer text."""

    def __init__(self) -> None:
        self._texts = _Layer(Result.texts)
        self._keys = _Layer(Result.spelled)
        self._phrases: list[Held] = []
        self._count = 0

    def quoted(self, text: str, results: Sequence[Result]) -> Iterator[Held]:
        """Values of the results that the text holds, whole or as particular words of theirs."""
        words = tokens(text)
        few = len(words) <= FEW
        for word, spelled in words:
            held = self._texts.get(word, results) or self._respelled(spelled, results, few)
            yield from ((result, _worded(leaf, word)) for result, leaf in held)
        for result, leaf in self._phrases_of(results):
            if leaf.text in text and quotable(leaf.text) and contains(text, leaf.text):
                yield result, leaf

    def _respelled(
        self, spelled: tuple[str, ...], results: Sequence[Result], few: bool
    ) -> Sequence[Held]:
        for key in spelled:
            if not (few and _lack(results, key)) and (held := self._keys.get(key, results)):
                return held
        return ()

    def _phrases_of(self, results: Sequence[Result]) -> list[Held]:
        for result in results[self._count :]:
            room = MAX_PHRASES - len(self._phrases)
            self._phrases += ((result, leaf) for leaf in islice(result.phrases(), max(room, 0)))
        self._count = max(self._count, len(results))
        return self._phrases


class _Layer:
    """Values by what they are known by; those of a result are taken in when first asked."""

    def __init__(self, known: Callable[[Result], Iterator[tuple[str, Leaf]]]) -> None:
        self._known = known
        self._held: dict[str, list[Held]] = {}
        self._count = 0

    def get(self, key: str, results: Sequence[Result]) -> Sequence[Held]:
        for result in results[self._count :]:
            for known, leaf in self._known(result):
                same = self._held.get(known)
                if same is None:
                    self._held[known] = [(result, leaf)]
                elif len(same) < MAX_SAME:
                    same.append((result, leaf))
        self._count = max(self._count, len(results))
        return self._held.get(key, ())


def _lack(results: Sequence[Result], key: str) -> bool:
    """Whether a glance shows that no result holds the value in another spelling."""
    if not key.startswith(BARE):
        return False
    bare = key[len(BARE) :]
    return not any(bare in result.squeezed for result in results)


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


@lru_cache(maxsize=10_000)
def last_name(path: str) -> str:
    """The name of the innermost field of a path, without list indices."""
    return plain_name(_INDEX.sub("", path).rsplit(".", 1)[-1])


def affine(argument: str, field: str) -> bool:
    """Whether two names may mean the same: `id` and `order_id` do."""
    if not argument or not field:
        return False
    return argument == field or argument.endswith("_" + field) or field.endswith("_" + argument)
