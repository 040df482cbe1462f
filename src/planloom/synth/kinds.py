"""What a value is, by the name and the schema of its field, and how one is made up.

A field's `key` is what it means in a domain: a result's `id` of `get_order` and an argument `orderId`
are both `order id`. Values of a kind that `flows` are particular enough to be recognised again.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from planloom.lift.rules import words

Random = Callable[[], float]
Make = Callable[[Random], Any]

LIMITS = (3, 5, 10, 10, 20, 25, 50)
MOST_RECORDS = 50
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
    """Fields of a kind are told by their words; `make` gives a text, `number` a number if one is wanted."""

    name: str
    pattern: re.Pattern[str]
    make: Make | None
    number: Make | None = None
    flows: bool = False


@lru_cache(maxsize=1)
def pools() -> dict[str, list[str]]:
    """The packed value pools."""
    return tomllib.loads(
        resources.files("planloom").joinpath("synth/pools.toml").read_text("utf-8")
    )


def one_of(values: Sequence[Any]) -> Make:
    """A choice with equal chances."""
    count = len(values)
    return lambda r: values[int(r() * count)]


def whole(low: int, high: int) -> Make:
    """An integer from `low` to `high`."""
    span = high - low + 1
    return lambda r: low + int(r() * span)


def _money(r: Random) -> float:
    return int(100 * 10 ** (1 + 3 * r()) + 1) / 100


def _date(r: Random) -> str:
    return f"{2026 + int(r() * 2)}-{1 + int(r() * 12):02}-{1 + int(r() * 28):02}"


def _time(r: Random) -> str:
    return f"{7 + int(r() * 14):02}:{5 * int(r() * 12):02}"


def _hex(r: Random, digits: int) -> str:
    return f"{int(r() * (1 << 4 * digits)):0{digits}x}"


def _uuid(r: Random) -> str:
    return f"{_hex(r, 8)}-{_hex(r, 4)}-4{_hex(r, 3)}-a{_hex(r, 3)}-{_hex(r, 12)}"


def _kinds() -> tuple[Kind, ...]:
    pool = pools()
    given, family, domain = (
        one_of(pool["given"]),
        one_of(pool["family"]),
        one_of(("example.com", "example.org", "example.net")),
    )
    street, word, company, topic = (
        one_of(pool[name]) for name in ("street", "word", "company", "topic")
    )
    opening = one_of(pool["message"])

    def person(r: Random) -> str:
        return f"{given(r)} {family(r)}"

    def email(r: Random) -> str:
        return f"{given(r).lower()}.{family(r).lower()}{int(r() * 90) + 10}@{domain(r)}"

    def sentence(r: Random) -> str:
        return f"{opening(r)}: {topic(r)}"

    def kind(
        name: str, pattern: str, make: Make | None, number: Make | None = None, flows: bool = False
    ) -> Kind:
        return Kind(name, re.compile(rf"(?:.* )?(?:{pattern})"), make, number, flows)

    return (
        kind("email", r"emails?|e mail|mail address|recipients?|attendees?|cc|bcc", email, flows=True),
        kind("phone", r"phones?|phone number|mobile|tel", lambda r: f"+1-555-01{int(r() * 100):02}-{int(r() * 9000) + 1000}", flows=True),
        kind("url", r"urls?|uri|link|website|webpage|homepage", lambda r: f"https://{word(r)}.{domain(r)}/{word(r)}-{int(r() * 9000) + 1000}", flows=True),
        kind("ip", r"ip|ip address", lambda r: f"198.51.100.{int(r() * 254) + 1}", flows=True),
        kind("path", r"path|file|files|file name|filename|folder|directory|document", lambda r: f"/{word(r)}/{word(r)}-{int(r() * 900) + 100}.{('pdf', 'csv', 'txt', 'md')[int(r() * 4)]}", flows=True),
        kind("uuid", r"uuid|guid", _uuid, flows=True),
        kind("iban", r"iban", lambda r: f"XX{int(r() * 90) + 10}EXMP{int(r() * 1e12):012}", flows=True),
        kind("limit", r"limit|top k|top n|max results|num results|page size|per page|max|(?:number|amount) of \w+|\w+ limit", None, one_of(LIMITS)),
        kind("quantity", r"quantity|qty|guests|people|passengers|adults|rooms|seats|nights|copies|party size|count|n|k", None, whole(1, 8)),
        kind("page", r"page|offset", None, whole(1, 4)),
        kind("year", r"years?", lambda r: str(2019 + int(r() * 9)), whole(2019, 2027)),
        kind("duration", r"minutes|hours|duration|days|weeks|months|seconds|timeout|interval", lambda r: f"{15 * (1 + int(r() * 8))} minutes", one_of((5, 7, 10, 14, 15, 30, 45, 60, 90, 120))),
        kind("datetime", r"timestamp|datetime|date time|(?:created|updated|scheduled|expires|due|starts?|ends?) at|start time|end time|since|until", lambda r: f"{_date(r)}T{_time(r)}:00", lambda r: 1_767_225_600 + int(r() * 6e7), True),
        kind("date", r"dates?|day|due|deadline|birthday|check in|check out|checkin|checkout|dob", _date, flows=True),
        kind("time", r"times?|hour|departure|arrival", _time, whole(0, 23)),
        kind("latitude", r"lat|latitude", lambda r: f"{r() * 130 - 60:.4f}", lambda r: round(r() * 130 - 60, 4), True),
        kind("longitude", r"lng|lon|long|longitude", lambda r: f"{r() * 360 - 180:.4f}", lambda r: round(r() * 360 - 180, 4), True),
        kind("money", r"amount|price|cost|fee|fees|total|budget|salary|balance|principal|revenue|income|rent|deposit|payment|tip|tax|min price|max price", lambda r: f"{_money(r):.2f}", _money, True),
        kind("percent", r"percent|percentage|rate|interest|discount|ratio|score|rating|confidence|probability", None, lambda r: round(r() * 20 + 0.5, 1)),
        kind("country code", r"country code|region code|locale|market", one_of(pool["country_code"])),
        kind("country", r"country|nation|nationality", one_of(pool["country"])),
        kind("currency", r"currency|currencies|currency code|base|quote currency", one_of(pool["currency"])),
        kind("language code", r"lang|language code|locale", one_of(pool["language_code"])),
        kind("language", r"languages?", one_of(pool["language"])),
        kind("city", r"city|cities|location|place|town|destination|origin|area|region|venue|station|airport|departure city|from|to", one_of(pool["city"])),
        kind("address", r"address|street|street address", lambda r: f"{int(r() * 190) + 10} {street(r)}", flows=True),
        kind("zip", r"zip|zip code|postal code|postcode|zipcode", lambda r: f"{int(r() * 90000) + 10000}", whole(10000, 99999), True),
        kind("symbol", r"symbols?|tickers?", lambda r: "".join("ABCDEFGHKLMNPRSTVWXZ"[int(r() * 20)] for _ in range(4)), flows=True),
        kind("company", r"company|company name|organi[sz]ation|vendor|supplier|employer|brand|manufacturer|customer company", company, flows=True),
        kind("username", r"user ?name|username|login|handle|nickname", lambda r: f"{given(r).lower()}_{word(r)}{int(r() * 90) + 10}", flows=True),
        kind("password", r"password|secret|api key|token|passphrase|pin", lambda r: f"{word(r)}-{_hex(r, 10)}", whole(100_000, 999_999)),
        kind("person", r"(?:full|first|last|given|family|patient|customer|client|guest|user|employee|contact|owner|author|student|teacher|doctor|passenger|driver|member|candidate|person|artist|speaker|recipient|sender|assignee|manager|agent|tenant|buyer|seller|reviewer|host|holder|payee|reader|visitor|donor|volunteer|colleague|technician|worker|pupil|adopter|nurse|lawyer|applicant)(?: name)?", person, flows=True),
        kind("name", r"(?:full|first|last) name", person, flows=True),
        kind("title", r"\w+ name", lambda r: f"{word(r).title()} {word(r).title()}", flows=True),
        Kind("person", re.compile("names?"), person, None, True),
        kind("product", r"product|product name|item|item name|model|article|part|goods", lambda r: f"{word(r)} {_product(r)}", flows=True),
        kind("message", r"messages?|body|text|content|notes?|comment|summary|description|details|instructions?|prompt|feedback|caption|announcement|bio|abstract|paragraph|remarks?", sentence),
        kind("title", r"title|subject|headline|heading|event|event name|film|movie|song|track|album|book|show|course|project|playlist|exhibition", one_of([f"{a}" for a in pool["title"]]), flows=True),
        kind("reason", r"reason|cause|justification", one_of(pool["reason"])),
        kind("query", r"q|query|keywords?|search|search term|term|topic|subject|theme|question|phrase|interest", topic),
        kind("timezone", r"time ?zone|tz", one_of(pool["timezone"])),
        kind("colour", r"colou?r", one_of(pool["colour"])),
        kind("unit", r"units?", one_of(pool["unit"])),
        kind("tag", r"tags?|labels?|category|type|genre|kind|group|department|team|section|status|state|priority|level|mode", one_of(pool["tag"])),
    )  # fmt: skip


def _product(r: Random) -> str:
    values = pools()["product"]
    return values[int(r() * len(values))]


_ID = re.compile(
    r"(?:.* )?(?:ids?|codes?|(?:order|tracking|account|invoice|ticket|reference|confirmation|serial|flight|case|policy|booking|card|"
    r"part|batch|lot|permit|licen[cs]e|room|license plate|plate|vin|contract|member|membership|reservation) ?(?:number|no|nr)"
    r"|number|no|numbers|sku|skus|isbn|reference|ref|barcode|vin|plate|hash|sha|commit|slug|keys?)"
)


@lru_cache(maxsize=1)
def kinds() -> tuple[Kind, ...]:
    """All kinds, the most particular first."""
    return _kinds()


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


@lru_cache(maxsize=200_000)
def kind_of(name: str) -> Kind | None:
    """The kind of a field by its name; None says nothing, ids have a kind of their own."""
    said = words(name)
    if _ID.fullmatch(said) and said not in ("number", "code", "key"):
        return ID
    return next((kind for kind in kinds() if kind.pattern.fullmatch(said)), None)


ID = Kind("id", _ID, None, None, flows=True)


@lru_cache(maxsize=50_000)
def id_maker(domain: str, key: str) -> Make:
    """Ids of one look for each key of a domain: `ORD-10234`, `ord_8f3a2b`, a UUID, digits."""
    look = hashlib.blake2b(f"{domain}/{key}".encode(), digest_size=2).digest()[0] % 6
    stem = [word for word in key.split() if word not in ("id", "number", "code", "no")] or [key]
    short = "".join(word[0] for word in stem) if len(stem) > 2 else stem[0][:3]
    if look == 0:
        return lambda r: f"{short.upper()}-{int(r() * 900_000) + 100_000}"
    if look == 1:
        return lambda r: f"{short}_{_hex(r, 8)}"
    if look == 2:
        return lambda r: f"{short.upper()}{int(r() * 9_000_000) + 1_000_000}"
    if look == 3:
        return lambda r: f"{short.upper()}-{2024 + int(r() * 3)}-{int(r() * 90_000) + 10_000}"
    if look == 4:
        return _uuid
    return lambda r: f"{int(r() * 9e7) + 1e7:.0f}"
