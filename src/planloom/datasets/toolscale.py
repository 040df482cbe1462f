"""Tasks for a user simulator with gold actions in order, made by GPT-5 (ToolOrchestra, tau2 family).

No user turn, no assistant text, no results. One Parquet struct holds the arguments of all tools: each
action carries every name, null where unused, and dates became timestamps. The tools are not in the
rows; `toolscale_tools.json` has their signatures by domain, because names repeat over domains.
A parameter that may be null counts as optional, since its null cannot be told from padding.
"""

from functools import cache
from pathlib import Path

import msgspec

from planloom.shapes import declare, task_actions
from planloom.source import Part, Row, Source
from planloom.trace import Tool, Trace

_read = task_actions.reader(padded=True)


def read(row: Row) -> Trace:
    trace = _read(row)
    told = task_actions.cell(row, "user_scenario").get("instructions")
    domain = told.get("domain") if isinstance(told, dict) else None
    called = {call.tool for call in trace.calls}
    return msgspec.structs.replace(trace, tools=_offered(domain, called))


def _offered(domain: object, called: set[str]) -> tuple[Tool, ...]:
    """The tools of the domain; of an unknown one those of the only domain that has all the calls."""
    known = _tools()
    if isinstance(domain, str) and domain.lower() in known:
        return known[domain.lower()]
    fitting = [tools for tools in known.values() if called <= {tool.name for tool in tools}]
    return fitting[0] if len(fitting) == 1 else ()


@cache
def _tools() -> dict[str, tuple[Tool, ...]]:
    text = Path(__file__).with_name("toolscale_tools.json").read_bytes()
    return {
        domain: tuple(
            Tool.of(name, "", declare.parameters(table)) for name, table in signatures.items()
        )
        for domain, signatures in msgspec.json.decode(text)["domains"].items()
    }


SOURCE = Source(
    id="nvidia/ToolScale",
    licence="LicenseRef-NVIDIA",
    rows=4_063,
    claim="unknown; 100K in the mix",
    tier=2,
    overlap="tau",
    parts=(
        Part(
            split="train",
            files=("data/train-*",),
            read=read,
            category="function_calling",
            use="no_publish",
            columns=("user_scenario", "evaluation_criteria"),
        ),
    ),
)
