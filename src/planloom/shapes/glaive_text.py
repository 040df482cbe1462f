"""S2b: a whole conversation in one string, calls as `<functioncall> {..}` (Glaive v2).

`chat` is `USER: .. ASSISTANT: .. <|endoftext|> FUNCTION RESPONSE: ..`; `system` names the tools as
JSON objects one after the other. Arguments are JSON in single quotes, so a call is no valid JSON.
"""

import json
import re

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import Dialogue
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Tool, Trace

CATEGORY: Category = "function_calling"

_SPEAKER = re.compile(r"(?<!\S)(USER|ASSISTANT|FUNCTION RESPONSE):(?=[\s<{]|\Z)")
_CALL = "<functioncall>"
_END = "<|endoftext|>"
_DECODER = json.JSONDecoder(strict=False)


@shape_reader
def reader(conversation: str = "chat", system: str = "system") -> Reader:
    """Reads rows whose columns have these names."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        text = row.get(system)
        offered = text if isinstance(text, str) else ""
        dialogue.system(offered)
        for speaker, said in turns(row.get(conversation)):
            _take(dialogue, speaker, said)
        return dialogue.trace(tools_in(offered, dialogue.notes))

    return read


def turns(chat: object) -> list[tuple[str, str]]:
    """Speaker and text of each turn.

    Raises:
        BadRow: unknown_shape, if no speaker is named.
    """
    if not isinstance(chat, str) or len(found := _SPEAKER.split(chat)) < 3:
        raise BadRow(Reason.unknown_shape, "no text with USER: and ASSISTANT:")
    said = [text.replace(_END, "").strip() for text in found[2::2]]
    return list(zip(found[1::2], said, strict=True))


def _take(dialogue: Dialogue, speaker: str, said: str) -> None:
    match speaker:
        case "USER":
            dialogue.user(said)
        case "FUNCTION RESPONSE":
            dialogue.result(said)
        case _:
            words, *bodies = said.split(_CALL)
            bodies = [body for body in bodies if body.lstrip().startswith(("{", "["))]  # no mention
            found = [call for body in bodies for call in payload.calls(body, dialogue.notes)]
            if found:
                dialogue.think(words)
                dialogue.calls(found)
            else:
                dialogue.answer(said)


def tools_in(system: str, notes: list[str]) -> tuple[Tool, ...]:
    """The tools of a system text: JSON objects, one after the other."""
    entries = []
    at = system.find("{")
    while at >= 0:
        try:
            entry, at = _DECODER.raw_decode(system, at)
        except (ValueError, RecursionError):
            notes.append("tools_unreadable")
            break
        entries.append(entry)
        at = system.find("{", at)
    return declare.tools(entries, notes)


def sniff(row: Row) -> Reader | None:
    """A reader, if one column is a chat in which a user and an assistant speak."""
    try:
        speakers = {speaker for speaker, _ in turns(row.get("chat"))}
    except BadRow:
        return None
    return reader() if {"USER", "ASSISTANT"} <= speakers else None
