"""The packed tools: invented ones of many domains, written one a line so that people can review them.

    ## clinic: receptionist of a clinic
    find_doctors(specialty: cardiology|neurology, city, limit?: integer = 10) -> [doctor_id, city]  # Find doctors

A name is a string unless a type follows: integer, number, boolean, date, datetime, email, uri, `a|b`
for one of several words, `[x]` for a list, `{a, b: integer}` for an object, and the name of an id.
`?` marks what may be left out. A result is one record, or in brackets a list of records.
"""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs

from planloom.errors import InputError
from planloom.synth.tools import Domain, Offer
from planloom.trace import Tool

Schema = dict[str, Any]
HEADING = re.compile(r"## (?P<name>[a-z_]+): (?P<role>\S.*)")
LINE = re.compile(r"(?P<name>[A-Za-z_.]+)\((?P<takes>.*?)\) -> (?P<gives>.+?)  # (?P<says>\S.*)")
TOKEN = re.compile(r"\s*([A-Za-z_][\w-]*|-?\d+(?:\.\d+)?|[\[\]{}:,?=|])")
ID = re.compile(r"\w+(_id|Id)")
TYPES: dict[str, Schema] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "email": {"type": "string", "format": "email"},
    "uri": {"type": "string", "format": "uri"},
}


class Field(NamedTuple):
    """One argument, or one value of a result."""

    name: str
    schema: Schema
    required: bool


class Notation:
    """What is left to read of one line."""

    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.findall(text)
        if "".join(self.tokens) != "".join(text.split()):
            raise ValueError(f"a sign that means nothing in {text!r}")

    def take(self, sign: str) -> bool:
        found = self.tokens[:1] == [sign]
        del self.tokens[: int(found)]
        return found

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise ValueError(f"no {sign} before {' '.join(self.tokens) or 'the end'!r}")

    def word(self) -> str:
        if not self.tokens or not re.match(r"[\w-]", self.tokens[0]):
            raise ValueError(f"no name before {' '.join(self.tokens) or 'the end'!r}")
        return str(self.tokens.pop(0))

    def fields(self) -> Schema:
        """Names with their types, divided by commas, as the schema of an object."""
        found = [self.field()]
        while self.take(","):
            found.append(self.field())
        names = [field.name for field in found]
        if len(set(names)) < len(names):
            raise ValueError(f"a name twice among {', '.join(names)}")
        return record(found)

    def field(self) -> Field:
        name, optional = self.word(), self.take("?")
        schema = self.type() if self.take(":") else TYPES["string"]
        if self.take("="):
            schema = schema | {"default": default(self.word(), schema)}
        return Field(name, schema, not optional)

    def type(self) -> Schema:
        if self.take("["):
            schema: Schema = {"type": "array", "items": self.type()}
            self.need("]")
            return schema
        if self.take("{"):
            schema = self.fields()
            self.need("}")
            return schema
        words = [self.word()]
        while self.take("|"):
            words.append(self.word())
        return {"type": "string", "enum": words} if len(words) > 1 else plain(words[0])

    def result(self) -> Schema:
        several = self.take("[")
        schema = self.fields()
        if several:
            self.need("]")
        return {"type": "array", "items": schema} if several else schema


def record(fields: list[Field]) -> Schema:
    return {
        "type": "object",
        "properties": {field.name: field.schema for field in fields},
        "required": [field.name for field in fields if field.required],
    }


def plain(word: str) -> Schema:
    if word not in TYPES and not ID.fullmatch(word):
        raise ValueError(f"no type is called {word!r}")
    return TYPES.get(word, TYPES["string"])


def default(word: str, schema: Schema) -> Any:
    try:
        value = word if schema["type"] == "string" else json.loads(word)
    except ValueError:
        value = word
    if not jsonschema_rs.is_valid(schema, value):
        raise ValueError(f"the default {word!r} is not of its type")
    return value


def offer(line: str) -> Offer:
    found = LINE.fullmatch(line)
    if not found:
        raise ValueError("not a tool: write name(argument, ...) -> result  # what it does")
    takes, gives = Notation(found["takes"]), Notation(found["gives"])
    parameters, returns = takes.fields() if takes.tokens else record([]), gives.result()
    if left := takes.tokens + gives.tokens:
        raise ValueError(f"cannot read on at {' '.join(left)!r}")
    return Offer(Tool.of(found["name"], found["says"], parameters), returns)


def parse(text: str, name: str) -> list[Domain]:
    """The domains of a file; an InputError names the line that cannot be read."""
    found: list[Domain] = []
    for at, line in enumerate(text.splitlines(), 1):
        try:
            if heading := HEADING.fullmatch(line):
                found.append(Domain(heading["name"], heading["role"], ()))
            elif line.strip():
                if not found:
                    raise ValueError("a tool before the first ## domain: role")
                found[-1] = found[-1]._replace(offers=(*found[-1].offers, offer(line)))
        except ValueError as error:
            raise InputError(f"{name}, line {at}: {error}; correct it") from None
    return found


@lru_cache(maxsize=1)
def domains() -> tuple[Domain, ...]:
    """All packed domains, in the order of their files."""
    files = sorted(Path(__file__).parent.glob("*.txt"))
    return tuple(one for path in files for one in parse(path.read_text("utf-8"), path.name))
