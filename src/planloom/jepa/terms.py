"""What is unusual about a call: a term each, the table it is counted in, and the words that tell it.

A term looks at one value in contexts, the narrowest first: this tool, tools of this verb, everything. It is
silent where it has nothing to say, so that an unknown tool is not blamed for being unknown fifteen times.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from planloom.jepa.calls import Calls, Column
from planloom.jepa.ragged import Rows
from planloom.jepa.tables import Floats, Keys, Seen, Table, Tally, folded, mixed, seen
from planloom.jepa.values import CLASSES

REACHES = np.isin(CLASSES, ("email", "url", "ip", "iban", "phone"))
"""Classes that say who or what is reached."""
SIZED = np.isin(CLASSES, ("number", "array"))
_NUMBER = CLASSES.index("number")


class Facet(NamedTuple):
    """Values, each with its contexts: `of` is the call it belongs to, `at` the argument or -1."""

    of: Rows
    at: Rows
    contexts: tuple[Keys, ...]
    value: Keys


class Term(NamedTuple):
    """`tail`: large values are unusual, not rare ones; `known`: it speaks only if one of so many contexts is known.

    `whose` names what is counted in each context.
    """

    name: str
    meaning: str
    look: Callable[[Calls], Facet]
    whose: tuple[str, ...]
    tail: bool = False
    known: int = 0


class Surprise(NamedTuple):
    """Of each call and term -log of a likelihood, NaN where it is silent; all [N, terms].

    `at`: the argument that it is about, or -1; the rest as in `Seen`.
    """

    amount: Floats
    at: Rows
    hits: Rows
    total: Rows
    level: Rows


def _call_facet(
    calls: Calls, value: Column, *contexts: tuple[Column | int, ...], where: Column | None = None
) -> Facet:
    """One value a call; answers in text have none."""
    chosen = ~calls.answers if where is None else ~calls.answers & where
    of = np.flatnonzero(chosen)
    keys = tuple(_context(calls, level, columns, of) for level, columns in enumerate(contexts))
    return Facet(of, np.full(len(of), -1), keys, folded(np.asarray(value)[of]))


def _context(calls: Calls, level: int, columns: tuple[Column | int, ...], of: Rows) -> Keys:
    picked = [np.asarray(c)[of] if not isinstance(c, int) else np.full(len(of), c) for c in columns]
    return mixed(np.full(len(of), level), *picked)


def _argument_facet(
    calls: Calls, value: Column, *contexts: tuple[Column | int, ...], where: Column
) -> Facet:
    """One value an argument; contexts are columns of arguments."""
    at = np.flatnonzero(where & ~calls.answers[calls.owner])
    keys = tuple(_context(calls, level, columns, at) for level, columns in enumerate(contexts))
    return Facet(calls.owner[at], at, keys, folded(np.asarray(value)[at]))


def _tool(calls: Calls, name: str = "tool") -> Column:
    """A column of calls for each of their arguments."""
    found: Column = calls.of[name][calls.owner]
    return found


def _keys(calls: Calls) -> Facet:
    """Which keys a call has, whatever their order."""
    whole = np.zeros(len(calls.plan), np.uint64)
    np.add.at(whole, calls.owner, mixed(calls.argument["arg_key"]) >> np.uint64(16))
    return _call_facet(calls, whole, (calls.of["tool"],), where=(calls.of["flags"] & 1) == 0)


def _key(calls: Calls) -> Facet:
    return _argument_facet(
        calls,
        calls.argument["arg_key"],
        *((_tool(calls),), (_tool(calls, "verb"),), ()),
        where=np.ones(len(calls.owner), bool),
    )


def _class(calls: Calls) -> Facet:
    key, kind = calls.argument["arg_key"], calls.argument["arg_class"]
    value = kind * 2 + calls.argument["arg_inside"]
    contexts = (_tool(calls), key), (_tool(calls, "verb"), key), (key,), ()
    return _argument_facet(calls, value, *contexts, where=np.ones(len(key), bool))


def _size(calls: Calls) -> Facet:
    key, kind = calls.argument["arg_key"], calls.argument["arg_class"]
    contexts = (_tool(calls), key, kind), (_tool(calls, "verb"), key, kind), (key, kind), (kind,)
    return _argument_facet(calls, calls.argument["arg_size"], *contexts, where=SIZED[kind])


def _value(calls: Calls) -> Facet:
    key, value = calls.argument["arg_key"], calls.argument["arg_value"]
    return _argument_facet(calls, value, (_tool(calls), key), (key,), (), where=value > 0)


def _source(calls: Calls) -> Facet:
    """Where a value stands, of those that say who is reached or how much."""
    key, kind = calls.argument["arg_key"], calls.argument["arg_class"]
    acts = calls.acts[calls.owner]
    value = calls.argument["arg_source"] * 2 + calls.argument["arg_inside"]
    contexts = (_tool(calls), key), (_tool(calls, "verb"), kind), (acts, kind), (acts,)
    return _argument_facet(calls, value, *contexts, where=REACHES[kind] | (kind == _NUMBER))


def _foreign(calls: Calls) -> Facet:
    """Whether a call uses no value that the user said, though it acts: 0 all from the user .. 3 none."""
    told = calls.argument["arg_source"] % 2 == 1
    wanted = ~np.isin(
        calls.argument["arg_class"], (0, 1, CLASSES.index("enum"), CLASSES.index("empty"))
    )
    n = np.bincount(calls.owner[wanted], minlength=len(calls.plan))
    from_user = np.bincount(calls.owner[wanted & told], minlength=len(calls.plan))
    share = np.where(n > 0, 3 - (3 * from_user) // np.maximum(n, 1), 0)
    return _call_facet(
        calls, share, (calls.of["tool"],), (calls.of["verb"],), (calls.acts,), where=n > 0
    )


def _volume(calls: Calls) -> Facet:
    value = np.minimum(np.round(calls.of["volume"] * 8), 1000)
    return _call_facet(calls, value, (calls.of["tool"],), (calls.of["verb"],), ())


def _tier(calls: Calls) -> Facet:
    return _call_facet(
        calls, calls.of["tier"], (calls.of["tool"],), (calls.of["verb"],), (calls.acts,)
    )


def _sensitivity(calls: Calls) -> Facet:
    return _call_facet(calls, calls.of["sensitivity"], (calls.of["tool"],), (calls.of["verb"],), ())


def _before(calls: Calls, name: str) -> Column:
    """A column of the call before; 1 where there is none."""
    return np.where(calls.before >= 0, calls.of[name][calls.before], 1)


def _tool_pair(calls: Calls) -> Facet:
    contexts = (_before(calls, "tool"),), (_before(calls, "verb"),), ()
    return _call_facet(calls, calls.of["tool"], *contexts)


def _verb_pair(calls: Calls) -> Facet:
    contexts = (_before(calls, "tool"),), (_before(calls, "verb"),), ()
    return _call_facet(calls, calls.of["verb"], *contexts)


def _flow(calls: Calls) -> Facet:
    """The verb that gave a value, of the tool that takes it."""
    of = calls.of
    contexts = [(of["tool"][calls.taker],), (of["verb"][calls.taker],), (calls.acts[calls.taker],)]
    keys = tuple(
        mixed(np.full(len(calls.taker), level), *columns) for level, columns in enumerate(contexts)
    )
    return Facet(calls.taker, np.full(len(calls.taker), -1), keys, folded(of["verb"][calls.giver]))


def _brought(calls: Calls) -> Facet:
    """Least trusted result so far in the plan, of a call that acts or not, by its sensitivity."""
    worst = np.zeros(len(calls.plan), np.int64)
    for step in range(1, int(np.diff(calls.call_at).max(initial=1))):
        here = calls.call_at[:-1][np.diff(calls.call_at) > step] + step
        worst[here] = np.maximum(worst[here - 1], calls.of["result_tier"][here - 1])
    contexts = (calls.of["tool"],), (calls.of["verb"],), (calls.acts, calls.of["sensitivity"])
    return _call_facet(calls, worst, *contexts)


_ITS, _VERB, _ALL = "calls of this tool", "calls of tools of its verb", "all calls"
_KEY, _KIND = "arguments of that name", "values of that kind"
_ACT, _AFTER = "calls that act alike", "calls after that tool"
_CALLS = (_ITS, _VERB, _ALL)
_ARGUMENTS = (_ITS, _VERB, _KEY, "all arguments")
_PAIRS = (_AFTER, "calls after such tools", _ALL)

TERMS = (
    Term("keys", "arguments that seldom come together", _keys, (_ITS,), known=1),
    Term("key", "an argument that such tools seldom have", _key, _CALLS, known=2),
    Term("class", "a value of another kind than usual", _class, _ARGUMENTS, known=3),
    Term("size", "a number or list so large", _size, (*_ARGUMENTS[:3], _KIND), tail=True),
    Term("value", "a listed value, or first words of a text, that are rare", _value, (_ITS, _KEY, _ARGUMENTS[3]), known=1),
    Term("source", "an address or a number from where it seldom comes: the user, a result, nowhere", _source, (_ITS, _VERB, _KIND, _ACT)),
    Term("foreign", "so few of its values said by the user", _foreign, (_ITS, _VERB, _ACT), tail=True),
    Term("volume", "so many rows, records or files", _volume, _CALLS, tail=True),
    Term("tier", "values so little trusted", _tier, (_ITS, _VERB, _ACT), tail=True),
    Term("sensitivity", "something so sensitive", _sensitivity, _CALLS, tail=True),
    Term("tool pair", "a tool that seldom comes after the one before", _tool_pair, _PAIRS, known=2),
    Term("verb pair", "a verb that seldom comes after the one before", _verb_pair, _PAIRS),
    Term("flow", "a value from a tool that seldom gives it one", _flow, (_ITS, _VERB, _ACT)),
    Term("brought", "results so little trusted before it", _brought, (_ITS, _VERB, _ACT), tail=True),
)  # fmt: skip


def count(calls: Calls, tallies: Mapping[str, Tally]) -> None:
    """Counts calls in the tables of all terms."""
    for term in TERMS:
        facet = term.look(calls)
        for context in facet.contexts:
            tallies[term.name].add(context | facet.value)


def surprises(calls: Calls, tables: Mapping[str, Table]) -> Surprise:
    """How unusual each call is by each term: that of its most unusual argument."""
    shape = len(calls.plan), len(TERMS)
    whole = [np.full(shape, empty) for empty in (-1, 0, 0, -1)]
    found = Surprise(np.full(shape, np.nan), *whole)
    for column, term in enumerate(TERMS):
        facet = term.look(calls)
        got = seen(tables[term.name], facet.contexts, facet.value, tail=term.tail)
        spoken = got.level < (term.known or len(facet.contexts))
        _put_largest(found, column, facet, got, np.flatnonzero(spoken))
    return found


def _put_largest(found: Surprise, column: int, facet: Facet, got: Seen, spoken: Rows) -> None:
    amount = -np.log(got.chance)
    order = spoken[np.argsort(amount[spoken], kind="stable")]
    told = (amount, facet.at, got.hits, got.total, got.level)
    for into, values in zip(found, told, strict=True):
        into[facet.of[order], column] = values[order]
