"""A model on loopback that speaks chat completions, with planted faults and an account of its own.

It rewrites by adding words, so an answer holds all of the request. What it bills, it counts by itself:
tests compare with this and not with what the client believes.
"""

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import msgspec

from planloom.rewrite import Ask, Price, Settings

KEY = "sk-planted-0123456789"
PRICE = Price(150.0, 600.0)
"""Dollars per million tokens: dear, so that small tests spend cents."""


class Fault(NamedTuple):
    """How a call goes wrong. `billed` calls cost although the client does not see a whole answer."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    sleep: float = 0.0
    cut: bool = False
    usage: bool = True
    times_billed: float = 1.0
    finish: str = "stop"
    content: str | None = None


FINE = Fault()
Script = Callable[[int, str], Fault]
"""From the number of a call (from 0) and the request to how it goes."""


class Endpoint(ThreadingHTTPServer):
    """Counts calls, prompts and tokens; `usd` is what it bills."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, script: Script, delay: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script, self.delay = script, delay
        self.lock = threading.Lock()
        self.calls = 0
        self.most_at_once = self._at_once = 0
        self.tokens_in = self.tokens_out = 0
        self.dearest = 0.0
        self.prompts: Counter[str] = Counter()
        self.billed: Counter[str] = Counter()
        self.keys: set[str | None] = set()
        self.bodies: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def usd(self) -> float:
        return (self.tokens_in * PRICE.input + self.tokens_out * PRICE.output) / 1e6

    def begin(self, body: dict[str, Any], key: str | None) -> tuple[int, str]:
        digest = hashlib.sha256(json.dumps(body["messages"]).encode()).hexdigest()
        with self.lock:
            number, self.calls = self.calls, self.calls + 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.prompts[digest] += 1
            self.keys.add(key)
            self.bodies.append(body)
        return number, digest

    def bill(self, digest: str, tokens_in: int, tokens_out: int) -> None:
        with self.lock:
            self.billed[digest] += 1
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out
            self.dearest = max(
                self.dearest, (tokens_in * PRICE.input + tokens_out * PRICE.output) / 1e6
            )

    def end(self) -> None:
        with self.lock:
            self._at_once -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/v1/chat/completions":
            self._send(404, b'{"error": {"message": "no such route"}}')
            return
        body = json.loads(content)
        number, digest = self.server.begin(body, self.headers.get("Authorization"))
        try:
            self._reply(body, digest, self.server.script(number, body["messages"][-1]["content"]))
        finally:
            self.server.end()

    def _reply(self, body: dict[str, Any], digest: str, fault: Fault) -> None:
        time.sleep(self.server.delay)
        if fault.status != 200:
            text = json.dumps({"error": {"message": "planted"}}).encode()
            time.sleep(fault.sleep)
            self._send(fault.status, text if fault.body is None else fault.body, *fault.headers)
            return
        answer = fault.content
        if answer is None:
            answer = f"{body['messages'][-1]['content']} Thank you so much."
        limit = body.get("max_tokens") or body["max_completion_tokens"]
        tokens_in = sum(len(one["content"]) for one in body["messages"]) // 4
        tokens_out = int(min(limit, len(answer) // 4 + 1) * fault.times_billed)
        self.server.bill(digest, tokens_in, tokens_out)
        time.sleep(fault.sleep)
        choice = {"message": {"content": answer}, "finish_reason": fault.finish, "index": 0}
        found: dict[str, Any] = {"id": "x", "object": "chat.completion", "choices": [choice]}
        if fault.usage:
            found["usage"] = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out}
        self._send(
            200, json.dumps(found).encode() if fault.body is None else fault.body, cut=fault.cut
        )

    def _send(self, status: int, body: bytes, *headers: tuple[str, str], cut: bool = False) -> None:
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut


@contextmanager
def endpoint(script: Script = lambda number, text: FINE, delay: float = 0.0) -> Iterator[Endpoint]:
    """A model that answers as the script says, until the block ends."""
    server = Endpoint(script, delay)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def settings(server: Endpoint, **changed: object) -> Settings:
    plain = Settings(
        server.url, "m", {"m": PRICE}, "MODEL_KEY", concurrency=4, timeout_s=5.0, retries=3
    )
    return msgspec.structs.replace(plain, **changed)


def asks(count: int) -> list[Ask]:
    return [
        Ask(f"k{n}", f"Please book a table for {n} people at Sunrise Grill.", (str(n),))
        for n in range(count)
    ]
