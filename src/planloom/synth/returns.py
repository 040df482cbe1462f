"""What a tool returns: as its output schema says, else inferred from its name and its neighbours' needs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from planloom.lift.rules import ACTION, COMPUTED, LISTING, LOOKUP
from planloom.synth.fields import Field, Scope, Unmade, field
from planloom.synth.kinds import ID, kind_of, singular

MOST_FIELDS = 8
READS = frozenset(("get", "fetch", "retrieve", "read", "show", "view", "describe", "check"))


class Value(NamedTuple):
    """A value in a result, and the names that lead to it."""

    path: tuple[str, ...]
    field: Field


class Returned(NamedTuple):
    """The values of one record; `many`: the result is a list of such records."""

    values: tuple[Value, ...]
    many: bool


def declared(schema: Mapping[str, Any], scope: Scope) -> Returned | None:
    """What an output schema says; None if it names no value that can be made up."""
    many, record = _record(schema)
    values = tuple(_values(record, (), scope))[:MOST_FIELDS]
    return Returned(values, many) if values else None


def _record(schema: Mapping[str, Any]) -> tuple[bool, Mapping[str, Any]]:
    """Whether it is a list, bare or as the one list of an object, and the schema of a record."""
    items = schema.get("items")
    if isinstance(items, Mapping):
        return True, items
    properties = schema.get("properties")
    lists = [
        one["items"]
        for one in (properties.values() if isinstance(properties, Mapping) else ())
        if isinstance(one, Mapping)
        and isinstance(one.get("items"), Mapping)
        and "properties" in one["items"]
    ]
    return (True, lists[0]) if len(lists) == 1 else (False, schema)


def _values(schema: Mapping[str, Any], path: tuple[str, ...], scope: Scope) -> Iterator[Value]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        if not path:
            yield from _one("result", schema, (), scope)
        return
    for name, one in properties.items():
        if (
            isinstance(one, Mapping)
            and isinstance(one.get("properties"), Mapping)
            and len(path) < 2
        ):
            yield from _values(one, (*path, name), scope._replace(noun=singular(name)))
        else:
            yield from _one(name, one, path, scope)


def _one(name: str, schema: Any, path: tuple[str, ...], scope: Scope) -> Iterator[Value]:
    try:
        yield Value((*path, name), field(name, schema, scope))
    except Unmade:
        return


def inferred(
    name: str, arguments: Sequence[Field], needs: Sequence[Field], scope: Scope
) -> Returned:
    """What a tool of this name must bring in: its object's id and name, what it was asked for, and
    the values that other tools of the domain need and that belong to its object.
    """
    if COMPUTED.does(name):
        return Returned(tuple(_one("result", {"type": "number"}, (), scope)), False)
    noun = scope.noun
    many = LISTING.does(name) or (LOOKUP.does(name) and not _by_id(arguments))
    head = singular(noun.rpartition(" ")[2]) if noun else "record"
    said = "_".join([*noun.split()[:-1], head]) if noun else "record"
    key = f"{said.replace('_', ' ')} id"
    own = next((one.type for one in (*arguments, *needs) if one.key == key), "string")
    names: dict[str, Any] = {f"{said}_id": {"type": own if own == "integer" else "string"}}
    if ACTION.does(name):
        names |= {
            "status": {"enum": ["confirmed", "pending", "done"]},
            "updated_at": {"type": "string"},
        }
    else:
        names[f"{said}_name"] = {"type": "string"}
    mine = {one.name for one in arguments}
    for need in needs:
        if need.name not in mine and need.key.split()[0] == head and need.type != "array":
            names.setdefault(need.name, {"type": need.type})
    foreign = [one for one in needs if one.flows and one.name not in mine and one.type != "array"]
    for need in foreign[: MOST_FIELDS - len(names)]:
        names.setdefault(need.name, {"type": need.type})
    about = scope._replace(noun=said.replace("_", " "))
    values = [value for name, one in names.items() for value in _one(name, one, (), about)]
    return Returned(tuple(values[:MOST_FIELDS]), many)


def _by_id(arguments: Sequence[Field]) -> bool:
    return any(one.required and kind_of(one.name) is ID for one in arguments)


def object_of(said: str) -> tuple[str, str]:
    """The verb of a tool's words and the noun it is about, singular: `list open orders` is about `open order`."""
    verb, _, rest = said.partition(" ")
    noun = " ".join([*rest.split()[:-1], singular(rest.split()[-1])]) if rest else ""
    return verb, noun.partition(" by ")[0].partition(" for ")[0]
