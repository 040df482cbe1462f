"""What public rows do to a shape: other spellings, padding, another order, a cut text.

A `Spelling` must change nothing that is found. A cut row must be rejected, unless the cut took
only what stands around the calls.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from conformance import style as styles
from conformance.shapes import SHAPES, Shape
from conformance.style import PLAIN, Style
from conformance.task import Call, Row, Task

NAMES = ("name", "function", "tool", "tool_name", "api_name", "function_name", "Action")
ARGUMENTS = ("arguments", "parameters", "args", "param_dict", "Action_Input")


@dataclass(frozen=True)
class Spelling:
    """A style, for the shapes that admit it ("": all), and a change of the finished row."""

    style: Style = PLAIN
    needs: str = ""
    change: str = ""

    def row(self, shape: Shape, task: Task) -> Row:
        row = shape.row(task, self.style)
        return CHANGES[self.change](row) if self.change else row


def padded(values: list[Any]) -> list[Any]:
    """The values as a columnar store gives them back: each object has the keys of all, or null."""
    if any(isinstance(value, dict) for value in values):
        keys = dict.fromkeys(key for value in values if isinstance(value, dict) for key in value)
        if all(value is None or isinstance(value, dict) for value in values):
            columns = {key: padded([(value or {}).get(key) for value in values]) for key in keys}
            return [
                None if value is None else {key: columns[key][at] for key in keys}
                for at, value in enumerate(values)
            ]
    if values and all(value is None or isinstance(value, list) for value in values):
        flat = iter(padded([item for value in values if value for item in value]))
        return [None if value is None else [next(flat) for _ in value] for value in values]
    return values


CHANGES = {
    "padded": lambda row: padded([row])[0],
    "backwards": styles.backwards,
    "through JSON": lambda row: json.loads(json.dumps(row)),
}
SPELLINGS: dict[str, Spelling] = {
    **{f"{key} for name": Spelling(Style(name=key), "keys") for key in NAMES[1:]},
    **{f"{key} for arguments": Spelling(Style(arguments=key), "keys") for key in ARGUMENTS[1:]},
    "tool and parameters": Spelling(Style("tool", "parameters"), "keys"),
    "arguments as objects": Spelling(Style(pack=styles.as_object), "packing"),
    "arguments as text": Spelling(Style(pack=styles.as_json), "packing"),
    "arguments encoded twice": Spelling(Style(pack=styles.as_json_twice), "packing"),
    "arguments as indented text": Spelling(Style(pack=styles.as_indented), "packing"),
    "arguments as a literal": Spelling(Style(pack=repr), "packing"),
    "arguments backwards": Spelling(Style(pack=styles.as_backwards), "packing"),
    "literals": Spelling(Style(dump=repr), "literal"),
    "indented texts": Spelling(Style(dump=styles.as_indented)),
    "unescaped texts": Spelling(Style(dump=styles.as_unicode)),
    "texts backwards": Spelling(Style(dump=styles.as_backwards)),
    "no ids": Spelling(Style(ids=False), "ids"),
    "null padding": Spelling(change="padded"),
    "keys backwards": Spelling(change="backwards"),
    "decoded": Spelling(change="through JSON"),
}


def spelt() -> Iterator[tuple[str, str]]:
    """Every shape with every spelling that its public rows have."""
    for name, shape in SHAPES.items():
        for label, spelling in SPELLINGS.items():
            if not spelling.needs or spelling.needs in shape.admits:
                yield name, label


class Cut(NamedTuple):
    """A row with one text cut inside a call, and the calls that it still holds whole at best."""

    row: Row
    whole: tuple[Call, ...]
    text: str


def cuts(shape: Shape, task: Task, step: int) -> Iterator[Cut]:
    """The row cut at every `step`-th place inside each of its call texts.

    Of several calls in one text those behind the cut are gone and cannot be missed; the call that
    is cut can: the row is rejected, or read whole up to and with that call.
    """
    row, units = shape.row(task), shape.units(task, PLAIN)
    done = 0
    for number, (unit, count) in enumerate(units):
        done += count
        path, text = next((path, text) for path, text in texts(row) if unit in text)
        gone = sum(held for later, held in units[number + 1 :] if later in text)
        whole = (*task.calls[:done], *task.calls[done + gone :])
        begin = text.index(unit)
        for end in range(begin + 1, begin + len(unit), step):
            yield Cut(put(row, path, text[:end]), whole, text[begin:end])


Path = tuple[str | int, ...]


def texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a row, with where it stands."""
    if isinstance(value, str):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    for key, item in items:
        yield from texts(item, (*path, key))


def put(value: Any, path: Path, new: Any) -> Any:
    """A copy with `new` at the path."""
    if not path:
        return new
    key, *rest = path
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[key] = put(value[key], tuple(rest), new)
    return copy
