"""S1: a request, the tools on offer and the right calls as a list. Nobody ran them.

Also the bare call: `{function, arguments}` or `{function_call}` (the seed's Format A).
"""

from typing import Any

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import Dialogue, messages, text_of
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Trace

CATEGORY: Category = "function_calling"
CALLS = ("answers", "answer", "gt_actions", "calls", "tool_calls", "function_calls")
REQUESTS = ("query", "user", "question", "instruction")


@shape_reader
def reader(
    request: str = "query",
    calls: str = "answers",
    tools: str | None = "tools",
    system: str | None = None,
    reasoning: str | None = None,
) -> Reader:
    """Reads rows whose columns have these names."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        if system and isinstance(row.get(system), str):
            dialogue.system(row[system])
        _ask(dialogue, row.get(request))
        if reasoning and isinstance(row.get(reasoning), str):
            dialogue.think(row[reasoning])
        dialogue.calls(payload.calls(row.get(calls), dialogue.notes))
        offered = declare.tools(row.get(tools), dialogue.notes) if tools else ()
        return dialogue.trace(offered)

    return read


def _ask(dialogue: Dialogue, request: Any) -> None:
    """The request: a text, or a chat that ends before the calls of the list.

    Calls and results inside the chat are its context, not what the list holds; they are counted.
    """
    if isinstance(request, str):
        dialogue.user(request)
    elif isinstance(request, list):
        for message in messages(request):
            if message.role == "user":
                dialogue.user(message.text)
            elif message.role == "system":
                dialogue.system(message.text)
            elif message.role in ("call", "result"):
                dialogue.notes.append("context_not_read")
            else:
                dialogue.answer(message.text)


def bare(row: Row) -> Trace:
    """`{function, arguments, reasoning}`: one call. No request is made out of the reasoning."""
    dialogue = Dialogue()
    for column in REQUESTS:
        if isinstance(row.get(column), str):
            dialogue.user(row[column])
            break
    dialogue.think(text_of(row.get("reasoning")))
    entry = row.get("function_call") or {key: row.get(key) for key in ("function", "arguments")}
    dialogue.calls([payload.call(entry, dialogue.notes)])
    return dialogue.trace()


def sniff(row: Row) -> Reader | None:
    """A reader, if the row has a request and a list of calls, or is a single call itself."""
    calls = next((c for c in CALLS if _looks_like_calls(row.get(c))), None)
    request = next((r for r in REQUESTS if isinstance(row.get(r), (str, list))), None)
    if calls and request:
        tools = _tools_column(row, calls)
        system = "system" if isinstance(row.get("system"), str) else None
        return reader(request, calls, tools, system, "think" if "think" in row else None)
    named = isinstance(row.get("function"), str) and "arguments" in row
    return bare if named or isinstance(row.get("function_call"), (dict, str)) else None


def _tools_column(row: Row, calls: str) -> str | None:
    """The column that declares tools, whatever its name."""
    if "tools" in row:
        return "tools"
    others = [name for name in row if name != calls and not isinstance(row[name], dict)]
    return next((name for name in others if declare.tools(row[name], [])), None)


def _looks_like_calls(cell: Any) -> bool:
    """Whether the cell reads as calls. An empty list counts: the row may say that none fits."""
    if isinstance(cell, str) and not cell.lstrip().startswith(("[", "{", "```")):
        return False
    if not isinstance(cell, (str, list)):
        return False
    try:
        payload.calls(cell, [])
    except BadRow as bad:
        return bad.reason in (Reason.truncated, Reason.arguments_not_object)
    return True
