"""Asks for many answers at once, within the budget, and again only where a failure may pass."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, NoReturn, TypeVar

import httpx2
from tqdm import tqdm

from planloom.asking import LONGEST, say
from planloom.errors import EndpointError
from planloom.rewrite.ask import Messages, body, digest
from planloom.rewrite.client import Reply, call, client
from planloom.rewrite.paid import KEPT, Ended, Outcome, Paid, now
from planloom.rewrite.settings import Settings, key_of
from planloom.rewrite.spend import Spend, most, most_tokens

Subject = TypeVar("Subject")

IN_A_ROW = 5
"""Requests that fail after all tries with no answer in between: the endpoint is not well."""
HOPELESS = (301, 302, 303, 307, 308, 401, 402, 403, 404, 405)
FIRST_WAIT = 1.0
"""Seconds; doubled at each further failure."""


class Tally(NamedTuple):
    """What became of all requests. `failed` are counted by their last outcome."""

    calls: int
    cached: int
    failed: dict[Outcome, int]
    not_asked: int
    paid_usd: float


def ask_all(
    prompts: Iterable[tuple[Subject, Messages]],
    settings: Settings,
    paid: Paid,
    max_usd: float,
    take: Callable[[Subject, Ended], None],
) -> Tally:
    """Gives each answer to `take`, in the order in which they come.

    Ctrl-C lets calls in flight end, so that what is paid for is kept; a second one does not.

    Raises:
        EndpointError: in one line why the endpoint does not answer.
        RecipeError: if the key is not there.
    """
    key = key_of(settings)
    before = paid.spent_usd
    with tqdm(unit=" requests", disable=None, leave=False) as bar:
        run = _Run(prompts, settings, paid, max_usd, take, key, bar)
        asyncio.run(run.all())
    return Tally(
        run.calls, run.cached, dict(run.failed), run.not_asked, max(0.0, paid.spent_usd - before)
    )


class _Run(Generic[Subject]):
    def __init__(
        self,
        prompts: Iterable[tuple[Subject, Messages]],
        settings: Settings,
        paid: Paid,
        max_usd: float,
        take: Callable[[Subject, Ended], None],
        key: str | None,
        bar: "tqdm[NoReturn]",
    ) -> None:
        self.calls = self.cached = self.not_asked = 0
        self.failed: Counter[Outcome] = Counter()
        self._prompts = iter(prompts)
        self._settings = settings
        self._spend = Spend(paid, max_usd)
        self._take = take
        self._key = key
        self._bar = bar
        self._flying: dict[str, asyncio.Event] = {}
        self._first = asyncio.Event()
        self._closed = asyncio.Event()
        self._answers = self._row = 0
        self._until = 0.0

    async def all(self) -> None:
        """Runs until all is asked, the money is spent, or the endpoint gives up."""
        async with client(self._settings, self._key) as http:
            count = self._settings.concurrency
            workers = [asyncio.create_task(self._worker(n, http)) for n in range(count)]
            try:
                await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
            except asyncio.CancelledError:
                if count := self._spend.paid.in_flight:
                    say(f"calls in flight: {count}; waiting for what is paid for")
                raise
            finally:
                await self._close()
                await asyncio.wait(workers)
                wrong = [error for worker in workers if (error := worker.exception())]
        for error in wrong:
            raise error

    async def _close(self) -> None:
        self._closed.set()
        self._first.set()
        await self._spend.close()

    async def _worker(self, number: int, http: httpx2.AsyncClient) -> None:
        if number:
            await self._first.wait()
        try:
            for subject, messages in self._prompts:
                await asyncio.sleep(0)  # else Ctrl-C waits until something is not cached
                if self._closed.is_set():
                    return
                await self._one(subject, messages, http)
                self._bar.update()
        except BaseException:
            self._closed.set()  # before the others begin
            raise
        finally:
            self._first.set()

    async def _one(self, subject: Subject, messages: Messages, http: httpx2.AsyncClient) -> None:
        paid, hash = self._spend.paid, digest(messages, self._settings)
        while hash in self._flying:
            await self._flying[hash].wait()
        if known := paid.answer(hash, self._settings.max_output_tokens):
            self.cached += 1
            self._take(subject, known)
            return
        self._flying[hash] = asyncio.Event()
        try:
            ended = await self._tried(hash, messages, http)
        finally:
            self._flying.pop(hash).set()
        self._first.set()
        if ended is None:
            self.not_asked += 1
        elif ended.outcome in KEPT:
            self._take(subject, ended)
        else:
            self.failed[ended.outcome] += 1

    async def _tried(self, hash: str, messages: Messages, http: httpx2.AsyncClient) -> Ended | None:
        """The end of the last try; None if none may be sent."""
        tries = attempt = 0
        while True:
            await self._pause(self._until)
            attempt += 1
            answers = self._answers
            sent = await self._sent(hash, messages, attempt, http)
            if sent is None:
                return None
            ended, reply = sent
            if ended.outcome in KEPT:
                self._answers += 1
                self._row = 0
                return ended
            # Too many requests of this run: it goes on, only more slowly.
            going_on = reply.outcome == Outcome.limited and self._answers > answers
            tries = 1 if going_on else tries + 1
            if reply.outcome == Outcome.refused or tries > self._settings.retries:
                self._give_up(reply)
                return ended
            await self._wait(reply, tries)

    async def _sent(
        self, hash: str, messages: Messages, attempt: int, http: httpx2.AsyncClient
    ) -> tuple[Ended, Reply] | None:
        settings, most_usd = self._settings, most(self._settings, messages)
        number = await self._spend.sent(hash, settings.model, attempt, most_usd)
        if number is None:
            return None
        self.calls += 1
        began = time.monotonic()
        reply = await call(http, settings, body(messages, settings), self._key)
        ended = self._ended(number, hash, messages, reply, time.monotonic() - began)
        await self._spend.ended(ended)
        return ended, reply

    def _ended(
        self, number: int, hash: str, messages: Messages, reply: Reply, seconds: float
    ) -> Ended:
        settings, estimated = self._settings, reply.billed == "most"
        tokens = reply.tokens_in, reply.tokens_out
        if estimated:
            tokens = most_tokens(messages), settings.max_output_tokens
        return Ended(
            call=number,
            time=now(),
            hash=hash,
            outcome=reply.outcome,
            usd=self._spend.billed(number, settings, reply),
            seconds=round(seconds, 3),
            tokens_in=tokens[0],
            tokens_out=tokens[1],
            estimated=estimated,
            limit=settings.max_output_tokens,
            text=reply.text,
        )

    async def _wait(self, reply: Reply, tries: int) -> None:
        """As long as the endpoint asks, else 1, 2, 4, 8 s; at a 429 every worker waits."""
        seconds = reply.wait if reply.wait is not None else FIRST_WAIT * 2 ** (tries - 1)
        where = self._settings.base_url
        if seconds > LONGEST:
            raise EndpointError(
                f"{where}: asks to wait {seconds:,.0f} s ({_why(reply)}); run the same command later"
            )
        until = time.monotonic() + seconds
        if reply.outcome == Outcome.limited:
            self._until = max(self._until, until)
        say(f"{where}: {_why(reply)}; again in {seconds:g} s")
        await self._pause(until)

    async def _pause(self, until: float) -> None:
        while (rest := until - time.monotonic()) > 0 and not self._closed.is_set():
            try:
                await asyncio.wait_for(self._closed.wait(), rest)
            except TimeoutError:
                return

    def _give_up(self, reply: Reply) -> None:
        self._row += 1
        never = not self._answers and reply.outcome == Outcome.unreachable
        if reply.status in HOPELESS or never or self._row >= IN_A_ROW:
            raise EndpointError(
                f"{self._settings.base_url}: {_why(reply)}; {_advice(self._settings, reply)}"
            )


def _why(reply: Reply) -> str:
    return reply.why or reply.outcome.meaning


def _advice(settings: Settings, reply: Reply) -> str:
    if reply.status in (401, 403):
        return (
            f"mend the key in {settings.key_env}"
            if settings.key_env
            else "set key_env in the settings"
        )
    if (
        reply.status in (404, 405)
        or 300 <= reply.status < 400
        or reply.outcome == Outcome.unreachable
    ):
        return f"check base_url and model ({settings.model}) in the settings"
    if reply.status in (402, 429):
        return "check quota and limits of the account; the same command goes on from here"
    if reply.outcome == Outcome.refused:
        return "check the settings (limit, temperature, extra) against what the model takes"
    return "the same command goes on from here once it is well"
