"""How far values can be trusted.

Tier 1: the user, the system, own defaults. 2: results of known first-party tools. 3: the open
web, mail, files, other people's text.
"""

from collections.abc import Mapping
from functools import lru_cache

from planloom.lift.judgement import Judgement, rule, words
from planloom.lift.values import Value
from planloom.trace import Call, Tool

ABOUT = 300  # characters of a description that say what the tool does
ACTION = rule(
    "result:action",
    2,
    "send|create|add|update|set|edit|modify|delete|remove|cancel|book|schedule|turn|open|close|start|stop|write|post|pay",
    "transfer|assign|register|save|upload|reply|rate|record|order|buy|sell|enable|disable|toggle|submit|subscribe|move|rename",
)
COMPUTED = rule(
    "result:computed",
    2,
    "calculate|calculator|compute|convert|conversion|math|solve|sum|think|sort|generate|validate|random|count",
)
OPEN_WORLD = (
    rule("result:web", 3, "web|website|webpage|urls?|browser?|scrap(?:e|er|ing)|crawl(?:er)?|google|bing|duckduckgo|seo|search engine|wiki|wikipedia|rss|internet|online"),
    rule("result:mail", 3, "e ?mails?|mails?|inbox|gmail|messages?|sms|chats?|slack|channels?|dms?|conversations?|whatsapp|telegram"),
    rule("result:files", 3, "files?|documents?|docs?|pdfs?|attachments?|folders?|drive|notes?|ocr"),
    rule("result:people", 3, "reviews?|comments?|posts?|tweets?|twitter|reddit|forums?|feed|news|articles?|blogs?|social|youtube|tiktok|instagram|captions?|transcripts?|lyrics|podcasts?|questions and answers|user generated|sponsorships?"),
)  # fmt: skip
RULES = (ACTION, COMPUTED, *OPEN_WORLD)


def judge(
    calls: list[Call], values: list[list[Value]], offered: Mapping[str, Tool]
) -> list[tuple[Judgement, Judgement]]:
    """For each call: the tier of its inputs, and the tier of what it brings in."""
    results = [result_tier(call.tool, _about(offered.get(call.tool))) for call in calls]
    return [(_inputs(mine, results), result) for mine, result in zip(values, results, strict=True)]


def _inputs(values: list[Value], results: list[Judgement]) -> Judgement:
    """The least trusted place any value came from; values found nowhere are the model's own."""
    located = [value for value in values if value.origin != "own"]
    if not located:
        return Judgement(1, "default")
    tiers = [max(results[link.call].value, 2) for value in located for link in value.links]
    rules = (f"tier:result{max(tiers)}",) if tiers else ()
    whole = len(located) == len(values)
    return Judgement(max(tiers, default=1), "observed" if whole else "inferred", rules)


def _about(tool: Tool | None) -> str:
    return tool.description[:ABOUT] if tool else ""


@lru_cache(maxsize=100_000)
def result_tier(name: str, description: str) -> Judgement:
    """An action brings in its own report; a tool of the open world brings in anyone's text."""
    named = words(name)
    if ACTION.words.match(named) or COMPUTED.words.match(named):
        fired = ACTION if ACTION.words.match(named) else COMPUTED
        return Judgement(fired.level, "inferred", (fired.name,))
    for text in (named, description.lower()):
        for open_world in OPEN_WORLD:
            if open_world.fits(text):
                return Judgement(open_world.level, "inferred", (open_world.name,))
    return Judgement(2, "default")
