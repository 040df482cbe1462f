"""Generated traces as rows: the chat layout that tools for fine-tuning read, with the policy beside it.

A build reads these rows as it reads any dataset, so that nothing is concluded on another way.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from planloom.synth.fill import Gold
from planloom.trace import Round, Tool, Trace

_encoder = msgspec.json.Encoder()


def write(path: Path, golds: Iterable[Gold], licence: str) -> None:
    """JSON lines, compressed; the file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.tmp")
    with pa.CompressedOutputStream(str(part), "zstd") as out:
        for gold in golds:
            out.write(line(gold, licence))
    part.replace(path)


def line(gold: Gold, licence: str) -> bytes:
    """One row, ended by a newline."""
    trace, policy = gold.trace, gold.policy
    row = {
        "messages": list(_messages(trace)),
        "tools": f"[{','.join(map(_declared, trace.tools))}]",
        "policy": policy._asdict(),
        "language": trace.language,
        "license": licence,
    }
    return _encoder.encode(row) + b"\n"


@lru_cache(maxsize=50_000)
def _declared(tool: Tool) -> str:
    about = {
        "name": tool.name,
        "description": tool.description,
        "parameters": msgspec.Raw(tool.parameters),
    }
    return _encoder.encode({"type": "function", "function": about}).decode()


def _messages(trace: Trace) -> Iterator[dict[str, Any]]:
    yield {"role": "system", "content": trace.system}
    number = 0
    for turn, said in enumerate(trace.user_turns):
        yield {"role": "user", "content": said}
        for round_ in trace.rounds:
            if round_.turn == turn:
                yield from _round(round_, number)
                number += len(round_.calls)


def _round(round_: Round, first: int) -> Iterator[dict[str, Any]]:
    names = [f"call_{first + n}" for n in range(len(round_.calls))]
    called = [
        {
            "id": name,
            "type": "function",
            "function": {"name": one.tool, "arguments": _encoder.encode(one.arguments).decode()},
        }
        for name, one in zip(names, round_.calls, strict=True)
    ]
    yield {"role": "assistant", "content": None, "tool_calls": called}
    for name, one in zip(names, round_.calls, strict=True):
        yield {"role": "tool", "tool_call_id": name, "content": one.result}
