"""S6: `Thought: ..` and `Function Call: [..]` in the assistant's text (Divide-Then-Aggregate).

Tools are a Python literal list behind a marker in the system text. Calls of one list are parallel,
the next list is a later layer: the source states the order. A `function` message is the Python
repr of one call with its result, whose text is often cut and then no literal. `Finish` ends a row.
"""

import re
from typing import Any

import msgspec

from planloom import payload
from planloom.errors import BadRow
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import FINISH, Dialogue, Message, dialogues, messages
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Tool, Trace

CATEGORY: Category = "function_calling"

_CALLS = re.compile(r"^[ \t]*Function Call:", re.MULTILINE)
_MARKER = "you have access to the following APIs:"
_LEAKED = "This is not the first time you try this task"
_RESULT = "'result': "


@shape_reader
def reader(conversation: str = "conversations") -> Reader:
    """Reads rows whose column has this name."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        offered: tuple[Tool, ...] = ()
        for message in messages(row.get(conversation)):
            if message.role == "system":
                offered = offered or tools_in(message.text, dialogue.notes)
            _take(dialogue, message)
        tools = [tool for tool in offered if tool.name != FINISH]
        return msgspec.structs.replace(dialogue.trace(tools), declared=True)

    return read


def tools_in(system: str, notes: list[str]) -> tuple[Tool, ...]:
    """The tools behind the marker; names of JSON constants and Python literals both count."""
    return declare.tools(system.partition(_MARKER)[2], notes)


def _take(dialogue: Dialogue, message: Message) -> None:
    match message.role:
        case "system":
            dialogue.system(message.text)
        case "user" if _LEAKED in message.text:  # the state of a search, said by no user
            dialogue.notes.append("leaked_search_state")
        case "user":
            dialogue.user(message.text.strip().removesuffix("Begin!").strip())
        case "result":
            dialogue.result(*_result(message.text))
        case _:
            _take_assistant(dialogue, message.text)


def _take_assistant(dialogue: Dialogue, text: str) -> None:
    thought, *lists = _CALLS.split(text)
    said = thought.strip().removeprefix("Thought:")
    found = [call for body in lists for call in payload.calls(body, dialogue.notes)]
    if found:
        dialogue.think(said)
        dialogue.calls(found)
    else:
        dialogue.answer(said)


def _result(text: str) -> tuple[str, None, str | None]:
    """The response alone: the arguments repeated beside it came from no tool.

    A text that is no literal is kept from its result on.
    """
    try:
        value: Any = payload.parse(text, [])
    except BadRow:
        return text.partition(_RESULT)[2] or text, None, None
    if not isinstance(value, dict) or "result" not in value:
        return text, None, None
    name, result = value.get("name"), value["result"]
    if isinstance(result, dict) and "response" in result and not result.get("error"):
        result = result["response"]
    whole = result if isinstance(result, str) else payload.dumps(result)
    return whole, None, name if isinstance(name, str) else None


def sniff(row: Row) -> Reader | None:
    """A reader, if an assistant's text holds a call list, or tools stand behind the marker."""
    for column, said in dialogues(row):
        if any(m.role == "assistant" and _CALLS.search(m.text) for m in said) or any(
            m.role == "system" and tools_in(m.text, []) for m in said
        ):
            return reader(column)
    return None
