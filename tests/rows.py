"""Strict models of other tools' rows, written from their published field lists, not from our code."""

from graphlib import TopologicalSorter
from itertools import pairwise
from typing import Any

import jsonschema_rs

TEXT, OBJECT = {"type": "string"}, {"type": "object"}
TEXTS = {"type": "object", "additionalProperties": TEXT}


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these keys and no other."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def listed(item: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least}


NAME = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
FUNCTION = closed({"name": NAME}, {"description": TEXT, "parameters": OBJECT, "strict": {}})
OPENAI_CALL = closed(
    {
        "id": {"type": "string", "minLength": 1},
        "type": {"const": "function"},
        "function": closed({"name": NAME, "arguments": TEXT}),
    }
)
MESSAGE = {
    "oneOf": [
        closed({"role": {"enum": ["system", "developer", "user"]}, "content": TEXT}),
        closed(
            {"role": {"const": "assistant"}, "tool_calls": listed(OPENAI_CALL, 1)},
            {"content": {"type": ["string", "null"]}},
        ),
        closed({"role": {"const": "assistant"}, "content": {"type": "string", "minLength": 1}}),
        closed({"role": {"const": "tool"}, "content": TEXT, "tool_call_id": TEXT}),
    ]
}
OPENAI = closed(
    {"messages": listed(MESSAGE, 1)},
    {
        "tools": listed(closed({"type": {"const": "function"}, "function": FUNCTION}), 1),
        "metadata": TEXTS,
    },
)

CALL = closed({"tool_call_id": TEXT, "function_name": TEXT, "arguments": OBJECT}, {"extra": OBJECT})
PART = closed({"type": {"const": "text"}, "text": TEXT})
SAID = {"oneOf": [TEXT, listed(PART)]}
RESULT = closed(
    {}, {"source_call_id": TEXT, "content": SAID, "subagent_trajectory_ref": {}, "extra": OBJECT}
)
STEP = {"step_id": {"type": "integer", "minimum": 1}, "message": SAID}
ANY_STEP = {
    "timestamp": TEXT,
    "extra": OBJECT,
    "observation": closed({"results": listed(RESULT)}),
    "is_copied_context": {"type": "boolean"},
    "llm_call_count": {"type": "integer", "minimum": 0},
}
AGENT_STEP = {
    "model_name": TEXT,
    "reasoning_effort": {},
    "reasoning_content": TEXT,
    "tool_calls": listed(CALL, 1),
    "metrics": OBJECT,
}
ATIF = closed(
    {
        "schema_version": {"const": "ATIF-v1.7"},
        "agent": closed(
            {"name": TEXT, "version": TEXT},
            {"model_name": TEXT, "tool_definitions": listed(OBJECT), "extra": OBJECT},
        ),
        "steps": listed(
            {
                "oneOf": [
                    closed({**STEP, "source": {"enum": ["system", "user"]}}, ANY_STEP),
                    closed({**STEP, "source": {"const": "agent"}}, {**ANY_STEP, **AGENT_STEP}),
                ]
            },
            1,
        ),
    },
    {
        "session_id": TEXT,
        "trajectory_id": TEXT,
        "notes": TEXT,
        "final_metrics": OBJECT,
        "continued_trajectory_ref": TEXT,
        "extra": OBJECT,
        "subagent_trajectories": {"type": "array"},
    },
)

MAYBE = {"type": ["string", "null"]}
SPEAKER = {"enum": ["user", "agent", "environment"]}
LANGUAGE = {"enum": ["bash", "python", "mysql", "sql", "javascript", "java", "c", "cpp", "go"]}


def item(kind: str, required: dict[str, Any], optional: dict[str, Any]) -> dict[str, Any]:
    return closed({"class_": {"const": kind}, **required}, optional)


ADP = closed(
    {
        "id": TEXT,
        "content": listed(
            {
                "oneOf": [
                    item(
                        "api_action", {"function": TEXT, "kwargs": OBJECT}, {"description": MAYBE}
                    ),
                    item(
                        "code_action",
                        {"language": LANGUAGE, "content": TEXT},
                        {"description": MAYBE},
                    ),
                    item("message_action", {"content": TEXT}, {"description": MAYBE}),
                    item("text_observation", {"content": TEXT, "source": SPEAKER}, {"name": MAYBE}),
                    item(
                        "image_observation",
                        {"content": TEXT, "source": SPEAKER},
                        {"annotations": {"type": ["array", "null"]}},
                    ),
                    item(
                        "web_observation",
                        {},
                        {"html": {}, "axtree": {}, "url": {}, "image_observation": {}}
                        | {"viewport_size": {}},
                    ),
                ]
            },
            1,
        ),
        "details": TEXTS,
    }
)

TURN = closed({"from": {"enum": ["system", "human", "gpt", "function_call"]}, "value": TEXT})
ABOUT = dict.fromkeys(("source", "licence", "use", "label", "category"), TEXT)
SHAREGPT = closed({"conversations": listed(TURN, 1), "tools": TEXT}, {"id": TEXT, **ABOUT})
HERMES = closed({"conversations": listed(TURN, 1)}, {"id": TEXT, **ABOUT})

TIER = {"type": "integer", "minimum": 1, "maximum": 3}
GATLING = closed(
    {
        "plan_id": {"type": "string", "minLength": 1},
        "request": TEXT,
        "nodes": listed(
            closed(
                {
                    "node_id": {"type": "string", "minLength": 1},
                    "tool_name": {"type": "string", "minLength": 1},
                    "arguments": OBJECT,
                    "provenance_tier": TIER,
                    "provenance_hash": {"type": "string", "minLength": 1},
                    "scope_volume": {"type": "integer", "minimum": 1},
                    "scope_sensitivity": {"type": "integer", "minimum": 1, "maximum": 5},
                }
            ),
            1,
        ),
        "edges": listed({"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}),
        "source_dataset": TEXT,
        "category": TEXT,
        "label": TEXT,
    }
)

MODELS = {
    name: jsonschema_rs.validator_for(schema)
    for name, schema in {
        "openai": OPENAI,
        "atif": ATIF,
        "adp": ADP,
        "sharegpt": SHAREGPT,
        "hermes": HERMES,
        "gatling": GATLING,
    }.items()
}


def check(name: str, row: dict[str, Any]) -> None:
    """Fails where the row breaks the layout, or the rules that a schema cannot say."""
    MODELS[name].validate(row)
    if name == "atif":
        assert [step["step_id"] for step in row["steps"]] == [*range(1, len(row["steps"]) + 1)]
    if name == "openai":
        ids = [call["id"] for m in row["messages"] for call in m.get("tool_calls", ())]
        assert len(ids) == len(set(ids))
    if name == "gatling":
        check_graph([node["node_id"] for node in row["nodes"]], row["edges"])


def check_graph(nodes: list[str], edges: list[list[str]]) -> None:
    """Ids are unique, edges join nodes, each pair once, and no way leads back."""
    assert len(nodes) == len(set(nodes))
    assert {node for edge in edges for node in edge} <= set(nodes)
    assert all(one != other for one, other in pairwise(sorted(edges)))
    before = {node: [src for src, dst in edges if dst == node] for node in nodes}
    TopologicalSorter(before).prepare()  # raises where a way leads back
