"""How much a call asks for, and how sensitive that is.

Volume counts rows, records or files. Sensitivity: 1 public, 2 changes something, 3 personal,
4 money, health or identity, 5 credentials.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from planloom.lift.judgement import Judgement, Rule, rule, words
from planloom.lift.trust import ABOUT, ACTION
from planloom.trace import Call, Tool

LIMIT = re.compile(
    r"limit|count|n|num|k|top(?: k| n)?|size|quantity|rows|results|(?:max|num|page|batch|per) (?:results|count|items|size|page|rows)"
    r"|(?:number|amount) of (?:results|items|rows|records|\w+s)"
)
BEGIN, END = ("start", "from", "begin", "first"), ("end", "to", "last", "until")
COUNTED = frozenset(
    ("row", "line", "page", "verse", "index", "record", "item", "chapter", "episode")
)
SQL_ALL = re.compile(
    r"\s*(?:select|delete|update)\b(?!.*\b(?:where|limit|top)\b)", re.IGNORECASE | re.DOTALL
)
SQL_LIMIT = re.compile(r"\s*select\b.*\b(?:limit|top)\s+(\d+)", re.IGNORECASE | re.DOTALL)
WILDCARDS = frozenset(("*", "all", "everything", "%", "**", "*.*"))
MANY = 1000
JOINED = re.compile(
    r"\w+(?:ids|codes|symbols|names|urls|emails|numbers|keys|skus|tickers|tags|items)|ids|symbols|tickers|recipients"
)
EVERY = rule("volume:every", MANY, "get all|list all|fetch all|find all|export|dump|bulk|every")
LISTING = rule(
    "volume:listing",
    10,
    "list|search|find|query|browse|scan|lookup|explore|discover|recommend(?:ations?)?|trending|top|latest|recent|history|feed|news",
)
SPAN = Judgement(10, "inferred", ("volume:range",))
QUERY = re.compile(r"q|query|queries|keywords?|search(?: (?:query|term|text))?")
ONE = rule(
    "volume:one",
    1,
    "id|code|uuid|slug|isbn|sku|barcode|e ?mail|user ?name|url|address|phone(?: number)?|(?:order|account|tracking|flight|invoice|ticket) ?number|city|location|symbol|ticker|expression|formula|title",
)
PERSONAL: tuple[Rule, ...] = (
    rule("sensitivity:credentials", 5, "passwords?|passcode|pass ?phrase|secrets?|credentials?|api ?keys?|(?:access|auth|user|session|refresh|bearer) ?token|token(?! (?:address|id|symbol|name|count|limit|price|supply))|pin(?: code)?|private key|ssh|2fa|otp|mfa|cvv"),
    rule("sensitivity:money", 4, "pay|payments?|payees?|transfers?(?! to (?:a )?human)|bank|iban|invoices?|credit ?card|debit|card ?number|wallets?|transactions?|salary|payroll|loans?|mortgage|refunds?|account balance|balance|purchase|checkout|buy|sell|deposits?|withdraw\\w*|billing|tax(?:es)? return|insurance claim"),
    rule("sensitivity:health", 4, "patients?|medical|medicines?|medications?|health|diagnos[ei]s|prescriptions?|symptoms?|blood|clinical?|disease|illness|allerg(?:y|ies)|pregnan\\w*|heart rate|bmi"),
    rule("sensitivity:identity", 4, "passport|ssn|social security|date of birth|birth ?date|birthday|dob|driver licen[cs]e|national id|tax id|citizenship"),
    rule("sensitivity:personal", 3, "contacts?|home address|phone|phone ?numbers?|e ?mails?|mails?|messages?|sms|inbox|calendar|agenda|meetings?|reminders?|gps|geolocation|profiles?|user ?names?|user ?id|users?|customers?|employees?|staff|camera|photos?|reservations?|bookings?|appointments?|registrations?|my|resume|lead"),
)  # fmt: skip
DELETE = rule(
    "sensitivity:delete",
    3,
    "delete|remove|cancel|drop|erase|wipe|revoke|terminate|uninstall|unsubscribe|clear",
)
WRITE = rule("sensitivity:write", 2, "create|add|update|set|edit|write|send|post|upload|book|schedule|assign|save|modify|change|turn|rate|register|submit|order|transfer|record|open|close|start|stop|enable|disable|toggle|move|rename|reply|publish|subscribe|insert|play|reserve|apply|make")  # fmt: skip
RULES = (EVERY, LISTING, ONE, *PERSONAL, DELETE, WRITE)


def judge(call: Call, tool: Tool | None) -> tuple[Judgement, Judgement]:
    """Volume and sensitivity of a call."""
    about = tool.description[:ABOUT] if tool else ""
    return _volume(call, tool), sensitivity(call.tool, about, tuple(call.arguments))


def _volume(call: Call, tool: Tool | None) -> Judgement:
    return (
        _asked(call.arguments)
        or (default_limit(tool.parameters) if tool else None)
        or meant(call.tool, tuple(call.arguments))
        or Judgement(1, "default")
    )


def _asked(arguments: Mapping[str, Any]) -> Judgement | None:
    """What the arguments say: a limit, a range, everything, a list."""
    longest, numbers = 1, {}
    for name, value in arguments.items():
        if is_limit(name) and (count := _count(value)):
            return Judgement(count, "observed", ("volume:limit",))
        if type(value) is str:
            if (found := _in_text(name, value)) is not None:
                return found
        elif type(value) is list:
            longest = max(longest, len(value))
        elif type(value) is int:
            numbers[name] = value
    for begin, end, of in ranges(tuple(numbers)) if len(numbers) > 1 else ():
        if of in COUNTED and numbers[end] >= numbers[begin]:
            return Judgement(numbers[end] - numbers[begin] + 1, "observed", SPAN.rules)
    return Judgement(longest, "observed", ("volume:list",)) if longest > 1 else None


def _in_text(name: str, value: str) -> Judgement | None:
    if value.strip().lower() in WILDCARDS:
        return Judgement(MANY, "inferred", ("volume:wildcard",))
    if value[:8].lstrip()[:6].lower() in ("select", "delete", "update"):
        if limit := SQL_LIMIT.match(value):
            return Judgement(max(int(limit[1][:9]), 1), "observed", ("volume:sql",))
        return Judgement(MANY, "inferred", ("volume:sql",)) if SQL_ALL.match(value) else None
    if "," in value and names_many(name):
        return Judgement(value.count(",") + 1, "observed", ("volume:list",))
    return None


def _count(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value)
    return min(int(value), 10**9) if whole and value >= 1 else 0


@lru_cache(maxsize=100_000)
def is_limit(name: str) -> bool:
    """Whether an argument of this name says how many are asked for."""
    return LIMIT.fullmatch(words(name)) is not None


@lru_cache(maxsize=100_000)
def ranges(arguments: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """The arguments that name the begin and the end of something, and of what: `start_date, end_date`."""
    sides: dict[tuple[str, bool], str] = {}
    for name in arguments:
        first, _, rest = words(name).partition(" ")
        rest, _, last = (rest, "", first) if first in BEGIN + END else words(name).rpartition(" ")
        if last in BEGIN + END:
            sides[rest, last in BEGIN] = name
    pairs = ((name, sides.get((of, False)), of) for (of, begins), name in sides.items() if begins)
    return [(begin, end, of) for begin, end, of in pairs if end is not None]


@lru_cache(maxsize=100_000)
def names_many(name: str) -> bool:
    """Whether a text under this name lists things, joined by commas."""
    return JOINED.fullmatch(words(name).replace(" ", "_")) is not None


@lru_cache(maxsize=100_000)
def default_limit(parameters: bytes) -> Judgement | None:
    """The declared default of a limit."""
    properties = msgspec.json.decode(parameters).get("properties")
    for name, spec in properties.items() if isinstance(properties, Mapping) else ():
        if is_limit(name) and isinstance(spec, Mapping) and (count := _count(spec.get("default"))):
            return Judgement(count, "inferred", ("volume:default",))
    return None


@lru_cache(maxsize=100_000)
def meant(tool: str, arguments: tuple[str, ...]) -> Judgement | None:
    """What the names of the tool and its arguments say."""
    named = words(tool)
    if EVERY.fits(named):
        return Judgement(EVERY.level, "inferred", (EVERY.name,))
    if LISTING.fits(named) or any(QUERY.fullmatch(words(name)) for name in arguments):
        return Judgement(LISTING.level, "inferred", (LISTING.name,))
    if not ACTION.words.match(named) and ranges(arguments):
        return SPAN
    if ACTION.words.match(named) or any(ONE.words.search(words(name)) for name in arguments):
        return Judgement(1, "inferred", (ONE.name,))
    return None


@lru_cache(maxsize=100_000)
def sensitivity(tool: str, about: str, arguments: tuple[str, ...]) -> Judgement:
    """The highest level that the names of the tool and its arguments, or its description, speak of."""
    named = words(tool)
    names = " , ".join((named, *map(words, arguments)))
    fired = [one for one in PERSONAL if one.fits(names) or one.fits(about.lower())]
    fired += [one for one in (DELETE, WRITE) if one.words.match(named)]
    if not fired:
        return Judgement(1, "default")
    level = max(one.level for one in fired)
    return Judgement(level, "inferred", tuple(one.name for one in fired if one.level == level))
