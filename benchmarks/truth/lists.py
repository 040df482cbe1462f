"""Extractors for rows that list the calls that are right, beside a request."""

import json
import re
from itertools import chain

from .rows import Call, Extractor, Row, call


def listed(column: str, name: str = "name", arguments: str = "arguments") -> Extractor:
    """An extractor for a column with a list of `{NAME, ARGUMENTS}`, native or as a JSON string."""

    def extract(row: Row) -> list[Call]:
        items = json.loads(row[column]) if isinstance(row[column], str) else row[column]
        return [call(one[name], one[arguments]) for one in items]

    return extract


def nested(row: Row) -> list[Call]:
    """NESTFUL: the last item, `var_result`, only names the answer."""
    return [one for one in listed("output")(row) if one.name != "var_result"]


def task_actions(row: Row) -> list[Call]:
    """tau2: the actions that the assistant is asked for; the others are the user's own."""
    actions = row["evaluation_criteria"].get("actions") or []
    ours = (one for one in actions if one.get("requestor", "assistant") == "assistant")
    return [call(one["name"], one["arguments"]) for one in ours]


def positional(row: Row) -> list[Call]:
    """AgentBench's knowledge graph: `get_neighbors(#0, relation)`, whose arguments have no names."""
    texts = [re.fullmatch(r"(\w+)\(.*\)", text) for text in row["actions"]]
    if not all(texts):
        message = "an action that is no call"
        raise ValueError(message)
    return [Call(text[1], None) for text in texts if text]


def responses_items(row: Row) -> list[Call]:
    """Responses API: the `function_call` items of the history, then of the run or of what is expected."""
    given = row["responses_create_params"]["input"]
    items = chain(given, row["response"]["output"] if "response" in row else expected_items(row))
    made = [one for one in items if one.get("type") == "function_call"]
    return [call(one["name"], one["arguments"]) for one in made]


def expected_items(row: Row) -> list[Row]:
    """`expected_action` is one item or a batch; the items of `ground_truth` have no type."""
    action = row.get("expected_action", {})
    truth = [{**one, "type": "function_call"} for one in row.get("ground_truth", [])]
    return [*action.get("calls", [action]), *truth]
