"""S3: calls as keys of chat messages: `tool_calls`, `function_call`, or roles of those names."""

from typing import Any

from planloom import payload
from planloom.errors import BadRow
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import COLUMNS, Dialogue, Message, messages, without_thinking
from planloom.source import Reader, Row
from planloom.trace import Call, Trace

CATEGORY: Category = "function_calling"
TOOLS = ("tools", "functions", "available_tools")
TARGET = "target_message"


def reader(
    conversation: str = "messages",
    tools: str = "tools",
    *,
    target: str | None = None,
    padded: bool = False,
) -> Reader:
    """Reads rows whose columns have these names; `target` is the right next message, beside them.

    `padded` says that a columnar store has filled absent arguments with null, so that nulls are
    dropped; a null that was meant is lost there for good.
    """

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        for message in _said(row, conversation, target):
            _take(dialogue, message, padded)
        return dialogue.trace(declare.tools(row.get(tools), dialogue.notes))

    return read


def _said(row: Row, conversation: str, target: str | None) -> list[Message]:
    said = list(messages(row.get(conversation)))
    if target is not None and row.get(target) is not None:
        said += messages([row[target]])
    return said


def _take(dialogue: Dialogue, message: Message, padded: bool) -> None:
    match message.role:
        case "system":
            dialogue.system(message.text)
        case "user":
            dialogue.user(message.text)
        case "result":
            raw = message.raw
            dialogue.result(_result(raw), _text(raw.get("tool_call_id")), _text(raw.get("name")))
        case "call":
            dialogue.calls(_calls(message.text, dialogue, padded))
        case _:
            _take_assistant(dialogue, message, padded)


def _take_assistant(dialogue: Dialogue, message: Message, padded: bool) -> None:
    raw = message.raw
    text, thinking = without_thinking(message.text)
    for thought in (raw.get("reasoning_content"), raw.get("reasoning"), thinking):
        dialogue.think(thought if isinstance(thought, str) else "")
    found = _calls(raw.get("tool_calls") or raw.get("function_call"), dialogue, padded)
    if found:
        dialogue.calls(found)
    else:
        dialogue.answer(text)


def _calls(value: Any, dialogue: Dialogue, padded: bool) -> list[Call]:
    found = payload.calls(value, dialogue.notes)
    if not padded:
        return found
    return [Call(call.tool, payload.without_nulls(call.arguments), id=call.id) for call in found]


def _result(raw: dict[str, Any]) -> str:
    """The result as text; some rows hold an object, some encode its JSON twice."""
    content = raw.get("content", raw.get("value"))
    if isinstance(content, str):
        return content
    return "" if content is None else payload.dumps(content)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def sniff(row: Row) -> Reader | None:
    """A reader, if a message holds calls, or tools are offered beside the messages."""
    for column in COLUMNS:
        try:
            said = _said(row, column, TARGET)
        except BadRow:
            continue
        tools = next((name for name in TOOLS if declare.tools(row.get(name), [])), None)
        if tools or any(_has_calls(message) for message in said):
            return reader(column, tools or "tools", target=TARGET)
    return None


def _has_calls(message: Message) -> bool:
    raw = message.raw
    return message.role == "call" or bool(raw.get("tool_calls") or raw.get("function_call"))
