"""How values of each kind are made up, from pools that hold nobody's data."""

import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from planloom.errors import InputError, nearest

Random = Callable[[], float]
Make = Callable[[Random], Any]
Pools = Mapping[str, Sequence[str]]

LIMITS = (3, 5, 10, 10, 20, 25, 50)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DOMAINS = ("example.com", "example.org", "example.net")


def packed() -> dict[str, list[str]]:
    """The value pools that come with Planloom."""
    return tomllib.loads(
        resources.files("planloom").joinpath("synth/pools.toml").read_text("utf-8")
    )


def load(path: Path) -> dict[str, list[str]]:
    """The packed pools and what a file (TOML: names of pools, lists of texts) adds to them.

    Raises:
        InputError: for a file that cannot be read, or names no pool.
    """
    known = packed()
    try:
        more = msgspec.convert(tomllib.loads(path.read_text("utf-8")), dict[str, list[str]])
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except (ValueError, msgspec.ValidationError) as error:
        raise InputError(f"{path}: {error}; a pool is a list of texts") from error
    for name, values in more.items():
        if name not in known:
            raise InputError(f"{path}: no pool is called {name}{nearest(name, known)}")
        known[name] += [value for value in values if value not in known[name]]
    return known


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


class Makers:
    """The makers of texts, by the name of a kind; those of numbers need no pool."""

    def __init__(self, pool: Pools) -> None:
        self.pool = pool
        self.texts = _texts(pool)


def _texts(pool: Pools) -> dict[str, Make]:
    given, family, street, word, company, topic, product, opening = (
        one_of(pool[name])
        for name in ("given", "family", "street", "word", "company", "topic", "product", "message")
    )
    domain = one_of(DOMAINS)

    def person(r: Random) -> str:
        return f"{given(r)} {family(r)}"

    def email(r: Random) -> str:
        return f"{given(r).lower()}.{family(r).lower()}{int(r() * 90) + 10}@{domain(r)}"

    def sentence(r: Random) -> str:
        return f"{opening(r)}: {topic(r)}"

    return {
        "email": email,
        "phone": lambda r: f"+1-555-01{int(r() * 100):02}-{int(r() * 9000) + 1000}",
        "url": lambda r: f"https://{word(r)}.{domain(r)}/{word(r)}-{int(r() * 9000) + 1000}",
        "ip": lambda r: f"198.51.100.{int(r() * 254) + 1}",
        "path": lambda r: f"/{word(r)}/{word(r)}-{int(r() * 900) + 100}.{('pdf', 'csv', 'txt', 'md')[int(r() * 4)]}",
        "uuid": _uuid,
        "iban": lambda r: f"XX{int(r() * 90) + 10}EXMP{int(r() * 1e12):012}",
        "year": lambda r: str(2019 + int(r() * 9)),
        "duration": lambda r: f"{15 * (1 + int(r() * 8))} minutes",
        "datetime": lambda r: f"{_date(r)}T{_time(r)}:00",
        "date": _date,
        "time": _time,
        "latitude": lambda r: f"{r() * 130 - 60:.4f}",
        "longitude": lambda r: f"{r() * 360 - 180:.4f}",
        "money": lambda r: f"{_money(r):.2f}",
        "country code": one_of(pool["country_code"]),
        "country": one_of(pool["country"]),
        "currency": one_of(pool["currency"]),
        "language code": one_of(pool["language_code"]),
        "language": one_of(pool["language"]),
        "city": one_of(pool["city"]),
        "address": lambda r: f"{int(r() * 190) + 10} {street(r)}",
        "zip": lambda r: f"{int(r() * 90000) + 10000}",
        "symbol": lambda r: "".join("ABCDEFGHKLMNPRSTVWXZ"[int(r() * 20)] for _ in range(4)),
        "company": company,
        "username": lambda r: f"{given(r).lower()}_{word(r)}{int(r() * 90) + 10}",
        "password": lambda r: f"{word(r)}-{_hex(r, 10)}",
        "person": person,
        "full name": person,
        "named": lambda r: f"{word(r).title()} {word(r).title()}",
        "product": lambda r: f"{word(r)} {product(r)}",
        "message": sentence,
        "title": one_of(pool["title"]),
        "reason": one_of(pool["reason"]),
        "query": topic,
        "timezone": one_of(pool["timezone"]),
        "colour": one_of(pool["colour"]),
        "unit": one_of(pool["unit"]),
        "tag": one_of(pool["tag"]),
        "month": one_of(MONTHS),
        "weekday": one_of(WEEKDAYS),
        "host": lambda r: f"{word(r)}{int(r() * 90) + 10}.{domain(r)}",
        "word": lambda r: f"{word(r)} {word(r)}",
    }  # fmt: skip


NUMBERS: dict[str, Make] = {
    "month": whole(1, 12),
    "weekday": whole(1, 7),
    "grade": whole(1, 5),
    "rooms": whole(1, 4),
    "age": whole(18, 80),
    "temperature": whole(16, 27),
    "level": whole(5, 100),
    "size": whole(1, 180),
    "status code": one_of((200, 201, 400, 404, 500)),
    "id": whole(100_000, 9_999_999),
    "limit": one_of(LIMITS),
    "quantity": whole(1, 8),
    "page": whole(1, 4),
    "year": whole(2019, 2027),
    "duration": one_of((5, 7, 10, 14, 15, 30, 45, 60, 90, 120)),
    "datetime": lambda r: 1_767_225_600 + int(r() * 6e7),
    "time": whole(0, 23),
    "latitude": lambda r: round(r() * 130 - 60, 4),
    "longitude": lambda r: round(r() * 360 - 180, 4),
    "money": _money,
    "percent": lambda r: round(r() * 20 + 0.5, 1),
    "zip": whole(10000, 99999),
    "password": whole(100_000, 999_999),
}


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
