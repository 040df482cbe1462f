"""Rows without a call, and further variants of the shapes seen in public data."""

from dataclasses import replace

from conformance import expected, shapes
from conformance.expected import Edge, Expected, full
from conformance.style import PLAIN, Style, bare_tools, id_of, keyword_call, openai_tools, schema
from conformance.task import FERRIES as TASK
from conformance.task import Call, Row

CALL = PLAIN.text(TASK.calls[0])


def said(*texts: str) -> list[Row]:
    """Turns of a user and an assistant, in turn."""
    roles = ("user", "assistant")
    return [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]


def turns(*texts: str) -> list[Row]:
    names = {"user": "human", "assistant": "gpt"}
    return [{"from": names[one["role"]], "value": one["content"]} for one in said(*texts)]


ASKED = "How do I write a call to the ferry tool by hand?"
GLAIVE = "<functioncall> " + shapes.SHAPES["glaive"].units(TASK, PLAIN)[0][0]
NO_CALL: dict[str, Row] = {
    "plain chat": {"messages": said("Is Mallaig pretty?", "It is.", "In the rain too?", "Most of all then.")},
    "plain turns": {"conversations": turns("Is Mallaig pretty?", "It is: [harbour, beach](see map).")},
    "instruction and answer": {"instruction": "Name two ferries.", "input": "", "output": "Hebrides and Lochnevis."},
    "prompt and completion": {"prompt": "Name a ferry port.", "completion": '{"name": "Oban", "arguments": {}}'},
    "JSON mode": {
        "conversations": [
            {"from": "system", "value": f"Answer in JSON of this schema:\n<schema>\n{PLAIN.dump(schema(TASK.tools[0]))}\n</schema>"},
            *turns("Which ship sails to Barra?", '{"name": "Isle of Lewis", "parameters": {"port": "Oban"}}'),
        ]
    },
    "JSON mode in messages": {"messages": said("Give the ship as JSON.", '[{"name": "Isle of Lewis", "arguments": {"port": "Oban"}}]')},
    "tools but no call": {"messages": said(TASK.request, "From which port first?"), "tools": openai_tools(TASK)},
    "tools and null calls": {
        "messages": [{**one, "tool_calls": None} for one in said(TASK.request, "From which port first?")],
        "tools": PLAIN.dump(openai_tools(TASK)),
    },
    "tools and empty calls": {
        "messages": [{**one, "tool_calls": []} for one in said(TASK.request, "From which port first?")],
        "tools": openai_tools(TASK),
    },
    "no tool fits": {"query": "Who painted the harbour of Oban?", "tools": PLAIN.dump(bare_tools(TASK)), "answers": "[]"},
    "no tool fits, said in words": {
        "conversations": [
            {"from": "system", "value": f"<tools>\n{PLAIN.dump(openai_tools(TASK))}\n</tools>"},
            *turns("Who painted the harbour?", "None of my tools can tell."),
        ]
    },
    "no tool fits, Glaive": {
        "system": f"SYSTEM: You have access to these functions -\n{PLAIN.dump(bare_tools(TASK)[0])}",
        "chat": "USER: Order me a pizza.\n\n\nASSISTANT: I can only look up ferries. <|endoftext|>",
    },
    "no tool fits, list": {
        "system": f"Here is a list of functions in JSON format that you can invoke:\n{PLAIN.dump(bare_tools(TASK))}",
        "conversations": turns("Order me a pizza.", "None of the functions [ferries, texts] can order food."),
    },
    "a call quoted in prose": {"messages": said(ASKED, f"Wrap it: `<tool_call>{CALL}</tool_call>` and wait.")},
    "a call quoted in a code block": {"conversations": turns(ASKED, f"Like this:\n```xml\n<tool_call>\n{CALL}\n</tool_call>\n```\nThen wait.")},
    "a list of calls quoted in a code block": {"messages": said(ASKED, f"```json\n[{CALL}]\n```")},
    "a tag mentioned": {"conversations": turns(ASKED, "Begin with <tool_call> and do not forget to close it.")},
    "a call in a user's turn": {"conversations": turns(f"What does <tool_call>{CALL}</tool_call> do?", "It looks up a ferry.")},
    "a list of calls in a user's turn": {"conversations": turns(f"Explain [{keyword_call(TASK.calls[0])}]", "It looks up a ferry.")},
    "a Glaive call in a user's turn": {"system": "SYSTEM: Help.", "chat": f"USER: Explain {GLAIVE}\n\n\nASSISTANT: It looks up a ferry. <|endoftext|>"},
    "a run in a user's turn": {"messages": said("What is wrong with\nAction: next_ferry\nAction Input: {}", "A port is missing.")},
    "a call in a system text": {
        "conversations": [
            {"from": "system", "value": f"Call tools so: <tool_call>\n{CALL}\n</tool_call>"},
            *turns("Good morning!", "Good morning."),
        ]
    },
    "the word action": {"messages": said("What shall I do?", "Action: none needed.\nObservation: you are fine.")},
}  # fmt: skip

# Variants


def under_conversations() -> Row:
    row = shapes.openai(TASK, PLAIN)
    return {"conversations": row["messages"], "tools": row["tools"]}


def without_type() -> Row:
    """`{"tool_calls": [{"function": {..}}]}`: no id, no type."""
    row = shapes.openai(TASK, Style(ids=False))
    for message in row["messages"]:
        for call in message.get("tool_calls", ()):
            del call["type"]
    return row


