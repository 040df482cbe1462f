"""S5: `function_calls` beside the content, Python call text with one call a line (Olmo, Dolci).

Tools stand in `functions` of the system message, or of a user message. Role `environment` holds
the results of a round, joined by line breaks. Lines of one message are parallel.
"""

from planloom import payload
from planloom.plan import Category
from planloom.shapes import declare, python_calls
from planloom.shapes.dialogue import Dialogue, Message, dialogues, messages
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Tool, Trace

CATEGORY: Category = "function_calling"


@shape_reader
def reader(conversation: str = "messages") -> Reader:
    """Reads rows whose column has this name."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        said = list(messages(row.get(conversation)))
        signatures: dict[str, list[str]] = {}
        offered: dict[str, Tool] = {}
        for message in said:
            declared = message.raw.get("functions")
            if message.role in ("system", "user") and declared:
                signatures |= declare.signatures(declared)
                offered |= {tool.key: tool for tool in declare.tools(declared, dialogue.notes)}
            _take(dialogue, message, signatures)
        return dialogue.trace(offered.values())

    return read


def _take(dialogue: Dialogue, message: Message, signatures: python_calls.Signatures) -> None:
    match message.role:
        case "system":
            dialogue.system(message.text)
        case "user":
            dialogue.user(message.text)
        case "result":
            dialogue.result(message.text)
        case _:
            found = _calls(message.raw.get("function_calls"), dialogue.notes, signatures)
            if found:
                dialogue.calls(found)
            else:
                dialogue.answer(message.text)


def _calls(value: object, notes: list[str], signatures: python_calls.Signatures) -> list[Call]:
    """Call lines, or a list of either kind."""
    if not isinstance(value, str) or value.lstrip().startswith(("[{", "{")):
        return payload.calls(value, notes)
    listed = python_calls.bracketed(value, signatures)
    if listed is not None and not listed[1]:
        return listed[0]
    return python_calls.lines(value, signatures)


def sniff(row: Row) -> Reader | None:
    """A reader, if a message holds call lines, or declares tools where its columns say so."""
    for column, said in dialogues(row):
        if any(_is_lines(message) for message in said):
            return reader(column)
    return None


def _is_lines(message: Message) -> bool:
    raw = message.raw
    calls = raw.get("function_calls")
    return bool(isinstance(calls, str) and calls) or (
        "function_calls" in raw and bool(declare.tools(raw.get("functions"), []))
    )
