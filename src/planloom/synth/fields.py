"""The fields of a tool: how a value of each is made so that it fits its JSON Schema."""

import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple

from planloom.synth.kinds import ID, Kind, key_of, kind_of
from planloom.synth.makers import NUMBERS, Make, Makers, Random, id_maker, one_of, whole

MAX_DEPTH = 4
AGAIN = 8  # attempts to draw different elements of a list
OPTIONAL = 0.5  # share of optional properties inside objects
BOUNDS = frozenset(
    (
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    )
)
Schema = Mapping[str, Any]


class Scope(NamedTuple):
    """Where a field stands: what its tool is about, in which domain, and how values are made there."""

    noun: str
    domain: str
    makers: Makers


class Field(NamedTuple):
    """An argument of a tool, or a value in its result.

    `fixed` are values that need nobody to say them: a default, an enumeration. `each` is the field
    of a list's elements. `flows`: a value of it is worth handing on. `bound`: its schema says more
    than a type, so that a value of another field of its key may not fit.
    """

    name: str
    key: str
    type: str
    make: Make
    required: bool = True
    flows: bool = False
    fixed: bool = False
    bound: bool = False
    text: bool = False
    each: "Field | None" = None


class Unmade(Exception):
    """A schema of which no value can be made up; its text says why."""


def field(name: str, schema: Any, scope: Scope, *, required: bool = True, depth: int = 0) -> Field:
    """The field that a property of a schema is.

    Raises:
        Unmade: if no value of it can be made up.
    """
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        raise Unmade(f"{name}: no schema" if depth <= MAX_DEPTH else f"{name}: nested too deep")
    key, schema = key_of(name, scope.noun), _branch(schema, name)
    if (values := _enumerated(schema)) is not None:
        return Field(
            name, key, _type_of_value(values[0]), one_of(values), required, fixed=True, bound=True
        )
    kind, type_ = kind_of(name), _type(schema)
    if type_ == "array":
        return _array(name, key, schema, scope, required, depth)
    if type_ == "object":
        return Field(name, key, type_, _object(schema, scope, depth), required)
    if type_ == "boolean":
        return Field(name, key, type_, lambda r: r() < 0.5, required, fixed=True)
    make = (
        _number(schema, kind, type_)
        if type_ in ("integer", "number")
        else _text(schema, kind, key, scope)
    )
    flows = kind is not None and kind.flows and (type_ == "string" or kind.name in NUMBERS)
    is_text = (
        type_ == "string"
        and kind is not None
        and kind.name == "message"
        and "maxLength" not in schema
    )
    has_default = schema.get("default") not in (None, "")
    is_bound = not BOUNDS.isdisjoint(schema)
    return Field(
        name, key, type_, make, required, flows, has_default and not required, is_bound, is_text
    )


