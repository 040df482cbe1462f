"""Malformations planted into accepted plans: one fault in one call, wrong by the tool's schema.

Whether a change is wrong is decided by the `jsonschema` package, whose
objects are closed at the top as docs/validity.md says. A change that it accepts is not planted.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from msgspec import structs
from referencing.exceptions import Unresolvable

from planloom.plan import Node
from planloom.trace import Tool, Trace, plain_name

Json = dict[str, Any]
Path = tuple[str | int, ...]
PLACEHOLDERS = (
    *("<your_name>", "<date>", "<API_KEY>", "<user id>", "<insert your name here>"),
    *("[Your Name]", "[insert date]", "[INSERT CITY]", "[Name]", "[Recipient's Name]"),
    *("[Customer Name]", "[your email address]", "[Enter amount]", "{{customer_id}}", "{{ name }}"),
    *("${TOKEN}", "{your_city}", "YOUR_API_KEY", "your-api-key", "your_token_here", "Your Name"),
    *("API_KEY_HERE", "INSERT_YOUR_KEY", "enter_your_city", "REPLACE_ME", "replace with your id"),
    *("XXXX-XXXX", "sk-xxxxxxxx", "placeholder", "email_placeholder"),
    *("Dear [Your Name], hello", "https://x.example/?key=YOUR_API_KEY", "Sent by <insert name>"),
    *("Hi [User's Name]!", "Call me at [insert phone number].", "token=SECRET_GOES_HERE&a=1"),
)
WRONG: dict[str, tuple[Any, ...]] = {
    "string": ({"planted": True}, [{"planted": 1}], True),
    "integer": ("many", {"planted": 1}, 2.5),
    "number": ("a lot", {"planted": 1}, True),
    "boolean": ("maybe", 7, ["planted"]),
    "array": ({"planted": 1}, True),
    "object": ("planted", 7, [["planted"]]),
}


class Planted(NamedTuple):
    """A call made wrong, the Reason it should leave with."""

    kind: str
    reason: str
    node: Node


def planted(nodes: tuple[Node, ...], trace: Trace, seed: str) -> Iterator[Planted]:
    """At most one of each kind, in a call chosen by the seed."""
    tools = {tool.name: tool for tool in trace.tools}
    number = Counter(tool.name for tool in trace.tools)
    for kind, (reason, mutate) in KINDS.items():
        chance = random.Random(f"{seed} {kind}")
        for node in chance.sample(nodes, len(nodes)):
            tool = tools.get(node.tool)
            # Another tool of the name may accept what this one does not.
            if tool is None or not node.arguments_known or number[node.tool] > 1:
                continue
            found = list(mutate(node.arguments, schema_of(tool), chance))
            wrong = [one for one in found if kind in ALWAYS or is_wrong(one, tool)]
            if wrong:
                changed = structs.replace(node, arguments=chance.choice(wrong))
                yield Planted(kind, reason, changed)
                break
    node = nodes[0]
    yield Planted(
        "unknown tool", "unknown_tool", structs.replace(node, tool=unoffered(node, tools))
    )


def unoffered(node: Node, tools: dict[str, Tool]) -> str:
    known = {plain_name(name) for name in tools}
    name = f"{node.tool}_v0"
    while plain_name(name) in known:
        name += "0"
    return name


# What is wrong


def schema_of(tool: Tool) -> Json:
    return json.loads(tool.parameters)


@lru_cache(maxsize=10_000)
def validator(parameters: bytes) -> Draft202012Validator | None:
    schema = json.loads(parameters)
    if schema.get("properties"):
        schema.setdefault("additionalProperties", False)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError:
        return None
    return Draft202012Validator(schema)


def is_wrong(arguments: Json, tool: Tool) -> bool:
    judge = validator(tool.parameters)
    try:
        return judge is not None and not judge.is_valid(arguments)
    except Unresolvable:
        return False


# Changes


def places(value: Any, schema: Json, path: Path = ()) -> Iterator[tuple[Path, Any, Json]]:
    """Every value inside the arguments that has a schema of its own."""
    if path:
        yield path, value, schema
    if isinstance(value, dict):
        table = schema.get("properties") or {}
        for name, item in value.items():
            if isinstance(table.get(name), dict):
                yield from places(item, table[name], (*path, name))
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from places(item, schema["items"], (*path, index))


def put(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


def without(value: Any, path: Path, name: str) -> Any:
    if path:
        return put(value, path, without(at(value, path), (), name))
    return {key: item for key, item in value.items() if key != name}


def at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def missing(arguments: Json, schema: Json, chance: random.Random) -> Iterator[Json]:
    names = [name for name in schema.get("required", ()) if name in arguments]
    return (without(arguments, (), name) for name in names)


def missing_inside(arguments: Json, schema: Json, chance: random.Random) -> Iterator[Json]:
    for path, value, inner in places(arguments, schema):
        if isinstance(value, dict):
            for name in inner.get("required", ()):
                if name in value:
                    yield without(arguments, path, name)


def unknown(arguments: Json, schema: Json, chance: random.Random) -> Iterator[Json]:
    yield {**arguments, "planted_argument": chance.choice(("x", 1, True))}


def wrong_type(arguments: Json, schema: Json, chance: random.Random) -> Iterator[Json]:
    return retyped(arguments, schema, chance, lambda depth: depth == 1)


def wrong_type_inside(arguments: Json, schema: Json, chance: random.Random) -> Iterator[Json]:
    return retyped(arguments, schema, chance, lambda depth: depth > 1)


def retyped(
    arguments: Json, schema: Json, chance: random.Random, wanted: Callable[[int], bool]
) -> Iterator[Json]:
    for path, _, inner in places(arguments, schema):
        kind = inner.get("type")
        if wanted(len(path)) and isinstance(kind, str) and kind in WRONG:
            yield put(arguments, path, chance.choice(WRONG[kind]))


def outside_enum(arguments: Json, schema: Json, chance: random.Random) -> Iterator[Json]:
    for path, value, inner in places(arguments, schema):
        if inner.get("enum") and isinstance(value, (str, int)):
            yield put(arguments, path, "planted" if isinstance(value, str) else 987_654)


def placeholder(arguments: Json, schema: Json, chance: random.Random) -> Iterator[Json]:
    for path in texts(arguments, schema):
        yield put(arguments, path, chance.choice(PLACEHOLDERS))


def cut(arguments: Json, schema: Json, chance: random.Random) -> Iterator[Json]:
    """Data, a quotation or a code block written as text, cut off before its end."""
    for path in texts(arguments, schema):
        value = at(arguments, path)
        whole = chance.choice(
            (
                json.dumps({"text": value, "tags": ["a", "b"]}, ensure_ascii=False),
                str([value, "second entry"]),
                '"' + value.replace('"', "") + ' and more"',
                f"Run this:\n```python\nprint({value!r})\n```",
            )
        )
        least = whole.index("```") + 3 if "```" in whole else 3
        yield put(arguments, path, whole[: chance.randint(least, len(whole) - 3)])


def texts(arguments: Json, schema: Json) -> Iterator[Path]:
    """Where any text may stand."""
    bound = ("enum", "pattern", "format", "maxLength")
    for path, value, inner in places(arguments, schema):
        if isinstance(value, str) and value and not any(key in inner for key in bound):
            yield path


KINDS = {
    "missing": ("missing_argument", missing),
    "missing inside": ("missing_argument", missing_inside),
    "unknown": ("unknown_argument", unknown),
    "wrong type": ("wrong_type", wrong_type),
    "wrong type inside": ("wrong_type", wrong_type_inside),
    "outside enum": ("wrong_type", outside_enum),
    "placeholder": ("placeholder", placeholder),
    "cut text": ("truncated", cut),
}
ALWAYS = ("placeholder", "cut text")
