"""Agent Data Protocol v1: a list of actions and observations, told apart by `class_`.

Nothing in it links a result with its call, so what is observed directly after an action is its
result, even where `source` says `user`: converters write so of environments that speak through
the user. Actions stand alone: no groups. Code that the assistant ran is a call of the tool that
`language` names with the argument `content`: both words stand in the row. Items without `class_`
are not guessed at. Rows that Planloom wrote say in `details` which actions are one round.
"""

from itertools import groupby
from typing import Any

import msgspec

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes.dialogue import Dialogue, text_of
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Trace

CATEGORY: Category = "tool_reasoning"
ACTIONS = ("api_action", "code_action")
SEEN = ("text_observation", "web_observation", "image_observation")
OURS = "planloom"
KNOWN = (*ACTIONS, *SEEN, "message_action")

Item = dict[str, Any]


class _Step(msgspec.Struct):
    step: int


class _Beside(msgspec.Struct):
    """What of our own part of a row tells its rounds."""

    nodes: list[_Step]


@shape_reader
def reader(content: str = "content") -> Reader:
    """Reads rows whose items stand in this column."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        items, steps = _items(row.get(content)), _steps(row)
        if steps is not None:
            return _ours(dialogue, items, steps)
        before = ""
        for item in items:
            _take(dialogue, item, after_action=before in ACTIONS)
            before = item["class_"]
        return dialogue.trace()

    return read


def _steps(row: Row) -> list[int] | None:
    """The rounds of a row that Planloom wrote, one number an action; None for other rows."""
    details = row.get("details")
    told = details.get(OURS) if isinstance(details, dict) else None
    if not isinstance(told, str):
        return None
    try:
        return [node.step for node in msgspec.json.decode(told, type=_Beside).nodes]
    except msgspec.DecodeError as error:
        raise BadRow(Reason.unknown_shape, f"details.{OURS}: {error}") from error


def _ours(dialogue: Dialogue, items: list[Item], steps: list[int]) -> Trace:
    """Such a row holds no results, so a user after an action is a user; actions have rounds."""
    if len(steps) != sum(item["class_"] in ACTIONS for item in items):
        raise BadRow(Reason.unknown_shape, f"details.{OURS} tells of {len(steps)} actions")
    numbers = iter(steps)
    keyed = [(next(numbers) if item["class_"] in ACTIONS else -1, item) for item in items]
    for step, group in groupby(keyed, key=lambda pair: pair[0]):
        if step >= 0:
            dialogue.calls([_call(item, dialogue.notes) for _, item in group])
        else:
            for _, item in group:
                _take(dialogue, item, after_action=False)
    return dialogue.trace()


def _items(value: Any) -> list[Item]:
    if isinstance(value, str):
        value = payload.parse(value, [])
    if not isinstance(value, list):
        raise BadRow(Reason.unknown_shape, f"content is {type(value).__name__}")
    for item in value:
        if not isinstance(item, dict) or item.get("class_") not in KNOWN:
            raise BadRow(Reason.unknown_shape, f"an item without a known class_: {item!r}")
    return value


def _take(dialogue: Dialogue, item: Item, *, after_action: bool) -> None:
    if item["class_"] in SEEN:
        if item.get("source") == "user" and not after_action:
            dialogue.user(_seen(item))
        else:
            dialogue.result(_seen(item))
        return
    dialogue.think(text_of(item.get("description")))
    if item["class_"] in ACTIONS:
        dialogue.calls([_call(item, dialogue.notes)])
    else:
        said = text_of(item.get("content"))
        dialogue.answer(said.replace("<finish>", "").replace("</finish>", ""))


def _call(item: Item, notes: list[str]) -> Call:
    if item["class_"] == "api_action":
        entry = {"name": item.get("function"), "arguments": item.get("kwargs")}
        return payload.call(entry, notes)
    code = item.get("content")
    if not isinstance(code, str) or not code.strip():
        raise BadRow(Reason.not_a_call, f"code is {code!r}")
    return payload.call({"name": item.get("language"), "arguments": {"content": code}}, notes)


def _seen(item: Item) -> str:
    """The text of an observation; of a page its tree or source, of an image its place."""
    for key in ("content", "axtree", "html", "url"):
        if isinstance(item.get(key), str) and item[key]:
            return str(item[key])
    return ""


def sniff(row: Row) -> Reader | None:
    """A reader, if every item of the list has a known `class_`."""
    content = row.get("content")
    if not isinstance(content, list) or not content:
        return None
    try:
        _items(content)
    except BadRow:
        return None
    return reader()
