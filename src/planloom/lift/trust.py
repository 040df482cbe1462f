"""How far values can be trusted.

Tier 1: the user, the system, own defaults. 2: results of known first-party tools. 3: the open
web, mail, files, other people's text.
"""

from collections.abc import Mapping
from functools import lru_cache

from planloom.lift.judgement import Judgement
from planloom.lift.rules import ACTION, COMPUTED, OPEN_WORLD, phrases, words
from planloom.lift.values import Value
from planloom.plan import Basis
from planloom.trace import Call, Tool

UNKNOWN = Judgement(1, "default")
FROM_USER: dict[Basis, Judgement] = {
    "observed": Judgement(1, "observed"),
    "inferred": Judgement(1, "inferred"),
}


def judge(
    calls: list[Call], values: list[list[Value]], offered: Mapping[str, Tool]
) -> list[tuple[Judgement, Judgement]]:
    """For each call: the tier of its inputs, and the tier of what it brings in."""
    tools = [offered.get(call.tool) for call in calls]
    results = [
        result_tier(call.tool, tool.description if tool else "")
        for call, tool in zip(calls, tools, strict=True)
    ]
    return [(_inputs(mine, results), result) for mine, result in zip(values, results, strict=True)]


def _inputs(values: list[Value], results: list[Judgement]) -> Judgement:
    """The least trusted place any value came from; values found nowhere are the model's own."""
    origins = [value.origin for value in values]
    own = origins.count("own")
    if own == len(values):
        return UNKNOWN
    tiers = [max(results[link.call].value, 2) for value in values for link in value.links]
    basis: Basis = "inferred" if own else "observed"
    return (
        Judgement(max(tiers), basis, (f"tier:result{max(tiers)}",)) if tiers else FROM_USER[basis]
    )


@lru_cache(maxsize=100_000)
def result_tier(name: str, description: str) -> Judgement:
    """An action brings in its own report; a tool of the open world brings in anyone's text."""
    for computed in (ACTION, COMPUTED):
        if computed.does(name):
            return Judgement(computed.level, "inferred", (computed.name,))
    for said in (phrases(words(name)), phrases(description)):
        for open_world in OPEN_WORLD:
            if open_world.fits(said):
                return Judgement(open_world.level, "inferred", (open_world.name,))
    return Judgement(2, "default")
