"""S7: a task for a user simulator, with the right actions in order (the tau2 family). Nobody ran them.

The request is what the user calls about. What the simulator knows besides stands in the trace as
background, so that a value from there counts as the user's own.
"""

from typing import Any

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes.dialogue import Dialogue
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Trace

CATEGORY: Category = "function_calling"
REQUESTS = ("reason_for_call", "task_instructions")


@shape_reader
def reader(*, padded: bool = True) -> Reader:
    """Reads tasks; every action is a round of its own, because a task lists them in order.

    `padded` says that a columnar store has filled absent arguments with null, so that nulls are
    dropped; a null that was meant is lost there for good.
    """

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        _ask(dialogue, cell(row, "user_scenario").get("instructions"))
        for action in _actions(row):
            if _is_assistants(action):
                dialogue.calls([_call(action, padded, dialogue.notes)])
            else:
                dialogue.notes.append("action_of_user")
        return dialogue.trace()

    return read


def cell(row: Row, column: str) -> dict[str, Any]:
    """An object, or its JSON text; null is empty.

    Raises:
        BadRow: for anything else.
    """
    value = row.get(column)
    if isinstance(value, str):
        value = payload.parse(value, [])
    if not isinstance(value, (dict, type(None))):
        raise BadRow(Reason.unknown_shape, f"{column} is {type(value).__name__}")
    return value or {}


def _actions(row: Row) -> list[Any]:
    found = cell(row, "evaluation_criteria").get("actions")
    if not isinstance(found, (list, type(None))):
        raise BadRow(Reason.unknown_shape, f"actions are {type(found).__name__}")
    return found or []


def _ask(dialogue: Dialogue, told: Any) -> None:
    """Some tasks tell the simulator everything in one text: that is the request then."""
    if isinstance(told, str):
        told = {"task_instructions": told}
    if not isinstance(told, dict):
        return
    texts = {key: text for key, text in told.items() if isinstance(text, str) and text.strip()}
    asked = next((key for key in REQUESTS if key in texts), None)
    if asked is not None:
        dialogue.user(texts.pop(asked))
    for key in ("known_info", "task_instructions"):
        dialogue.system(texts.get(key, ""))


def _is_assistants(action: Any) -> bool:
    """A task may also list what the user has to do."""
    requestor = action.get("requestor") if isinstance(action, dict) else None
    return requestor in (None, "assistant")


def _call(action: Any, padded: bool, notes: list[str]) -> Call:
    call = payload.call(action, notes)
    return Call(call.tool, payload.without_nulls(call.arguments)) if padded else call


def sniff(row: Row) -> Reader | None:
    """A reader, if the row tells a simulator something and lists actions, though it may be none."""
    try:
        found, told = _actions(row), cell(row, "user_scenario")
        lists = "actions" in cell(row, "evaluation_criteria")
    except BadRow:
        return None
    named = all(isinstance(action, dict) and "name" in action for action in found)
    return reader() if lists and named and "instructions" in told else None
