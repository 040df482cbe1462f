"""How much a call asks for, and how sensitive that is.

Volume counts rows, records or files. Sensitivity: 1 public, 2 changes something, 3 personal,
4 money, health or identity, 5 credentials.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from planloom.lift.judgement import Judgement, Rule
from planloom.trace import Call, Tool, plain_name

LIMITS = re.compile(
    r"limit|count|n|num|k|top(_k|_n)?|size|quantity|rows|results|(max|num|page|batch|per)_(results|count|items|size|page)"
    r"|(number|amount)_of_\w+"
)
WILDCARDS = frozenset(("*", "all", "everything", "%", "**"))
WILDCARD_VOLUME = 1000
LISTING = Rule("volume:listing", 10, "list|search|find|query|browse|all|bulk|export|dump|scan")
SENSITIVE = (
    Rule("sensitivity:credentials", 5, "passwords?|passcode|secrets?|credentials?|api keys?|access token|auth|pin|private key|ssh|2fa|otp"),
    Rule("sensitivity:money", 4, "pay|payments?|transfers?|bank|iban|invoices?|credit card|card number|wallets?|transactions?|salary|payroll|loans?|refunds?|accounts? balance|purchase|checkout"),
    Rule("sensitivity:health", 4, "patients?|medical|health|diagnos[ei]s|prescriptions?|symptoms?|blood|clinic|doctor"),
    Rule("sensitivity:identity", 4, "passport|ssn|social security|date of birth|dob|driver licen[cs]e|national id|tax id"),
    Rule("sensitivity:personal", 3, "contacts?|address|phone|phone number|e ?mail|mails?|messages?|sms|inbox|calendar|location|gps|profile|user ?name|users?|customers?|employees?|camera|photos?"),
    Rule("sensitivity:delete", 3, "delete|remove|cancel|drop|erase|wipe|revoke|terminate|uninstall"),
    Rule("sensitivity:write", 2, "create|add|update|set|edit|write|send|post|upload|book|schedule|assign|save|modify|change|turn|rate|register|submit|order"),
)  # fmt: skip


def judge(call: Call, tool: Tool | None) -> tuple[Judgement, Judgement]:
    """Volume and sensitivity of a call."""
    return _volume(call, tool), sensitivity(call.tool, tuple(call.arguments))


def _volume(call: Call, tool: Tool | None) -> Judgement:
    for name, value in call.arguments.items():
        if LIMITS.fullmatch(plain_name(name)) and (count := _count(value)):
            return Judgement(count, "observed", ("volume:limit",))
    if any(_is_wildcard(value) for value in call.arguments.values()):
        return Judgement(WILDCARD_VOLUME, "inferred", ("volume:wildcard",))
    longest = max((len(v) for v in call.arguments.values() if isinstance(v, list)), default=0)
    if longest > 1:
        return Judgement(longest, "observed", ("volume:list",))
    declared = default_limit(tool.parameters) if tool else 0
    if declared:
        return Judgement(declared, "inferred", ("volume:default",))
    if listing(call.tool):
        return Judgement(LISTING.level, "inferred", (LISTING.name,))
    return Judgement(1, "default")


def _count(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value)
    return min(int(value), 10**9) if whole and value >= 1 else 0


def _is_wildcard(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in WILDCARDS


@lru_cache(maxsize=100_000)
def default_limit(parameters: bytes) -> int:
    """The declared default of a limit, or 0."""
    properties = msgspec.json.decode(parameters).get("properties")
    for name, spec in properties.items() if isinstance(properties, Mapping) else ():
        if LIMITS.fullmatch(plain_name(name)) and isinstance(spec, Mapping):
            return _count(spec.get("default"))
    return 0


@lru_cache(maxsize=100_000)
def listing(tool: str) -> bool:
    return LISTING.pattern.search(plain_name(tool).replace("_", " ")) is not None


@lru_cache(maxsize=100_000)
def sensitivity(tool: str, arguments: tuple[str, ...]) -> Judgement:
    """The highest level that the names of the tool and its arguments speak of."""
    words = " ".join(plain_name(name) for name in (tool, *arguments)).replace("_", " ")
    fired = [rule for rule in SENSITIVE if rule.pattern.search(words)]
    if not fired:
        return Judgement(1, "default")
    level = max(rule.level for rule in fired)
    return Judgement(level, "inferred", tuple(r.name for r in fired if r.level == level))
