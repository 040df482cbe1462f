"""S2: calls in `<tool_call>` or `<TOOLCALL>` tags inside the assistant's text, results likewise.

A tag holds one call (Hermes), a list of calls (When2Call) or a call a line (ToolRL).

Calls are never read from system or user turns: those hold templates and examples.
"""

import re
from typing import Any

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import (
    Dialogue,
    Message,
    dialogues,
    messages,
    without_thinking,
)
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Tool, Trace

CATEGORY: Category = "function_calling"

# A tag inside a code fence or backticks is quoted, so those are consumed before tags are seen.
_BLOCK = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]+`|<(?P<tag>tool_call|TOOLCALL)>(?P<body>.*?)(?P<end></(?P=tag)>|\Z)",
    re.DOTALL,
)
_TAG = re.compile("<(?:tool_call|TOOLCALL)>")
_RESPONSE = re.compile(r"<tool_response>(.*?)(?:</tool_response>|\Z)", re.DOTALL)
_TOOLS = re.compile(r"<tools>(.*?)</tools>", re.DOTALL)


@shape_reader
def reader(
    conversation: str = "conversations", tools: str = "tools", gold: str | None = None
) -> Reader:
    """Reads rows whose columns have these names; tools may stand in the system text instead.

    `gold` is a list of the right calls after a conversation that ends before them.
    """

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        said = list(messages(row.get(conversation)))
        for message in said:
            _take(dialogue, message)
        if gold:
            dialogue.calls(payload.calls(row.get(gold), dialogue.notes))
        offered = declare.tools(row.get(tools), dialogue.notes)
        return dialogue.trace(offered or _tools_in(said, dialogue.notes))

    return read


def _take(dialogue: Dialogue, message: Message) -> None:
    match message.role:
        case "system":
            dialogue.system(message.text)
        case "user" if not _is_result(message.text):
            dialogue.user(message.text)
        case "user" | "result":
            _take_results(dialogue, message.text)
        case _:
            text, thinking = without_thinking(message.text)
            dialogue.think(thinking)
            found = calls_in(text, dialogue.notes)
            if found:
                dialogue.calls(found)
            else:
                dialogue.answer(text)


def _is_result(text: str) -> bool:
    """Qwen's chat template has the user say the results."""
    said = text.strip()
    return said.startswith("<tool_response>") and said.endswith("</tool_response>")


def calls_in(text: str, notes: list[str]) -> list[Call]:
    """The calls in an assistant's text.

    Raises:
        BadRow: where a block cannot be read.
    """
    found = []
    for block in _BLOCK.finditer(text):
        body = block["body"]
        if body is None or (not block["end"] and not body.strip().startswith(("{", "["))):
            if "<tool_call>" in block[0].lower() or "<toolcall>" in block[0].lower():
                notes.append("quoted_call")  # or a tag that is only mentioned
            continue
        if not block["end"]:
            notes.append("unclosed_tag")
        found += _calls(body, notes)
    return found


def _calls(body: str, notes: list[str]) -> list[Call]:
    """The calls of one block: an object, a list, or one object a line."""
    if not body.strip():
        raise BadRow(Reason.not_a_call, "an empty call tag")
    try:
        return payload.calls(body, notes)
    except BadRow:
        lines = [line for line in body.strip().split("\n") if line.strip()]
        if len(lines) < 2 or not all(line.strip()[:1] == "{" for line in lines):
            raise
        return [call for line in lines for call in payload.calls(line, notes)]


def _take_results(dialogue: Dialogue, text: str) -> None:
    bodies = _RESPONSE.findall(text)
    for body in bodies or [text]:
        content, name = _unwrapped(body.strip())
        dialogue.result(content, None, name)


def _unwrapped(body: str) -> tuple[str, str | None]:
    """The content and tool name of `{"name": .., "content": ..}`; any other text as it is."""
    if not body.startswith("{"):
        return body, None
    try:
        value: Any = payload.parse(body, [])
    except BadRow:
        return body, None
    if not isinstance(value, dict) or not {"name", "content"} <= value.keys():
        return body, None
    content, name = value["content"], value["name"]
    text = content if isinstance(content, str) else payload.dumps(content)
    return text, name if isinstance(name, str) else None


def _tools_in(said: list[Message], notes: list[str]) -> tuple[Tool, ...]:
    """Tools of the first non-empty `<tools>` block; preambles hold an empty one."""
    for message in said:
        if message.role != "system":
            continue
        for body in _TOOLS.findall(message.text):
            listed = body.strip()
            if listed.startswith("{"):  # one object a line
                listed = f"[{','.join(line for line in listed.split(chr(10)) if line.strip())}]"
            if listed.startswith("[") and (offered := declare.tools(listed, notes)):
                return offered
    return ()


def sniff(row: Row) -> Reader | None:
    """A reader, if an assistant's text holds a call or the system text declares tools."""
    for column, said in dialogues(row):
        tagged = any(m.role == "assistant" and _TAG.search(m.text) for m in said)
        if tagged or _tools_in(said, []):
            return reader(column, gold="gt_actions" if "gt_actions" in row else None)
    return None
