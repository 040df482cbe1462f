"""Search trees of ToolBench's agents: an answer with its training chains, or an evaluation run.

Of a tree the last training chain is the whole way to the end. User messages inside a chain ("This
is not the first time you try this task ...") are state of the search, no turns. A run nests its
steps and keeps 100 characters of each: where the cut goes through the arguments, only the tool is
known. A run without a final answer failed.
"""

import re
from collections.abc import Iterator
from typing import Any

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import chat_calls, declare
from planloom.shapes.dialogue import FINISH, Dialogue, text_of
from planloom.source import Reader, Row
from planloom.trace import Call, Trace

CATEGORY: Category = "tool_reasoning"
_STRING = r"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\""
_STEP = re.compile(rf"\{{'name': ({_STRING}), 'arguments': ({_STRING})?", re.DOTALL)
_END = re.compile(r'"return_type": "(\w+)')
_chat = chat_calls.reader("messages", "function")


def tree(row: Row) -> Trace:
    """Reads `{answer_generation: {train_messages, function}}`."""
    found = row.get("answer_generation")
    chains = found.get("train_messages") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(chains, list) or not chains:
        raise BadRow(Reason.failed_run, "no chain that ends in an answer")
    turns = without_search_state(chains[-1], "role", "content")
    return _chat({"messages": turns, "function": found.get("function")})


def without_search_state(value: Any, role: str, text: str) -> list[dict[str, Any]]:
    """The messages, of the users' only the first, without the `Begin!` below it."""
    turns: list[dict[str, Any]] = []
    asked = False
    for turn in value if isinstance(value, list) else ():
        if not isinstance(turn, dict):
            raise BadRow(Reason.unknown_shape, f"a message is {type(turn).__name__}")
        if turn.get(role) != "user":
            turns.append(turn)
        elif not asked:
            request = text_of(turn.get(text)).strip().removesuffix("Begin!").strip()
            turns.append({**turn, text: request})
            asked = True
    return turns


def run(row: Row) -> Trace:
    """Reads `{query, available_tools, answer: {answer_details}}`."""
    answer = row.get("answer")
    dialogue = Dialogue()
    dialogue.user(text_of(row.get("query")))
    steps = list(_path(answer.get("answer_details") if isinstance(answer, dict) else None))
    for step in steps:
        if step.get("role") == "tool":
            _take(dialogue, text_of(step.get("message")))
        elif step.get("role") == "assistant":
            dialogue.answer(text_of(step.get("message")))
    if not any(_ends(step) for step in steps):
        raise BadRow(Reason.failed_run, "no final answer")
    return dialogue.trace(declare.tools(row.get("available_tools"), dialogue.notes))


def _path(steps: Any) -> Iterator[dict[str, Any]]:
    """From the root to the end of the last branch."""
    while isinstance(steps, list) and steps and isinstance(steps[-1], dict):
        yield steps[-1]
        steps = steps[-1].get("next")


def _ends(step: dict[str, Any]) -> bool:
    found = _STEP.match(text_of(step.get("message"))) if step.get("role") == "tool" else None
    return found is not None and found[1][1:-1] == FINISH


def _take(dialogue: Dialogue, text: str) -> None:
    """A step `{'name': .., 'arguments': '..', 'response': '..'}` that may break off anywhere."""
    step = _STEP.match(text)
    if step is None:
        raise BadRow(Reason.truncated, text)
    dialogue.calls([_call(step[1][1:-1], step[2], text, dialogue.notes)])
    seen = text[step.end() :].partition("'response': ")[2]
    if seen and step[1][1:-1] != FINISH:
        dialogue.result(seen)


def _call(name: str, given: str | None, text: str, notes: list[str]) -> Call:
    if given is not None:
        return payload.call({"name": name, "arguments": given}, notes)
    if name == FINISH and (end := _END.search(text)):
        return Call(FINISH, {"return_type": end[1]})
    notes.append("arguments_cut")
    return Call(name, {}, arguments_known=False)


def sniff(row: Row) -> Reader | None:
    """A reader, if the row holds training chains or the steps of a run."""
    found, answer = row.get("answer_generation"), row.get("answer")
    if isinstance(found, dict) and "train_messages" in found:
        return tree
    return run if isinstance(answer, dict) and "answer_details" in answer else None
