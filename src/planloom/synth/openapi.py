"""Operations of an OpenAPI document (2 or 3) as tools, by tag."""

from collections.abc import Iterator, Mapping
from typing import Any

from planloom.synth.tools import Domain, Offer
from planloom.trace import Tool

METHODS = ("get", "post", "put", "patch", "delete")
VERBS = {"get": "get", "post": "create", "put": "update", "patch": "update", "delete": "delete"}


class Document:
    """An OpenAPI document; what it refers to is put in place once, and what refers to itself is left out."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self.whole = whole
        self._known: dict[str, Any] = {}
        self._open: set[str] = set()

    def resolved(self, value: Any) -> dict[str, Any]:
        """The value as an object with nothing but itself inside."""
        found = self._inlined(value)
        return found if isinstance(found, dict) else {}

    def _inlined(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._inlined(one) for one in value]
        if not isinstance(value, Mapping):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str):
            return self._referred(reference)
        return {key: self._inlined(one) for key, one in value.items()}

    def _referred(self, reference: str) -> Any:
        if reference in self._open or not reference.startswith("#/"):
            return {}
        if reference not in self._known:
            target: Any = self.whole
            for name in reference[2:].split("/"):
                target = _mapping(target).get(name.replace("~1", "/").replace("~0", "~"))
            self._open.add(reference)
            self._known[reference] = self._inlined(target or {})
            self._open.remove(reference)
        return self._known[reference]


def domains(document: Mapping[str, Any], name: str) -> Iterator[Domain]:
    """A domain for each tag, in order of appearance; operations without one form the last."""
    by_tag: dict[str, list[Offer]] = {}
    whole = Document(document)
    for path, methods in _mapping(document.get("paths")).items():
        shared = _mapping(methods).get("parameters") or []
        for method in METHODS:
            operation = _mapping(methods).get(method)
            if isinstance(operation, Mapping):
                tag = next(iter(operation.get("tags") or []), "")
                by_tag.setdefault(str(tag), []).append(
                    _offer(whole, path, method, operation, shared)
                )
    for tag, offers in by_tag.items():
        yield Domain(f"{name}/{tag}" if tag else name, "", tuple(offers))


def _offer(
    document: Document,
    path: str,
    method: str,
    operation: Mapping[str, Any],
    shared: list[Any],
) -> Offer:
    properties: dict[str, Any] = {}
    required = []
    for one in (*shared, *(operation.get("parameters") or [])):
        parameter = document.resolved(one)
        if parameter.get("in") in ("path", "query"):
            name = str(parameter.get("name"))
            properties[name] = parameter.get("schema") or {"type": parameter.get("type", "string")}
            required += [name] if parameter.get("required") or parameter.get("in") == "path" else []
        elif parameter.get("in") == "body":
            _merge(_mapping(parameter.get("schema")), properties, required)
    body = document.resolved(operation.get("requestBody"))
    _merge(_content(body), properties, required)
    schema = {"type": "object", "properties": properties, "required": sorted(set(required))}
    about = str(operation.get("summary") or operation.get("description") or "")
    name = str(operation.get("operationId") or _named(path, method))
    return Offer(Tool.of(name, about, schema), _returns(document, operation))


def _merge(schema: Mapping[str, Any], properties: dict[str, Any], required: list[str]) -> None:
    """The fields of a body become arguments; of alternatives the first, a list as an argument `items`."""
    for part in schema.get("allOf") or ():
        _merge(_mapping(part), properties, required)
    for word in ("oneOf", "anyOf"):
        if branches := schema.get(word):
            _merge(_mapping(branches[0]), properties, required)
    if "items" in schema:
        properties["items"] = dict(schema)
        required.append("items")
    properties.update(_mapping(schema.get("properties")))
    required += [one for one in schema.get("required") or () if one in properties]


def _named(path: str, method: str) -> str:
    """`GET /orders/{id}/items` without an operationId is `get_orders_items`."""
    words = [word for word in path.split("/") if word and not word.startswith("{")]
    return "_".join([VERBS[method], *words]).replace("-", "_").replace(".", "_")


def _returns(document: Document, operation: Mapping[str, Any]) -> dict[str, Any] | None:
    for code, response in _mapping(operation.get("responses")).items():
        if str(code).startswith("2"):
            found = document.resolved(response)
            return dict(_content(found) or _mapping(found.get("schema"))) or None
    return None


def _content(body: Mapping[str, Any]) -> Mapping[str, Any]:
    content = _mapping(body.get("content"))
    json = next((one for name, one in content.items() if "json" in name), None)
    return _mapping(_mapping(json).get("schema"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