def responses_items() -> Row:
    """Items of the Responses API; tools are flat."""

    def use(number: int) -> Row:
        call = PLAIN.entry(TASK.calls[number], PLAIN.dump)
        return {"type": "function_call", "call_id": id_of(number), **call}

    def output(number: int) -> Row:
        return {"type": "function_call_output", "call_id": id_of(number), "output": TASK.results[number]}  # fmt: skip

    items = [
        {"type": "message", "role": "user", "content": TASK.request},
        use(0),
        use(1),
        output(0),
        output(1),
        use(2),
        output(2),
        {"type": "message", "role": "assistant", "content": TASK.done},
    ]
    return {"input": items, "tools": [{"type": "function", **tool} for tool in bare_tools(TASK)]}


def single_quotes() -> Row:
    """`[ApiName(k='v')]`."""
    row = shapes.toolace(TASK, PLAIN)
    for turn in row["conversations"]:
        if turn["from"] == "assistant":
            turn["value"] = turn["value"].replace('"', "'")
    return row


def call_lines() -> Row:
    """Python calls, one a line, in a key of the message; results joined by line breaks."""
    a, b, c = map(keyword_call, TASK.calls)
    offered = PLAIN.dump(bare_tools(TASK))

    def turn(role: str, content: str | None, functions: str | None, calls: str | None) -> Row:
        return {"role": role, "content": content, "functions": functions, "function_calls": calls}

    told = [
        turn("system", TASK.system, offered, None),
        turn("user", TASK.request, None, None),
        turn("assistant", None, None, f"{a}\n{b}"),
        turn("environment", "\n".join(map(PLAIN.dump, TASK.results[:2])), None, None),
        turn("assistant", None, None, c),
        turn("environment", PLAIN.dump(TASK.results[2]), None, None),
        turn("assistant", TASK.done, None, None),
    ]
    return {"messages": told}


def parts_with_list() -> Row:
    """The results of a round as a JSON list in one text part."""
    row = shapes.parts(TASK, PLAIN)
    both = PLAIN.dump(list(TASK.results[:2]))
    row["messages"][3]["content"] = [{"type": "text", "value": both}]
    return row


def react_turns(role: str) -> Row:
    """A run of one step a message, each observation in a message of its own."""
    told = said(TASK.request)
    for (action, _), result in zip(shapes.actions(TASK, PLAIN), TASK.results, strict=True):
        thought = f"Thought: {TASK.thought}\n"
        told.append({"role": "assistant", "content": f"{thought}Action: {action}"})
        told.append({"role": role, "content": f"Observation: {result}"})
    told.append({"role": "assistant", "content": f"Final Answer: {TASK.done}"})
    return {"messages": told}


def preferred() -> Row:
    """A pair: the chosen run counts, the rejected one does not."""
    chosen = shapes.hermes(TASK, PLAIN)["conversations"]
    rejected = [dict(turn) for turn in chosen]
    rejected[2] = {"from": "gpt", "value": f"<tool_call>\n{PLAIN.text(Call('next_ferry', {'port': 'Uig'}))}\n</tool_call>"}  # fmt: skip
    return {"chosen": chosen, "rejected": rejected, "chosen_score": 1.0, "rejected_score": 0.0}


def gold_actions() -> Row:
    """A task of the tau2 family: actions that no assistant is seen to take."""
    told = {"reason_for_call": TASK.request, "task_instructions": "", "domain": "travel"}
    actions = [
        {"action_id": f"7_{number}", "name": call.name, "arguments": call.arguments}
        for number, call in enumerate(TASK.calls)
    ]
    return {
        "id": "7",
        "user_scenario": {"persona": None, "instructions": told},
        "evaluation_criteria": {"actions": actions, "communicate_info": []},
    }


REFERENCES = {
    "$var1.field$": ("$var1.departs$", "$var2.departs$"),
    "API_call_0": ("API_call_0", "API_call_1"),
    "<API-1>": ("<API-1>", "<API-2>"),
    "$1": ("$1", "$2"),
}
"""How A and B are named inside C's arguments."""


def _references(names: tuple[str, str]) -> tuple[Row, Expected]:
    """Gold calls of which the third names the results of the others."""
    third = Call("send_text", {"to": "Morag", "text": names[0], "more": names[1]})
    calls = (*TASK.calls[:2], third)
    links = {
        Edge(src, 2, "data", argument, names[src]) for src, argument in enumerate(("text", "more"))
    }
    row = {
        "query": TASK.request,
        "tools": PLAIN.dump(bare_tools(TASK)),
        "answers": PLAIN.dump([PLAIN.entry(call) for call in calls]),
    }
    return row, replace(expected.gold(TASK), calls=calls, edges=frozenset(links), tools=TASK.tools)


ORDER = frozenset((Edge(0, 1), Edge(1, 2)))
VARIANTS: dict[str, tuple[Row, Expected]] = {
    "under conversations": (under_conversations(), expected.with_ids(TASK)),
    "no id and no type": (without_type(), full(TASK)),
    "Responses items": (responses_items(), expected.with_ids(TASK)),
    "single quotes": (single_quotes(), expected.last_open(TASK)),
    "call lines": (call_lines(), replace(full(TASK), results=tuple(map(PLAIN.dump, TASK.results)))),
    "parts with a list": (parts_with_list(), expected.thought_too(TASK)),
    "run in turns of a user": (react_turns("user"), expected.series_without_tools(TASK)),
    "run in turns of a tool": (react_turns("tool"), expected.series_without_tools(TASK)),
    "chosen and rejected": (preferred(), expected.thought_too(TASK)),
    "gold actions": (
        gold_actions(),
        replace(expected.gold(TASK), steps=(0, 1, 2), edges=ORDER, tools=(), request=None),
    ),
    **{f"reference {name}": _references(names) for name, names in REFERENCES.items()},
}
