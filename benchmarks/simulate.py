"""Results for gold calls that nobody ran: references become values, among distractors.

A reference in an argument says which call supplies it. `simulated` invents that call's result, puts the
value into it at some path, in some format, beside values that must not be taken for it, and
writes the value where the reference stood, sometimes in another spelling. So the truth is that of
the source, and nothing of planloom's rules takes part.
"""

import json
import random
import re
import string
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import structs

from planloom.trace import Call, Round, Trace

Edge = tuple[int, int, str]
CITIES = [
    "Lisbon",
    "Osaka",
    "Tampere",
    "Cusco",
    "Windhoek",
    "Bergen",
    "Galway",
    "Nantes",
    "Pune",
    "Recife",
    "Split",
    "Tartu",
]
NAMES = [
    "Ines Okafor",
    "Jonas Lindqvist",
    "Mei Tanaka",
    "Rosa Delgado",
    "Tomasz Zielinski",
    "Aisha Rahman",
]
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
COMMON = {"status": "success", "page": 1, "total": 10, "unit": "metric", "currency": "USD",
          "ok": True, "language": "en", "error": None, "type": "default", "count": 5}  # fmt: skip


class Reference(NamedTuple):
    """`written` in an argument (its path) stands for field `field` of the result of call `call`."""

    call: int
    field: str
    argument: str
    written: str


class Simulated(NamedTuple):
    """A trace with results, and the data edges that it has by construction."""

    trace: Trace
    edges: set[Edge]


def simulated(
    trace: Trace, references: dict[int, list[Reference]], rng: random.Random
) -> Simulated:
    """`references`: those in the arguments of each call, by its index."""
    user = "\n".join(trace.user_turns).casefold()
    values: dict[tuple[int, str], Any] = {}
    for wanted in references.values():
        for one in wanted:
            key = one.call, one.field
            while key not in values or str(values[key]).casefold() in user:
                values[key] = value_for(one.field, rng)
    edges, calls = set(), []
    for index, call in enumerate(trace.calls):
        arguments = call.arguments
        for one in references.get(index, ()):
            value = spelled(values[one.call, one.field], rng)
            arguments = replaced(arguments, one.argument, one.written, value)
            edges.add((one.call, index, one.argument))
        calls.append(structs.replace(call, arguments=arguments, gives=()))
    supplied: dict[int, dict[str, Any]] = defaultdict(dict)
    for (number, field), value in values.items():
        supplied[number][field] = value
    answered = [
        structs.replace(call, result=rendered(supplied[i], call, trace, rng))
        for i, call in enumerate(calls)
    ]
    rounds = tuple(Round((call,), 0) for call in answered)
    return Simulated(structs.replace(trace, rounds=rounds), edges)


# Values


def value_for(field: str, rng: random.Random) -> Any:
    """A value of the kind that the name of the field speaks of."""
    name = field.lower()
    if re.search(r"date|day$|deadline|dob", name):
        return f"20{rng.randint(20, 29)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    if re.search(r"name|author|user", name):
        return rng.choice(NAMES) + rng.choice(("", "-Smith", " II"))
    if re.search(r"city|location$|place", name):
        return rng.choice(CITIES)
    if re.search(r"url|link|file|image|audio", name):
        return f"https://{_letters(rng, 6).lower()}.example/{_letters(rng, 8).lower()}.{rng.choice(('png', 'mp3'))}"
    if re.search(
        r"text|joke|lyrics|headline|review|definition|sentence|description|title|data$", name
    ):
        return " ".join(_letters(rng, rng.randint(3, 9)).lower() for _ in range(rng.randint(4, 12)))
    if re.search(r"id$|code|number$|_no|token|sku|key|cik|^#", name):
        return rng.choice((_identifier(rng), rng.randint(1000, 10**9)))
    return rng.choice((_identifier(rng), _number(rng), _number(rng)))


def _identifier(rng: random.Random) -> str:
    forms = (
        lambda: _letters(rng, 3) + str(rng.randint(100, 99999)),
        lambda: f"{rng.getrandbits(48):012x}",
        lambda: f"{_letters(rng, 4).lower()}_{rng.randint(10, 9999)}",
        lambda: _letters(rng, 6),
        lambda: f"m.0{_letters(rng, 5).lower()}",
    )
    return rng.choice(forms)()


