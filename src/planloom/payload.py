"""Tolerant reading of calls and results written as text: never `eval`, never silent.

Each attempt that had to be made after plain JSON is named in `notes`, so that it can be counted.
"""

import ast
import json
import math
import re
import warnings
from datetime import date, datetime
from typing import Any

import msgspec

from planloom.errors import BadRow, Reason
from planloom.trace import Call

MAX_CHARACTERS = 4_000_000
MAX_LITERAL = 400_000
MAX_DEPTH = 100
NAMES = ("name", "function", "tool", "tool_name", "api_name", "function_name", "api", "Action")
ARGUMENTS = ("arguments", "parameters", "args", "param_dict", "Action_Input", "kwargs", "input")
RESULTS = ("label", "responses")
"""Keys under which a call names its results, so that later arguments can refer to them."""

# A string that is never closed reaches to the end, so that no scan begins anew inside it.
STRING = r'"(?:[^"\\]|\\.?)*+(?:"|(\Z))|\'(?:[^\'\\]|\\.?)*+(?:\'|(\Z))'
_BRACKET = re.compile(f"({STRING})|[\\[\\]{{}}()]", re.DOTALL)
_TRAILING_COMMA = re.compile(f"({STRING})|,(?=\\s*[\\]}}])", re.DOTALL)
_QUOTED_ARGUMENTS = re.compile(r"[\"']arguments[\"']\s*:\s*'(?=\s*\{)")
_FENCE = re.compile(r"```[a-zA-Z]*")
_NAMED = {"true": True, "false": False, "null": None, "NaN": None, "nan": None}
_FAILED = object()


def parse(text: str, notes: list[str]) -> Any:
    """The JSON value that `text` means.

    Tries JSON, then JSON with control characters, Python literals, and one pass of bounded
    repairs. Unbalanced brackets are never closed: such text is cut off.

    Raises:
        BadRow: truncated, not_json_not_literal or too_large.
    """
    value = _read(text, notes)
    if isinstance(value, str):
        notes.append("double_encoded")
        value = _read(value, notes)
    return value


def _read(text: str, notes: list[str]) -> Any:
    if len(text) > MAX_CHARACTERS:
        raise BadRow(Reason.too_large, f"a value of {len(text):,} characters")
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return _tolerant(_trimmed(text, notes), notes)


def _trimmed(text: str, notes: list[str]) -> str:
    """Without BOM, code fences and a literal backslash-n at either edge."""
    plain = text.strip()
    trimmed = plain.lstrip("\ufeff")
    while trimmed.startswith("\\n"):
        trimmed = trimmed[2:].lstrip()
    while trimmed.endswith("\\n"):
        trimmed = trimmed[:-2].rstrip()
    if fence := _FENCE.match(trimmed):
        trimmed = trimmed[fence.end() :]
    trimmed = trimmed.removesuffix("```").strip()
    if trimmed != plain:
        notes.append("trimmed")
    return trimmed


def _tolerant(text: str, notes: list[str]) -> Any:
    for repair in (None, _without_trailing_commas, _without_quotes, _unescaped):
        mended = text if repair is None else repair(text)
        if repair is not None and mended == text:
            continue
        for name, attempt in (("lenient_json", _lenient_json), ("python_literal", _literal)):
            value = attempt(mended)
            if value is not _FAILED:
                notes.append(name)
                if repair is not None:
                    notes.append(repair.__name__.strip("_"))
                return _scrubbed_or_too_deep(value)
    cut = _depth(text)[0] > 0
    raise BadRow(Reason.truncated if cut else Reason.not_json_not_literal, text[:300])


def _scrubbed_or_too_deep(value: Any) -> Any:
    try:
        return scrubbed(value)
    except RecursionError:
        raise BadRow(Reason.too_large, "nested too deep") from None


def _without_trailing_commas(text: str) -> str:
    return _TRAILING_COMMA.sub(lambda match: match[1] or "", text)


def _without_quotes(text: str) -> str:
    """The object in `"arguments": '{..}'`, which is no JSON and no Python."""
    begin, end = _QUOTED_ARGUMENTS.search(text), text.rfind("'")
    if begin is None or not text[begin.end() : end].rstrip().endswith("}"):
        return text
    return text[: begin.end() - 1] + text[begin.end() : end] + text[end + 1 :]


def _unescaped(text: str) -> str:
    """Without one level of escaped quotes and line breaks."""
    return text.replace('\\"', '"').replace("\\n", "\n") if '{\\"' in text[:80] else text


