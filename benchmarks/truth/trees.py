"""Extractors for ToolBench: the plan is the chain that ends in `Finish` with `give_answer`, if there is one."""

import ast
import json
import re
from collections.abc import Iterator
from itertools import pairwise

from .rows import Call, Row, call

HEAD = re.compile(
    r"""\{'name': '([^']+)', 'arguments': ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.DOTALL
)


def toolbench(row: Row) -> list[Call]:
    """Search trees (`tree`), evaluation runs (`answer`), or queries, which hold no call."""
    if "tree" in row:
        return tree_calls(row)
    return run_calls(row) if "answer" in row else []


def tree_calls(row: Row) -> list[Call]:
    chains = [actions(path) for path in paths(row["tree"]["tree"])]
    answered = [one for one in chains if one and finished(*one[-1])]
    return [call(*one) for one in answered[0][:-1]] if answered else []


def paths(node: Row) -> Iterator[list[Row]]:
    """The ways from a node to each of its leaves."""
    for child in node["children"]:
        for path in paths(child):
            yield [node, *path]
    if not node["children"]:
        yield [node]


def actions(path: list[Row]) -> list[tuple[str, str]]:
    """Name and input of each action: an `Action` node and the `Action Input` that follows it."""
    return [
        (first["description"], second["description"])
        for first, second in pairwise(path)
        if first["node_type"] == "Action" and second["node_type"] == "Action Input"
    ]


def finished(name: str, arguments: str) -> bool:
    return name == "Finish" and json.loads(arguments)["return_type"] == "give_answer"


def run_calls(row: Row) -> list[Call]:
    """The tool messages of a run that gave an answer; they are cut at 100 characters."""
    if "give_answer" not in row["answer"]["final_answer"]:
        return []
    steps = [step for node in row["answer"]["answer_details"] for step in following(node)]
    texts = [one["message"] for one in steps if one["role"] == "tool"]
    return [headed(text) for text in texts if not text.startswith("{'name': 'Finish'")]


def following(node: Row) -> Iterator[Row]:
    yield node
    for child in node["next"]:
        yield from following(child)


def headed(text: str) -> Call:
    head = HEAD.match(text)
    if head is None:
        message = "arguments that are cut off"
        raise ValueError(message)
    return call(head[1], ast.literal_eval(head[2]))
