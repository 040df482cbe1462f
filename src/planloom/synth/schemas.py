"""Tools from files: a build, OpenAPI, MCP tool lists, function declarations, JSON Schema; or those packed here."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from planloom.errors import InputError, RecipeError
from planloom.recipe import PACKED
from planloom.shapes import declare
from planloom.shapes.dialogue import FINISH
from planloom.synth import openapi, packed
from planloom.synth.tools import Domain, Offer
from planloom.trace import Tool

MOST_SETS = 5_000  # of a build the tool sets that most plans were offered
ALONE = 12  # tools of a bare tools.parquet that are offered together


class _Yaml(yaml.SafeLoader):
    """YAML in which `on`, `no` and dates are texts, as the schemas mean them."""


_Yaml.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in known
        if tag != "tag:yaml.org,2002:timestamp" and (not tag.endswith(":bool") or first in "tTfF")
    ]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(names: Sequence[str]) -> list[Domain]:
    """The domains of all inputs, in their order; `packed` names those that come with Planloom.

    Raises:
        RecipeError: for a file that is not there.
        InputError: for one that declares no tool.
    """
    return [domain for name in names for domain in _read(name)]


def _read(name: str) -> Sequence[Domain]:
    path = Path(name)
    if name == PACKED:
        return packed.domains()
    if not path.exists():
        raise RecipeError(
            f"{name}: no such file; name tools as {PACKED}, a build, or a file of tool schemas"
        )
    if path.is_dir() or path.suffix == ".parquet":
        return _build(path)
    found = list(_declared(_parsed(path), path.stem))
    if not found:
        raise InputError(f"{name}: declares no tool; see docs/synth.md for what is read")
    return found


def _parsed(path: Path) -> Any:
    try:
        text = path.read_bytes()
        return (
            yaml.load(text, _Yaml)
            if path.suffix in (".yaml", ".yml")
            else msgspec.json.decode(text)
        )
    except (msgspec.DecodeError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {str(error).splitlines()[0]}") from error


def _declared(value: Any, name: str) -> Iterator[Domain]:
    """OpenAPI gives a domain for each tag; all else is one domain."""
    if isinstance(value, Mapping) and ("openapi" in value or "swagger" in value):
        yield from openapi.domains(value, name)
        return
    while isinstance(value, Mapping) and isinstance(value.get("result"), Mapping):
        value = value["result"]  # the answer of an MCP server, whole
    if isinstance(value, Mapping):
        value = value.get("tools", value.get("functions", [value]))
    entries = value if isinstance(value, list) else ()
    offers = tuple(offer for one in entries if (offer := _offer(one, name)) is not None)
    if offers:
        yield Domain(name, "", offers)


def _offer(entry: Any, name: str) -> Offer | None:
    if not isinstance(entry, Mapping) or entry.get("name") == FINISH:
        return None
    if "inputSchema" in entry:
        entry = {**entry, "parameters": entry["inputSchema"]}
    elif "properties" in entry and "name" not in entry:  # a bare JSON Schema
        entry = {
            "name": str(entry.get("title") or name),
            "description": entry.get("description"),
            "parameters": entry,
        }
    tool = declare.tool(dict(entry))
    returns = entry.get("outputSchema")
    return None if tool is None else Offer(tool, returns if isinstance(returns, dict) else None)


def _build(path: Path) -> list[Domain]:
    """The tools of a build, by the sets in which its plans were offered them."""
    file = path / "tools.parquet" if path.is_dir() else path
    if not file.exists():
        raise RecipeError(f"{path}: no tools.parquet in it; name a finished build")
    tools = {row["key"]: _tool(row) for row in pq.read_table(file).to_pylist()}
    parts = sorted((file.parent / "plans").glob("part-*.parquet"))
    sets = _offered(parts) if parts else _alone(tools)
    domains = []
    for number, keys in enumerate(sets):
        offers = tuple(
            Offer(tools[key]) for key in keys if key in tools and tools[key].name != FINISH
        )
        if offers:
            domains.append(Domain(f"{file.parent.name}/{number}", "", offers))
    if not domains:
        raise InputError(f"{path}: none of its plans was offered a tool")
    return domains


def _tool(row: Mapping[str, str]) -> Tool:
    return Tool(row["name"], row["description"], row["parameters"].encode(), row["key"])


def _offered(parts: Sequence[Path]) -> list[tuple[str, ...]]:
    """The tool sets of plans with calls, the most frequent first; equally frequent ones by their hashes."""
    counts: Counter[tuple[str, ...]] = Counter()
    for part in parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(columns=["tools", "category"]):
                real = batch.filter(pc.not_equal(batch["category"], "gold_traces"))
                counts.update(tuple(sorted(keys)) for keys in real["tools"].to_pylist() if keys)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [keys for keys, _ in ranked[:MOST_SETS]]


def _alone(tools: Mapping[str, Tool]) -> list[tuple[str, ...]]:
    """Tools of which no plan tells what goes together: those next to each other by name."""
    keys = sorted(tools, key=lambda key: (tools[key].name, key))
    return [tuple(keys[n : n + ALONE]) for n in range(0, len(keys), ALONE)]
