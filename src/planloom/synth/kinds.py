"""What a value is, by the name of its field.

A field's `key` is what it means in a domain: a result's `id` of `get_order` and an argument `orderId`
are both `order id`. Values of a kind that `flows` are particular enough to be recognised again.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from planloom.lift.rules import words

MODIFIERS = frozenset((
    "source", "target", "from", "to", "new", "old", "primary", "main", "default", "current", "origin", "destination", "sender",
    "start", "end", "given", "optional",
))  # fmt: skip
GENERIC = frozenset((
    "id", "name", "date", "time", "type", "status", "code", "number", "title", "key", "value", "description", "state", "kind",
    "category", "count", "amount", "note", "text", "query", "reason",
))  # fmt: skip
"""Alone these say nothing: `name` of one tool is not `name` of another."""


class Kind(NamedTuple):
    """Fields of a kind are told by their words."""

    name: str
    pattern: re.Pattern[str]
    flows: bool = False


def _kind(name: str, pattern: str, *, flows: bool = False) -> Kind:
    """A kind of fields whose names are, or end with, what the pattern says."""
    return Kind(name, re.compile(rf"(?:.* )?(?:{pattern})"), flows)


KINDS = (
    _kind("email", r"emails?|e mail|mail address|recipients?|attendees?|cc|bcc", flows=True),
    _kind("phone", r"phones?|phone number|mobile|tel", flows=True),
    _kind("url", r"urls?|uri|link|website|webpage|homepage", flows=True),
    _kind("ip", r"ip|ip address", flows=True),
    _kind("path", r"path|file|files|file name|filename|folder|directory|document", flows=True),
    _kind("uuid", r"uuid|guid", flows=True),
    _kind("iban", r"iban", flows=True),
    _kind("month", r"months?"),
    _kind("weekday", r"weekdays?|day of (?:the )?week"),
    _kind("grade", r"stars?|rating|grade|score"),
    _kind("rooms", r"bedrooms?|bathrooms?|floors?|beds|children|infants"),
    _kind("age", r"age|min age|max age"),
    _kind("temperature", r"(?:target )?(?:temperature|degrees|celsius|setpoint)"),
    _kind("level", r"brightness|volume|loudness|level|speed|intensity|humidity|battery"),
    _kind("size", r"weight(?: kg| lb| grams)?|height|width|length|depth|size|radius|distance(?: km| miles)?|grams|area|capacity"),
    _kind("host", r"host|host ?name|domain|domain name|server name"),
    _kind("status code", r"(?:status|error|response) code"),
    _kind("limit", r"limit|top k|top n|max results|num results|page size|per page|max|(?:number|amount) of (?:results|items|rows|records)|\w+ limit"),
    _kind("quantity", r"(?:number|amount) of \w+|quantity|qty|guests|people|passengers|adults|rooms|seats|nights|copies|party size|count|n|k"),
    _kind("page", r"page|offset"),
    _kind("year", r"years?"),
    _kind("duration", r"minutes|hours|duration|days|weeks|months|seconds|timeout|interval"),
    _kind("datetime", r"timestamp|datetime|date time|(?:created|updated|scheduled|expires|due|starts?|ends?) at|start time|end time|since|until", flows=True),
    _kind("date", r"dates?|day|due|deadline|birthday|check in|check out|checkin|checkout|dob", flows=True),
    _kind("time", r"times?|hour|departure|arrival"),
    _kind("latitude", r"lat(?:itude)?(?: ?[a-d0-9])?", flows=True),
    _kind("longitude", r"(?:lng|lon|long|longitude)(?: ?[a-d0-9])?", flows=True),
    _kind("money", r"amount|price|cost|fee|fees|total|budget|salary|balance|principal|revenue|income|rent|deposit|payment|tip|tax|min price|max price", flows=True),
    _kind("percent", r"percent|percentage|rate|interest|discount|ratio|score|rating|confidence|probability"),
    _kind("country code", r"country code|region code|locale|market"),
    _kind("country", r"country|nation|nationality"),
    _kind("currency", r"currency|currencies|currency code|base|quote currency"),
    _kind("language code", r"lang|language code|locale"),
    _kind("language", r"languages?"),
    _kind("city", r"city|cities|location|place|town|destination|origin|area|region|venue|station|airport|departure city|from|to"),
    _kind("address", r"address|street|street address", flows=True),
    _kind("zip", r"zip|(?:zip|postal|post) ?code", flows=True),
    _kind("symbol", r"symbols?|tickers?", flows=True),
    _kind("company", r"company|company name|organi[sz]ation|vendor|supplier|employer|brand|manufacturer|customer company", flows=True),
    _kind("username", r"user ?name|username|login|handle|nickname", flows=True),
    _kind("password", r"password|secret|api key|token|passphrase|pin"),
    _kind("person", r"(?:full|first|last|given|family|patient|customer|client|guest|user|employee|contact|owner|author|student|teacher|doctor|passenger|driver|member|candidate|person|artist|speaker|recipient|sender|assignee|manager|agent|tenant|buyer|seller|reviewer|holder|payee|reader|visitor|donor|volunteer|colleague|technician|worker|pupil|adopter|nurse|lawyer|applicant)(?: name)?", flows=True),
    _kind("full name", r"(?:full|first|last) name", flows=True),
    _kind("named", r"\w+ name", flows=True),
    Kind("person", re.compile("names?"), True),
    _kind("product", r"product|product name|item|item name|model|article|part|goods", flows=True),
    _kind("message", r"messages?|body|text|content|notes?|comment|summary|description|details|instructions?|prompt|feedback|caption|announcement|bio|abstract|paragraph|remarks?"),
    _kind("title", r"title|subject|headline|heading|event|event name|film|movie|song|track|album|book|show|course|project|playlist|exhibition", flows=True),
    _kind("reason", r"reason|cause|justification"),
    _kind("query", r"q|query|keywords?|search|search term|term|topic|subject|theme|question|phrase|interest"),
    _kind("timezone", r"time ?zone|tz"),
    _kind("colour", r"colou?r"),
    _kind("unit", r"units?"),
    _kind("tag", r"tags?|labels?|category|type|genre|kind|group|department|team|section|status|state|priority|level|mode"),
)  # fmt: skip
"""The most particular first."""

_ID = re.compile(
    r"(?:.* )?(?:ids?|codes?|(?:order|tracking|account|invoice|ticket|reference|confirmation|serial|flight|case|policy|booking|card|"
    r"part|batch|lot|permit|licen[cs]e|room|license plate|plate|vin|contract|member|membership|reservation) ?(?:number|no|nr)"
    r"|number|no|numbers|sku|skus|isbn|reference|ref|barcode|vin|plate|hash|sha|commit|slug|keys?)"
)
_NO_ID = re.compile(
    r"number|code|key|(?:.* )?(?:(?:country|currency|language|postal|post|zip|status|error|response|locale|region|dial) codes?"
    r"|(?:phone|mobile|telephone|page|house|floor|week|row|seat) number|api key)"
)
"""Codes and numbers that name nothing."""
ID = Kind("id", _ID, True)


@lru_cache(maxsize=200_000)
def kind_of(name: str) -> Kind | None:
    """The kind of a field by its name; None says nothing."""
    said = words(name)
    if _ID.fullmatch(said) and not _NO_ID.fullmatch(said):
        return ID
    return next((kind for kind in KINDS if kind.pattern.fullmatch(said)), None)


@lru_cache(maxsize=200_000)
def key_of(name: str, noun: str) -> str:
    """What a field means: its words without modifiers, singular; a bare `id` is that of the tool's noun."""
    said = [singular(word) for word in words(name).split()]
    while len(said) > 1 and said[0] in MODIFIERS:
        said = said[1:]
    if noun and len(said) == 1 and said[0] in GENERIC:
        said = [*noun.split(), *said]
    return " ".join(said)


def singular(word: str) -> str:
    """`cities` is `city`, `orders` is `order`, `address` stays."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return (
        word[:-1]
        if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
        else word
    )


@lru_cache(maxsize=200_000)
def same(one: str, other: str) -> bool:
    """Whether two keys mean the same: `email` and `customer email` do, `name` and `file name` do not."""
    if one == other:
        return one not in GENERIC
    short, long = sorted((one, other), key=len)
    return (
        long.endswith(f" {short}") and short not in GENERIC and short.rpartition(" ")[2] != "name"
    )