def _number(rng: random.Random) -> int | float:
    """Of any magnitude: small ones are as frequent as large ones."""
    number = 10 ** rng.uniform(0.5, 6)
    return round(number, 2) if rng.random() < 0.5 else int(number)


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.ascii_uppercase, k=count))


def spelled(value: Any, rng: random.Random) -> Any:
    """The value as an assistant might pass it on: mostly unchanged."""
    if rng.random() < 0.75:
        return value
    if isinstance(value, (int, float)):
        return rng.choice((str(value), f"{value:,}", float(value)))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        year, month, day = map(int, value.split("-"))
        name = MONTHS[month - 1]
        return rng.choice(
            (f"{name} {day}, {year}", f"{day} {name} {year}", f"{month:02}/{day:02}/{year}")
        )
    if " " in value:
        return rng.choice((f"{value}.", f"About: {value}", value.title()))
    return rng.choice((value, f" {value} ", [value], f"id={value}"))


def near(value: Any, rng: random.Random) -> Any:
    """Another value that looks like it."""
    if isinstance(value, (int, float)):
        return rng.choice((value + 1, int(f"{int(value)}{rng.randint(0, 9)}"), value * 2))
    return rng.choice((value + _letters(rng, 2), _letters(rng, 1) + value[1:], value[:-1] + "0x"))


# Results


def rendered(fields: dict[str, Any], call: Call, trace: Trace, rng: random.Random) -> str:
    """A result that holds the fields and distractors, in one of the formats that tools answer in."""
    if not fields:
        return json.dumps(dict(distractors(call, trace, rng)))
    if list(fields) == [""]:
        value = fields[""]
        forms = (
            str(value),
            json.dumps(value),
            json.dumps({"result": value}),
            f"The result is {value}.",
        )
        return rng.choice(forms)
    plain = {field or "value": value for field, value in fields.items()}
    record = {**plain, **{f"other_{name}": near(value, rng) for name, value in plain.items()}}
    others = [
        {name: near(value, rng) for name, value in plain.items()} for _ in range(rng.randint(0, 4))
    ]
    records = [record, *others]
    rng.shuffle(records)
    beside = dict(distractors(call, trace, rng))
    forms = (
        lambda: json.dumps({**plain, **beside}),
        lambda: json.dumps({"data": {"items": records}, **beside}),
        lambda: json.dumps(records),
        lambda: repr({"results": records, "meta": beside}),
        lambda: json.dumps({"error": "", "response": json.dumps(record)}),
        lambda: "; ".join(f"{name}: {value}" for name, value in record.items()),
        lambda: " ".join(f"The {name} is {value}." for name, value in plain.items()),
    )
    return rng.choice(forms)()


def distractors(call: Call, trace: Trace, rng: random.Random) -> Iterator[tuple[str, Any]]:
    """What results hold besides: states, counts, units, the call's own arguments, the user's words."""
    yield from rng.sample(list(COMMON.items()), 4)
    yield "query", call.arguments
    words = trace.user_turns[0].split() if trace.user_turns else []
    if words:
        yield "matched", rng.sample(words, min(3, len(words)))
    for later in trace.calls:
        for value in later.arguments.values():
            said = (
                isinstance(value, str)
                and value.casefold() in "\n".join(trace.user_turns).casefold()
            )
            if said and rng.random() < 0.2:
                yield f"hint_{_letters(rng, 2)}", value


# Arguments


def replaced(arguments: Any, path: str, written: str, value: Any) -> Any:
    """The arguments with the value for what is written at the path `a.b[0].c`."""
    keys = [int(i) if i else name for name, i in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)]
    return _replaced(arguments, keys, written, value)


def _replaced(data: Any, keys: list[int | str], written: str, value: Any) -> Any:
    if not keys:
        return value if data.strip() == written else data.replace(written, str(value))
    copy = data.copy()
    copy[keys[0]] = _replaced(data[keys[0]], keys[1:], written, value)
    return copy
