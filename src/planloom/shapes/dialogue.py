"""From messages in order to a Trace: turns, rounds and results paired with their calls."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

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


def paired(
    calls: list[Call], results: list[Result], notes: list[str]
) -> tuple[tuple[Call, ...], str | None]:
    """Calls with their results; what cannot be divided among them comes back as joint text.

    By id, else by order (by name where the names say so), else by cutting one joint text.
    """
    if not results:
        return tuple(calls), None
    texts = _by_id(calls, results) or _by_name(calls, results)
    stated = {call.id for call in calls if call.id}
    stray = stated and any(result.id and result.id not in stated for result in results)
    twice = len({r.id for r in results if r.id}) < sum(bool(r.id) for r in results)
    if texts is None and len(results) == len(calls) and not stray and not twice:
        texts = [result.text for result in results]
    if texts is None and len(results) == 1:
        texts = divided(results[0].text, len(calls))
    if texts is None:
        notes.append("results_not_aligned")
        return tuple(calls), "\n".join(result.text for result in results)
    return tuple(
        msgspec.structs.replace(call, result=text) for call, text in zip(calls, texts, strict=True)
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


def results_in(text: str, calls: list[Call]) -> list[Result]:
    """The results in a text that answers these calls: one an entry of a JSON list as long.

    An entry that names one of the tools beside its `content` or `results` is unwrapped.
    """
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return [Result(text)]
    if not isinstance(entries, list) or len(entries) != len(calls):
        return [Result(text)]
    called = {call.tool for call in calls}
    return [_unwrapped(entry, called) for entry in entries]


def _unwrapped(entry: Any, called: set[str]) -> Result:
    name = None
    if isinstance(entry, dict) and isinstance(said := entry.get("name"), str) and said in called:
        for key in ("content", "results"):
            if key in entry:
                entry, name = entry[key], said
                break
    return Result(entry if isinstance(entry, str) else payload.dumps(entry), None, name)


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
