"""One task in every way of writing calls as text: one plan."""

import json
from pathlib import Path
from typing import Any

import pytest

import planloom
from planloom import shapes
from planloom.plan import ExecutionPlan
from planloom.shapes import tagged_code

REQUEST = "Compare the tide at Kappeln and Maasholm and mail it to a@x.example."
SCHEMA = {"type": "object", "properties": {"harbour": {"type": "string"}}, "required": ["harbour"]}
MAIL = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "body": {"type": "string"}},
    "required": ["to", "body"],
}
TOOLS: list[dict[str, Any]] = [
    {"name": "get_tide", "description": "Tide of a harbour.", "parameters": SCHEMA},
    {"name": "send_mail", "description": "Sends a mail.", "parameters": MAIL},
]
CALLS = [
    [("get_tide", {"harbour": "Kappeln"}), ("get_tide", {"harbour": "Maasholm"})],
    [("send_mail", {"to": "a@x.example", "body": "Kappeln 1.25m, Maasholm 0.75m"})],
]
RESULTS = [["1.25m", "0.75m"], ["sent"]]


def python(calls: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [f"{n}({', '.join(f'{k}={v!r}' for k, v in a.items())})" for n, a in calls]


def objects(calls: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [{"name": name, "arguments": arguments} for name, arguments in calls]


def said(role: str, content: str | None, **more: str | None) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def turn(role: str, value: str) -> dict[str, str]:
    return {"from": role, "value": value}


def part(kind: str, value: str) -> dict[str, str]:
    return {"type": kind, "value": value}


def content_parts() -> dict[str, Any]:
    messages = [{"role": "user", "content": [part("text", REQUEST)]}]
    for calls, results in zip(CALLS, RESULTS, strict=True):
        parts = [part("tool_call", json.dumps(call)) for call in objects(calls)]
        messages.append({"role": "assistant", "content": parts})
        messages.append({"role": "tool", "content": [part("text", json.dumps(results))]})
    messages.append({"role": "assistant", "content": [part("text", "Done.")]})
    return {"messages": messages, "tools": json.dumps(TOOLS)}


def results_as_parts() -> dict[str, Any]:
    row = content_parts()
    for message, results in zip(row["messages"][2::2], RESULTS, strict=False):
        message["content"] = [part("text", result) for result in results]
    return row


def older_parts() -> dict[str, Any]:
    system = {"role": "system", "content": [part("tools", json.dumps(TOOLS))], "loss_weight": 0.0}
    messages = [system, {"role": "user", "content": [part("text", REQUEST)]}]
    for calls, results in zip(CALLS, RESULTS, strict=True):
        parts = [part("tool_calls", json.dumps(objects(calls)))]
        messages.append({"role": "assistant", "content": parts})
        messages.append({"role": "tool", "content": [part("text", json.dumps(results))]})
    return {"messages": messages}


def call_lines() -> dict[str, Any]:
    empty = {"function_calls": None, "functions": None}
    messages = [
        said("system", "Call functions.", function_calls=None, functions=json.dumps(TOOLS)),
        said("user", REQUEST, **empty),
    ]
    for calls, results in zip(CALLS, RESULTS, strict=True):
        lines = "\n".join(python(calls))
        messages.append(said("assistant", None, function_calls=lines, functions=None))
        joined = "\n".join(map(json.dumps, results))
        messages.append(said("environment", joined, **empty))
    messages.append(said("assistant", "Done.", **empty))
    return {"messages": messages}


def bracketed_calls() -> dict[str, Any]:
    turns = [turn("user", REQUEST)]
    for calls, results in zip(CALLS, RESULTS, strict=True):
        turns.append(turn("assistant", f"[{', '.join(python(calls))}]"))
        answers = [
            {"name": n, "results": result} for (n, _), result in zip(calls, results, strict=True)
        ]
        turns.append(turn("tool", json.dumps(answers)))
    turns.append(turn("assistant", "Done."))
    return {"system": f"Functions you can invoke:\n{json.dumps(TOOLS)}.\n", "conversations": turns}


def thought_calls() -> dict[str, Any]:
    system = f"Specifically, you have access to the following APIs: {TOOLS!r}"
    turns = [turn("system", system), turn("user", f"\n{REQUEST}\nBegin!\n")]
    for calls, results in zip(CALLS, RESULTS, strict=True):
        written = json.dumps(objects(calls))
        turns.append(turn("assistant", f"Thought: Next. \nFunction Call: {written}"))
        for (name, arguments), result in zip(calls, results, strict=True):
            answer = {"error": "", "response": result}
            value = {"name": name, "arguments": arguments, "result": answer}
            turns.append(turn("function", repr(value)))
    return {"id": REQUEST, "conversations": turns}


def call_list_in_tags() -> dict[str, Any]:
    turns = [said("user", REQUEST)]
    for calls, results in zip(CALLS, RESULTS, strict=True):
        turns.append(said("assistant", f"<TOOLCALL>{json.dumps(objects(calls))}</TOOLCALL>"))
        turns.append(said("tool", json.dumps(results)))
    return {"tools": [json.dumps(tool) for tool in TOOLS], "messages": turns}


def glaive_text() -> dict[str, Any]:
    """This form has no parallel calls: A, B and C stand in series."""
    chat = f"USER: {REQUEST}\n\n\n"
    for calls, results in zip(CALLS, RESULTS, strict=True):
        for (name, arguments), result in zip(calls, results, strict=True):
            call = f'{{"name": "{name}", "arguments": \'{json.dumps(arguments)}\'}}'
            chat += f"ASSISTANT: <functioncall> {call} <|endoftext|>\n\n\n"
            chat += f"FUNCTION RESPONSE: {result}\n\n\n"
    system = "SYSTEM: Use these functions -\n" + "\n\n".join(map(json.dumps, TOOLS))
    return {"system": system, "chat": f"{chat}ASSISTANT: Done. <|endoftext|>\n\n\n"}


PARALLEL = (
    content_parts,
    results_as_parts,
    older_parts,
    call_lines,
    bracketed_calls,
    thought_calls,
    call_list_in_tags,
)


def planned(row: dict[str, Any]) -> ExecutionPlan:
    lifted = planloom.transform(row)
    assert lifted.left == []
    return lifted.plans[0]


@pytest.mark.parametrize("write", [*PARALLEL, glaive_text], ids=lambda write: write.__name__)
def test_the_task_gives_its_calls_its_tools_and_its_edges(write: Any) -> None:
    plan = planned(write())
    assert [(n.tool, n.arguments) for n in plan.nodes] == [
        call for calls in CALLS for call in calls
    ]
    assert plan.request == REQUEST
    assert (plan.evidence, len(plan.tools)) == ("observed", 2)
    data = {(e.src, e.dst, e.argument, e.span) for e in plan.edges if e.kind == "data"}
    assert data == {("n0", "n2", "body", "1.25m"), ("n1", "n2", "body", "0.75m")}


def test_the_task_has_one_identity() -> None:
    plans = [planned(write()) for write in PARALLEL]
    assert len({plan.plan_id for plan in plans}) == 1
    assert all([n.step for n in plan.nodes] == [0, 0, 1] for plan in plans)
    assert [n.step for n in planned(glaive_text()).nodes] == [0, 1, 2]


@pytest.mark.parametrize("write", [*PARALLEL, glaive_text], ids=lambda write: write.__name__)
def test_a_row_without_its_calls_gives_no_node(write: Any) -> None:
    row = write()
    for key in ("messages", "conversations"):
        keep = ("system", "user")
        row |= (
            {key: [m for m in row[key] if m.get("role", m.get("from")) in keep]}
            if key in row
            else {}
        )
    if "chat" in row:
        row["chat"] = row["chat"].split("ASSISTANT")[0] + "ASSISTANT: No. <|endoftext|>"
    assert planloom.transform(row).plans == []


def test_code_in_tags_is_a_session_in_series() -> None:
    text = "<think>a<tool_call>\nx = 2\n</tool_call>\n```output\n\n```\nb<tool_call>\nprint(x)\n</tool_call>\n```output\n2\n```</think>2"
    plan = planned({"problem": "How much is one and one?", "generated_solution": text})
    assert [n.arguments for n in plan.nodes] == [{"code": "x = 2"}, {"code": "print(x)"}]
    assert {n.tool for n in plan.nodes} == {tagged_code.TOOL}


def test_both_encodings_of_real_rows_give_the_same_plans(shared: Path) -> None:
    folder = shared / "data/genuine/llamafactory__reason-tool-use-demo-1500"
    texts = [
        (folder / f"rows_{name}_encoding.jsonl").read_text("utf-8").splitlines()
        for name in ("current", "older")
    ]
    ids = [
        [[p.plan_id for p in planloom.transform(json.loads(line)).plans] for line in lines]
        for lines in texts
    ]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 12 and sum(map(len, ids[0])) == 9


def test_a_shape_of_text_calls_is_found_first() -> None:
    names = [shapes.best(write()).shape for write in (*PARALLEL, glaive_text)]
    assert names == [
        "content_parts",
        "content_parts",
        "content_parts",
        "call_lines",
        "bracketed_calls",
        "thought_calls",
        "tagged_text",
        "glaive_text",
    ]
