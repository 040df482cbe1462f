"""The columns of plans and tools as the hub's features and as Croissant fields, both from the Arrow schema."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from planloom.arrow import SCHEMA, TOOLS
from planloom.plan import json_schema

_CROISSANT = {
    pa.string(): "sc:Text",
    pa.int64(): "cr:Int64",
    pa.float64(): "cr:Float64",
    pa.bool_(): "sc:Boolean",
}
_HUB = {pa.string(): "string", pa.int64(): "int64", pa.float64(): "float64", pa.bool_(): "bool"}
_DEFINITIONS = json_schema()["$defs"]
_STRUCTS = {"nodes": "Node", "edges": "Edge", "findings": "Finding", "mutation": "Mutation"}
_TOOLS_ARE = {
    "key": "hash of the other three; what `tools` of a plan refers to",
    "name": "as written in the row",
    "description": "as written in the row",
    "parameters": "JSON Schema, as JSON text",
}
ANY_LENGTH = "-1"


def features(config: str) -> list[dict[str, Any]]:
    """The features of a config as the hub's YAML has them, equal to what `datasets` infers."""
    return [_feature(field) for field in (TOOLS if config == "tools" else SCHEMA)]


def _feature(field: pa.Field) -> dict[str, Any]:
    kind = field.type
    if pa.types.is_list(kind):
        item = kind.value_type
        inner = [_feature(f) for f in item] if pa.types.is_struct(item) else _HUB[item]
        return {"name": field.name, "list": inner}
    if pa.types.is_struct(kind):
        return {"name": field.name, "struct": [_feature(inner) for inner in kind]}
    return {"name": field.name, "dtype": _HUB[kind]}


def about(name: str, struct: str = "ExecutionPlan") -> str:
    """What the types say of a field of a plan, or of what it holds."""
    return str(_DEFINITIONS[struct]["properties"].get(name, {}).get("description", ""))


def described() -> Iterator[tuple[str, str, str]]:
    """Every column and what is inside it: path, type, meaning."""
    for field in SCHEMA:
        struct = _STRUCTS.get(field.name)
        yield field.name, _type(field.type), about(field.name) or _MEANS.get(field.name, "")
        if struct:
            inner = field.type.value_type if pa.types.is_list(field.type) else field.type
            for one in inner:
                path = f"{field.name}.{one.name}"
                yield path, _type(one.type), about(one.name, struct) or _MEANS.get(path, "")


_MEANS = {
    "user_turns": "all user messages up to the one answered",
    "nodes": "what the assistant did",
    "edges": "data that flows, or mere order, from one node to a later one",
    "category": "what kind of source the plan came from",
    "evidence": "on what the plan rests",
    "label": "benign in `plans`",
    "licence": "of the row",
    "use": "what the licence allows",
    "findings": "why a plan may not be benign",
    "revision": "pinned commit of the source",
    "fold": "train, valid or test, by group",
    "mutation": "what was changed to make a boundary plan",
    "config": "of the source",
    "source_split": "of the source",
    "nodes.kind": "`call` or `respond`",
    "nodes.arguments": "JSON text of an object",
    "nodes.scope_sensitivity": "1 public .. 5 credentials",
    "nodes.origin": "how each judgement was reached: observed, inferred or default",
    "edges.kind": "`data` or `order`",
    "edges.evidence": "how the edge is known",
    "edges.src": "id of the earlier node",
    "edges.dst": "id of the later node",
}


def _type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_type(kind.value_type)}"
    return "struct" if pa.types.is_struct(kind) else _HUB[kind]


def croissant(config: str, files: str) -> list[dict[str, Any]]:
    """The fields of a record set whose columns are in the file object or set `files`."""
    source = {"fileObject" if config == "tools" else "fileSet": {"@id": files}}
    return [_field(config, field, source) for field in (TOOLS if config == "tools" else SCHEMA)]


def _field(config: str, field: pa.Field, source: dict[str, Any]) -> dict[str, Any]:
    kind, many = field.type, pa.types.is_list(field.type)
    bare = kind.value_type if many else kind
    source = {**source, "extract": {"column": field.name}}
    name = f"{config}/{field.name}"
    meaning = (
        _TOOLS_ARE[field.name]
        if config == "tools"
        else about(field.name) or _MEANS.get(field.name, "")
    )
    made = {
        "@type": "cr:Field",
        "@id": name,
        "name": field.name,
        **({"description": meaning} if meaning else {}),
        **({"isArray": True, "arrayShape": ANY_LENGTH} if many else {}),
    }
    if not pa.types.is_struct(bare):
        return {**made, "dataType": _CROISSANT[bare], "source": source}
    return {**made, "subField": list(_inner(name, bare, source, ""))}


def _inner(
    above: str, struct: pa.StructType, source: dict[str, Any], path: str
) -> Iterator[dict[str, Any]]:
    """What a struct holds; structs in it are laid flat."""
    for field in struct:
        many = pa.types.is_list(field.type)
        bare = field.type.value_type if many else field.type
        if pa.types.is_struct(bare):
            yield from _inner(above, bare, source, f"{field.name}.")
            continue
        yield {
            "@type": "cr:Field",
            "@id": f"{above}/{path}{field.name}",
            "name": f"{path}{field.name}",
            "dataType": _CROISSANT[bare],
            **({"isArray": True, "arrayShape": ANY_LENGTH} if many else {}),
            "source": {**source, "transform": {"jsonPath": f"{path}{field.name}"}},
        }
