"""The task written in 17 shapes, as public data sets write it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.expected import (
    Expected,
    gold,
    joint,
    last_open,
    legacy_series,
    series,
    series_without_tools,
    single,
    spoken_too,
    thought_too,
    with_ids,
)
from conformance.style import (
    PLAIN,
    Style,
    as_json,
    as_object,
    as_unicode,
    bare_tools,
    keyword_call,
    openai_tools,
    schema,
)
from conformance.task import Call, Row, Task

Unit = tuple[str, int]
"""A text that is all or nothing, and how many calls it holds."""


@dataclass(frozen=True)
class Shape:
    """`write` gives the row, `expect` what it holds, `units` the call texts in it, in order.

    `admits` says what public rows of the shape vary: `keys` and `packing` of a call object,
    `literal` Python texts, `ids`.
    """

    name: str
    write: Callable[[Task, Style], Row]
    expect: Callable[[Task], Expected]
    units: Callable[[Task, Style], list[Unit]]
    admits: frozenset[str]

    def row(self, task: Task, style: Style = PLAIN) -> Row:
        return self.write(task, style)


SHAPES: dict[str, Shape] = {}
EQUAL = ("openai", "spoken", "objects", "developer", "open_end", "two_assistants", "json_strings", "anthropic", "hermes", "parts")  # fmt: skip
"""Shapes that tell the whole task: the same plan."""


def shape(
    expect: Callable[[Task], Expected],
    units: Callable[[Task, Style], list[Unit]] = lambda task, style: [],
    admits: str = "",
) -> Callable[[Callable[[Task, Style], Row]], Callable[[Task, Style], Row]]:
    """Registers a writer of rows under its name."""

    def register(write: Callable[[Task, Style], Row]) -> Callable[[Task, Style], Row]:
        name = write.__name__
        SHAPES[name] = Shape(name, write, expect, units, frozenset(admits.split()))
        return write

    return register


# Where the calls stand


def argument_texts(task: Task, style: Style) -> list[Unit]:
    return [((style.pack or as_json)(call.arguments), 1) for call in task.calls]


def entry_texts(task: Task, style: Style) -> list[Unit]:
    return [(style.text(call), 1) for call in task.calls]


# 1-8: calls as keys of messages


def messages(task: Task, style: Style, pack: Callable[[Any], Any] = as_json) -> list[Row]:
    def calling(*numbers: int) -> Row:
        calls = [
            {
                **style.id(number, "id"),
                "type": "function",
                "function": style.entry(task.calls[number], pack),
            }
            for number in numbers
        ]
        return {"role": "assistant", "content": None, "tool_calls": calls}

    def result(number: int) -> Row:
        return {"role": "tool", **style.id(number, "tool_call_id"), "content": task.results[number]}

    return [
        {"role": "system", "content": task.system},
        {"role": "user", "content": task.request},
        calling(0, 1),
        result(0),
        result(1),
        calling(2),
        result(2),
        {"role": "assistant", "content": task.done},
    ]


@shape(with_ids, argument_texts, "keys packing ids")
def openai(task: Task, style: Style) -> Row:
    return {"messages": messages(task, style), "tools": openai_tools(task)}


@shape(spoken_too, argument_texts, "keys packing ids")
def spoken(task: Task, style: Style) -> Row:
    """Words and calls in one message."""
    row = openai(task, style)
    row["messages"][2]["content"] = task.said
    return row


@shape(with_ids, admits="keys ids")
def objects(task: Task, style: Style) -> Row:
    return {"messages": messages(task, style, as_object), "tools": openai_tools(task)}


@shape(with_ids, argument_texts, "keys packing ids")
def developer(task: Task, style: Style) -> Row:
    row = openai(task, style)
    row["messages"][0]["role"] = "developer"
    return row


@shape(with_ids, argument_texts, "keys packing ids")
def open_end(task: Task, style: Style) -> Row:
    """The last word is the last result."""
    row = openai(task, style)
    return {**row, "messages": row["messages"][:-1]}


@shape(with_ids, argument_texts, "keys packing ids")
def two_assistants(task: Task, style: Style) -> Row:
    row = openai(task, style)
    row["messages"].insert(2, {"role": "assistant", "content": task.said})
    return row


@shape(legacy_series, argument_texts, "keys packing")
def legacy(task: Task, style: Style) -> Row:
    """`function_call`, one a message; every result is `r`."""
    said: list[Row] = [{"role": "user", "content": task.request}]
    for call in task.calls:
        entry = style.entry(call, as_json)
        said.append({"role": "assistant", "content": None, "function_call": entry})
        said.append({"role": "function", "name": call.name, "content": "r"})
    said.append({"role": "assistant", "content": task.done})
    return {"messages": said, "functions": bare_tools(task)}


def whole_conversation(task: Task, style: Style) -> list[Unit]:
    return [(str(json_strings(task, style)["messages"]), 3)]


@shape(with_ids, whole_conversation, "keys ids")
def json_strings(task: Task, style: Style) -> Row:
    """The columns themselves are JSON texts."""
    row = openai(task, style)
    return {"messages": style.dump(row["messages"]), "tools": style.dump(row["tools"])}


# 9-17: calls as blocks and as text


@shape(with_ids, admits="ids")
def anthropic(task: Task, style: Style) -> Row:
    def use(number: int) -> Row:
        call = task.calls[number]
        return {"type": "tool_use", **style.id(number, "id"), "name": call.name, "input": call.arguments}  # fmt: skip

    def result(number: int) -> Row:
        content = task.results[number]
        return {"type": "tool_result", **style.id(number, "tool_use_id"), "content": content}

    said = [
        {"role": "user", "content": task.request},
        {"role": "assistant", "content": [use(0), use(1)]},
        {"role": "user", "content": [result(0), result(1)]},
        {"role": "assistant", "content": [use(2)]},
        {"role": "user", "content": [result(2)]},
        {"role": "assistant", "content": [{"type": "text", "text": task.done}]},
    ]
    tools = [
        {"name": tool.name, "description": tool.description, "input_schema": schema(tool)}
        for tool in task.tools
    ]
    return {"system": task.system, "messages": said, "tools": tools}


@shape(thought_too, entry_texts, "keys packing literal")
def hermes(task: Task, style: Style) -> Row:
    def tagged(tag: str, *texts: str) -> str:
        return "\n".join(f"<{tag}>\n{text}\n</{tag}>" for text in texts)

    def calling(*calls: Call) -> Row:
        return {"from": "gpt", "value": tagged("tool_call", *map(style.text, calls))}

    def results(*numbers: int) -> Row:
        named = ({"name": task.calls[n].name, "content": task.results[n]} for n in numbers)
        return {"from": "tool", "value": tagged("tool_response", *map(style.dump, named))}

    a, b, c = task.calls
    first = calling(a, b)
    first["value"] = f"<think>\n{task.thought}\n</think>\n{first['value']}"
    tools = tagged("tools", style.dump(openai_tools(task)))
    system = f"{task.system} You may call functions from within {tools} tags."
    said = [
        {"from": "system", "value": system},
        {"from": "human", "value": task.request},
        first,
        results(0, 1),
        calling(c),
        results(2),
        {"from": "gpt", "value": task.done},
    ]
    return {"conversations": said}


def list_and_object(task: Task, style: Style) -> list[Unit]:
    a, b, c = (style.entry(call) for call in task.calls)
    return [(style.dump([a, b]), 2), (style.dump(c), 1)]


@shape(joint, list_and_object, "keys packing literal")
def sharegpt(task: Task, style: Style) -> Row:
    """A list of calls, one observation for both; then a single object."""
    (both, _), (third, _) = list_and_object(task, style)
    said = [
        {"from": "human", "value": task.request},
        {"from": "function_call", "value": both},
        {"from": "observation", "value": "; ".join(task.results[:2])},
        {"from": "function_call", "value": third},
        {"from": "observation", "value": task.results[2]},
        {"from": "gpt", "value": task.done},
    ]
    return {"conversations": said, "system": task.system, "tools": as_json(openai_tools(task))}


PYTHON_TYPES = {"string": "str", "object": "dict", "array": "list", "boolean": "bool", "integer": "int"}  # fmt: skip


def flat_tools(task: Task) -> list[Row]:
    """Parameters as a flat table with Python's names of types, as xLAM has them."""
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "parameters": {
                name: {"description": name, "type": PYTHON_TYPES[kind]}
                for name, kind in tool.types.items()
            },
        }
        for tool in task.tools
    ]


