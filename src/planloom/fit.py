"""The arguments of one call against the JSON Schema of its tool, with named repairs.

A difference is tolerated if a repair that changes no meaning makes the call valid; the call itself
stays as the row has it. Of formats, `FORMATS` are asserted; dates and times may be written
otherwise, if they have a digit; no other format is asserted.
"""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

import jsonschema_rs
import msgspec
from jsonschema_rs import ValidationErrorKind as Kind

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.verdict import FINE, Tolerance, Verdict

FORMATS = frozenset(("email", "ipv4", "ipv6", "uuid"))
TIMES = frozenset(("date", "date-time", "time"))
MAX_ROUNDS = 8
_KEEP, _DROP = object(), object()
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,2})?", re.ASCII)
_OPENED_BY = ("patternProperties", "if", "dependentSchemas", "unevaluatedProperties")
_REASONS = {
    Kind.Required: Reason.missing_argument,
    Kind.AdditionalProperties: Reason.unknown_argument,
    Kind.UnevaluatedProperties: Reason.unknown_argument,
}
Schema = dict[str, Any]


class _Contract(NamedTuple):
    """What a tool's schema asks for. `known` is None where any argument is welcome."""

    known: frozenset[str] | None
    required: frozenset[str]
    validator: Any
    notes: tuple[Tolerance, ...]


class _Repair(NamedTuple):
    """A change at `path` after which the value fits, or _KEEP, or _DROP."""

    name: Tolerance
    path: tuple[str | int, ...]
    value: Any


class _Known(NamedTuple):
    """What helps to judge an error: the whole schema, and the texts that stand for results."""

    schema: Schema
    references: tuple[str, ...]


def fit(
    tool: str, arguments: dict[str, Any], parameters: bytes, references: Iterable[str] = ()
) -> Verdict:
    """The verdict on the arguments; `references` are the texts in them that stand for results."""
    contract = _contract(parameters)
    names = arguments.keys()
    if contract.known is not None and not names <= contract.known:
        extra = ", ".join(sorted(names - contract.known))
        return Verdict(Reason.unknown_argument, f"{tool}: {extra}")
    if not contract.required <= names:
        missing = ", ".join(sorted(contract.required - names))
        return Verdict(Reason.missing_argument, f"{tool}: {missing}")
    if contract.validator.is_valid(arguments):
        return Verdict(None, "", contract.notes) if contract.notes and names else FINE
    schema = msgspec.json.decode(parameters)
    return _repaired(tool, arguments, contract, _Known(schema, tuple(references)))


# What a schema asks for


@lru_cache(maxsize=50_000)
def _contract(parameters: bytes) -> _Contract:
    schema = msgspec.json.decode(parameters)
    known = _names(schema)
    required = frozenset(name for name in schema.get("required") or () if isinstance(name, str))
    validator = _compiled(schema)
    notes = [Tolerance.schema_invalid] if validator is None else []
    if known is not None and not known:
        known = None
        notes.append(Tolerance.no_parameters_declared)
    return _Contract(known, required, validator or _rest(schema), tuple(notes))


def _names(root: Schema) -> frozenset[str] | None:
    """The declared names, in every branch, or None where others are welcome too."""
    found: set[str] = set()
    branches: list[Any] = [root]
    seen = set()  # many references may lead to one branch, and back
    while branches:
        schema = branches.pop()
        if not isinstance(schema, dict) or _is_open(schema):
            return None
        if id(schema) not in seen:
            seen.add(id(schema))
            found |= _table(schema).keys()
            branches += _branches(schema, root)
    return frozenset(found)


def _is_open(schema: Schema) -> bool:
    given = schema.get("additionalProperties")
    return given not in (None, False) or any(key in schema for key in _OPENED_BY)


def _table(schema: Schema) -> Schema:
    given = schema.get("properties")
    return given if isinstance(given, dict) else {}


def _branches(schema: Schema, root: Schema) -> Iterator[Any]:
    for key in ("allOf", "anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            yield from schema[key]
    if isinstance(schema.get("$ref"), str):
        place: Any = root
        for key in schema["$ref"].removeprefix("#").split("/")[1:]:
            place = place.get(key) if isinstance(place, dict) else None
        yield place


def _offline(uri: str) -> NoReturn:
    raise ValueError(f"{uri}: schemas are not fetched")


def _compiled(schema: Schema) -> Any:
    """A validator, or None if the schema is wrong or lies elsewhere."""
    try:
        return jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_offline)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        return None


def _rest(schema: Schema) -> Any:
    """A validator of those parameters whose own schemas are right."""
    shared: Schema = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    right = {
        name: part
        for name, part in _table(schema).items()
        if _compiled({**shared, "properties": {name: part}}) is not None
    }
    return _compiled({**shared, "properties": right}) or _compiled({})


# Repairs


