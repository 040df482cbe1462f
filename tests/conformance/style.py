"""How calls are spelt: what differs between rows of one shape. And small pieces of every shape."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.task import Call, Row, Task, Tool


def as_json(value: Any) -> str:
    return json.dumps(value)


def as_unicode(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def as_indented(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def as_json_twice(value: Any) -> str:
    return json.dumps(json.dumps(value))


def as_object(value: Any) -> Any:
    return value


def backwards(value: Any) -> Any:
    """The value with the keys of its objects in the opposite order."""
    if isinstance(value, dict):
        return {key: backwards(item) for key, item in reversed(value.items())}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def as_backwards(value: Any) -> str:
    return json.dumps(backwards(value))


@dataclass(frozen=True)
class Style:
    """`pack` holds arguments, `dump` writes what stands in a text; None: as the shape has it."""

    name: str = "name"
    arguments: str = "arguments"
    pack: Callable[[Any], Any] | None = None
    dump: Callable[[Any], str] = as_json
    ids: bool = True

    def entry(self, call: Call, pack: Callable[[Any], Any] = as_object) -> Row:
        """`{"name": .., "arguments": ..}` in this spelling."""
        return {self.name: call.name, self.arguments: (self.pack or pack)(call.arguments)}

    def text(self, call: Call) -> str:
        """The entry as text."""
        return self.dump(self.entry(call))

    def id(self, number: int, key: str) -> Row:
        return {key: id_of(number)} if self.ids else {}


PLAIN = Style()


def id_of(number: int) -> str:
    return f"call_{number}f3"


def schema(tool: Tool) -> Row:
    """JSON Schema of the arguments."""
    properties = {name: {"type": kind} for name, kind in tool.types.items()}
    return {"type": "object", "properties": properties, "required": list(properties)}


def bare_tools(task: Task) -> list[Row]:
    return [
        {"name": tool.name, "description": tool.description, "parameters": schema(tool)}
        for tool in task.tools
    ]


def openai_tools(task: Task) -> list[Row]:
    return [{"type": "function", "function": tool} for tool in bare_tools(task)]


def keyword_call(call: Call, write: Callable[[Any], str] = repr) -> str:
    """`name(a="x", b=[1])`: strings in double quotes, everything else as `write` has it."""
    given = ", ".join(
        f"{key}={as_unicode(value) if isinstance(value, str) else write(value)}"
        for key, value in call.arguments.items()
    )
    return f"{call.name}({given})"
