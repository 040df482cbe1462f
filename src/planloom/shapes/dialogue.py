"""From messages in order to a Trace: turns, rounds and results paired with their calls."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.shapes.pairing import Result, paired
from planloom.source import Row
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
CALL_KEYS = ("tool_calls", "function_call", "function_calls")
FINISH = "Finish"
"""The control call of ToolBench and what derives from it."""

_ROLE_OF = {name: role for role, names in ROLES.items() for name in names}
_TAG = "(think|thinking|scratch_pad|scratchpad)>"
# Thinking ends where another begins, so that no scan passes the next beginning.
_THINKING = re.compile(rf"<{_TAG}([^<]*+(?:<(?!{_TAG})[^<]*+)*?)</\1>", re.IGNORECASE)


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


def dialogues(row: Row) -> Iterator[tuple[str, list[Message]]]:
    """The columns of a row that are lists of messages, each with its messages."""
    for column in COLUMNS:
        try:
            yield column, list(messages(row.get(column)))
        except BadRow:
            continue


def refuse_calls(message: Message) -> None:
    """For readers that know no calls in messages: what they do not know they must not drop.

    Raises:
        BadRow: unknown_shape, if the message holds calls or results of another wire format.
    """
    if message.role in ("call", "result") or any(map(message.raw.get, CALL_KEYS)):
        raise BadRow(Reason.unknown_shape, f"a message of the {message.role} holds calls")


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


class _Open:
    """A round that may still receive results."""

    def __init__(self, calls: list[Call], turn: int) -> None:
        self.calls = calls
        self.turn = turn
        self.results: list[Result] = []

    @property
    def is_met(self) -> bool:
        return len(self.results) >= len(self.calls)


class Dialogue:
    """Takes messages in order and gives the Trace. All text in it can be encoded."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._system: list[str] = []
        self._turns: list[str] = []
        self._answers: list[list[str]] = []
        self._thoughts: list[str] = []
        self._rounds: list[_Open] = []
        self._round_of: dict[str, int] = {}  # the last round with a call of that id
        self._close()

    def _close(self) -> None:
        """Results without an id go to later rounds only."""
        self._first = self._next = len(self._rounds)  # the first that waits, and that lacks one
        self._answered = False

    def system(self, text: str) -> None:
        self._system.append(payload.encodable(text))

    def user(self, text: str) -> None:
        self._turns.append(payload.encodable(text))
        self._answers.append([])
        self._close()

    def think(self, text: str) -> None:
        if text.strip():
            self._thoughts.append(payload.encodable(text.strip()))

    def answer(self, text: str) -> None:
        if text.strip() and self._turns:
            self._answers[-1].append(payload.encodable(text))

    def calls(self, calls: list[Call]) -> None:
        """One message's calls: they share a round. `Finish` is an end mark, not a call.

        Raises:
            BadRow: failed_run, where the end mark says that the assistant gave up.
        """
        calls = [call for call in calls if not self._is_end(call)]
        if not calls:
            return
        if self._answered:
            self._close()
        self._round_of |= {call.id: len(self._rounds) for call in calls if call.id}
        self._rounds.append(_Open(calls, max(len(self._turns) - 1, 0)))

    def _is_end(self, call: Call) -> bool:
        if call.tool != FINISH or "return_type" not in call.arguments:
            return False
        if str(call.arguments["return_type"]).startswith("give_up"):
            raise BadRow(Reason.failed_run, "the assistant gave up")
        self.answer(text_of(call.arguments.get("final_answer")))
        return True

    def result(self, text: str, call_id: str | None = None, name: str | None = None) -> None:
        """A result goes to the round that has its id, else to the oldest one still waiting."""
        index = self._round_of.get(call_id or "", self._oldest())
        if index == len(self._rounds):
            self.notes.append("result_without_call")
            return
        self._rounds[index].results.append(Result(payload.encodable(text), call_id, name))
        self._answered |= index >= self._first

    def _oldest(self) -> int:
        """The oldest round that lacks a result, else the last one; no round is ever looked at twice."""
        while self._next < len(self._rounds) - 1 and self._rounds[self._next].is_met:
            self._next += 1
        return self._next

    def trace(self, tools: Iterable[Tool] = ()) -> Trace:
        rounds = []
        for open_ in self._rounds:
            calls, joint = paired(open_.calls, open_.results, self.notes)
            rounds.append(Round(calls, open_.turn, joint))
        return Trace(
            user_turns=tuple(self._turns),
            rounds=tuple(rounds),
            answers=tuple("\n".join(said) or None for said in self._answers),
            tools=tuple(tools),
            system="\n".join(self._system),
            reasoning="\n\n".join(self._thoughts) or None,
            notes=tuple(self.notes),
        )
