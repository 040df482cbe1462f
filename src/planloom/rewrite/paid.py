"""Every call and its answer, in one append-only file, so that nothing is paid for twice.

A call has two lines: what it may cost at most, written before it is sent, and how it ended. A call that
was cut off has only the first; it may have been billed, so it counts at its most. The second line holds
the answer: an answer is never there without its bill, nor lost after it.
"""

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct

from planloom.errors import InputError, Meant, OutputError

NAME = "calls.jsonl"


class Outcome(Meant):
    """How a call ended."""

    answered = "answered", "a whole answer"
    truncated = "truncated", "the answer reached the most tokens it may have"
    no_text = "no_text", "an answer without text"
    limited = "limited", "429: too many requests"
    failed = "failed", "the endpoint failed (5xx)"
    timed_out = "timed_out", "no answer in time"
    lost = "lost", "the connection was lost before the answer was whole"
    garbled = "garbled", "the answer is not what chat completions give"
    unreachable = "unreachable", "no connection"
    refused = "refused", "the endpoint does not take the request (4xx)"


KEPT = (Outcome.answered, Outcome.truncated, Outcome.no_text)
"""These answer; asked again, they would cost again and say the same."""


class Sent(Struct, frozen=True, omit_defaults=True):
    """A call about to be sent, and what it may cost."""

    call: int
    time: str
    hash: str
    model: str
    attempt: int
    most_usd: float


class Ended(Struct, frozen=True, omit_defaults=True):
    """How a call ended. Tokens are the server's, or its most where `estimated`; `limit` is the most
    tokens that the answer might have.
    """

    call: int
    time: str
    hash: str
    outcome: Outcome
    usd: float
    seconds: float
    tokens_in: int = 0
    tokens_out: int = 0
    estimated: bool = False
    limit: int = 0
    text: str = ""


class _Line(Struct):
    """Both kinds, as they are read back."""

    call: int
    hash: str
    most_usd: float | None = None
    usd: float = 0.0
    outcome: Outcome | None = None
    limit: int = 0


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Paid:
    """The file of a folder, held by one process. It tells what was spent and gives answers back."""

    def __init__(self, folder: Path) -> None:
        """
        Raises:
            OutputError: if another process holds it.
            InputError: if a line in the middle is broken.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / NAME
        self._file = self.path.open("a+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise OutputError(
                f"{self.path}: another run writes there; wait for it, or name another folder"
            ) from None
        self.spent_usd = 0.0
        self.excess = 1.0
        """How many times its most a call has cost; 1 unless the endpoint bills more than it may."""
        self._open: dict[int, tuple[float, float]] = {}
        self._answers: dict[int, int] = {}
        self._cut: dict[int, int] = {}
        self._calls = self._size = 0
        self._mend()
        self._reader = self.path.open("rb")
        self._load()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets another process have it."""
        self._reader.close()
        self._file.close()

    def _mend(self) -> None:
        """Cuts off a last line that a killed process did not finish."""
        size = self._file.seek(0, os.SEEK_END)
        end, block = size, 1 << 16
        while end:
            start = max(0, end - block)
            self._file.seek(start)
            found = self._file.read(end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end < size:
            self._file.truncate(end)

    def _load(self) -> None:
        for number, raw in enumerate(self._reader, 1):
            try:
                self._take(msgspec.json.decode(raw, type=_Line), len(raw))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                self.close()
                raise InputError(
                    f"{self.path}: line {number} is broken; remove it: the call then counts at its most"
                ) from error
        self.spent_usd += self.reserved_usd
        self._open.clear()

    def _take(self, line: _Line, length: int) -> None:
        self._calls = max(self._calls, line.call)
        if line.most_usd is not None:
            self._open[line.call] = line.most_usd, self.excess
        else:
            self._settle(line, self._size)
        self._size += length

    def _settle(self, line: "_Line | Ended", at: int) -> None:
        most, excess = self._open.pop(line.call, (0.0, 1.0))
        if most:
            self.excess = max(self.excess, line.usd / most * excess)
        self.spent_usd += line.usd
        if line.outcome in KEPT:
            self._answers[_short(line.hash)] = at
            if line.outcome == Outcome.truncated:
                self._cut[_short(line.hash)] = line.limit
            else:
                self._cut.pop(_short(line.hash), None)

    @property
    def in_flight(self) -> int:
        """Calls that have not come back."""
        return len(self._open)

    @property
    def reserved_usd(self) -> float:
        """What the calls in flight may cost."""
        return sum(most for most, _ in self._open.values())

    def most_of(self, call: int) -> float:
        """What was set aside for a call in flight."""
        return self._open[call][0]

    def sent(self, hash: str, model: str, attempt: int, most_usd: float) -> int:
        """Notes a call that is about to be sent; gives its number."""
        self._calls += 1
        line = Sent(self._calls, now(), hash, model, attempt, most_usd)
        self._size += self._write(line)
        self._open[line.call] = most_usd, self.excess
        return line.call

    def ended(self, line: Ended) -> None:
        """Notes how a call ended; only then its answer may be used."""
        at = self._size
        self._size += self._write(line)
        self._settle(line, at)

    def _write(self, line: Sent | Ended) -> int:
        """To the operating system at once: what is written there outlives the process."""
        raw = msgspec.json.encode(line) + b"\n"
        rest = memoryview(raw)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError:
            self._file.truncate(self._size)  # half a line would spoil those that follow
            raise
        return len(raw)

    def answer(self, hash: str, limit: int) -> Ended | None:
        """The answer that was paid for; one cut off counts unless it may now be longer."""
        short = _short(hash)
        at = self._answers.get(short)
        if at is None or self._cut.get(short, limit) < limit:
            return None
        self._reader.seek(at)
        line = msgspec.json.decode(self._reader.readline(), type=Ended)
        return line if line.hash == hash else None


def _short(hash: str) -> int:
    """64 bits are enough to find a line; the whole hash is compared there."""
    return int(hash[:16], 16)
