"""Anthropic messages: typed content blocks; the tools' results stand in user messages.

A user message of results alone is no user turn; one that holds text too is both. A result marked
`is_error` is a result like any other: its text says what went wrong. Blocks of tools that run on
the server (`server_tool_use`, `mcp_tool_use` and their results) count alike.
"""

from typing import Any

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import Dialogue, Message, dialogues, messages, text_of
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Trace

CATEGORY: Category = "function_calling"

Block = dict[str, Any]


@shape_reader
def reader(conversation: str = "messages", tools: str = "tools", system: str = "system") -> Reader:
    """Reads rows whose columns have these names."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        if text := text_of(row.get(system)):
            dialogue.system(text)
        for message in messages(row.get(conversation)):
            _take(dialogue, message)
        return dialogue.trace(declare.tools(row.get(tools), dialogue.notes))

    return read


def _take(dialogue: Dialogue, message: Message) -> None:
    blocks = _blocks(message)
    match message.role:
        case "system":
            dialogue.system(message.text)
        case "assistant":
            _take_assistant(dialogue, blocks)
        case "user":
            results = _take_results(dialogue, blocks)
            text = _text(blocks)
            if text or not results:
                dialogue.user(text)
        case role:
            raise BadRow(Reason.unknown_shape, f"a message of a {role} beside content blocks")


def _take_assistant(dialogue: Dialogue, blocks: list[Block]) -> None:
    for block in blocks:
        if _is(block, "tool_call") or _is(block, "function_call"):
            raise BadRow(Reason.unknown_shape, f"a block of type {block['type']}")
        dialogue.think(text_of(block.get("thinking")))
    dialogue.answer(_text(blocks))
    used = [block for block in blocks if _is(block, "tool_use")]
    dialogue.calls([payload.call(block, dialogue.notes) for block in used])
    _take_results(dialogue, blocks)


def _take_results(dialogue: Dialogue, blocks: list[Block]) -> int:
    results = [block for block in blocks if _is(block, "tool_result")]
    for block in results:
        answered = block.get("tool_use_id")
        dialogue.result(_content(block), answered if isinstance(answered, str) else None)
    return len(results)


def _blocks(message: Message) -> list[Block]:
    """The blocks of a message; one whose content is a text has one."""
    content = message.raw.get("content")
    if not isinstance(content, list):
        return [{"type": "text", "text": message.text}]
    return [block for block in content if isinstance(block, dict)]


def _is(block: Block, kind: str) -> bool:
    return str(block.get("type")).endswith(kind)


def _text(blocks: list[Block]) -> str:
    return "\n".join(text_of(block) for block in blocks if block.get("type") == "text")


def _content(block: Block) -> str:
    """The result as text; what holds no text (images, search hits) as JSON."""
    content = block.get("content")
    text = text_of(content)
    return text if text or not content else payload.dumps(content)


def sniff(row: Row) -> Reader | None:
    """A reader, if a message holds a block that uses a tool or answers one."""
    for column, said in dialogues(row):
        blocks = (block for message in said for block in _blocks(message))
        if any(_is(block, "tool_use") or _is(block, "tool_result") for block in blocks):
            return reader(column)
    return None
