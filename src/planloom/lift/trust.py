"""How far values can be trusted.

Tier 1: the user, the system, own defaults. 2: results of known first-party tools. 3: the open
web, mail, files, other people's text.
"""

from collections.abc import Mapping
from functools import lru_cache

from planloom.lift.judgement import Judgement, Rule
from planloom.lift.values import Value
from planloom.trace import Tool, Trace, plain_name

ACTIONS = Rule(
    "result:action",
    2,
    "send|create|add|update|set|delete|remove|cancel|book|schedule|turn|open|close|start|stop"
    "|write|post|pay|transfer|assign|register|save|upload|reply|rate",
)
OPEN_WORLD = (
    Rule("result:web", 3, "web|website|webpage|url|browse|browser|scrape|crawl|google|bing|wiki|wikipedia|rss|http|internet"),
    Rule("result:mail", 3, "e ?mails?|mails?|inbox|messages?|sms|chats?|slack|channels?|dms?|threads?|conversations?"),
    Rule("result:files", 3, "files?|documents?|docs?|pdf|attachments?|folders?|drive|notes?"),
    Rule("result:people", 3, "reviews?|comments?|posts?|tweets?|tweet|twitter|reddit|forum|feed|news|articles?|blogs?|social|youtube|captions?|transcripts?"),
)  # fmt: skip


def judge(
    trace: Trace, values: list[Value], offered: Mapping[str, Tool]
) -> list[tuple[Judgement, Judgement]]:
    """For each call: the tier of its inputs, and the tier of what it brings in."""
    results = [result_tier(call.tool, _about(offered.get(call.tool))) for call in trace.calls]
    by_call: list[list[Value]] = [[] for _ in results]
    for value in values:
        by_call[value.call].append(value)
    return [(_inputs(mine, results), result) for mine, result in zip(by_call, results, strict=True)]


def _inputs(values: list[Value], results: list[Judgement]) -> Judgement:
    """The least trusted place any value came from; values found nowhere are the model's own."""
    located = [value for value in values if value.origin != "own"]
    tiers = [max(results[link.call].value, 2) for value in located for link in value.links]
    tier = max(tiers, default=1)
    rules = (f"tier:result{tier}",) if tiers else ()
    if not located:
        return Judgement(1, "default")
    return Judgement(tier, "observed" if len(located) == len(values) else "inferred", rules)


def _about(tool: Tool | None) -> str:
    return tool.description[:300] if tool else ""


@lru_cache(maxsize=100_000)
def result_tier(name: str, description: str) -> Judgement:
    """An action brings in its own report; a tool of the open world brings in anyone's text."""
    words = plain_name(name).replace("_", " ")
    verb = words.split(" ", 1)[0]
    if ACTIONS.pattern.fullmatch(verb):
        return Judgement(2, "inferred", (ACTIONS.name,))
    for text in (words, description.lower()):
        for rule in OPEN_WORLD:
            if rule.pattern.search(text):
                return Judgement(rule.level, "inferred", (rule.name,))
    return Judgement(2, "default")
