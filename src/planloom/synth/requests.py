"""Requests from a grammar: clauses for calls, in frames, with the values that only the user can know.

A request in another language than English is made only where the lexicon has every word of it.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from planloom.lift.rules import own_name, words
from planloom.synth.fields import Field
from planloom.synth.kinds import kind_of, singular
from planloom.synth.makers import Make, Makers, Random, whole
from planloom.synth.universe import Ready

Piece = str | int
"""A text, or the number of the slot whose value stands there."""
LANGUAGES = ("en", "de", "es", "fr", "pt", "zh")
CONTEXT, CLOSE, GOAL, CARELESS, OTHER_LANGUAGE = 0.35, 0.25, 0.2, 0.08, 0.3
_SLOT = re.compile(r"\{(\w+)\}")
_PLACED = {
    "city": ("in {v}", "for {v}", "near {v}"),
    "country": ("in {v}", "for {v}"),
    "date": ("on {v}", "for {v}", "dated {v}"),
    "time": ("at {v}",),
    "limit": ("up to {v} results", "at most {v}", "limited to {v}", "only {v} of them"),
    "query": ("about {v}", "on {v}", "for {v}"),
    "person": ("for {v}", "under the name {v}", "with the {l} {v}"),
    "email": ("with {v} as {l}", "using {v}"),
    "message": ('saying "{v}"', 'with the {l} "{v}"', '{l}: "{v}"'),
    "reason": ("because of {v}", "the reason is {v}"),
}
_PLAIN = (
    "with {l} {v}",
    "({l}: {v})",
    "where the {l} is {v}",
    "{l} {v}",
    "the {l} being {v}",
    "using {l} {v}",
    "{l} = {v}",
)
_LABELLED = ("{l}: {v}", "{l} {v}", "{l}={v}", "{l} is {v}")


_VOWEL = re.compile(r"[aeiouéèêàâîôûh]", re.IGNORECASE)
_PREPOSITIONS = frozenset(("to", "for", "from", "on", "in", "by", "of", "with", "and", "all", "my"))


class Asked(NamedTuple):
    """A call of a turn and the values in it that the user has to say."""

    tool: Ready
    said: tuple[tuple[Field, int], ...]


@lru_cache(maxsize=1)
def frames() -> dict[str, dict[str, list[str]]]:
    """The frames of each language."""
    return tomllib.loads(_text("frames.toml"))


@lru_cache(maxsize=1)
def lexicon() -> dict[str, dict[str, dict[str, str]]]:
    """Verbs, nouns and labels in each language."""
    return tomllib.loads(_text("lexicon.toml"))


def _text(name: str) -> str:
    return resources.files("planloom").joinpath(f"synth/{name}").read_text("utf-8")


def language_for(asked: Sequence[Asked], wanted: str) -> str:
    """The wanted language if every word is known in it, else English."""
    if wanted == "en":
        return wanted
    book = lexicon()
    for tool, said in asked:
        noun = _noun(tool)
        if tool.verb not in book["verbs"] or (noun and noun not in book["nouns"]):
            return "en"
        if any(words(field.name) not in book["labels"] for field, _ in said):
            return "en"
    return wanted


def _noun(tool: Ready) -> str:
    return words(own_name(tool.tool.name)).partition(" ")[2]


class Wording(NamedTuple):
    """What the user says, turn by turn, in which language; `slots` has some of its own behind the given ones."""

    language: str
    turns: tuple[tuple[Piece, ...], ...]
    slots: tuple[Make, ...]
    said: frozenset[int]


def worded(
    asked: Sequence[Sequence[Asked]], given: Sequence[Make], makers: Makers, r: Random
) -> Wording:
    """One way to say it."""
    wanted = LANGUAGES[int(r() * len(LANGUAGES))] if r() < OTHER_LANGUAGE else "en"
    language = language_for([one for turn in asked for one in turn], wanted)
    slots = list(given)
    writer = Writer(language, r, slots, makers)
    turns = tuple(
        _merged(
            writer.turn(turn, alone=sum(len(one.said) for one in turn) < 2)
            if turn
            else writer.talk(first=not number)
        )
        for number, turn in enumerate(asked)
    )
    said = frozenset(piece for turn in turns for piece in turn if isinstance(piece, int))
    return Wording(language, turns, tuple(slots), said)


def _merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """With neighbouring texts as one."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and isinstance(piece, str) and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return tuple(merged)


