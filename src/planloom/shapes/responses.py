"""S10c: Responses API items - `message`, `function_call`, `function_call_output`, `reasoning`.

A row is a prompt (`responses_create_params.input`, or `input` itself), a rollout that adds
`response.output`, or a prompt with the right next step beside it. Calls with no output between
them share a round. A rollout counts as it went: its gold step is not read, and reward 0 says that
it failed. `delegated_response` repeats the rollout.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import Dialogue, messages, text_of
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Trace

CATEGORY: Category = "function_calling"
GOLD = ("expected_action", "ground_truth")


@shape_reader
def reader(gold: str | None = None) -> Reader:
    """Reads rows; `gold` names the column of the right next step, if there is one."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        params = _params(row)
        dialogue.system(text_of(params.get("instructions")))
        ran = _output(row)
        _take(dialogue, [*_asked(params.get("input")), *(ran or ())])
        if ran is None and gold is not None:
            _take_gold(dialogue, row.get(gold), params.get("parallel_tool_calls") is not False)
        return dialogue.trace(declare.tools(params.get("tools"), dialogue.notes))

    return read


def _params(row: Row) -> Row:
    params = row.get("responses_create_params", row)
    if not isinstance(params, Mapping):
        raise BadRow(Reason.unknown_shape, "responses_create_params is no object")
    return params


def _asked(items: Any) -> list[Any]:
    """A text in place of items is what the user says."""
    return [{"role": "user", "content": items}] if isinstance(items, str) else _list(items)


def _output(row: Row) -> list[Any] | None:
    """The items of a rollout, None where there is none.

    Raises:
        BadRow: failed_run, by the row's reward.
    """
    response = row.get("response", row)
    if not isinstance(response, Mapping) or response.get("output") is None:
        return None
    reward = row.get("reward")
    if isinstance(reward, (int, float)) and reward <= 0:
        raise BadRow(Reason.failed_run, f"reward {reward}")
    return _list(response["output"])


def _list(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise BadRow(Reason.unknown_shape, f"items are {type(items).__name__}")
    return items


def _take(dialogue: Dialogue, items: Iterable[Any]) -> None:
    open_: list[Call] = []
    for item in items:
        kind = item.get("type") or "message" if isinstance(item, dict) else None
        if kind == "function_call":
            open_.append(_call(item, dialogue.notes))
            continue
        if kind == "function_call_output" or (kind == "message" and item.get("role") == "user"):
            dialogue.calls(open_)
            open_ = []
        _take_other(dialogue, kind, item)
    dialogue.calls(open_)


def _take_other(dialogue: Dialogue, kind: Any, item: Any) -> None:
    match kind:
        case "message":
            _say(dialogue, item)
        case "reasoning":
            dialogue.think(text_of(item.get("summary")) or text_of(item.get("content")))
        case "function_call_output":
            output = item.get("output")
            text = output if isinstance(output, str) else text_of(output) or payload.dumps(output)
            dialogue.result(text, _id(item))
        case _:
            raise BadRow(Reason.unknown_shape, f"item {kind}")


def _say(dialogue: Dialogue, item: Any) -> None:
    for message in messages([item]):
        match message.role:
            case "system":
                dialogue.system(message.text)
            case "user":
                dialogue.user(message.text)
            case "assistant":
                dialogue.answer(message.text)
            case _:
                raise BadRow(Reason.unknown_shape, f"a message of role {message.role}")


def _call(item: Any, notes: list[str]) -> Call:
    """An item has an id of its own; outputs refer to the call by `call_id`."""
    call = payload.call(item, notes)
    return Call(call.tool, call.arguments, id=_id(item))


def _id(item: Any) -> str | None:
    call_id = item.get("call_id")
    return call_id if isinstance(call_id, str) else None


def _take_gold(dialogue: Dialogue, step: Any, parallel: bool) -> None:
    """A message, a call, or several; calls share a round only where the row allows that."""
    if isinstance(step, dict) and step.get("type") == "message":
        dialogue.answer(text_of(step.get("content")))
        return
    if isinstance(step, dict) and step.get("type") == "function_call_batch":
        step = step.get("calls")
    calls = payload.calls(step, dialogue.notes)
    for group in [calls] if parallel else [[call] for call in calls]:
        dialogue.calls(group)


def sniff(row: Row) -> Reader | None:
    """A reader, if items can be read and are told from a plain chat by more than their roles."""
    params = row.get("responses_create_params", row)
    items = params.get("input") if isinstance(params, Mapping) else None
    if not isinstance(items, list):
        return None
    kinds = {str(item.get("type")) for item in items if isinstance(item, dict)}
    if not kinds & {"function_call", "reasoning"} and params is row and "tools" not in row:
        return None
    read = reader(next((column for column in GOLD if _is_step(row.get(column))), None))
    try:
        read(row)
    except BadRow as bad:
        return None if bad.reason is Reason.unknown_shape else read
    return read


def _is_step(value: Any) -> bool:
    if isinstance(value, dict):
        return "type" in value
    return isinstance(value, list) and all(isinstance(e, dict) and "name" in e for e in value)
