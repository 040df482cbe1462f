"""From messages in order to a Trace: turns, rounds and results paired with their calls."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.trace import Call, Round, Tool, Trace

ROLES = {
    "system": ("system", "developer"),
    "user": ("user", "human", "prompter"),
    "assistant": ("assistant", "gpt", "model", "agent", "bot", "chatgpt", "ai"),
    "call": ("function_call", "tool_call"),
    "result": (
        "tool",
        "function",
        "observation",
        "tool_response",
        "function_response",
        "environment",
        "ipython",
    ),
}
COLUMNS = (
    "messages",
    "conversations",
    "conversation",
    "traj",
    "trajectory",
    "chat_history",
    "chosen",
)
FINISH = "Finish"
"""The control call of ToolBench and what derives from it."""

_ROLE_OF = {name: role for role, names in ROLES.items() for name in names}
_THINKING = re.compile(
    r"<(think|thinking|scratch_pad|scratchpad)>(.*?)</\1>", re.DOTALL | re.IGNORECASE
)


class Message(NamedTuple):
    """A message with its role in our words; `raw` is the message as it stands in the row."""

    role: str
    text: str
    raw: dict[str, Any]


def messages(value: Any) -> Iterator[Message]:
    """The messages of a list or of its JSON text, under role/content or from/value.

    Raises:
        BadRow: unknown_shape, if it is no list of messages.
    """
    if isinstance(value, str):
        value = payload.parse(value, [])
    if not isinstance(value, (list, tuple)):
        raise BadRow(Reason.unknown_shape, f"messages are {type(value).__name__}")
    for item in value:
        if not isinstance(item, dict):
            raise BadRow(Reason.unknown_shape, f"a message is {type(item).__name__}")
        said = item.get("role", item.get("from"))
        role = _ROLE_OF.get(said.lower()) if isinstance(said, str) else None
        if role is None:
            raise BadRow(Reason.unknown_shape, f"role {said!r}")
        yield Message(role, text_of(item.get("content", item.get("value"))), item)


def text_of(content: Any) -> str:
    """The text of a content: a string, null, a list of text parts, or an object around a text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(filter(None, map(text_of, content)))
    if isinstance(content, dict):
        for key in ("text", "value", "content", "answer"):
            if isinstance(content.get(key), str):
                return str(content[key])
    return ""


def without_thinking(text: str) -> tuple[str, str]:
    """The text without its thinking blocks, and the thinking."""
    if "<" not in text:
        return text, ""
    thoughts = [match[2].strip() for match in _THINKING.finditer(text)]
    return (_THINKING.sub("", text), "\n".join(thoughts)) if thoughts else (text, "")


class Result(NamedTuple):
    """A tool's answer as written, with whatever says to which call it belongs."""

    text: str
    id: str | None = None
    name: str | None = None


class _Open:
    """A round that may still receive results."""

    def __init__(self, calls: list[Call], turn: int) -> None:
        self.calls = calls
        self.turn = turn
        self.results: list[Result] = []


