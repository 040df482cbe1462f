"""Extractors for dialogues: the calls that the assistant's turns made."""

import ast
import json
import re
from itertools import chain
from typing import Any

from .rows import Call, Extractor, Row, call


def message_calls(column: str) -> Extractor:
    """An extractor for `tool_calls[].function` on the assistant's messages."""

    def extract(row: Row) -> list[Call]:
        made = chain.from_iterable(one.get("tool_calls") or [] for one in spoken(row[column]))
        return [call(one["function"]["name"], one["function"]["arguments"]) for one in made]

    return extract


def spoken(messages: list[Row]) -> list[Row]:
    return [message for message in messages if message["role"] == "assistant"]


def taubench(row: Row) -> list[Call]:
    """The calls of a trajectory; the few-shot dialogues are one string each and hold none."""
    return [] if "messages_display" in row else message_calls("traj")(row)


def luna(row: Row) -> list[Call]:
    """`tool_calls[{function, args}]` on the assistant's messages."""
    made = chain.from_iterable(one.get("tool_calls") or [] for one in spoken(row["messages"]))
    return [call(one["function"], one["args"]) for one in made]


def glaive(row: Row) -> list[Call]:
    """The `function_call` turns, whose text is one JSON object."""
    turns = [one["value"] for one in row["conversations"] if one["from"] == "function_call"]
    return [call(one["name"], one["arguments"]) for one in map(json.loads, turns)]


def apibank(row: Row) -> list[Call]:
    """A line of a dialogue; those of role API are calls."""
    return [call(row["api_name"], row["param_dict"])] if row["role"] == "API" else []


def hermes(row: Row) -> list[Call]:
    """The `<tool_call>` blocks of the gpt turns: the system turn's are a template."""
    turns = (turn["value"] for turn in row["conversations"] if turn["from"] == "gpt")
    return [one for text in turns for one in tagged(text)]


def tagged(text: str) -> list[Call]:
    blocks = re.findall(r"<tool_call>(.*?)</tool_call>", text, re.DOTALL)
    if len(blocks) != text.count("<tool_call>"):
        message = "a <tool_call> without its end"
        raise ValueError(message)
    literals = [json_or_python(block.strip()) for block in blocks]
    return [call(one["name"], one["arguments"]) for one in literals]


def json_or_python(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return ast.literal_eval(text)


def python_lines(row: Row) -> list[Call]:
    """Dolci: `function_calls` is Python call syntax, one call a line."""
    texts = [one["function_calls"] for one in spoken(row["messages"]) if one["function_calls"]]
    return [python_call(line) for text in texts for line in ast.parse(text).body]


def python_call(line: ast.stmt) -> Call:
    if not isinstance(line, ast.Expr) or not isinstance(line.value, ast.Call) or line.value.args:
        message = f"not a call with named arguments: {ast.unparse(line)}"
        raise ValueError(message)
    named = line.value.keywords
    arguments = {str(one.arg): ast.literal_eval(one.value) for one in named}
    return Call(ast.unparse(line.value.func), arguments)


def thought_lists(row: Row) -> list[Call]:
    """DTA-Tool: a JSON list behind `Function Call:`; `Finish` ends the run and is no call."""
    turns = [one["value"] for one in row["conversations"] if one["from"] == "assistant"]
    lists = (turn.partition("Function Call:")[2] for turn in turns)
    items = chain.from_iterable(json.loads(text) for text in lists if text)
    return [call(one["name"], one["arguments"]) for one in items if one["name"] != "Finish"]


def typed_parts(row: Row) -> list[Call]:
    """Content parts: a `tool_call` holds one JSON object, the older `tool_calls` a JSON list."""
    parts = [part for message in spoken(row["messages"]) for part in message["content"]]
    single = [json.loads(part["value"]) for part in parts if part["type"] == "tool_call"]
    lists = [json.loads(part["value"]) for part in parts if part["type"] == "tool_calls"]
    return [call(one["name"], one["arguments"]) for one in chain(single, *lists)]


def adp(row: Row) -> list[Call]:
    """The `api_action` items of the standard form; a `code_action` names no tool."""
    if any(one["class_"] == "code_action" for one in row["content"]):
        message = "a code_action, which names no tool"
        raise ValueError(message)
    made = (one for one in row["content"] if one["class_"] == "api_action")
    return [call(one["function"], one["kwargs"]) for one in made]
