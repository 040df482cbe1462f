"""Which plans are good enough: the request, and every call against the tools of its own row.

No gold answer is needed. What is tolerated is named, so that it can be counted.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec
from jsonschema_rs import ValidationErrorKind as Kind

from planloom.errors import Reason
from planloom.plan import RESPOND, ExecutionPlan, Node
from planloom.recipe import Limits
from planloom.trace import Tool, Trace, plain_name

WIDE = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI")
INTERPRETERS = frozenset(("python", "python_interpreter", "code_interpreter", "ipython"))
_REDACTED = re.compile(r"\bNAME_\d+\b")
_PLACEHOLDER = re.compile(
    r"<[a-z][a-z0-9 _-]*>|\[(?:insert|your|enter)\b[^\]]*\]|\{\{.*\}\}|your[_ -](?:\w+[_ -])?(?:here|key)"
    r"|(?:insert|enter)[_ ](?:your|the)[_ ]\w+.*",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\s*(?:I(?:'|’)m (?:very |really )?sorry|I am sorry|Sorry|I apologi[sz]e|Unfortunately)\b.{0,80}?"
    r"\b(?:can(?:'|’)?t|cannot|unable|not able|won(?:'|’)t|not appropriate)\b",
    re.IGNORECASE | re.DOTALL,
)
MAX_REFUSAL = 400


class Verdict(NamedTuple):
    """The Reason a plan leaves with, or None; and the names of what was tolerated."""

    reason: Reason | None
    detail: str = ""
    tolerated: tuple[str, ...] = ()


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
    return check_calls(plan.nodes, trace.tools)


def check_request(request: str, limits: Limits) -> tuple[Reason, str] | None:
    """Judged by letters of the script, because words are not parted by spaces everywhere."""
    if not request.strip():
        return Reason.no_request, ""
    if len(request) > limits.max_request:
        return Reason.request_too_long, f"{len(request):,} characters"
    plain = _REDACTED.sub("", request)
    if sum(islice(_weights(plain), limits.min_letters)) < limits.min_letters:
        return Reason.request_too_short, request[:80]
    if len(plain.split()) == 1 and plain.isascii():
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


def check_calls(nodes: tuple[Node, ...], tools: tuple[Tool, ...]) -> Verdict:
    """Every call against the tools on offer; without any, calls cannot be checked."""
    if not tools:
        return Verdict(None, "", ("no_tools_declared",))
    offered: dict[str, list[Tool]] = {}
    for tool in tools:
        offered.setdefault(tool.name, []).append(tool)
    tolerated: list[str] = []
    for node in nodes:
        verdict = _check_call(node, offered)
        if verdict.reason is not None:
            return verdict
        tolerated += verdict.tolerated
    return Verdict(None, "", tuple(tolerated))


def _check_call(node: Node, offered: Mapping[str, list[Tool]]) -> Verdict:
    if spot := _placeholder(node.arguments):
        return Verdict(Reason.placeholder, f"{node.tool}: {spot}")
    declared = offered.get(node.tool)
    spelling: tuple[str, ...] = ()
    if declared is None:
        declared, spelling = _by_spelling(node.tool, offered), ("tool_name_spelling",)
    if declared is None:
        if plain_name(node.tool) in INTERPRETERS:
            return Verdict(None, "", ("undeclared_interpreter",))
        return Verdict(Reason.unknown_tool, node.tool)
    if not node.arguments_known:
        return Verdict(None)
    verdicts = [_check_arguments(node, tool) for tool in declared]
    best = next((verdict for verdict in verdicts if verdict.reason is None), verdicts[0])
    return best._replace(tolerated=(*spelling, *best.tolerated))


def _by_spelling(name: str, offered: Mapping[str, list[Tool]]) -> list[Tool] | None:
    plain = plain_name(name)
    alike = [tools for other, tools in offered.items() if plain_name(other) == plain]
    return alike[0] if len(alike) == 1 else None


def _placeholder(value: Any) -> str | None:
    if isinstance(value, str):
        return value if len(value) < 100 and _PLACEHOLDER.fullmatch(value.strip()) else None
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((spot for item in items if (spot := _placeholder(item))), None)


class _Contract(NamedTuple):
    """What a tool's schema asks for. `known` is None where any argument is welcome."""

    known: frozenset[str] | None
    required: frozenset[str]
    validator: Any


@lru_cache(maxsize=50_000)
def _contract(parameters: bytes) -> _Contract:
    schema = msgspec.json.decode(parameters)
    properties = schema.get("properties")
    is_closed = isinstance(properties, dict) and properties
    if schema.get("additionalProperties") not in (None, False):
        is_closed = False
    required = frozenset(name for name in schema.get("required") or () if isinstance(name, str))
    try:
        validator = jsonschema_rs.validator_for(schema)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        validator = None  # the schema itself is wrong: names can be checked, types cannot
    return _Contract(frozenset(properties) if is_closed else None, required, validator)


def _check_arguments(node: Node, tool: Tool) -> Verdict:
    contract = _contract(tool.parameters)
    names = node.arguments.keys()
    if contract.known is not None and not names <= contract.known:
        extra = ", ".join(sorted(names - contract.known))
        return Verdict(Reason.unknown_argument, f"{node.tool}: {extra}")
    if not contract.required <= names:
        missing = ", ".join(sorted(contract.required - names))
        return Verdict(Reason.missing_argument, f"{node.tool}: {missing}")
    if contract.validator is None:
        return Verdict(None, "", ("schema_invalid",))
    if contract.validator.is_valid(node.arguments):
        return Verdict(None)
    return _judged(node, contract)


def _judged(node: Node, contract: _Contract) -> Verdict:
    """Each schema error is either one of the tolerated ones, by name, or decides the verdict."""
    tolerated = []
    for error in contract.validator.iter_errors(node.arguments):
        name = _tolerance(error, contract)
        if name is None:
            where = ".".join(map(str, error.instance_path)) or "$"
            return Verdict(
                _REASONS.get(type(error.kind), Reason.wrong_type),
                f"{node.tool}: {where}: {error.message[:200]}",
            )
        tolerated.append(name)
    return Verdict(None, "", tuple(tolerated))


_REASONS = {
    Kind.Required: Reason.missing_argument,
    Kind.AdditionalProperties: Reason.unknown_argument,
    Kind.UnevaluatedProperties: Reason.unknown_argument,
}


def _tolerance(error: Any, contract: _Contract) -> str | None:
    """The name of a difference that changes no meaning, or None."""
    value, kind = error.instance, error.kind
    path = error.instance_path
    if value is None and path and path[0] not in contract.required:
        return "null_for_optional"
    if isinstance(kind, Kind.Type):
        return _type_tolerance(value, set(kind.types))
    if isinstance(kind, Kind.Enum) and isinstance(value, str):
        options = [option for option in kind.options if isinstance(option, str)]
        return "enum_case" if value.lower() in map(str.lower, options) else None
    return None


def _type_tolerance(value: Any, types: set[str]) -> str | None:
    if isinstance(value, str):
        if types & {"integer", "number"} and _is_number(value):
            return "number_in_text"
        if "boolean" in types and value.lower() in ("true", "false"):
            return "boolean_in_text"
        if types & {"array", "object"} and value[:1] in ("[", "{"):
            return "json_in_text" if _is_json(value) else None
    if isinstance(value, (int, float)) and "string" in types and not isinstance(value, bool):
        return "number_for_text"
    if isinstance(value, (str, int, float)) and "array" in types:
        return "single_for_list"
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True
