"""Every call of a plan against the tools of its own row. No gold answer is needed.

Names are matched in this order: the exact name; the one tool whose name is the same but for case
and punctuation; a code interpreter, which rows use undeclared. Any other name is `unknown_tool`.
Of tools that share a name, the one that fits decides.
"""

import re
from collections.abc import Iterator, Mapping

from planloom.errors import Reason
from planloom.fit import fit
from planloom.plan import ExecutionPlan, Node
from planloom.trace import Tool, Trace, plain_name
from planloom.unfilled import placeholder, unfilled
from planloom.verdict import FINE, Tolerance, Verdict

INTERPRETERS = frozenset(("python", "python_interpreter", "code_interpreter", "ipython"))
_TEMPLATE = re.compile(r"\$?\{\{?([^{}.]*)(?:\.[^{}]*)?\}\}?")


def check_calls(plan: ExecutionPlan, trace: Trace) -> Verdict:
    """The first fault of any call, or what had to be tolerated in all of them."""
    offered: dict[str, list[Tool]] = {}
    for tool in trace.tools:
        offered.setdefault(tool.name, []).append(tool)
    tolerated = [] if trace.tools else [Tolerance.no_tools_declared]
    for node in plan.nodes:
        verdict = _unfilled(node, plan, trace)
        if verdict.reason is None and trace.tools:
            verdict = _check_call(node, plan, offered)
        if verdict.reason is not None:
            return verdict
        tolerated += verdict.tolerated
    return Verdict(None, "", tuple(tolerated)) if tolerated else FINE


def _unfilled(node: Node, plan: ExecutionPlan, trace: Trace) -> Verdict:
    """Placeholders and cut texts, but for those that refer to results or that the row itself says."""
    for reason, text in unfilled(node.arguments):
        is_cut = reason == Reason.truncated
        refers = not is_cut and _is_referring(text, list(_references(node, plan)))
        if not refers and not _is_said(text, trace, whole=is_cut):
            return Verdict(reason, f"{node.tool}: {text[:200]}")
    return FINE


def _is_referring(text: str, spans: list[str]) -> bool:
    """Whether no placeholder is left in the text without what stands for results.

    An edge keeps one text for each result: `{{step_1.x}}` says of `{{step_1.y}}` that it refers too.
    """
    names = {match[1].strip() for span in spans if (match := _TEMPLATE.fullmatch(span))}
    rest = _TEMPLATE.sub(lambda match: "" if match[1].strip() in names else match[0], text)
    for span in spans:
        rest = rest.replace(span, "")
    return "{{" not in rest and not placeholder(rest)


def _references(node: Node, plan: ExecutionPlan) -> Iterator[str]:
    """The texts in the arguments that stand for results of earlier calls."""
    for edge in plan.edges:
        if edge.dst == node.id and edge.evidence == "reference" and edge.span:
            yield edge.span


def _is_said(text: str, trace: Trace, whole: bool) -> bool:
    """Whether the row says the text, the user in any case; `whole`: and nothing after it, on its line."""
    results = (call.result or "" for call in trace.calls)
    if any(_holds(said, text, whole) for said in (*trace.user_turns, trace.system, *results)):
        return True
    plain = text.casefold()
    asked = f"what is {plain}"  # `what is your name?` says no name
    turns = (turn.casefold().replace(asked, "") for turn in trace.user_turns)
    return any(_holds(turn, plain, whole) for turn in turns)


def _holds(said: str, text: str, whole: bool) -> bool:
    return text in said and (not whole or said.endswith(text) or f"{text}\n" in said)


def _check_call(node: Node, plan: ExecutionPlan, offered: Mapping[str, list[Tool]]) -> Verdict:
    declared = offered.get(node.tool)
    spelling: tuple[Tolerance, ...] = ()
    if declared is None:
        declared, spelling = _by_spelling(node.tool, offered), (Tolerance.tool_name_spelling,)
    if declared is None:
        if plain_name(node.tool) in INTERPRETERS:
            return Verdict(None, "", (Tolerance.undeclared_interpreter,))
        return Verdict(Reason.unknown_tool, node.tool)
    if not node.arguments_known:
        return Verdict(None, "", spelling)
    verdicts = [
        fit(node.tool, node.arguments, tool.parameters, _references(node, plan))
        for tool in declared
    ]
    best = next((verdict for verdict in verdicts if verdict.reason is None), verdicts[0])
    return best._replace(tolerated=(*spelling, *best.tolerated)) if spelling else best


def _by_spelling(name: str, offered: Mapping[str, list[Tool]]) -> list[Tool] | None:
    plain = plain_name(name)
    alike = [tools for other, tools in offered.items() if plain_name(other) == plain]
    return alike[0] if len(alike) == 1 else None
