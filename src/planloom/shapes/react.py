"""ReAct: `Thought:`, `Action:`, `Action Input:`, `Observation:` and `Final Answer:` in plain text.

The text is one cell or the assistant's messages; observations stand in the same text or in the
next message. Calls are in series. An input must be a JSON object: a bare one has no argument
names, so it is taken only where the tool is declared with exactly one parameter; else the row is
left. What a prompt quotes before `Begin!` is a template, never read.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category
from planloom.shapes import declare
from planloom.shapes.dialogue import FINISH, Dialogue, Message, dialogues, messages
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Call, Tool, Trace

CATEGORY: Category = "tool_reasoning"
TEXTS = ("text", "react", "trajectory", "scratchpad", "output", "response", "completion", "answer")
REQUESTS = ("query", "question", "instruction", "user", "prompt", "input")

_LABEL = re.compile(
    r"^[ \t]*+(Question|Thought|Action Input|Action|Observation|Final Answer)(?: \d+)?[ \t]*+:",
    re.MULTILINE,
)
_BEGIN = re.compile(r"^[ \t]*+Begin!.*$", re.MULTILINE)


@shape_reader
def reader(
    conversation: str | None = "conversations",
    tools: str | None = "tools",
    *,
    text: str | None = None,
    request: str | None = None,
) -> Reader:
    """Reads rows with a conversation, or with one `text` and perhaps the `request` beside it."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        offered = declare.tools(row.get(tools), dialogue.notes) if tools else ()
        steps = _Steps(dialogue, {tool.name: tool for tool in offered})
        if text is not None:
            steps.take_cell(row.get(text), row.get(request) if request else None)
        else:
            for message in messages(row.get(conversation or "")):
                steps.take(message)
        steps.end()
        return dialogue.trace(offered)

    return read


class _Steps:
    """Takes labelled sections in order; `action` waits for its input."""

    def __init__(self, dialogue: Dialogue, offered: dict[str, Tool]) -> None:
        self.dialogue = dialogue
        self.offered = offered
        self.action: str | None = None
        self.waits = False  # for an observation
        self.asks = False  # whether the text itself holds the request

    def take(self, message: Message) -> None:
        match message.role:
            case "system":
                self.dialogue.system(message.text)
            case "assistant":
                self.take_text(message.text)
            case "user" if not self.waits and not message.text.lstrip().startswith("Observation:"):
                self.dialogue.user(message.text)
            case "user" | "result":
                self.observed(message.text.strip().removeprefix("Observation:"))
            case role:
                raise BadRow(Reason.unknown_shape, f"a message of a {role} beside ReAct text")

    def take_cell(self, text: Any, request: Any) -> None:
        if not isinstance(text, str):
            raise BadRow(Reason.unknown_shape, f"the text is {type(text).__name__}")
        self.asks = not isinstance(request, str)
        if isinstance(request, str):
            self.dialogue.user(request)
        begin = _BEGIN.search(text)
        self.take_text(text[begin.end() :] if begin else text)

    def take_text(self, text: str) -> None:
        for label, said in _sections(text):
            if not said and label != "Action Input":
                continue
            if self.action is not None and label != "Action Input":
                self.end()
            match label:
                case "Question":
                    if self.asks:
                        self.dialogue.user(said)
                case "Thought":
                    self.dialogue.think(said)
                case "Action":
                    self.action = said.split("\n", 1)[0]
                case "Action Input":
                    self.called(said)
                case "Observation":
                    self.observed(said)
                case _:
                    self.dialogue.answer(said)

    def called(self, given: str) -> None:
        if self.action is None:
            raise BadRow(Reason.not_a_call, f"an input without an action: {given}")
        call = self._call(self.action, given)
        self.dialogue.calls([call])
        self.action, self.waits = None, call.tool != FINISH

    def _call(self, name: str, given: str) -> Call:
        try:
            return payload.call({"name": name, "arguments": given}, self.dialogue.notes)
        except BadRow as bad:
            parameter = _only_parameter(self.offered.get(name))
            if bad.reason != Reason.arguments_not_object or parameter is None or given[0] in "[{":
                raise
            self.dialogue.notes.append("bare_input")
            return Call(name, {parameter: _scalar(given)})

    def observed(self, text: str) -> None:
        self.dialogue.result(text.strip())
        self.waits = False

    def end(self) -> None:
        if self.action is not None:
            raise BadRow(Reason.arguments_not_object, f"{self.action}: no Action Input")


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """The labels with what follows each; what stands before the first has the label ""."""
    label, start = "", 0
    for match in _LABEL.finditer(text):
        yield label, text[start : match.start()].strip()
        label, start = match[1], match.end()
    yield label, text[start:].strip()


def _scalar(text: str) -> Any:
    """The value of a JSON scalar, any other text as it stands."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return text


def _only_parameter(tool: Tool | None) -> str | None:
    """The name of the parameter of a tool that has exactly one."""
    schema = msgspec.json.decode(tool.parameters) if tool else {}
    names = list(schema.get("properties") or ())
    return names[0] if len(names) == 1 else None


def sniff(row: Row) -> Reader | None:
    """A reader, if the assistant or a text has an action with its input."""
    tools = next((name for name in ("tools", "functions") if row.get(name)), None)
    for column, said in dialogues(row):
        if any(message.role == "assistant" and _has_action(message.text) for message in said):
            return reader(column, tools)
    request = next((name for name in REQUESTS if isinstance(row.get(name), str)), None)
    text = next((name for name in TEXTS if _has_action(row.get(name))), None)
    return reader(None, tools, text=text, request=request) if text else None


def _has_action(text: Any) -> bool:
    """An action with its input; at the end of a text cut off after its thought, without."""
    if not isinstance(text, str) or "Action" not in text:
        return False
    begin = _BEGIN.search(text)
    labels = [label for label, _ in _sections(text[begin.end() :] if begin else text)]
    return "Action" in labels and ("Action Input" in labels or labels[-2:] == ["Thought", "Action"])
