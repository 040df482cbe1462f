"""Domains made ready: the arguments and results of their tools, and which result can feed which argument."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from random import Random
from typing import NamedTuple

import msgspec

from planloom.fit import fit
from planloom.lift.rules import own_name, words
from planloom.synth.fields import Field, Scope, Unmade, fields
from planloom.synth.kinds import same
from planloom.synth.makers import Makers
from planloom.synth.returns import Returned, declared, inferred, object_of
from planloom.synth.tools import Domain, Offer
from planloom.trace import Tool

MOST_TOOLS = 64  # of a larger domain the first are used
TRIED = 12  # sets of arguments that must fit a tool before it is used


class Ready(NamedTuple):
    """A tool whose arguments can be filled and whose result can be made up."""

    tool: Tool
    verb: str
    noun: str
    arguments: tuple[Field, ...]
    returned: Returned


class Link(NamedTuple):
    """A value of a result that can be an argument of another call, an element of it, or quoted in it."""

    value: int
    argument: int
    how: str  # value, element, quote


class World:
    """A domain and its dependency graph."""

    def __init__(self, name: str, role: str, tools: Sequence[Ready], makers: Makers) -> None:
        self.name = name
        self.makers = makers
        self.role = role
        self.tools = tuple(tools)

    @cached_property
    def links(self) -> dict[tuple[int, int], tuple[Link, ...]]:
        """For each pair of tools how a result of the first can feed the second; all real links
        before quotations, because any value can be quoted.
        """
        pairs = ((i, j) for i in range(len(self.tools)) for j in range(len(self.tools)))
        found = {(i, j): tuple(_links(self.tools[i], self.tools[j])) for i, j in pairs}
        return {pair: links for pair, links in found.items() if links}

    @cached_property
    def fed_by(self) -> dict[int, tuple[int, ...]]:
        """The tools that a tool's result can feed without quoting."""
        feeds: dict[int, list[int]] = {}
        for (i, j), links in self.links.items():
            if any(link.how != "quote" for link in links):
                feeds.setdefault(i, []).append(j)
        return {i: tuple(sorted(js)) for i, js in feeds.items()}


def _links(src: Ready, dst: Ready) -> list[Link]:
    real, quoted = [], []
    for a, argument in enumerate(dst.arguments):
        wanted = argument.each or argument
        for v, (_, given) in enumerate(src.returned.values):
            if not given.flows or _echoes(src, given):
                continue
            if wanted.flows and given.type == wanted.type and same(given.key, wanted.key):
                real.append(Link(v, a, "element" if argument.each else "value"))
            elif argument.text:
                quoted.append(Link(v, a, "quote"))
    return real + quoted


def _echoes(tool: Ready, given: Field) -> bool:
    """Whether a value of a result only says what the call was given."""
    return any(one.type == given.type and same(one.key, given.key) for one in tool.arguments)


class Universe(NamedTuple):
    """All domains, and the tools that cannot be used, by reason."""

    worlds: tuple[World, ...]
    left: dict[str, list[str]]


def universe(domains: Iterable[Domain], makers: Makers) -> Universe:
    """The domains, without tools of which no right call can be made up."""
    worlds, left = [], dict[str, list[str]]()
    for domain in domains:
        tools = _ready(domain, makers, left)
        if tools:
            worlds.append(World(domain.name, domain.role, tools, makers))
    return Universe(tuple(worlds), dict(sorted(left.items())))


def _ready(domain: Domain, makers: Makers, left: dict[str, list[str]]) -> list[Ready]:
    usable: dict[str, tuple[Offer, Scope, tuple[Field, ...]]] = {}
    for offer in domain.offers[:MOST_TOOLS]:
        _, noun = object_of(words(own_name(offer.tool.name)))
        scope = Scope(noun, domain.name, makers)
        try:
            made = _arguments(offer.tool, scope)
        except Unmade as why:
            left.setdefault(str(why), []).append(offer.tool.name)
            continue
        if offer.tool.name in usable:
            left.setdefault("a second tool of one name", []).append(offer.tool.name)
        else:
            usable[offer.tool.name] = offer, scope, made
    if beyond := [offer.tool.name for offer in domain.offers[MOST_TOOLS:]]:
        left.setdefault(f"beyond the first {MOST_TOOLS} tools of {domain.name}", []).extend(beyond)
    needs = [one for *_, made in usable.values() for one in made]
    return [_tool(offer, scope, made, needs) for offer, scope, made in usable.values()]


def _arguments(tool: Tool, scope: Scope) -> tuple[Field, ...]:
    """The fields of a tool's arguments.

    Raises:
        Unmade: if its schema is none, or if what is made up does not fit it.
    """
    schema = msgspec.json.decode(tool.parameters)
    try:
        made = fields(schema, scope)
        r = Random(tool.key).random
        for _ in range(TRIED):
            given = {one.name: one.make(r) for one in made if one.required or r() < 0.5}
            if (verdict := fit(tool.name, given, tool.parameters)).reason is not None:
                raise Unmade(f"no value fits its schema ({verdict.reason})")
    except (TypeError, ValueError, AttributeError) as error:
        raise Unmade("no valid JSON Schema") from error
    return made


def _tool(
    offer: Offer, scope: Scope, arguments: tuple[Field, ...], needs: Sequence[Field]
) -> Ready:
    last = own_name(offer.tool.name)
    verb, noun = object_of(words(last))
    returned = declared(offer.returns, scope) if offer.returns else None
    returned = returned or inferred(last, arguments, needs, scope)
    return Ready(offer.tool, verb, noun, arguments, returned)