class Dialogue:
    """Takes messages in order and gives the Trace. All text in it can be encoded."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._system: list[str] = []
        self._turns: list[str] = []
        self._answers: list[str | None] = []
        self._thoughts: list[str] = []
        self._rounds: list[_Open] = []
        self._waiting: list[_Open] = []

    def system(self, text: str) -> None:
        self._system.append(payload.encodable(text))

    def user(self, text: str) -> None:
        self._turns.append(payload.encodable(text))
        self._answers.append(None)
        self._waiting = []

    def think(self, text: str) -> None:
        if text.strip():
            self._thoughts.append(payload.encodable(text.strip()))

    def answer(self, text: str) -> None:
        if text.strip() and self._turns:
            text, before = payload.encodable(text), self._answers[-1]
            self._answers[-1] = text if before is None else f"{before}\n{text}"

    def calls(self, calls: list[Call]) -> None:
        """One message's calls: they share a round. `Finish` is an end mark, not a call.

        Raises:
            BadRow: failed_run, where the end mark says that the assistant gave up.
        """
        calls = [call for call in calls if not self._is_end(call)]
        if not calls:
            return
        if any(open_.results for open_ in self._waiting):
            self._waiting = []
        open_ = _Open(calls, max(len(self._turns) - 1, 0))
        self._rounds.append(open_)
        self._waiting.append(open_)

    def _is_end(self, call: Call) -> bool:
        if call.tool != FINISH or "return_type" not in call.arguments:
            return False
        if str(call.arguments["return_type"]).startswith("give_up"):
            raise BadRow(Reason.failed_run, "the assistant gave up")
        self.answer(text_of(call.arguments.get("final_answer")))
        return True

    def result(self, text: str, call_id: str | None = None, name: str | None = None) -> None:
        """A result goes to the round that has its id, else to the oldest one still waiting."""
        open_ = self._round_of(call_id)
        if open_ is None:
            self.notes.append("result_without_call")
        else:
            open_.results.append(Result(payload.encodable(text), call_id, name))

    def _round_of(self, call_id: str | None) -> _Open | None:
        if call_id:
            for open_ in reversed(self._rounds):
                if any(call.id == call_id for call in open_.calls):
                    return open_
        unmet = (open_ for open_ in self._waiting if len(open_.results) < len(open_.calls))
        return next(unmet, self._waiting[-1] if self._waiting else None)

    def trace(self, tools: Iterable[Tool] = ()) -> Trace:
        rounds = []
        for open_ in self._rounds:
            calls, joint = paired(open_.calls, open_.results, self.notes)
            rounds.append(Round(calls, open_.turn, joint))
        return Trace(
            user_turns=tuple(self._turns),
            rounds=tuple(rounds),
            answers=tuple(self._answers),
            tools=tuple(tools),
            system="\n".join(self._system),
            reasoning="\n\n".join(self._thoughts) or None,
            notes=tuple(self.notes),
        )


def paired(
    calls: list[Call], results: list[Result], notes: list[str]
) -> tuple[tuple[Call, ...], str | None]:
    """Calls with their results; what cannot be divided among them comes back as joint text.

    By id, else by order (by name where the names say so), else by cutting one joint text.
    """
    if not results:
        return tuple(calls), None
    texts = _by_id(calls, results) or _by_name(calls, results)
    if texts is None and len(results) == len(calls):
        texts = [result.text for result in results]
    if texts is None and len(results) == 1:
        texts = divided(results[0].text, len(calls))
    if texts is None:
        notes.append("results_not_aligned")
        return tuple(calls), "\n".join(result.text for result in results)
    return tuple(
        Call(call.tool, call.arguments, text, call.id, call.arguments_known)
        for call, text in zip(calls, texts, strict=True)
    ), None


def _by_id(calls: list[Call], results: list[Result]) -> list[str | None] | None:
    texts = {result.id: result.text for result in results if result.id}
    known = [call.id for call in calls]
    if len(texts) != len(results) or len(set(known)) != len(known) or not texts.keys() <= {*known}:
        return None
    return [texts.get(call.id or "") for call in calls]


def _by_name(calls: list[Call], results: list[Result]) -> list[str | None] | None:
    """Only where every name is there once: otherwise order is the better witness."""
    texts = {result.name: result.text for result in results if result.name}
    names = [call.tool for call in calls]
    unique = len(texts) == len(results) and len(set(names)) == len(names)
    return [texts.get(name) for name in names] if unique and texts.keys() <= {*names} else None


def divided(text: str, count: int) -> list[str | None] | None:
    """One text as `count` results: a JSON list of that length, or that many JSON lines."""
    if count == 1:
        return [text]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        lines = [line for line in text.split("\n") if line.strip()]
        return list(lines) if len(lines) == count and all(map(_is_json, lines)) else None
    if isinstance(value, list) and len(value) == count:
        return [item if isinstance(item, str) else json.dumps(item) for item in value]
    return None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