def answers(task: Task, style: Style) -> list[Unit]:
    return [(style.dump([style.entry(call) for call in task.calls]), 3)]


@shape(gold, answers, "keys packing literal")
def xlam(task: Task, style: Style) -> Row:
    written = answers(task, style)[0][0]
    return {"query": task.request, "tools": style.dump(flat_tools(task)), "answers": written}


def bracketed(task: Task, style: Style) -> list[Unit]:
    a, b, c = map(keyword_call, task.calls)
    return [(f"[{a}, {b}]", 2), (f"[{c}]", 1)]


@shape(last_open, bracketed)
def toolace(task: Task, style: Style) -> Row:
    """Calls in Python's syntax; names may hold spaces and slashes."""
    (both, _), (third, _) = bracketed(task, style)
    results = [{"name": task.calls[n].name, "results": task.results[n]} for n in (0, 1)]
    said = [
        {"from": "user", "value": task.request},
        {"from": "assistant", "value": both},
        {"from": "tool", "value": style.dump(results)},
        {"from": "assistant", "value": third},
    ]
    system = (
        f"{task.system} Here is a list of functions in JSON format that you can invoke:\n"
        f"{style.dump(bare_tools(task))}\n"
        "Put it in the format of [func1(params_name=params_value), func2(params)]"
    )
    return {"system": system, "conversations": said}


