"""What the words of a plan mean, in one line each: tiers, rules, evidence, origins."""

from planloom.lift.rules import RULES, phrases, verb, words
from planloom.plan import Node

TIERS = {
    1: "the user, the system, own defaults",
    2: "results of known first-party tools",
    3: "the open web, mail, files, other people's text",
}
SENSITIVITIES = {
    1: "public",
    2: "changes something",
    3: "personal",
    4: "money, health or identity",
    5: "credentials",
}
EVIDENCE = {
    "value": "the value stands in the result, and in no user turn before the call, system text or default",
    "reference": "the argument names the earlier call or its result",
    "declared": "the source states the order",
    "sequence": "only the order in the row is known",
}
ORIGINS = {
    "user": "from a user turn",
    "system": "from the system text",
    "default": "a default or allowed value of the tool",
    "result": "from an earlier result",
    "own": "found nowhere before the call: the model's own",
}
ABOUT_RULES = {
    "tier:result2": "a value came from the result of a known tool",
    "tier:result3": "a value came from a result with other people's text",
    "volume:limit": "an argument says how many",
    "volume:range": "two arguments name a begin and an end",
    "volume:list": "an argument lists what is asked for",
    "volume:sql": "the SQL says how many, or sets no bound",
    "volume:wildcard": "an argument asks for everything",
    "volume:default": "the tool's declared limit",
    "volume:every": "the tool's name asks for all there are",
    "volume:listing": "the tool searches or lists",
    "volume:one": "one thing is named, or something is done once",
    "result:action": "a tool that acts brings in its own report",
    "result:computed": "the tool computes its result",
    "result:web": "the tool speaks of the web",
    "result:mail": "the tool speaks of mail or messages",
    "result:files": "the tool speaks of files",
    "result:people": "the tool speaks of what people publish",
    "sensitivity:credentials": "it speaks of credentials",
    "sensitivity:money": "it speaks of money",
    "sensitivity:health": "it speaks of health",
    "sensitivity:identity": "it speaks of identity papers",
    "sensitivity:personal": "it speaks of personal data",
    "sensitivity:delete": "the tool deletes or undoes",
    "sensitivity:write": "the tool changes something",
}


def fired(name: str, node: Node, about: str) -> list[str]:
    """The words of a rule in a tool's name or its arguments' names, else in its description."""
    said = phrases(words(node.tool)).union(*(phrases(words(key)) for key in node.arguments))
    listed = frozenset[str]().union(*(rule.words for rule in RULES if rule.name == name))
    return sorted(listed & (said | {verb(node.tool)})) or sorted(listed & phrases(about))
