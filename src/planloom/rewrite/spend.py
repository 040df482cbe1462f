"""A hard budget: a call is sent only if all it may cost still fits, beside what is in flight.

What was spent before in the same folder counts. An endpoint that bills more than it may is found out by
its first call, which goes alone; from then on that many times as much is set aside.
"""

import asyncio

from planloom.rewrite.ask import Messages
from planloom.rewrite.client import Reply
from planloom.rewrite.paid import Ended, Paid
from planloom.rewrite.settings import Settings

PER_MESSAGE, PER_CALL = 16, 128
"""Tokens that a chat template may add."""
ROUNDING = 1e-9


def most_tokens(messages: Messages) -> int:
    """No tokenizer makes more tokens than there are bytes."""
    texts = (len(content.encode("utf-8", "surrogatepass")) for _, content in messages)
    return sum(texts) + PER_MESSAGE * len(messages) + PER_CALL


def cost(settings: Settings, tokens_in: float, tokens_out: float) -> float:
    """Dollars."""
    price = settings.price
    return (tokens_in * price.input + tokens_out * price.output) / 1e6


def most(settings: Settings, messages: Messages) -> float:
    """Dollars that a call may cost at most."""
    return cost(settings, most_tokens(messages), settings.max_output_tokens)


class Spend:
    """The budget of a folder. `closed` sends no more; `over` says that a call did not fit."""

    def __init__(self, paid: Paid, max_usd: float) -> None:
        self.paid = paid
        self.max_usd = max_usd
        self.over = self.closed = False
        self._settled = asyncio.Condition()

    async def sent(self, hash: str, model: str, attempt: int, most_usd: float) -> int | None:
        """The number of the call that may now be sent; None if none may.

        What is in flight may cost less than was set aside for it, so it is waited for.
        """
        async with self._settled:
            while not (self.closed or self.over):
                needed = most_usd * self.paid.excess
                if self.paid.spent_usd + self.paid.reserved_usd + needed <= self.max_usd + ROUNDING:
                    return self.paid.sent(hash, model, attempt, needed)
                if not self.paid.reserved_usd:
                    self.over = True
                    self._settled.notify_all()
                else:
                    await self._settled.wait()
        return None

    def billed(self, number: int, settings: Settings, reply: Reply) -> float:
        """Dollars of a call that came back: what is not known counts as all that was set aside."""
        if reply.billed == "said":
            return cost(settings, reply.tokens_in, reply.tokens_out)
        return self.paid.most_of(number) if reply.billed == "most" else 0.0

    async def ended(self, line: Ended) -> None:
        """Settles a call."""
        async with self._settled:
            self.paid.ended(line)
            self._settled.notify_all()

    async def close(self) -> None:
        """Sends no more calls; those in flight go on."""
        async with self._settled:
            self.closed = True
            self._settled.notify_all()
