"""S5b: an assistant's text that is `[Tool Name(a=1), Other/Tool(b="x")]` (ToolACE, API-Bank).

Tools are a JSON list inside the system text. A tool turn is `[{"name": .., "results": ..}]`. A
text that is no such list is an answer; brackets in prose are no calls.
"""

import json
import re

from planloom.errors import BadRow
from planloom.plan import Category
from planloom.shapes import declare, python_calls
from planloom.shapes.dialogue import Dialogue, Message, dialogues, messages
from planloom.shapes.pairing import results_in
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Trace

CATEGORY: Category = "function_calling"

_TOOLS = re.compile(r"\[\s*\{")
_DECODER = json.JSONDecoder(strict=False)


@shape_reader
def reader(conversation: str = "conversations", system: str = "system") -> Reader:
    """Reads rows whose columns have these names; the system text may be a message instead."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        said = list(messages(row.get(conversation)))
        texts = [row.get(system), *(m.text for m in said if m.role == "system")]
        system_text = "\n".join(text for text in texts if isinstance(text, str) and text)
        listed = tools_text(system_text)
        signatures = declare.signatures(listed)
        dialogue.system(system_text)
        last: list[Call] = []
        for message in said:
            last = _take(dialogue, message, last, signatures)
        return dialogue.trace(declare.tools(listed, dialogue.notes))

    return read


def _take(
    dialogue: Dialogue, message: Message, last: list[Call], signatures: python_calls.Signatures
) -> list[Call]:
    """The calls that wait for results after this message."""
    match message.role:
        case "user":
            dialogue.user(message.text)
        case "result":
            for result in results_in(message.text, last):
                dialogue.result(*result)
        case "assistant" | "call":
            found = python_calls.bracketed(message.text, signatures)
            if found is None:
                dialogue.answer(message.text)
                return []
            last, after = found
            dialogue.calls(last)
            if after:
                dialogue.notes.append("text_after_calls")
    return last


def tools_text(system: str) -> str:
    """The first JSON list of objects in a text, or nothing."""
    begin = _TOOLS.search(system)
    if begin is None:
        return ""
    try:
        _, end = _DECODER.raw_decode(system, begin.start())
    except (ValueError, RecursionError):
        return system[begin.start() :]
    return system[begin.start() : end]


def sniff(row: Row) -> Reader | None:
    """A reader, if an assistant's text is a bracketed list of calls."""
    for column, said in dialogues(row):
        if any(m.role == "assistant" and _is_calls(m.text) for m in said):
            return reader(column)
    return None


def _is_calls(text: str) -> bool:
    try:
        return python_calls.bracketed(text, {}) is not None
    except BadRow:
        return True