def _lenient_json(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return _FAILED


def literal(text: str) -> Any:
    """The value of the text of one Python literal, a lone string among them.

    Raises:
        BadRow: not_json_not_literal or too_large.
    """
    if len(text) > MAX_LITERAL:
        raise BadRow(Reason.too_large, f"a literal of {len(text):,} characters")
    value = _literal(text.strip())
    if value is _FAILED:
        raise BadRow(Reason.not_json_not_literal, text[:300])
    return _scrubbed_or_too_deep(value)


def _literal(text: str) -> Any:
    if len(text) > MAX_LITERAL or not text or _depth(text)[1] > MAX_DEPTH:
        return _FAILED
    try:
        with warnings.catch_warnings():  # an odd escape in a string is not our user's concern
            warnings.simplefilter("ignore")
            return _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _FAILED


def _value(node: ast.expr) -> Any:
    """The value of a literal; names of JSON constants count as such.

    Raises:
        ValueError: for anything that is not a literal.
    """
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
        case ast.Name(id=name) if name in _NAMED:
            return _NAMED[name]
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return [_value(item) for item in items]
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {_key(key): _value(item) for key, item in zip(keys, values, strict=True)}
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    raise ValueError("not a literal")


def _key(node: ast.expr | None) -> str:
    value = _value(node) if node is not None else None
    return value if isinstance(value, str) else json.dumps(value)


def _depth(text: str) -> tuple[int, int]:
    """Brackets and strings left open at the end, and the deepest nesting."""
    depth = deepest = 0
    for match in _BRACKET.finditer(text):
        if match[1] is None:
            depth += 1 if match[0] in "[{(" else -1
            deepest = max(deepest, depth)
        elif text[0] in "[{" and (match[2] is not None or match[3] is not None):
            depth += 1
    return depth, deepest


def scrubbed(value: Any) -> Any:
    """The value as strict JSON: NaN becomes null, dates ISO text, lone surrogates U+FFFD."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else encodable(value)
    if kind is dict:
        return {encodable(str(key)): scrubbed(item) for key, item in value.items()}
    if kind is list:
        return [scrubbed(item) for item in value]
    if kind is float:
        return value if math.isfinite(value) else None
    return value if value is None or kind in (int, bool) else _as_json(value)


def _as_json(value: Any) -> Any:
    """What columnar files and Python literals hold besides."""
    match value:
        case tuple() | set():
            return [scrubbed(item) for item in value]
        case datetime():
            at_midnight = value.time() == datetime.min.time()
            return value.date().isoformat() if at_midnight else value.isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return str(value)


def encodable(text: str) -> str:
    """Halves of a character, as a literal's escapes leave them, joined; a lone half is no text."""
    if text.isascii() or _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_SURROGATE = re.compile("[\ud800-\udfff]")


def calls(value: Any, notes: list[str]) -> list[Call]:
    """The calls in a list, a single call object, or the text of either. Null and "" mean none.

    Raises:
        BadRow: naming what is wrong with the first bad entry.
    """
    if isinstance(value, str):
        value = parse(value, notes) if value.strip() else []
    if value is None or value == {}:
        return []
    entries = [value] if isinstance(value, dict) else value
    if not isinstance(entries, list):
        raise BadRow(Reason.not_a_call, repr(value))
    return [call(entry, notes) for entry in entries]


def call(entry: Any, notes: list[str]) -> Call:
    """One call object under any of the public key names, wrapped in `function` or not.

    Raises:
        BadRow: not_a_call or arguments_not_object.
    """
    if isinstance(entry, str):
        entry = parse(entry, notes)
    if not isinstance(entry, dict):
        raise BadRow(Reason.not_a_call, repr(entry))
    call_id = entry.get("id") or entry.get("call_id")
    while isinstance(inner := entry.get("function"), dict):
        entry = inner
    name = next((v for key in NAMES if isinstance(v := entry.get(key), str)), "").strip()
    if not name or name[0] == "<":  # <function-name> is a template, not a name
        raise BadRow(Reason.not_a_call, repr(entry))
    given = next((v for key in ARGUMENTS if (v := entry.get(key)) is not None), None)
    known = call_id if isinstance(call_id, str) else None
    return Call(encodable(name), _arguments(given, notes), id=known, gives=_result_names(entry))


def _result_names(entry: dict[str, Any]) -> tuple[str, ...]:
    """`$` marks a reference, it is no part of the name."""
    names = next((value for key in RESULTS if (value := entry.get(key))), None)
    names = names if isinstance(names, list) else [names]
    return tuple(name.lstrip("$") for name in names if isinstance(name, str))


def _arguments(given: Any, notes: list[str]) -> dict[str, Any]:
    if isinstance(given, str) and given:
        try:
            given = parse(given, notes)
        except BadRow as bad:
            cut = bad.reason in (Reason.truncated, Reason.too_large)
            reason = bad.reason if cut else Reason.arguments_not_object
            raise BadRow(reason, bad.detail) from None
    if given is None or given == "":
        return {}
    if not isinstance(given, dict):
        raise BadRow(Reason.arguments_not_object, repr(given))
    return {encodable(str(key)): scrubbed(item) for key, item in given.items()}


def without_nulls(value: Any) -> Any:
    """The value without keys that are null, at any depth."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def dumps(value: Any) -> str:
    """JSON text of any value that a row can hold."""
    return msgspec.json.encode(scrubbed(value)).decode()