def quoted_arguments(task: Task, style: Style) -> list[Unit]:
    return [
        (f'{{"name": {as_unicode(call.name)}, "arguments": \'{style.dump(call.arguments)}\'}}', 1)
        for call in task.calls
    ]


@shape(series, quoted_arguments)
def glaive(task: Task, style: Style) -> Row:
    """One text for all; the arguments are JSON in single quotes, so a call is no JSON."""
    a, b, c = (f"ASSISTANT: <functioncall> {text} <|endoftext|>" for text, _ in quoted_arguments(task, style))  # fmt: skip
    said = [
        f"USER: {task.request}",
        a,
        f"FUNCTION RESPONSE: {task.results[0]}",
        b,
        f"FUNCTION RESPONSE: {task.results[1]}",
        c,
    ]
    tools = "\n\n".join(json_of_tool for json_of_tool in map(as_json, bare_tools(task)))
    system = f"SYSTEM: {task.system} You have access to the following functions. Use them if required -\n{tools}\n"  # fmt: skip
    return {"system": system, "chat": "\n\n\n".join(said)}


def actions(task: Task, style: Style) -> list[Unit]:
    return [(f"{call.name}\nAction Input: {style.dump(call.arguments)}", 1) for call in task.calls]


@shape(series_without_tools, actions, "literal")
def react(task: Task, style: Style) -> Row:
    """The whole run in one assistant text."""
    steps = [
        f"Action: {action}\nObservation: {result}"
        for (action, _), result in zip(actions(task, style), task.results, strict=True)
    ]
    run = "\n".join([f"Thought: {task.thought}", *steps, f"Final Answer: {task.done}"])
    said = [{"role": "user", "content": task.request}, {"role": "assistant", "content": run}]
    return {"messages": said}


@shape(single)
def bare(task: Task, style: Style) -> Row:
    call = task.calls[0]
    return {"function": call.name, "arguments": call.arguments, "reasoning": task.thought}


@shape(thought_too, entry_texts, "keys packing")
def parts(task: Task, style: Style) -> Row:
    """Typed parts of a content; the results of a round are text parts in order."""

    def part(kind: str, value: str) -> Row:
        return {"type": kind, "value": value}

    def message(role: str, *held: Row) -> Row:
        return {"role": role, "content": list(held)}

    a, b, c = (part("tool_call", style.text(call)) for call in task.calls)
    results = [part("text", result) for result in task.results]
    said = [
        message("system", part("text", task.system)),
        message("user", part("text", task.request)),
        message("assistant", part("reasoning", task.thought), a, b),
        message("tool", *results[:2]),
        message("assistant", c),
        message("tool", results[2]),
        message("assistant", part("text", task.done)),
    ]
    return {"messages": said, "tools": as_json(openai_tools(task))}
