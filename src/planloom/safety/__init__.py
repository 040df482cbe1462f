"""Is a row benign? Findings of all rules are gathered, the recipe's policy decides.

Closed by default: unknown is not benign where a source needs a label, and a class of findings that
is not known makes a plan adversarial.
"""

from msgspec import structs

from planloom.plan import ExecutionPlan, Finding, Label
from planloom.recipe import Safety as Policy
from planloom.safety import moderation, obeyed, results, targets, texts
from planloom.safety.classes import deciding
from planloom.source import Safety
from planloom.trace import Trace

DEFAULT = Policy()


def label(
    trace: Trace, benign: Safety, policy: Policy = DEFAULT
) -> tuple[Label, tuple[Finding, ...]]:
    """The label of a whole row, and the findings behind it.

    Where labels are needed, a missing one makes the row unknown.
    """
    of_people = benign == "labelled"
    found = tuple(dict.fromkeys(_findings(trace, policy, of_people=of_people)))
    missing = of_people and (not trace.moderation or None in trace.moderation)
    return _label(found, policy, "unknown" if missing else "benign"), found


def _findings(trace: Trace, policy: Policy, *, of_people: bool) -> list[Finding]:
    """Of every rule that looks at a row."""
    found = [*trace.findings, *moderation.find(trace, policy.max_score)]
    if policy.texts:
        found += texts.find(trace.user_turns, of_people=of_people)
    if trace.rounds:
        found += targets.unsafe(trace)
        if policy.results and (told := results.find(trace)):
            found += [results.finding(instruction) for instruction in told]
            found += obeyed.find(trace, told)
    return found


def _label(findings: tuple[Finding, ...], policy: Policy, otherwise: Label) -> Label:
    told = deciding(findings, policy.classes)
    if told is None:
        return otherwise
    return "adversarial" if told[0] == "adversarial" else "unknown"


def with_targets(plan: ExecutionPlan, policy: Policy = DEFAULT) -> ExecutionPlan:
    """The plan with what its edges say of the targets of its calls."""
    found = targets.untrusted(plan)
    if not found:
        return plan
    findings = (*plan.findings, *found)
    return structs.replace(plan, findings=findings, label=_label(findings, policy, plan.label))