def _repaired(tool: str, arguments: dict[str, Any], contract: _Contract, known: _Known) -> Verdict:
    """Repairs until the arguments fit: a repaired value may have faults inside."""
    tolerated = list(contract.notes)
    value = deepcopy(arguments)
    for _ in range(MAX_ROUNDS):
        repairs: dict[tuple[str | int, ...], _Repair] = {}
        for error in contract.validator.iter_errors(value):
            mends = _mended(error, known)
            if not mends:
                return _fault(tool, error)
            for repair in mends:
                repairs.setdefault(repair.path, repair)
        changes = [repair for repair in repairs.values() if repair.value is not _KEEP]
        if not changes:
            kept = (repair.name for repair in repairs.values())
            return Verdict(None, "", (*tolerated, *kept))
        for repair in changes:
            tolerated.append(repair.name)
            _put(value, repair.path, repair.value)
    return Verdict(Reason.wrong_type, f"{tool}: no end of repairs")


def _fault(tool: str, error: Any) -> Verdict:
    where = ".".join(map(str, error.instance_path)) or "$"
    return Verdict(_reason(error), f"{tool}: {where}: {error.message[:200]}")


def _reason(error: Any) -> Reason:
    """Of a choice that is not met, what is wrong with every branch, if that is the same."""
    if isinstance(error.kind, (Kind.AnyOf, Kind.OneOfNotValid)):
        reasons = {_reason(one) for errors in error.kind.context for one in errors}
        if len(reasons) == 1:
            return reasons.pop()
    return _REASONS.get(type(error.kind), Reason.wrong_type)


def _put(value: Any, path: tuple[str | int, ...], new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    if new is _DROP:
        value.pop(path[-1], None)
    else:
        value[path[-1]] = new


def _mended(error: Any, known: _Known) -> list[_Repair]:
    """The repairs that undo a schema error, or none."""
    value, kind, path = error.instance, error.kind, tuple(error.instance_path)
    if isinstance(value, str) and any(text in value for text in known.references):
        return [_Repair(Tolerance.reference, path, _KEEP)]
    if value is None and path and isinstance(path[-1], str):
        return [_Repair(Tolerance.null_for_optional, path, _DROP)]
    if _is_declared(value, known.schema, error.schema_path):
        return [_Repair(Tolerance.declared_value, path, _KEEP)]
    match kind:
        case Kind.AnyOf() | Kind.OneOfNotValid():
            return _branch(kind.context, known)
        case Kind.OneOfMultipleValid():
            return [_Repair(Tolerance.one_of_overlap, path, _KEEP)]
        case Kind.Format() if _is_loose(kind.format, value):
            return [_Repair(Tolerance.loose_format, path, _KEEP)]
        case Kind.Type():
            mend = _retyped(value, set(kind.types))
        case Kind.Enum():
            mend = _option(value, kind.options)
        case _:
            mend = None
    return [_Repair(mend[0], path, mend[1])] if mend else []


def _is_declared(value: Any, schema: Any, path: list[str | int]) -> bool:
    """Whether the schema that the error breaks itself names the value, as default or in its enum."""
    for key in path[:-1]:
        try:
            schema = schema[key]
        except (KeyError, IndexError, TypeError):  # the path of a schema with an $id of its own
            return False
    if not isinstance(schema, dict):
        return False
    named = [*schema.get("enum", ()), *([schema["default"]] if "default" in schema else ())]
    return any(one == value and isinstance(one, bool) == isinstance(value, bool) for one in named)


def _is_loose(format_: str, value: Any) -> bool:
    if format_ in TIMES:
        return any(character.isdigit() for character in value)
    return format_ not in FORMATS


def _branch(branches: list[list[Any]], known: _Known) -> list[_Repair]:
    """The repairs of the first branch of which every error can be repaired."""
    for errors in branches:
        mends = [_mended(error, known) for error in errors]
        if mends and all(mends):
            return [repair for mend in mends for repair in mend]
    return []


def _retyped(value: Any, types: set[str]) -> tuple[Tolerance, Any] | None:
    if isinstance(value, str):
        if types & {"integer", "number"} and _NUMBER.fullmatch(value):
            number = int(value) if value.lstrip("+-").isdigit() else float(value)
            return Tolerance.number_in_text, number
        if "boolean" in types and value.lower() in ("true", "false"):
            return Tolerance.boolean_in_text, value.lower() == "true"
        if types & {"array", "object"} and value.lstrip()[:1] in ("[", "{"):
            return _parsed(value)
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    elif "string" in types:
        return Tolerance.number_for_text, str(value)
    if "array" in types:
        return Tolerance.single_for_list, [value]
    return None


def _parsed(text: str) -> tuple[Tolerance, Any] | None:
    try:
        return Tolerance.json_in_text, payload.parse(text, [])
    except BadRow:
        return None


def _option(value: Any, options: list[Any]) -> tuple[Tolerance, Any] | None:
    """The allowed value that is written alike."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = str(value).strip().casefold()
    for option in options:
        if isinstance(option, str) and option.strip().casefold() == text:
            is_text = isinstance(value, str)
            return Tolerance.enum_case if is_text else Tolerance.number_for_text, option
        if type(option) in (int, float) and str(option) == text:
            return Tolerance.number_in_text, option
    return None
