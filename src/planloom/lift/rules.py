"""The rules that judge tools by their words: data, so that a reader can check and change them.

A word stands for its plural too. What a rule means is its `level`: a tier of trust, a volume in
rows, records or files, or a sensitivity.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

ABOUT = 300  # characters of a description that say what the tool does
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")


NOUNS = frozenset(
    ("order", "post", "close", "record", "rate", "book", "play", "schedule", "transfer", "change")
)
NOUN_PARTNERS = frozenset(
    ("history", "office", "price", "status", "details", "info", "id", "number", "list", "rate")
)
"""A verb before one of these is a noun: `order_history`, `close_price`."""
_EXCUSED = re.compile(
    r"\b(?:tokens|token (?:address|id|symbol|name|count|limit|price|supply)|(?:next )?page token"
    r"|transfer to (?:a )?human|file transfer)\b"
)
"""What sounds sensitive and is not."""


class Rule(NamedTuple):
    """Words and phrases that decide."""

    name: str
    level: int
    words: frozenset[str]

    def fits(self, said: frozenset[str]) -> bool:
        """Whether one of the words is among the phrases of a text."""
        return not self.words.isdisjoint(said)

    def does(self, tool: str) -> bool:
        """Whether the verb of a tool's name is one of the words."""
        return verb(tool) in self.words


def rule(name: str, level: int, words: str) -> Rule:
    """A rule from comma-separated words."""
    listed = words.split(", ")
    return Rule(name, level, frozenset((*listed, *map(_plural, listed))))


def _plural(word: str) -> str:
    return word[:-1] + "ies" if word[-1] == "y" and word[-2] not in "aeo" else word + "s"


@lru_cache(maxsize=100_000)
def words(name: str) -> str:
    """The words of a name in lower case: `getUserToken` and `get_user-token` are `get user token`."""
    return " ".join(_WORD.findall(_CAMEL.sub(" ", name))).lower()


def own_name(tool: str) -> str:
    """A tool's name behind those of what it belongs to: `harbor.book_berth` is `book_berth`."""
    for separator in (".", "/", ":", "__"):
        tool = tool.rstrip(separator).rpartition(separator)[2] or tool
    return tool


@lru_cache(maxsize=100_000)
def verb(tool: str) -> str:
    """The first word of a tool's name, behind the names of what it belongs to: `harbor.book_berth`."""
    tool = own_name(tool)
    if "_" in (last := tool.rpartition("-")[2]):  # filesystem-delete_file
        tool = last
    first, _, rest = words(tool).partition(" ")
    is_noun = first in NOUNS and rest.partition(" ")[0] in NOUN_PARTNERS
    return "" if is_noun else first


@lru_cache(maxsize=100_000)
def phrases(text: str) -> frozenset[str]:
    """The words of a text in lower case, and what two and three of them in a row say."""
    one = _WORD.findall(_EXCUSED.sub(" ", " ".join(_WORD.findall(text[:ABOUT].lower()))))
    two = [f"{a} {b}" for a, b in pairwise(one)]
    three = [f"{a} {b}" for a, b in zip(two, one[2:], strict=False)]
    return frozenset((*one, *two, *three))


# What a call brings in.

ACTION = rule(
    "result:action",
    2,
    "send, create, add, update, set, edit, modify, delete, remove, cancel, book, schedule, turn, "
    "close, start, stop, write, post, pay, transfer, assign, register, save, upload, reply, "
    "rate, record, order, buy, sell, enable, disable, toggle, submit, subscribe, move, rename",
)
COMPUTED = rule(
    "result:computed",
    2,
    "calculate, calculator, compute, convert, conversion, math, solve, sum, think, sort, generate, "
    "validate, random, count",
)
OPEN_WORLD = (
    rule(
        "result:web",
        3,
        "web, website, webpage, url, browse, browser, scrape, scraper, scraping, crawl, crawler, "
        "google, bing, duckduckgo, seo, search engine, wiki, wikipedia, rss, internet, online",
    ),
    rule(
        "result:mail",
        3,
        "email, e mail, mail, inbox, gmail, message, sms, chat, slack, channel, dm, conversation, "
        "whatsapp, telegram",
    ),
    rule("result:files", 3, "file, document, doc, pdf, attachment, folder, drive, note, ocr"),
    rule(
        "result:people",
        3,
        "review, comment, post, tweet, twitter, reddit, forum, feed, news, article, blog, social, "
        "youtube, tiktok, instagram, caption, transcript, lyrics, podcast, sponsorship",
    ),
)

# How much it asks for.

EVERY = rule(
    "volume:every", 1000, "get all, list all, fetch all, find all, export, dump, bulk, every"
)
LISTING = rule(
    "volume:listing",
    10,
    "list, search, browse, explore, discover, recommend, recommendation, trending, top, latest, "
    "recent, history, feed, news",
)
LOOKUP = rule("volume:listing", 10, "find, query, lookup, scan")  # of one, where an id is given
ONE = rule(
    "volume:one",
    1,
    "id, code, uuid, slug, isbn, sku, barcode, email, e mail, username, user name, url, address, "
    "phone, order number, account number, tracking number, trackingnumber, flight number, "
    "invoice number, ticket number, city, location, symbol, ticker, expression, formula, title",
)

# How sensitive that is: what the tool touches, and what it does.

TOUCHED = (
    rule(
        "sensitivity:credentials",
        5,
        "password, passcode, passphrase, pass phrase, secret, credential, api key, apikey, token, "
        "pin, pin code, private key, ssh, 2fa, otp, mfa, cvv",
    ),
    rule(
        "sensitivity:money",
        4,
        "pay, payment, payee, transfer, bank, iban, invoice, credit card, creditcard, debit, "
        "card number, wallet, transaction, salary, payroll, loan, mortgage, refund, balance, "
        "purchase, checkout, buy, sell, deposit, withdraw, withdrawal, billing, tax return",
    ),
    rule(
        "sensitivity:health",
        4,
        "patient, medical, medicine, medication, health, diagnosis, diagnose, prescription, "
        "symptom, blood, clinic, clinical, disease, illness, allergy, pregnancy, heart rate, bmi",
    ),
    rule(
        "sensitivity:identity",
        4,
        "passport, ssn, social security, date of birth, birth date, birthdate, birthday, dob, "
        "driver license, driver licence, driver s license, national id, tax id, citizenship",
    ),
    rule(
        "sensitivity:personal",
        3,
        "contact, home address, phone, phone number, email, e mail, mail, message, sms, inbox, "
        "calendar, agenda, meeting, reminder, gps, geolocation, profile, username, user, customer, "
        "employee, staff, camera, photo, reservation, booking, appointment, registration, my, "
        "resume, lead",
    ),
)
DELETE = rule(
    "sensitivity:delete",
    3,
    "delete, remove, cancel, drop, erase, wipe, revoke, terminate, uninstall, unsubscribe, clear",
)
WRITE = rule(
    "sensitivity:write",
    2,
    "create, add, update, set, edit, write, send, post, upload, book, schedule, assign, save, "
    "modify, change, turn, rate, register, submit, order, transfer, record, close, start, "
    "stop, enable, disable, toggle, move, rename, reply, publish, subscribe, insert, play, "
    "reserve, apply, make",
)
RULES = (ACTION, COMPUTED, *OPEN_WORLD, EVERY, LISTING, ONE, *TOUCHED, DELETE, WRITE)
