"""Tool declarations, however written (T1-T8), as JSON Schema.

Types are repaired, never the calls: defaults and odd types inform, they never reject.
"""

import re
from functools import lru_cache
from typing import Any

import msgspec

from planloom import payload
from planloom.errors import BadRow
from planloom.trace import Tool

Schema = dict[str, Any]

_TYPES = {
    "string": ("str", "string", "text", "char"),
    "integer": ("int", "integer", "long", "int32", "int64"),
    "number": ("float", "number", "double", "decimal"),
    "boolean": ("bool", "boolean"),
    "array": ("list", "array", "set", "tuple", "sequence", "arraylist", "frozenset"),
    "object": ("dict", "object", "hashmap", "mapping", "map", "dictionary"),
    "null": ("null", "none"),
}
_TYPE_OF = {word: name for name, words in _TYPES.items() for word in words}
_GENERIC = re.compile(r"^(\w+)\s*\[(.*)\]$", re.DOTALL)
_STATED = re.compile(rb'"required"\s*:\s*(?:true|false)')
_OPTIONAL = re.compile(
    r"\W*optional\b|.*\((?:optional|default)|.*\bdefaults? (?:is|to|value)\b"
    r"|.*\bonly (?:needed|required|used) (?:for|if|when)\b",
    re.IGNORECASE | re.DOTALL,
)
_COMPOSED = ("$ref", "allOf", "anyOf", "oneOf")
_NULL_MEANS_NULL = ("const", "default")
_LISTS = msgspec.json.Decoder(list[msgspec.Raw])


def tools(value: Any, notes: list[str]) -> tuple[Tool, ...]:
    """The declared tools; unreadable declarations are named in `notes` and left out.

    A list cell is cut into raw entries first: the same few thousand tools recur in millions of
    rows, so each is normalised once.
    """
    if isinstance(value, str):
        try:
            return _known(_LISTS.decode(value))
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return _parsed(value, notes)
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return ()
    entries = []
    for entry in value:
        if isinstance(entry, str):
            return tuple(tool for text in value for tool in tools(f"[{text}]", notes))
        entries.append(msgspec.Raw(msgspec.json.encode(payload.scrubbed(entry))))
    return _known(entries)


def _parsed(text: str, notes: list[str]) -> tuple[Tool, ...]:
    if not text.strip():
        return ()
    try:
        value = payload.parse(text, notes)
    except BadRow:
        notes.append("tools_unreadable")
        return ()
    return tools(value, notes) if not isinstance(value, str) else ()


def _known(entries: list[msgspec.Raw]) -> tuple[Tool, ...]:
    """The tools; where one of a row marks parameters as required, those without a mark are not."""
    texts = [bytes(entry) for entry in entries]
    stated = any(map(_states, texts))
    return tuple(tool for text in texts if (tool := _tool(text, stated)) is not None)


@lru_cache(maxsize=100_000)
def _states(raw: bytes) -> bool:
    return _STATED.search(raw) is not None


@lru_cache(maxsize=100_000)
def _tool(raw: bytes, stated: bool) -> Tool | None:
    return tool(msgspec.json.decode(raw), stated=stated)


def tool(entry: Any, *, stated: bool = False) -> Tool | None:
    """One declaration, or None if it has no name. `stated`: see `parameters`."""
    required: Any = None
    while isinstance(entry, dict):
        required = entry.get("required", required)
        if not isinstance(entry.get("function"), dict):
            break
        entry = entry["function"]
    if not isinstance(entry, dict):
        return None
    name = next((entry[k] for k in ("name", "tool_name", "api_name") if entry.get(k)), None)
    if not isinstance(name, str):
        return None
    keys = ("parameters", "arguments", "input_schema", "inputs")
    given: Schema = next((entry[key] for key in keys if isinstance(entry.get(key), dict)), {})
    return Tool.of(
        name, str(entry.get("description") or ""), parameters(given, required, stated=stated)
    )


def signatures(value: Any) -> dict[str, list[str]]:
    """The names of each tool's parameters, in declared order: what positional arguments mean."""
    try:
        entries = payload.parse(value, []) if isinstance(value, str) else value
    except BadRow:
        return {}
    if not isinstance(entries, (list, tuple)):
        entries = [entries]
    found = {}
    for entry in entries:
        while isinstance(entry, dict) and isinstance(entry.get("function"), dict):
            entry = entry["function"]
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            given = entry.get("parameters")
            table = given.get("properties", given) if isinstance(given, dict) else {}
            found[entry["name"]] = list(table) if isinstance(table, dict) else []
    return found


