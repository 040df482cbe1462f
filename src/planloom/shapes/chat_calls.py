"""S3: calls as keys of chat messages: `tool_calls`, `function_call`, or roles of those names."""

import re
from typing import Any

from msgspec import structs

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import COLUMNS, Dialogue, Message, messages, text_of, without_thinking
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Tool, Trace

CATEGORY: Category = "function_calling"
TOOLS = ("tools", "functions", "available_tools", "metadata.tools")
TARGET = "target_message"
RENAMED = "planloom_tools"
"""Key of the metadata that our own rows keep tools' names under, as JSON text."""

_DECLARED = re.compile(r"<\|im_system\|>tool_declare<\|im_middle\|>(.*?)<\|im_end\|>", re.DOTALL)


@shape_reader
def reader(
    conversation: str = "messages",
    tools: str = "tools",
    *,
    target: str | None = None,
    padded: bool = False,
) -> Reader:
    """Reads rows whose columns have these names; tools may stand in the system text instead.

    `target` is the right next message, beside the others.

    `tools` may reach into an object or its JSON text: `metadata.tools`. `padded` says that a
    columnar store has filled absent arguments with null, so that nulls are dropped; a null that
    was meant is lost there for good.
    """

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        said = _said(row, conversation, target)
        for message in said:
            _take(dialogue, message, padded)
        offered = declare.tools(_cell(row, tools), dialogue.notes)
        return _as_before(dialogue.trace(offered or _tools_in(said, dialogue.notes)), row)

    return read


def _as_before(trace: Trace, row: Row) -> Trace:
    """The trace with the tools' own names, where a row that Planloom wrote had to change them."""
    metadata = row.get("metadata")
    told = metadata.get(RENAMED) if isinstance(metadata, dict) else None
    if not isinstance(told, str):
        return trace
    names = payload.parse(told, [])
    if not isinstance(names, dict):
        raise BadRow(Reason.unknown_shape, f"{RENAMED} is {type(names).__name__}")
    rounds = tuple(
        structs.replace(
            round_,
            calls=tuple(structs.replace(c, tool=names.get(c.tool, c.tool)) for c in round_.calls),
        )
        for round_ in trace.rounds
    )
    tools = tuple(tool.named(names.get(tool.name, tool.name)) for tool in trace.tools)
    return structs.replace(trace, rounds=rounds, tools=tools)


def _cell(row: Row, path: str) -> Any:
    column, _, inner = path.partition(".")
    value = row.get(column)
    if not inner:
        return value
    if isinstance(value, str):
        try:
            value = payload.parse(value, [])
        except BadRow:
            return None
    return value.get(inner) if isinstance(value, dict) else None


def _tools_in(said: list[Message], notes: list[str]) -> tuple[Tool, ...]:
    """Tools of a `tool_declare` block (Kimi's chat template)."""
    blocks = (_DECLARED.search(message.text) for message in said if message.role == "system")
    return next((declare.tools(block[1], notes) for block in blocks if block), ())


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
            dialogue.calls(
                _calls(message.raw.get("content", message.raw.get("value")), dialogue, padded)
            )
        case _:
            _take_assistant(dialogue, message, padded)


def _take_assistant(dialogue: Dialogue, message: Message, padded: bool) -> None:
    raw = message.raw
    text, thinking = without_thinking(message.text)
    for thought in (raw.get("reasoning_content"), raw.get("reasoning"), thinking):
        dialogue.think(thought if isinstance(thought, str) else "")
    found = _calls(raw.get("tool_calls") or raw.get("function_call"), dialogue, padded)
    if found:
        dialogue.think(text)
        dialogue.calls(found)
    else:
        dialogue.answer(text)


def _calls(value: Any, dialogue: Dialogue, padded: bool) -> list[Call]:
    found = payload.calls(value, dialogue.notes)
    if not padded:
        return found
    return [structs.replace(c, arguments=payload.without_nulls(c.arguments)) for c in found]


def _result(raw: dict[str, Any]) -> str:
    """The result as text; some rows hold text parts, some an object, some encode its JSON twice."""
    content = raw.get("content", raw.get("value"))
    if isinstance(content, str):
        return content
    if isinstance(content, list) and content and all(map(_is_text, content)):
        return text_of(content)
    return "" if content is None else payload.dumps(content)


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def sniff(row: Row) -> Reader | None:
    """A reader, if a message holds calls, or tools are offered beside the messages."""
    for column in COLUMNS:
        try:
            said = _said(row, column, TARGET)
        except BadRow:
            continue
        tools = next((name for name in TOOLS if declare.tools(_cell(row, name), [])), None)
        if tools or _tools_in(said, []) or any(map(_has_calls, said)):
            target = TARGET if row.get(TARGET) is not None else None
            return reader(column, tools or "tools", target=target, padded=_is_padded(said))
    return None


def _has_calls(message: Message) -> bool:
    raw = message.raw
    return message.role == "call" or bool(raw.get("tool_calls") or raw.get("function_call"))


def _is_padded(said: list[Message]) -> bool:
    """Whether calls of several tools all have the same argument names, some of them null."""
    listed = [raw for m in said if isinstance(raw := m.raw.get("tool_calls"), list)]
    wrapped = [call for calls in listed for call in calls if isinstance(call, dict)]
    calls = [inner for call in wrapped if isinstance(inner := call.get("function", call), dict)]
    given = [arguments for c in calls if isinstance(arguments := c.get("arguments"), dict)]
    one_set = len({frozenset(arguments) for arguments in given}) == 1
    several = len({str(call.get("name")) for call in calls}) > 1
    return one_set and several and any(None in arguments.values() for arguments in given)