def _enumerated(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    values = (
        [one for one in values if one is not None and one != ""] if isinstance(values, list) else []
    )
    return values or None


def _branch(schema: Schema, name: str) -> Schema:
    """The first alternative that is no null."""
    for word in ("anyOf", "oneOf", "allOf"):
        branches = schema.get(word)
        if isinstance(branches, list):
            if word == "allOf":
                return {
                    **schema,
                    **{
                        k: v for one in branches if isinstance(one, Mapping) for k, v in one.items()
                    },
                }
            real = [
                one for one in branches if isinstance(one, Mapping) and one.get("type") != "null"
            ]
            if not real:
                raise Unmade(f"{name}: {word} without a value")
            rest = {key: value for key, value in schema.items() if key != word}
            return _branch({**rest, **real[0]}, name)
    if "$ref" in schema:
        raise Unmade(f"{name}: $ref")
    return schema


def _type(schema: Schema) -> str:
    given = schema.get("type")
    if isinstance(given, list):
        given = next((one for one in given if one != "null"), None)
    if given is None:
        given = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return given if given in ("array", "object", "boolean", "integer", "number") else "string"


def _type_of_value(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "string")


def _array(name: str, key: str, schema: Schema, scope: Scope, required: bool, depth: int) -> Field:
    items = schema.get("items")
    each = field(name, items if isinstance(items, Mapping) else {}, scope, depth=depth + 1)
    least = max(int(schema.get("minItems", 1) or 1), 1)
    most = min(max(int(schema.get("maxItems", 3) or 3), least), least + 2)
    size, unique = whole(least, most), schema.get("uniqueItems") is True

    def make(r: Random) -> list[Any]:
        wanted, values = size(r), list[Any]()
        for _ in range(wanted * (AGAIN if unique else 1)):
            one = each.make(r)
            if not unique or one not in values:
                values.append(one)
            if len(values) == wanted:
                break
        return values

    if unique and any(len(one) < least for one in _samples(make)):
        raise Unmade(f"{name}: {least} different elements")
    usable = each if each.flows and least <= 1 else None
    return Field(name, key, "array", make, required, fixed=each.fixed, each=usable)


def _object(schema: Schema, scope: Scope, depth: int) -> Make:
    properties = schema.get("properties")
    required = frozenset(schema.get("required") or ())
    if not isinstance(properties, Mapping):
        return lambda r: {}
    made = list(_properties(properties, required, scope, depth))

    def make(r: Random) -> dict[str, Any]:
        return {one.name: one.make(r) for one in made if one.required or r() < OPTIONAL}

    return make


def _properties(
    properties: Mapping[str, Any], required: frozenset[str], scope: Scope, depth: int
) -> Iterator[Field]:
    for name, one in properties.items():
        try:
            yield field(name, one, scope, required=name in required, depth=depth + 1)
        except Unmade:
            if name in required:
                raise


def fields(schema: Schema, scope: Scope) -> tuple[Field, ...]:
    """The arguments that a tool's JSON Schema declares; optional ones that cannot be made up are left out.

    Raises:
        Unmade: if a required one cannot be made up.
    """
    properties = schema.get("properties")
    required = frozenset(schema.get("required") or ())
    if not isinstance(properties, Mapping):
        return ()
    return tuple(_properties(properties, required, scope, 0))


def _number(schema: Schema, kind: Kind | None, type_: str) -> Make:
    low, high = schema.get("minimum"), schema.get("maximum")
    low = (
        schema.get("exclusiveMinimum", low)
        if not isinstance(schema.get("exclusiveMinimum"), bool)
        else low
    )
    high = (
        schema.get("exclusiveMaximum", high)
        if not isinstance(schema.get("exclusiveMaximum"), bool)
        else high
    )
    named = NUMBERS.get(kind.name) if kind is not None else None
    make = named or (lambda r: int(2 ** (1 + 8 * r())))
    if type_ == "integer":
        bare = make
        make = lambda r: int(bare(r))  # noqa: E731
    if low is None and high is None:
        return make
    step = 1 if type_ == "integer" else 0.01
    first = (
        float(low if low is not None else min(0.0, float(high or 0) - 100))
        + ("exclusiveMinimum" in schema) * step
    )
    last = float(high if high is not None else first + 1000) - ("exclusiveMaximum" in schema) * step

    def bounded(r: Random) -> Any:
        value = make(r)
        if not first <= value <= last:
            value = first + r() * (last - first)
        return min(int(value + 0.5), int(last)) if type_ == "integer" else round(value, 4)

    return bounded


_FORMATS = {
    "date": "date", "date-time": "timestamp", "time": "time", "email": "email", "uri": "url", "url": "url",
    "uuid": "uuid", "ipv4": "ip", "hostname": "url",
}  # fmt: skip


def _text(schema: Schema, kind: Kind | None, key: str, scope: Scope) -> Make:
    named = _FORMATS.get(str(schema.get("format", "")))
    kind = kind_of(named) if named else kind
    name = kind.name if kind is not None else "word"
    if kind is ID:
        make = id_maker(scope.domain, key)
    elif name not in scope.makers.texts and name in NUMBERS:
        number = NUMBERS[name]
        make = lambda r: str(number(r))  # noqa: E731
    else:
        make = scope.makers.texts[name]
    return _fitting(schema, make)


def _samples(make: Make) -> list[Any]:
    """A few values, always the same."""
    step = count(1)
    return [make(lambda: (next(step) * 0.618) % 1) for _ in range(8)]


def _fitting(schema: Schema, make: Make) -> Make:
    """The maker, cut to the longest text allowed.

    Raises:
        Unmade: if its values have not the pattern of the schema, or are too short.
    """
    pattern, most, least = schema.get("pattern"), schema.get("maxLength"), schema.get("minLength")
    values = _samples(make)
    if isinstance(pattern, str):
        try:
            fits = all(re.search(pattern, one) for one in values)
        except re.error as error:
            raise Unmade(f"pattern {pattern}: {error}") from error
        if not fits:
            raise Unmade(f"pattern {pattern}")
    if isinstance(least, int) and any(len(one) < least for one in values):
        raise Unmade(f"at least {least} characters")
    if isinstance(most, int):
        if pattern is not None and any(len(one) > most for one in values):
            raise Unmade(f"pattern {pattern} in {most} characters")
        return lambda r: make(r)[:most]
    return make
