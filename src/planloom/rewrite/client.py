"""One call of chat completions, and what became of it, in a few words of ours.

What the client's errors say is never passed on: they may quote a header, and with it the key. In what the
endpoint says the key is struck out.
"""

import asyncio
from typing import Any, Literal, NamedTuple

import httpx2
import msgspec
from msgspec import Struct

from planloom.asking import told
from planloom.rewrite.paid import Outcome
from planloom.rewrite.settings import Settings

LARGEST = 4 << 20
"""Bytes of an answer; what is longer is no answer."""
BILLED_PERHAPS = (502, 504)
"""A gateway that lost the answer: the model behind it may have given one."""
WORDS = 200
NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Brackets may be nested deeper than Python goes."""


class Reply(NamedTuple):
    """What became of a call. `billed`: as the endpoint says, perhaps all that was set aside, or not."""

    outcome: Outcome
    billed: Literal["said", "most", "no"]
    text: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    status: int = 0
    wait: float | None = None
    why: str = ""


class _Usage(Struct):
    prompt_tokens: int
    completion_tokens: int


class _Message(Struct):
    content: Any = None


class _Choice(Struct):
    message: _Message
    finish_reason: Any = None


class _Completion(Struct):
    choices: list[_Choice]
    usage: Any = None


def client(settings: Settings, key: str | None) -> httpx2.AsyncClient:
    """A client for all calls of a run."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    limits = httpx2.Limits(max_connections=settings.concurrency)
    return httpx2.AsyncClient(headers=headers, limits=limits, timeout=settings.timeout_s)


async def call(
    http: httpx2.AsyncClient, settings: Settings, body: dict[str, Any], key: str | None
) -> Reply:
    """Sends it once; `timeout_s` bounds the whole of it."""
    url = f"{settings.base_url.rstrip('/')}/chat/completions"
    try:
        async with asyncio.timeout(settings.timeout_s), http.stream("POST", url, json=body) as got:
            content = await _content(got)
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol) as error:
        slow = isinstance(error, httpx2.ConnectTimeout)
        return Reply(Outcome.unreachable, "no", why="no connection in time" if slow else "")
    except (httpx2.TimeoutException, TimeoutError):
        return Reply(Outcome.timed_out, "most")
    except (httpx2.TransportError, httpx2.DecodingError):
        return Reply(Outcome.lost, "most")
    if key:
        content = content.replace(key.encode(), b"***")
    return _completed(content) if got.status_code == 200 else _failed(got, content)


async def _content(response: httpx2.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > LARGEST:
            break
    return bytes(content)


def _completed(content: bytes) -> Reply:
    try:
        found = msgspec.json.decode(content, type=_Completion)
        choice = found.choices[0]
    except (*NO_JSON, IndexError):
        return Reply(Outcome.garbled, "most")
    text = choice.message.content
    outcome = Outcome.answered
    if choice.finish_reason == "length":
        outcome = Outcome.truncated
    elif not isinstance(text, str) or not text.strip():
        outcome = Outcome.no_text
    kept = text if outcome == Outcome.answered else ""
    try:
        usage = msgspec.convert(found.usage, _Usage)
    except msgspec.ValidationError:
        return Reply(outcome, "most", kept)
    if usage.prompt_tokens < 0 or usage.completion_tokens < 0:
        return Reply(outcome, "most", kept)
    return Reply(outcome, "said", kept, usage.prompt_tokens, usage.completion_tokens)


def _failed(response: httpx2.Response, content: bytes) -> Reply:
    status = response.status_code
    why = f"HTTP {status}{_words(content)}"
    wait = told(response.headers)
    if status == 429:
        return Reply(Outcome.limited, "no", status=status, wait=wait, why=why)
    if status >= 500 or status == 408:
        billed: Literal["most", "no"] = "most" if status in BILLED_PERHAPS else "no"
        return Reply(Outcome.failed, billed, status=status, wait=wait, why=why)
    if 200 <= status < 300:
        return Reply(Outcome.garbled, "most", status=status, why=why)
    return Reply(Outcome.refused, "no", status=status, why=why)


def _words(content: bytes) -> str:
    """What the endpoint says is wrong, on one line."""
    try:
        found = msgspec.json.decode(content)
    except NO_JSON:
        return ""
    for name in ("error", "message", "detail"):
        if isinstance(found, dict) and name in found:
            found = found[name]
    if not isinstance(found, str):
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in found).split())
    return f", it says: {line[:WORDS]}" if line else ""
