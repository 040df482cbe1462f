"""S4: messages whose content is a list of typed parts `{type, value}` (LLaMA-Factory).

Two encodings. Current: one `tool_call` part a call, tools in a column. Older: a `tools` part in the
system message, a `tool_calls` part that holds a JSON list, `loss_weight` on every message. Calls
of one message are parallel. A tool message is a JSON list with one entry a call, or a part a call.
"""

from collections.abc import Iterator
from typing import Any

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import Dialogue, Message, messages
from planloom.shapes.pairing import results_in
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Trace

CATEGORY: Category = "tool_reasoning"
COLUMNS = ("messages", "conversations")
CALLS = ("tool_call", "tool_calls")
KINDS = ("text", "reasoning", "tools", *CALLS)


@shape_reader
def reader(conversation: str = "messages", tools: str = "tools") -> Reader:
    """Reads rows whose columns have these names."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        offered = declare.tools(row.get(tools), dialogue.notes)
        last: list[Call] = []
        for message in messages(row.get(conversation)):
            said = list(parts(message))
            if not offered and message.role == "system":
                offered = declare.tools(_joined(said, "tools"), dialogue.notes)
            last = _take(dialogue, message.role, said, last)
        return dialogue.trace(offered)

    return read


def parts(message: Message) -> Iterator[tuple[str, str]]:
    """Type and value of each part of a message; a plain text is one part.

    Raises:
        BadRow: unknown_shape, for a part of another kind: it could hide a call.
    """
    content = _content(message.raw)
    if not isinstance(content, list):
        yield "text", message.text
        return
    for part in content:
        kind, value = (part.get("type"), part.get("value")) if isinstance(part, dict) else (0, 0)
        if kind not in KINDS or not isinstance(value, str):
            raise BadRow(Reason.unknown_shape, f"a part of type {kind!r}")
        yield kind, value


def _joined(said: list[tuple[str, str]], wanted: str) -> str:
    return "\n".join(value for kind, value in said if kind == wanted and value)


def _take(
    dialogue: Dialogue, role: str, said: list[tuple[str, str]], last: list[Call]
) -> list[Call]:
    """The calls that wait for results after this message."""
    match role:
        case "system":
            dialogue.system(_joined(said, "text"))
        case "user":
            dialogue.user(_joined(said, "text"))
        case "result":
            for text in [value for kind, value in said if kind == "text"]:
                for result in results_in(text, last if len(said) == 1 else []):
                    dialogue.result(*result)
        case _:
            dialogue.think(_joined(said, "reasoning"))
            values = [value for kind, value in said if kind in CALLS]
            last = [call for value in values for call in payload.calls(value, dialogue.notes)]
            if last:
                dialogue.calls(last)
            else:
                dialogue.answer(_joined(said, "text"))
    return last


def sniff(row: Row) -> Reader | None:
    """A reader, if the messages are made of parts, and parts or columns speak of tools."""
    for column in COLUMNS:
        try:
            said = [(message.raw, list(parts(message))) for message in messages(row.get(column))]
        except BadRow:
            continue
        kinds = {
            kind for raw, found in said if isinstance(_content(raw), list) for kind, _ in found
        }
        if kinds & {"tools", *CALLS} or (kinds and isinstance(row.get("tools"), str)):
            return reader(column)
    return None


def _content(raw: dict[str, Any]) -> Any:
    return raw.get("content", raw.get("value"))
