"""What each class of findings means for a plan: data, which a recipe may override class by class."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from planloom.errors import Reason, RecipeError, nearest
from planloom.plan import Finding
from planloom.recipe import Consequence


class Class(NamedTuple):
    """`adversarial` plans stand apart, `quarantine` says doubt, `noted` leaves the plan benign."""

    consequence: Consequence
    reason: Reason
    meaning: str


def _adversarial(meaning: str) -> Class:
    return Class("adversarial", Reason.flagged, meaning)


def _attack(meaning: str) -> Class:
    return Class("quarantine", Reason.attacked, meaning)


def _doubt(meaning: str) -> Class:
    return Class("quarantine", Reason.suspect, meaning)


CLASSES = {
    "attack_succeeded": _adversarial("the source says that an attack reached its goal"),
    "obeyed": _adversarial("a call took its values from an instruction in a result"),
    "unsafe_action": _adversarial("the source judges what the agent did as unsafe"),
    "moderation": _adversarial("a message is flagged, or its score is too high"),
    "safety_data": _adversarial("training data of refusals and jailbreaks"),
    "hardcoded": _adversarial("answers about the model itself"),
    "safety_probe": _adversarial("a test of whether an agent is safe"),
    "toxic_task": _adversarial("a task about toxic text, by its name"),
    "unwanted_tool": _adversarial("an adult or piracy service"),
    "instruction": _attack("a result speaks to the model"),
    "wish": _attack("a result holds a job or a question that may be meant for the model"),
    "poisoned_tool": _attack("the source poisoned a document or tool of the run"),
    "attack_resisted": _attack("the source attacked the run, and the attack failed"),
    "no_verdict": _attack("the source attacked the run and does not say how it ended"),
    "jailbreak": _doubt("words of a request that sets the model's rules aside"),
    "toxic": _doubt("words of a request for sexual, hateful, violent or criminal text"),
    "template_spam": Class("noted", Reason.suspect, "a script asks it, thousands of times"),
    "personal": Class("noted", Reason.suspect, "personal data in text of real users, by its kind"),
    "unsafe_destination": _doubt("a call goes where secrets are kept or leak to"),
    "untrusted_target": Class(
        "noted", Reason.suspect, "a recipient, account, URL or path that only untrusted text names"
    ),
}
"""A class that does not stand here, from a user's dataset file, is adversarial."""

UNKNOWN = _adversarial("not in this table")
_ORDER: tuple[Consequence, ...] = ("adversarial", "quarantine")


def check(overrides: Mapping[str, Consequence]) -> None:
    """Refuses a name that is nearly that of a class: it would change nothing.

    Raises:
        RecipeError: naming the class that was meant.
    """
    for name in overrides.keys() - CLASSES.keys():
        if hint := nearest(name, CLASSES):
            raise RecipeError(f"[safety.classes] {name}: no such class{hint}; see docs/safety.md")


def consequence(cls: str, overrides: Mapping[str, Consequence]) -> Consequence:
    """What a class means under a recipe's overrides."""
    return overrides.get(cls) or CLASSES.get(cls, UNKNOWN).consequence


def deciding(
    findings: Iterable[Finding], overrides: Mapping[str, Consequence]
) -> tuple[Consequence, Finding] | None:
    """The first finding of the gravest consequence, or None where all are only noted."""
    told = [(consequence(finding.cls, overrides), finding) for finding in findings]
    for worst in _ORDER:
        for found in told:
            if found[0] == worst:
                return found
    return None


def reason(told: Consequence, finding: Finding) -> Reason:
    """The Reason with which a plan leaves by its deciding finding."""
    if told == "adversarial":
        return Reason.flagged
    known = CLASSES.get(finding.cls, UNKNOWN).reason
    return Reason.suspect if known == Reason.flagged else known