def parameters(given: Schema, required: Any = None, *, stated: bool = False) -> Schema:
    """JSON Schema of the arguments, from JSON Schema in any spelling or from a flat table.

    `stated`: this table, or another of its row, marks what is required, so all else is optional.
    """
    if isinstance(given.get("properties"), dict) or any(key in given for key in _COMPOSED):
        if isinstance(required, list) and not isinstance(given.get("required"), list):
            given = {**given, "required": required}
        return {**_schema(given), "type": "object"}
    table = {k: v for k, v in given.items() if isinstance(v, (dict, str))}
    if not table or (set(given) == {"type"} and isinstance(given["type"], str)):
        return {"type": "object"}
    cells = {name: _cell(spec) for name, spec in table.items()}
    properties = {name: _schema(cell) for name, cell in cells.items()}
    stated = stated or any(isinstance(cell.get("required"), bool) for cell in cells.values())
    needed = [name for name, cell in cells.items() if _is_required(cell, stated)]
    if isinstance(required, list):
        needed = _named(required, properties)
    return {"type": "object", "properties": properties, "required": needed}


def _cell(spec: Any) -> Schema:
    return spec if isinstance(spec, dict) else {"type": spec}


def _is_required(spec: Schema, stated: bool) -> bool:
    """What is marked so; without any mark, all that neither type, default nor text calls optional."""
    if stated or "default" in spec:
        return spec.get("required") is True
    is_optional = _OPTIONAL.match(str(spec.get("description") or ""))
    return not is_optional and not _typed(str(spec.get("type", "")))[1]


def _schema(spec: Schema) -> Schema:
    """A schema with its types, at any depth, spelt as JSON Schema spells them.

    A columnar store pads each tool with the others' properties and keywords, as null.
    """
    out = {
        key: item
        for key, item in spec.items()
        if key not in ("type", "required") and (item is not None or key in _NULL_MEANS_NULL)
    }
    kind = spec.get("type")
    if isinstance(kind, str):
        out |= {k: v for k, v in _typed(kind)[0].items() if k not in out}
    elif isinstance(kind, list):
        names = [_typed(name)[0].get("type") for name in kind if isinstance(name, str)]
        if names and None not in names:
            out["type"] = list(dict.fromkeys(names))
    elif kind is not None:
        out["x-type"] = kind
    if isinstance(spec.get("properties"), dict):
        given = {name: item for name, item in spec["properties"].items() if item is not None}
        children = {name: _cell(item) for name, item in given.items()}
        out["properties"] = {name: _schema(item) for name, item in children.items()}
        out["required"] = _required(spec.get("required"), children)
    elif isinstance(spec.get("required"), list) and spec["required"]:  # of what stands beside
        out["required"] = [name for name in spec["required"] if isinstance(name, str)]
    for key in ("$defs", "definitions"):
        if isinstance(spec.get(key), dict):
            out[key] = {name: _schema(_cell(item)) for name, item in spec[key].items()}
    if isinstance(spec.get("additionalProperties"), dict):
        out["additionalProperties"] = _schema(spec["additionalProperties"])
    if isinstance(spec.get("items"), (dict, str)):
        out["items"] = _schema(_cell(spec["items"]))
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(spec.get(key), list):
            out[key] = [_schema(item) for item in spec[key] if isinstance(item, dict)]
    if spec.get("nullable") is True and isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
    for key in ("enum", "examples"):
        if not isinstance(out.get(key, []), list):
            del out[key]
    if out.get("type") == "array" and not any(isinstance(v, list) for v in out.get("enum", [[]])):
        items = out["items"] if isinstance(out.get("items"), dict) else {}
        out["items"] = {**items, "enum": out.pop("enum")}  # of its elements
    return out


def _required(listed: Any, children: dict[str, Schema]) -> list[str]:
    if isinstance(listed, list):
        return _named(listed, children)
    return [name for name, spec in children.items() if spec.get("required") is True]


def _named(listed: list[Any], known: Schema) -> list[str]:
    return [name for name in listed if isinstance(name, str) and name in known]


@lru_cache(maxsize=10_000)
def _typed(text: str) -> tuple[Schema, bool]:
    """The schema that a type's text means, and whether the text says `optional`.

    Unknown types (unions, SDK classes) allow anything and keep their text as `x-type`.
    """
    words = [part.strip() for part in _top_level(text)]
    optional = any(word.lower().startswith(("optional", "default")) for word in words[1:])
    head = words[0] if words else ""
    generic = _GENERIC.match(head)
    name, inner = (generic[1], generic[2]) if generic else (head, "")
    if name.lower() == "optional" and inner:
        return _typed(inner)[0], True
    kind = _TYPE_OF.get(name.lower())
    if kind is None:
        return ({"x-type": text} if text else {}), optional
    schema: Schema = {"type": kind}
    if kind == "array" and inner and len(set(_top_level(inner))) == 1:
        schema["items"] = _typed(_top_level(inner)[0].strip())[0]
    return schema, optional


def _top_level(text: str) -> list[str]:
    """Split at commas outside brackets: `Tuple[int, int], optional` has two parts."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[(") - (character in "])")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
