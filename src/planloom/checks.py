"""Which plans are good enough: the request, the answer, the calls."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from planloom.calls import check_calls
from planloom.errors import Reason
from planloom.plan import RESPOND, ExecutionPlan
from planloom.recipe import Limits
from planloom.trace import Trace
from planloom.verdict import Verdict

WIDE = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI")
_REDACTED = re.compile(r"\bNAME_\d+\b")
_REFUSAL = re.compile(
    r"\s*(?:I(?:'|’)m (?:very |really )?sorry|I am sorry|Sorry|I apologi[sz]e|Unfortunately)\b.{0,80}?"
    r"\b(?:can(?:'|’)?t|cannot|unable|not able|won(?:'|’)t|not appropriate)\b",
    re.IGNORECASE | re.DOTALL,
)
MAX_REFUSAL = 400


def check(plan: ExecutionPlan, trace: Trace, limits: Limits) -> Verdict:
    """The verdict on one plan of `trace`."""
    if not plan.nodes:
        return Verdict(Reason.empty_plan)
    if wrong := check_request(plan.request, limits):
        return Verdict(*wrong)
    if limits.languages and plan.language not in limits.languages:
        return Verdict(
            Reason.language, f"{plan.language}; the recipe keeps {', '.join(limits.languages)}"
        )
    if plan.nodes[0].kind == RESPOND:
        return _check_answer(trace.answers[plan.nodes[0].turn] or "")
    return check_calls(plan, trace)


def check_request(request: str, limits: Limits) -> tuple[Reason, str] | None:
    """Judged by letters of the script, because words are not parted by spaces everywhere."""
    if not request.strip():
        return Reason.no_request, ""
    if len(request) > limits.max_request:
        return Reason.request_too_long, f"{len(request):,} characters"
    plain = _REDACTED.sub("", request) if "NAME_" in request else request
    if sum(islice(_weights(plain), limits.min_letters)) < limits.min_letters:
        return Reason.request_too_short, request[:80]
    if len(plain.split(maxsplit=1)) == 1 and plain.isascii():
        return Reason.single_word, request[:80]
    return None


def _weights(text: str) -> Iterator[int]:
    """What each letter counts: 3 in scripts in which a character is a word or a syllable."""
    for character in text:
        if character.isascii():
            if character.isalpha():
                yield 1
        elif unicodedata.category(character)[0] in "LM":
            yield 3 if unicodedata.name(character, "").startswith(WIDE) else 1


def _check_answer(answer: str) -> Verdict:
    if len(answer) <= MAX_REFUSAL and _REFUSAL.match(answer):
        return Verdict(Reason.refusal_only, answer[:80])
    return Verdict(None)
