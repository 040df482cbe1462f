"""More values of a kind, made up by a language model: names of companies, products, streets.

A value is taken if it fits a pattern, the caller allows it, and it can reach nobody: mail addresses and
links only at domains kept for examples, telephone numbers only from ranges kept for fiction.
"""

import math
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from planloom.errors import RecipeError
from planloom.rewrite import check_budget
from planloom.rewrite.answers import ask_all
from planloom.rewrite.ask import Messages
from planloom.rewrite.paid import Ended, Outcome, Paid
from planloom.rewrite.settings import Settings

AT_ONCE = 25
TOKENS = 600
FRUITLESS = 3
"""Lists in a row with nothing new, after which no more is asked for."""
LONGEST = 80

_DOMAIN = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}|[\w-]+\.(?:example|test|invalid)", re.IGNORECASE)
_RESERVED = re.compile(
    r"(?:.+\.)?example\.(?:com|net|org)|.+\.(?:example|test|invalid)", re.IGNORECASE
)
_PHONE = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")
_FICTION = re.compile(
    r"(?:1?\d{3})?55501\d\d"  # North America
    r"|(?:44|0)(?:1632960|7700900|2079460|1134960|1144960|1154960|1164960|1174960|1184960)\d{3}"  # Ofcom
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+")


class Pool(NamedTuple):
    """New values in the order in which they were given. `stopped`: the budget ended it."""

    values: tuple[str, ...]
    refused: int
    repeated: int
    spent_usd: float
    stopped: bool


def more(
    kind: str,
    pattern: str,
    wanted: int,
    settings: Settings,
    folder: Path,
    max_usd: float,
    *,
    language: str = "en",
    allowed: Callable[[str], bool] = lambda _: True,
    known: Collection[str] = (),
) -> Pool:
    """Up to `wanted` new values; fewer if the model has no more, or the money is spent.

    Raises:
        EndpointError, RecipeError, OutputError: as `rewrite`; RecipeError also for a broken pattern.
    """
    check_budget(max_usd)
    try:
        fits = re.compile(pattern)
    except re.error as error:
        raise RecipeError(f"pattern of {kind}: {error}; mend it") from error
    settings = msgspec.structs.replace(settings, max_output_tokens=TOKENS)
    found = _Found(fits, allowed, {value.casefold() for value in known})
    number, stopped = 0, False
    with Paid(folder) as paid:
        while len(found.values) < wanted and found.fruitless < FRUITLESS and not stopped:
            lists = math.ceil((wanted - len(found.values)) / AT_ONCE)
            numbers = range(number, number := number + min(settings.concurrency, lists))
            prompts = ((n, prompt(kind, pattern, language, n)) for n in numbers)
            given, stopped = _given(prompts, settings, paid, max_usd)
            for _, values in sorted(given.items()):
                found.take(values)
        spent = paid.spent_usd
    return Pool(tuple(found.values[:wanted]), found.refused, found.repeated, spent, stopped)


class _Found:
    """Collects lists in the order of their numbers, whatever the concurrency."""

    def __init__(
        self, fits: re.Pattern[str], allowed: Callable[[str], bool], seen: set[str]
    ) -> None:
        self.values: list[str] = []
        self.refused = self.repeated = self.fruitless = 0
        self._fits, self._allowed, self._seen = fits, allowed, seen

    def take(self, values: Iterable[str]) -> None:
        if self.fruitless >= FRUITLESS:
            return
        before = len(self.values)
        for value in values:
            if value.casefold() in self._seen:
                self.repeated += 1
            elif not (self._fits.fullmatch(value) and harmless(value) and self._allowed(value)):
                self.refused += 1
            else:
                self._seen.add(value.casefold())
                self.values.append(value)
        self.fruitless = self.fruitless + 1 if len(self.values) == before else 0


def _given(
    prompts: Iterable[tuple[int, Messages]], settings: Settings, paid: Paid, max_usd: float
) -> tuple[dict[int, list[str]], bool]:
    """The lists by number, and whether the budget ended it."""
    given: dict[int, list[str]] = {}

    def take(number: int, ended: Ended) -> None:
        given[number] = _values(ended.text) if ended.outcome == Outcome.answered else []

    tally = ask_all(prompts, settings, paid, max_usd, take)
    return given, bool(tally.not_asked)


def prompt(kind: str, pattern: str, language: str, number: int) -> Messages:
    """Asks for a list; the letter makes lists differ."""
    letter = chr(ord("A") + number % 26)
    told = (
        f"You make up {kind} for software tests, as they occur where the language {language} is "
        f"spoken. One a line, nothing else, each matching the regular expression {pattern} . "
        "No real people, companies or brands. Mail addresses and links only at example.com, "
        "telephone numbers only from ranges kept for fiction."
    )
    asked = f"List {number // 26 + 1}{letter}: {AT_ONCE} values, most with a word that begins with {letter}."
    return ("system", told), ("user", asked)


def _values(text: str) -> list[str]:
    lines = (_BULLET.sub("", line).strip() for line in text.splitlines())
    return [line for line in lines if line and len(line) <= LONGEST]


def harmless(value: str) -> bool:
    """Whether the value reaches nobody, by what it looks like."""
    if "@" in value or "://" in value or value.lower().startswith("www."):
        hosts = _DOMAIN.findall(re.sub(r"[^\s@]*@|\w+://", " ", value).strip())
        if not hosts or not all(_RESERVED.fullmatch(host) for host in hosts):
            return False
    return all(_FICTION.fullmatch(re.sub(r"\D", "", number)) for number in _PHONE.findall(value))
