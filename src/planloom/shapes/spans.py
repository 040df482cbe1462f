"""S9: telemetry spans of an agent that was attacked (NeMo Agent Toolkit), keys flat and dotted.

Calls are the TOOL spans, by start time. A tool's own work is traced below it in FUNCTION spans, and
so is the agent around it: they serve only where there is no TOOL span, and then only the innermost.
A parent span contains, it supplies nothing: parents make no edges.
"""

from typing import Any

import msgspec

from planloom import payload
from planloom.errors import BadRow, Reason
from planloom.plan import Category, Finding
from planloom.shapes.dialogue import Dialogue, text_of
from planloom.source import Reader, Row
from planloom.trace import Trace

CATEGORY: Category = "function_calling"
PREFIXES = ("aiq", "nat")
Span = dict[str, Any]


def read(row: Row) -> Trace:
    """Every row is an attack run, whatever its label columns hold or lack."""
    spans = row.get("trace")
    if not isinstance(spans, list) or not all(isinstance(span, dict) for span in spans):
        raise BadRow(Reason.unknown_shape, "trace is no list of spans")
    spans = sorted(spans, key=_start)
    dialogue = Dialogue()
    dialogue.user(_request(spans))
    for span in _calls(spans):
        entry = {"name": _name(span), "arguments": span.get("attributes.input.value")}
        dialogue.calls([payload.call(entry, dialogue.notes)])
        result = span.get("attributes.output.value")
        if result is not None:
            dialogue.result(result if isinstance(result, str) else payload.dumps(result))
    return msgspec.structs.replace(
        dialogue.trace(), findings=(finding(row.get("attack_snapshot")),)
    )


def finding(snapshot: Any) -> Finding:
    """The kind of attack as the source names it."""
    attack = snapshot.get("attack") if isinstance(snapshot, dict) else None
    told = attack if isinstance(attack, dict) else {}
    category, subcategory = told.get("attack_category"), told.get("attack_subcategory")
    return Finding(
        "attack_run",
        category if isinstance(category, str) else "attack",
        subcategory if isinstance(subcategory, str) else None,
    )


def _own(span: Span, key: str) -> Any:
    """An attribute of the toolkit, whose prefix changed with its name."""
    names = (f"attributes.{prefix}.{key}" for prefix in PREFIXES)
    return next((span[name] for name in names if span.get(name) is not None), None)


def _start(span: Span) -> str:
    return str(span.get("start_time") or _own(span, "event_timestamp") or "")


def _name(span: Span) -> Any:
    return span.get("name") or _own(span, "subspan.name") or _own(span, "function.name")


def _kind(span: Span) -> str:
    """TOOL, FUNCTION, LLM, ..: the kind of event that the span was made of."""
    return str(_own(span, "event_type") or "").split("_")[0]


def _calls(spans: list[Span]) -> list[Span]:
    tools = [span for span in spans if _kind(span) == "TOOL"]
    parents = {str(span.get("parent_id")) for span in spans}
    functions = (span for span in spans if _kind(span) == "FUNCTION")
    return tools or [span for span in functions if str(span.get("context.span_id")) not in parents]


def _request(spans: list[Span]) -> str:
    """The input of the span that all others stand below: a text, or an object around one."""
    root = next((span for span in spans if span.get("parent_id") is None), None)
    said = root.get("attributes.input.value") if root is not None else None
    if not isinstance(said, str):
        return text_of(said)
    try:
        return text_of(payload.parse(said, [])) or said
    except BadRow:
        return said


def sniff(row: Row) -> Reader | None:
    """The reader, if there are spans of the toolkit beside what is told of the attack."""
    spans = row.get("trace")
    if "attack_snapshot" not in row or not isinstance(spans, list) or not spans:
        return None
    return read if any(isinstance(span, dict) and _kind(span) for span in spans) else None