class Writer:
    """Writes the turns of one plan; new slots are for values that no call needs."""

    def __init__(self, language: str, r: Random, slots: list[Make], makers: Makers) -> None:
        self._language = language
        self._frames = frames()[language]
        self._r = r
        self._makers = makers
        self._own: dict[str, int] = {}
        self._slots = slots  # the makers of all values; context adds its own

    def turn(self, asked: Sequence[Asked], *, alone: bool) -> tuple[Piece, ...]:
        """What the user says to have these calls made. `alone`: little else makes the request unique."""
        r, goal = self._r, len(asked) > 1 and self._r() < GOAL
        pieces: list[Piece] = []
        context = list(self._context()) if alone or r() < CONTEXT else []
        if context and r() < 0.6:
            pieces += [*context, " "]
            context = []
        pieces += self._goal(asked) if goal else self._each(asked)
        if context:
            pieces += [" ", *context]
        if r() < CLOSE:
            pieces += [" ", self._one("close")]
        if self._language == "en" and r() < CARELESS:
            pieces = [one.lower().rstrip(".") if isinstance(one, str) else one for one in pieces]
        return tuple(pieces)

    def talk(self, *, first: bool) -> tuple[Piece, ...]:
        """A turn that asks for no call."""
        if not first and self._r() < 0.6:
            return (self._one("talk"),)
        return tuple(self._context())

    def _one(self, name: str) -> str:
        values = self._frames[name]
        return values[int(self._r() * len(values))]

    def _framed(self, frame: str, clause: Sequence[Piece]) -> list[Piece]:
        return _framed(frame, clause, elided=self._language == "fr")

    def _each(self, asked: Sequence[Asked]) -> list[Piece]:
        pieces: list[Piece] = []
        for number, one in enumerate(asked):
            frame = self._one("then" if number else "ask")
            pieces += self._framed(frame, self._clause(one))
        return pieces

    def _goal(self, asked: Sequence[Asked]) -> list[Piece]:
        """Only what it is all for, and the facts."""
        pieces = self._framed(self._one("ask"), [self._verb_phrase(asked[-1].tool)])
        facts: list[Piece] = []
        for field, slot in (pair for one in asked for pair in one.said):
            facts += [", "] if facts else []
            facts += self._argument(
                field, slot, _LABELLED if self._language == "en" else _LABELLED[:1]
            )
        return pieces + self._framed(self._one("facts"), facts) if facts else pieces

    def _clause(self, asked: Asked) -> list[Piece]:
        pieces: list[Piece] = [self._verb_phrase(asked.tool)]
        if self._language != "en":
            labelled: list[Piece] = []
            for field, slot in asked.said:
                labelled += [", "] if labelled else []
                labelled += self._argument(field, slot, ("{l}: {v}",))
            return [*pieces, " (", *labelled, ")"] if labelled else pieces
        joint = (" ", ", ", " and ")[int(self._r() * 3)]
        for number, (field, slot) in enumerate(asked.said):
            pieces.append(joint if number else " ")
            ways = _ways(field.name) if self._r() < 0.7 else _PLAIN
            pieces += self._argument(field, slot, ways)
        return pieces

    def _argument(self, field: Field, slot: int, ways: Sequence[str]) -> list[Piece]:
        label = words(field.name)
        if self._language != "en":
            label = lexicon()["labels"][label][self._language]
        way = ways[int(self._r() * len(ways))].replace("{l}", label)
        before, after = way.split("{v}")
        return [before, slot, after]

    def _verb_phrase(self, tool: Ready) -> str:
        book, noun = lexicon(), _noun(tool)
        verb = book["verbs"].get(tool.verb, {}).get(self._language, tool.verb)
        known = book["nouns"].get(noun)
        if self._language != "en":
            spoken = known[self._language] if known else ""
            if self._language == "zh":
                return f"{verb}{spoken}"
            return (
                f"{spoken} {verb}".strip() if self._language == "de" else f"{verb} {spoken}".strip()
            )
        if tool.verb not in book["verbs"]:
            return f"use {words(own_name(tool.tool.name))}"
        described = _described(tool.tool.description, tool.verb)
        if described and self._r() < 0.4:
            return described
        return f"{verb} {known['en'] if known else _with_article(noun)}".strip()

    def _context(self) -> Iterator[Piece]:
        for piece in _SLOT.split(self._one("context")):
            if piece in _CONTEXT:
                if piece not in self._own:  # one speaker says the same of himself in every turn
                    self._own[piece] = len(self._slots)
                    self._slots.append(_CONTEXT[piece] or self._makers.texts[piece])
                yield self._own[piece]
            else:
                yield piece


_CONTEXT: dict[str, Make | None] = {
    **dict.fromkeys(("person", "company", "city", "date", "query", "product")),
    "minutes": whole(10, 90),
}


@lru_cache(maxsize=10_000)
def _ways(name: str) -> Sequence[str]:
    """How a value of this name may be said: where its kind has a place in a sentence, there."""
    kind = kind_of(name)
    bare = kind is not None and kind.pattern.fullmatch(words(name).partition(" ")[0])
    return _PLACED.get(kind.name, _PLAIN) if kind is not None and bare else _PLAIN


@lru_cache(maxsize=1_000)
def _parted(frame: str) -> tuple[str, str, str]:
    before, mark, after = re.split(r"(\{[cCf]\})", frame, maxsplit=1)
    return before, mark, after


def _framed(frame: str, clause: Sequence[Piece], *, elided: bool) -> list[Piece]:
    """The frame with the clause in its place; `{C}` begins with a capital, French `de` loses its vowel."""
    before, mark, after = _parted(frame)
    first, *rest = clause
    if elided and before.endswith("de ") and isinstance(first, str) and _VOWEL.match(first):
        before = f"{before[:-2]}'"
    if mark == "{C}" and isinstance(first, str):
        first = first[:1].upper() + first[1:]
    return [before, first, *rest, after]


def _with_article(noun: str) -> str:
    if not noun or noun.partition(" ")[0] in _PREPOSITIONS:
        return noun
    last = noun.rpartition(" ")[2]
    return noun if singular(last) != last or last.endswith("s") else f"the {noun}"


@lru_cache(maxsize=100_000)
def _described(description: str, verb: str) -> str:
    """The first sentence of a description as a clause, if it is short and begins with the tool's verb."""
    sentence = re.split(r"[.;:(\n]", description.strip(), maxsplit=1)[0].strip()
    first, _, rest = sentence.partition(" ")
    told = first.lower()
    if not rest or len(sentence.split()) > 12 or told.rstrip("s") != verb.rstrip("s"):
        return ""
    return f"{verb} {rest}"
