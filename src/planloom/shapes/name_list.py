"""S8: a request and the names of the functions that fulfil it, in order; no arguments, no results."""

from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes.dialogue import Dialogue
from planloom.source import Reader, Row
from planloom.trace import Call, Trace

CATEGORY: Category = "function_calling"
REQUESTS = ("refined_instruction", "instruction")
NAMES = "functions"
EXPLANATION = "explanation"


def read(row: Row) -> Trace:
    """One round a name. The refined wording is the request where there is one."""
    dialogue = Dialogue()
    asked = next((text for key in REQUESTS if isinstance(text := row.get(key), str) and text), None)
    if asked is not None:
        dialogue.user(asked)
    names = row.get(NAMES)
    if not isinstance(names, list):
        raise BadRow(Reason.unknown_shape, f"{NAMES} is {type(names).__name__}")
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise BadRow(Reason.not_a_call, repr(name))
        dialogue.calls([Call(name.strip(), {}, arguments_known=False)])
    explanation = row.get(EXPLANATION)
    dialogue.think(explanation if isinstance(explanation, str) else "")
    return dialogue.trace()


def sniff(row: Row) -> Reader | None:
    """The reader, if the row has a request and nothing but names of functions."""
    names = row.get(NAMES)
    if not isinstance(row.get("instruction"), str) or not isinstance(names, list):
        return None
    return read if names and all(isinstance(name, str) for name in names) else None
