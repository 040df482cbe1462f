"""Personal data in texts of real users, told by kind and never repeated."""

import re
from collections.abc import Iterator

_EMAIL = re.compile(
    r"[\w.+-]{1,64}@(?!(?:example|test|domain|email|company)\.)[\w-]+\.[a-zA-Z]{2,}"
)
_CARD = re.compile(r"(?<![\w.-])(?:\d[ -]?){13,19}(?![\w.-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?|\(\d{3}\)[ .-]?)\d{2,4}(?:[ .-]?\d{2,4}){1,3}(?![\w-])"
)
_US_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
PRIVATE = re.compile(
    r"0\.|10\.|127\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|2(?:2[4-9]|[3-5]\d)\."
)


def kinds(text: str) -> Iterator[str]:
    """The kinds of personal data in the text: email, phone, card, iban, us_ssn, ip_address."""
    if "@" in text and _EMAIL.search(text):
        yield "email"
    if sum(map(str.isdigit, text[:100_000])) < 4:  # an address of four digits is the least
        return
    if any(_luhn(match[0]) for match in _CARD.finditer(text)):
        yield "card"
    if any(_mod_97(match[0]) for match in _IBAN.finditer(text)):
        yield "iban"
    if any(7 <= sum(map(str.isdigit, match[0])) <= 15 for match in _PHONE.finditer(text)):
        yield "phone"
    if _US_SSN.search(text):
        yield "us_ssn"
    if any(_public(match[0]) for match in _IP.finditer(text)):
        yield "ip_address"


def _luhn(number: str) -> bool:
    """Whether the check digit of a payment card is right (ISO/IEC 7812-1)."""
    digits = [int(c) for c in number if c.isdigit()]
    if not 13 <= len(digits) <= 19 or digits[0] not in (3, 4, 5, 6) or len(set(digits)) < 4:
        return False
    doubled = [d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _mod_97(number: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 7064, MOD 97-10)."""
    plain = number.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _public(address: str) -> bool:
    return not PRIVATE.match(address) and all(int(part) < 256 for part in address.split("."))
