"""A flowchart of one plan for people: Mermaid text, as Markdown pages draw it."""

import re
from collections.abc import Iterator

from planloom.formats import Format, Tools, always
from planloom.formats.telling import encode
from planloom.plan import RESPOND, Edge, ExecutionPlan, Node

SHORT = 60
MOST = 6  # arguments of a node
_MARKUP = re.compile(r"[^\w\s.,:/@+=?!*'$%-]")


def line(plan: ExecutionPlan, _: Tools) -> bytes:
    """The chart: solid arrows where data flows, dotted ones where only the order is known."""
    return ("\n".join(_lines(plan)) + "\n").encode()


def _lines(plan: ExecutionPlan) -> Iterator[str]:
    yield "flowchart TD"
    yield f'  request(["{_text(plan.request)}"])'
    yield from (f'  {node.id}["{_said(node)}"]' for node in plan.nodes)
    reached = {edge.dst for edge in plan.edges}
    yield from (f"  request --- {node.id}" for node in plan.nodes if node.id not in reached)
    yield from map(_arrow, plan.edges)


def _said(node: Node) -> str:
    if node.kind == RESPOND:
        return "answers in text"
    given = [f"{k}: {v if isinstance(v, str) else _json(v)}" for k, v in node.arguments.items()]
    if not node.arguments_known:
        given = ["arguments not known"]
    rest = [f"and {len(given) - MOST} more"] if len(given) > MOST else []
    return "<br>".join(map(_text, [node.tool, *given[:MOST], *rest]))


def _json(value: object) -> str:
    return encode(value).decode()


def _arrow(edge: Edge) -> str:
    if edge.kind == "order":
        return f'  {edge.src} -. "{edge.evidence}" .-> {edge.dst}'
    joint = ", joint" if edge.joint else ""
    return f'  {edge.src} -- "{_text(edge.argument or "")}: {edge.evidence}{joint}" --> {edge.dst}'


def _text(text: str) -> str:
    """A short line; what Mermaid could take for markup as character codes."""
    line = " ".join(text.split())
    cut = line if len(line) <= SHORT else f"{line[:SHORT]}…"
    return _MARKUP.sub(lambda match: f"#{ord(match[0])};", cut) or " "


FORMAT = Format(line, always)
