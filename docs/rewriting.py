"""The tables of docs/synth-cost.md: token counts that were measured, times prices that are packed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planloom.errors import Meant
from planloom.rewrite.settings import Price, known_prices

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"
ANSWER = 60
"""Tokens of an answer: assumed, 2.3 times the mean request. `--estimate` measures it."""
TEMPLATE = 15
"""Tokens that a chat template adds: assumed."""
WHOLE = 2000, 1000
"""Tokens in and out of a trace that a model writes as a whole: assumed, with 2.1 calls."""
MILLION = 1_000_000
BATCH = 0.5

TOKENS = ("requests", "counted by", "tokens of the prompt", "of these the request")
COSTS = ("model", "$ per million tokens, in / out", "a million requests rewritten", "at batch prices", "a million whole traces by the model")  # fmt: skip
CLAIMS = ("claim", "traces", "a trace", "whole traces, small model", "frontier model", "requests rewritten, small model")  # fmt: skip
CLAIMED = (
    ("the seed: \"original\" plan, $50-100K", 100 * MILLION, 50_000, 100_000),
    ("the seed: \"revised\" plan, $2,000", 10 * MILLION, 2_000, 2_000),
    ("an early plan: $40-60K", 4 * MILLION, 40_000, 60_000),
    ("an early plan: $100-500", 4 * MILLION, 100, 500),
)  # fmt: skip


def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / "rewrite_tokens.json").read_text("utf-8"))
    return found


def tokens() -> Iterator[tuple[object, ...]]:
    for name, one in _read().items():
        for rule, counted in one.items():
            if rule != "requests":
                share = counted.get("request", "")
                yield f"{name} ({one['requests']})", rule, counted["prompt"], share


def usd(price: Price, tokens_in: float, tokens_out: float) -> float:
    """Of a million calls."""
    return tokens_in * price.input + tokens_out * price.output


def rewriting(price: Price) -> float:
    return usd(price, _read()["all"]["Tekken"]["prompt"] + TEMPLATE, ANSWER)


def costs() -> Iterator[tuple[object, ...]]:
    for name, price in known_prices().items():
        one = rewriting(price)
        prices = f"{price.input:g} / {price.output:g}"
        yield name, prices, _dollars(one), _dollars(BATCH * one), _dollars(usd(price, *WHOLE))


def claims() -> Iterator[tuple[object, ...]]:
    prices = known_prices()
    for claim, traces, least, most in CLAIMED:
        low, high = (f"{usd / traces:.7f}".rstrip("0") for usd in (least, most))
        each = f"${low}" if low == high else f"${low} to {high}"
        millions = traces / MILLION
        small, frontier = (millions * usd(prices[name], *WHOLE) for name in ("small", "frontier"))
        rewritten = millions * rewriting(prices["small"])
        yield claim, f"{traces:,}", each, _dollars(small), _dollars(frontier), _dollars(rewritten)


def _dollars(value: float) -> str:
    return f"${value:,.0f}"


def meanings(kind: type[Meant]) -> Iterator[tuple[object, ...]]:
    return ((f"`{one}`", one.meaning) for one in kind)
