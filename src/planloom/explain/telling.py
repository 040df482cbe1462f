"""A story as text for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from planloom import payload
from planloom.errors import Reason
from planloom.explain import meanings
from planloom.explain.drawing import drawn
from planloom.explain.fates import Fate
from planloom.explain.story import Judgement, Left, Offer, Step, Story, Told
from planloom.plan import Edge, ExecutionPlan
from planloom.terminal import Ink, cut, printable, width_of, wrapped

MOST_TOOLS, MOST_VALUES, MOST_EDGES = 12, 20, 200
LONGEST = 300
QUOTED = frozenset(
    (
        *(Reason.not_json_not_literal, Reason.truncated, Reason.not_a_call, Reason.unknown_tool),
        *(Reason.arguments_not_object, Reason.missing_argument, Reason.unknown_argument),
        *(Reason.wrong_type, Reason.placeholder, Reason.flagged, Reason.refusal_only),
    )
)
"""Reasons whose detail names what stands in the row."""
TITLES = {
    "provenance_tier": "inputs: tier",
    "result_tier": "result: tier",
    "scope_volume": "volume",
    "scope_sensitivity": "sensitivity",
}


def text(story: Story, width: int = 100, ink: Ink = Ink()) -> str:  # noqa: B008 - a value
    """All lines of a story."""
    return "\n".join(_lines(story, width, ink))


def _lines(story: Story, width: int, ink: Ink) -> Iterator[str]:
    yield ink(printable(story.address), "bold")
    pinned = f", at {story.revision[:12]}" if story.revision else ""
    yield from _said(f"{story.part}, {story.licence} ({story.use}){pinned}", width)
    if story.read_with:
        yield from _said(f"read with: {', '.join(story.read_with)}", width)
    if story.trouble:
        yield from (ink(line, "yellow") for line in _said(story.trouble, width))
    for left in story.left:
        yield from _left(left, story.row, width, ink)
    if story.row:
        yield from ("", ink("row", "bold"), *_row(story.row, width))
    for told in story.plans:
        yield from ("", *_plan(told, story.row, width, ink))


def _said(text: str, width: int, indent: str = "  ") -> Iterator[str]:
    """Wrapped; texts of rows are cut, their line breaks and control characters are shown as such."""
    short = f"{text[:LONGEST]}… ({len(text):,} characters)" if len(text) > LONGEST + 40 else text
    yield from wrapped(printable(" ".join(short.split())), width, indent)


def _left(left: Left, row: Mapping[str, Any], width: int, ink: Ink) -> Iterator[str]:
    yield ink(f"  left at {left.stage}: {left.reason}: {left.meaning}", "red")
    if left.detail:
        yield from _said(left.detail, width, "    ")
    if left.reason in QUOTED:
        yield from _offending(left.detail, row, width)


def _offending(detail: str, row: Mapping[str, Any], width: int) -> Iterator[str]:
    """Where in the row the words of the detail stand: in the column that holds most of them."""
    bare = {word.strip("'\"`,:;()[]{}") for word in detail.split()}
    texts = {c: v if isinstance(v, str) else payload.dumps(v) for c, v in row.items()}
    found = {c: [word for word in bare if word and word in text] for c, text in texts.items()}
    column = max(found, key=lambda name: len(found[name]), default="")
    word = max(found.get(column, ()), key=lambda one: (len(one), one), default="")
    if len(word) > 3:
        at = texts[column].find(word)
        around = texts[column][max(at - 60, 0) : at + len(word) + 60]
        yield from _said(f"in {column}: …{around}…", width, "    ")


def _row(row: Mapping[str, Any], width: int) -> Iterator[str]:
    """Each column in one line; `--row` has it whole."""
    wide = min(max(map(width_of, row), default=0), 24)
    for column, value in row.items():
        text = value if isinstance(value, str) else payload.dumps(value)
        size = f" ({len(text):,} characters)"
        line = f"  {cut(printable(column), wide):<{wide}}  "
        room = max(width - width_of(line), 20)
        flat = printable(" ".join(text[: 4 * width].split()))
        whole = width_of(flat) <= room and len(text) <= 4 * width
        yield (line + (flat if whole else cut(flat, room - len(size)) + size)).rstrip()


def _plan(told: Told, row: Mapping[str, Any], width: int, ink: Ink) -> Iterator[str]:
    plan = told.plan
    yield ink(f"plan {plan.plan_id}", "bold")
    fold = f", fold {plan.fold}" if plan.fold else ""
    kinds = f"{plan.category}, {plan.evidence}, {plan.label}, {plan.language}{fold}"
    yield from _said(kinds, width)
    yield from _fate(told.fate, width, ink)
    if told.fate.stage == "check" and told.fate.reason in QUOTED:
        yield from _offending(told.fate.detail, row, width)
    for finding in plan.findings:
        yield from _said(
            f"finding: {finding.rule} {finding.cls}: {finding.span or ''}", width, "    "
        )
    if plan.also_in:
        yield from _said(f"also in {', '.join(plan.also_in)}", width)
    if plan.group and plan.group != plan.plan_id:
        yield f"  group {plan.group}"
    if told.tolerated:
        yield from _said(f"tolerated: {', '.join(told.tolerated)}", width)
    yield from _turns(plan, width)
    if plan.nodes:
        yield from ("", *(f"  {line}" for line in drawn(plan, width - 2)), "")
    yield from _nodes(told, width, ink)
    yield from _edges(plan, width, ink)
    yield from _tools(told.tools, width, ink)


def _fate(fate: Fate, width: int, ink: Ink) -> Iterator[str]:
    if fate.where in ("kept", "unknown"):
        told = f"{fate.where}, {fate.detail}" if fate.where == "kept" else fate.detail
        yield ink(f"  {told}", "green" if fate.where == "kept" else "yellow")
        return
    told = f"left at {fate.stage}: {fate.reason}: {fate.meaning}" if fate.reason else fate.detail
    yield from (ink(line, "red") for line in _said(told, width))
    if fate.detail and fate.reason:
        yield from _said(fate.detail, width, "    ")
    joined = "beside" if fate.reason == Reason.template_cap else "of"
    for other in fate.of:
        yield f"    {joined} {other.plan_id} ({other.went})"
        yield f"      {printable(other.address)}"


def _turns(plan: ExecutionPlan, width: int) -> Iterator[str]:
    if plan.user_turns[:1] != (plan.request,) or len(plan.user_turns) < 2:
        yield from _said(f"request: {plan.request}", width)
    if len(plan.user_turns) > 1:
        for turn, said in enumerate(plan.user_turns):
            yield from _said(f"turn {turn}: {said}", width)


def _nodes(told: Told, width: int, ink: Ink) -> Iterator[str]:
    for node, step in zip(told.plan.nodes, told.steps, strict=True):
        yield from (ink(line, "bold") for line in _said(f"{node.id} {node.tool}", width))
        if not node.arguments_known:
            yield "     the row names the tool only"
        yield from _values(step, width)
        for judgement in step.judgements:
            yield from _said(_judged(judgement), width, "     ")


def _values(step: Step, width: int) -> Iterator[str]:
    for value in step.values[:MOST_VALUES]:
        origin = f"  ({meanings.ORIGINS[value.origin]})" if value.origin else ""
        short = cut(printable(" ".join(value.text.split())), 60)
        yield from _said(f"{value.argument} = {short}{origin}", width, "     ")
    if (more := len(step.values) - MOST_VALUES) > 0:
        yield f"     and {more:,} values more"


def _judged(one: Judgement) -> str:
    rules = [
        f"{rule.name}, {rule.meaning}" + (f" ({', '.join(rule.words[:4])})" if rule.words else "")
        for rule in one.rules
    ]
    how = "; ".join(rules) if rules else "no rule fired" if one.basis == "default" else ""
    return f"{TITLES[one.what]} {one.value:,}, {one.meaning}: {one.basis}{': ' if how else ''}{how}"


def _edges(plan: ExecutionPlan, width: int, ink: Ink) -> Iterator[str]:
    if plan.edges:
        yield ink("  edges", "bold")
    for edge in plan.edges[:MOST_EDGES]:
        yield from _said(_edge(edge), width, "    ")
    if (more := len(plan.edges) - MOST_EDGES) > 0:
        yield f"    and {more:,} edges more"
    for evidence in dict.fromkeys(edge.evidence for edge in plan.edges):
        yield from _said(f"{evidence}: {meanings.EVIDENCE[evidence]}", width, "    ")


def _edge(edge: Edge) -> str:
    if edge.kind == "order":
        return f"{edge.src} → {edge.dst} order by {edge.evidence}"
    joint = "; joint: another result could have supplied it too" if edge.joint else ""
    source = edge.result_path or "the whole result"
    span = cut(" ".join((edge.span or "").split()), 60)
    return f"{edge.src} → {edge.dst} data by {edge.evidence}: {edge.argument} ← {source}: “{span}”{joint}"


def _tools(tools: list[Offer], width: int, ink: Ink) -> Iterator[str]:
    if not tools:
        return
    yield ink(f"  tools on offer: {len(tools)}", "bold")
    first = sorted(tools, key=lambda tool: not tool.called)
    for tool in first[:MOST_TOOLS]:
        mark = "called, " if tool.called else ""
        line = printable(f"    {tool.name}: {mark}{' '.join(tool.description.split())}")
        yield cut(line, width)
    if len(tools) > MOST_TOOLS:
        yield f"    and {len(tools) - MOST_TOOLS:,} more"
