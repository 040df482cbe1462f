"""How fast are requests asked for, and how much memory do answers take?

    python benchmarks/rewrite_speed.py [--requests 20000] [--concurrency 64] [--delay 0.0]

The model is a process on loopback that adds a word to the request after `--delay` seconds; what is measured is
ours: prompts, budget, ledger, checks. First all are asked, then all are there.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from planloom.rewrite import Ask, Price, Settings, rewrite

USAGE = {"prompt_tokens": 120, "completion_tokens": 30}


def asks(count: int) -> Iterator[Ask]:
    for number in range(count):
        text = f"Please book a table for {number} people at Sunrise Grill before Friday."
        yield Ask(f"k{number}", text, (str(number), "Sunrise Grill"), ("book_table",))


def model(port: "multiprocessing.Queue[int]", delay: float) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := (await reader.readuntil(b"\r\n\r\n")).lower():
                size = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                text = json.loads(await reader.readexactly(size))["messages"][-1]["content"]
                await asyncio.sleep(delay)
                choice = {"message": {"content": f"{text} Thanks."}, "finish_reason": "stop"}
                body = json.dumps({"choices": [choice], "usage": USAGE}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()

    async def serve() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def timed(count: int, settings: Settings, folder: Path) -> str:
    began, cpu = time.monotonic(), time.process_time()
    done = rewrite(asks(count), settings, folder, 1000.0)
    seconds, busy = time.monotonic() - began, time.process_time() - cpu
    assert done.counts == {"rewritten": count}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{count / seconds:,.0f} requests/s, {busy / count * 1e6:,.0f} us of CPU each, "
        f"peak {peak:,.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--delay", type=float, default=0.0)
    arguments = parser.parse_args()
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=model, args=(port, arguments.delay), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{port.get(timeout=30)}/v1"
    settings = Settings(url, "m", {"m": Price(0.15, 0.6)}, concurrency=arguments.concurrency)
    with TemporaryDirectory() as folder:
        for told in ("asked", "there already"):
            print(f"{told}: {timed(arguments.requests, settings, Path(folder))}")
        print(
            f"ledger: {(Path(folder) / 'calls.jsonl').stat().st_size / arguments.requests:.0f} bytes each"
        )
    process.terminate()


if __name__ == "__main__":
    main()
