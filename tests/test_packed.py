"""The packed tools can be read, chained and said in every language."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from planloom.errors import InputError
from planloom.synth import packed
from planloom.synth.packed import domains, parse
from planloom.synth.tools import Domain, Offer

LEXICON = Path(packed.__file__).parents[1] / "lexicon.toml"
BRANDS = re.compile(
    "adidas|airbnb|alexa|alibaba|amazon|android|apple|asana|azure|bing|chrome|discord|"
    "dropbox|ebay|expedia|facebook|fedex|gitlab|github|gmail|google|heroku|hilton|"
    "hubspot|ikea|instagram|jira|kubernetes|linkedin|lufthansa|marriott|mastercard|"
    "meta|microsoft|netflix|nike|notion|openai|oracle|outlook|paypal|pinterest|reddit|"
    "salesforce|samsung|sap|shopify|siemens|slack|snowflake|sony|spotify|stripe|"
    "telegram|tesla|tiktok|trello|tripadvisor|twilio|twitter|uber|ups|visa|walmart|"
    "whatsapp|wikipedia|yahoo|yelp|youtube|zendesk|zillow|zoom"
)
IDENTITY = re.compile(r".*(_id|_ids|Id|Ids|_number)")
FREE_TEXT = re.compile(
    "message|note|notes|body|comment|description|reason|summary|"
    "report|text|remarks|findings|request"
)
each_domain = pytest.mark.parametrize("domain", domains(), ids=lambda domain: domain.name)


def parameters(offer: Offer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(offer.tool.parameters)
    return found


def single(name: str) -> str:
    return re.sub(r"(?<=[dD])s$", "", name) if name.endswith(("_ids", "Ids")) else name


def named(schema: dict[str, Any]) -> Iterator[str]:
    """All names in a schema, those of inner objects too."""
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from named(inner)
    if "items" in schema:
        yield from named(schema["items"])


def needs(offer: Offer) -> set[str]:
    schema = parameters(offer)
    required = {"properties": {name: schema["properties"][name] for name in schema["required"]}}
    return {single(name) for name in named(required) if IDENTITY.fullmatch(name)}


def gives(offer: Offer) -> set[str]:
    assert offer.returns
    return {single(name) for name in named(offer.returns) if IDENTITY.fullmatch(name)}


def levels(domain: Domain) -> dict[str, int]:
    """How many calls it takes at least until each tool has been called, by equal names of ids."""
    found: dict[str, int] = {}
    at: dict[str, int] = {}
    for level in range(1, len(domain.offers) + 1):
        ready = [
            one for one in domain.offers if needs(one) <= at.keys() and one.tool.name not in found
        ]
        found |= {one.tool.name: level for one in ready}
        for name in {name for one in ready for name in gives(one)}:
            at.setdefault(name, level)
    return found


def test_there_are_enough_domains_and_tools() -> None:
    names = [domain.name for domain in domains()]
    assert len(names) >= 54 and len(set(names)) == len(names)
    assert all(6 <= len(domain.offers) <= 10 for domain in domains())


@each_domain
def test_tools_chain(domain: Domain) -> None:
    found = levels(domain)
    assert found.keys() == {offer.tool.name for offer in domain.offers}, "an id nobody gives"
    assert max(found.values()) >= 3
    assert any(
        offer.returns and offer.returns["type"] == "array" and not needs(offer)
        for offer in domain.offers
    )
    assert any(
        len(needs(one)) > 1 and not any(needs(one) <= gives(two) for two in domain.offers)
        for one in domain.offers
    ), "no tool needs ids of two others"
    taken = [parameters(offer)["properties"] for offer in domain.offers]
    assert any(FREE_TEXT.fullmatch(name) for names in taken for name in names), "no free text"
    assert any(schema["type"] == "array" for names in taken for schema in names.values()), "no list"


@each_domain
def test_names_and_schemas_are_sound(domain: Domain) -> None:
    names = [offer.tool.name for offer in domain.offers]
    assert len(set(names)) == len(names)
    for offer in domain.offers:
        takes = parameters(offer)
        assert jsonschema_rs.meta.is_valid(takes) and jsonschema_rs.meta.is_valid(offer.returns)
        for schema in takes["properties"].values():
            if "default" in schema:
                assert jsonschema_rs.is_valid(schema, schema["default"])


def test_no_brand_is_named() -> None:
    told = {word for domain in domains() for offer in domain.offers for word in said(offer)}
    assert told & {"cancel", "clinic", "hour"}
    assert not list(filter(BRANDS.fullmatch, told))


def said(offer: Offer) -> list[str]:
    text = f"{offer.tool.name} {offer.tool.description} {json.dumps([parameters(offer), offer.returns])}"
    return words(text)


def words(name: str) -> list[str]:
    return [one.lower() for one in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "zh"])
def test_every_word_is_in_the_lexicon(language: str) -> None:
    offers = [offer for domain in domains() for offer in domain.offers]
    lexicon = tomllib.loads(LEXICON.read_text("utf-8"))
    for offer in offers:
        verb, *noun = words(offer.tool.name.rsplit(".")[-1])
        assert lexicon["verbs"][verb][language].strip()
        assert lexicon["nouns"][" ".join(noun)][language].strip()
        for name in named(parameters(offer)):
            assert lexicon["labels"][" ".join(words(name))][language].strip()


def test_each_entry_tells_all_languages_in_their_script() -> None:
    lexicon = tomllib.loads(LEXICON.read_text("utf-8"))
    assert lexicon.keys() == {"verbs", "nouns", "labels"}
    for entry in (entry for section in lexicon.values() for entry in section.values()):
        assert list(entry) == ["en", "de", "es", "fr", "pt", "zh"]
        assert re.search(r"[\u4e00-\u9fff]", entry["zh"]) or entry["zh"] == "emoji"
        assert not any(re.search(r"[\u4e00-\u9fff]", entry[name]) for name in entry if name != "zh")


def test_the_notation_tells_types() -> None:
    line = "find_all(query, kind?: a|b = b, n: integer = 3, ids?: [item_id], at: {x: number}) -> [item_id]  # Find"
    (domain,) = parse(f"## shop: clerk of a shop\n{line}\n", "shop.txt")
    (offer,) = domain.offers
    assert (domain.name, domain.role, offer.tool.description) == ("shop", "clerk of a shop", "Find")
    takes = parameters(offer)
    assert takes["required"] == ["query", "n", "at"]
    assert takes["properties"]["kind"] == {"type": "string", "enum": ["a", "b"], "default": "b"}
    assert takes["properties"]["n"] == {"type": "integer", "default": 3}
    assert takes["properties"]["ids"] == {"type": "array", "items": {"type": "string"}}
    assert takes["properties"]["at"]["properties"] == {"x": {"type": "number"}}
    assert offer.returns and offer.returns["items"]["required"] == ["item_id"]


@pytest.mark.parametrize(
    "line, told",
    [
        ("find_all(query)", "not a tool"),
        ("find_all(query: strin) -> item_id  # Find", "no type is called 'strin'"),
        ("find_all(query) -> [item_id  # Find", "no ] before"),
        ("find_all(query, query) -> item_id  # Find", "a name twice"),
        ("find_all(n: integer = x) -> item_id  # Find", "the default 'x'"),
        ("find_all(n: a|b = c) -> item_id  # Find", "the default 'c'"),
        ("find_all(n m) -> item_id  # Find", "cannot read on at 'm'"),
        ("find_all(n;) -> item_id  # Find", "means nothing"),
        ("find_all(n,) -> item_id  # Find", "no name before"),
        ("## Shop", "not a tool"),
    ],
)
def test_a_broken_line_is_told(line: str, told: str) -> None:
    with pytest.raises(InputError, match=r"shop.txt, line 2: ") as caught:
        parse(f"## shop: clerk\n{line}\n", "shop.txt")
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_tool_needs_a_domain() -> None:
    with pytest.raises(InputError, match="line 1: a tool before the first"):
        parse("find_all() -> item_id  # Find", "shop.txt")
