"""Single-turn requests with offered tools and the right calls (APIGen, arXiv 2406.18518).

One node a call, never run. A few of the 3,673 APIs serve piracy or adult content; rows that call
one of them are not benign.
"""

import re
from functools import lru_cache

import msgspec

from planloom.plan import Finding
from planloom.shapes import gold_list
from planloom.source import Part, Row, Source
from planloom.trace import Tool, Trace

_UNWANTED = re.compile(r"torrent|pirate|nsfw|porn|\bxxx\b|hentai|onlyfans|escort")
_read = gold_list.reader("query", "answers", "tools")


@lru_cache(maxsize=16_384)
def _unwanted(tool: Tool) -> str:
    """The word in name, description or defaults: one video search asks for porn by default."""
    words = f"{tool.name} {tool.description} {tool.parameters.decode()}".lower().replace("_", " ")
    match = _UNWANTED.search(words)
    return match[0] if match else ""


def read(row: Row) -> Trace:
    trace = _read(row)
    offered = {tool.name: tool for tool in trace.tools}
    called = (offered.get(call.tool, Tool(call.tool, "", b"", "")) for call in trace.calls)
    if span := next(filter(None, map(_unwanted, called)), ""):
        finding = Finding("xlam_unwanted_api", "unwanted_tool", span)
        return msgspec.structs.replace(trace, findings=(finding,))
    return trace


SOURCE = Source(
    id="Salesforce/xlam-function-calling-60k",
    revision="26d14ebfe18b1f7b524bd39b404b50af5dc97866",
    licence="CC-BY-4.0",
    paper="2406.18518",
    rows=60_000,
    claim="60K",
    tier=1,
    gated="auto",
    overlap="xlam",
    parts=(
        Part(
            config="dataset",
            split="train",
            files=("xlam_function_calling_60k.json",),
            read=read,
            category="function_calling",
        ),
    ),
)
