"""What a reader makes of a converted row, and how it differs from the plan: without the product's own account."""

from typing import Any

import msgspec
from test_plan import data, made, node

import planloom
from planloom.plan import ExecutionPlan, Node

ABOUT = ("source", "licence", "use", "label", "category")
WHOLE = ("atif", "adp")
NOTHING = "all but user turns"


def read(name: str, row: dict[str, Any]) -> ExecutionPlan | None:
    """The plan that a reader makes of a row: our own, or for the graph layout one written here."""
    if name == "gatling":  # its id is what it says, whatever its reader makes of turns
        return msgspec.structs.replace(read_graph(row), plan_id=row["plan_id"])
    plans = planloom.transform(row).plans
    if not plans:
        return None
    beside = row.get("metadata", row)
    said = {key: beside[key] for key in ABOUT if key in beside} if name not in WHOLE else {}
    return msgspec.structs.replace(plans[0], **said)


def read_graph(row: dict[str, Any]) -> ExecutionPlan:
    def read_node(index: int, given: dict[str, Any]) -> Node:
        answer = given["tool_name"] == "instruction" and list(given["arguments"]) == ["instruction"]
        tier = given["provenance_tier"]
        names = ("scope_volume", "scope_sensitivity")
        return node(
            index,
            0,
            "respond" if answer else given["tool_name"],
            kind="respond" if answer else "call",
            arguments={} if answer else given["arguments"],
            provenance_tier=tier,
            result_tier=tier,
            **{name: given[name] for name in names},
        )

    return made(
        *(read_node(index, given) for index, given in enumerate(row["nodes"])),
        edges=tuple(data(*pair, argument="") for pair in row["edges"]),
        request=row["request"],
        user_turns=(row["request"],),
        source=row["source_dataset"],
        category=row["category"],
        label=row["label"],
        evidence="gold",
        **{"config": "", "source_split": "", "file": "", "at": 0},
        **{"licence": "unknown", "use": "no_publish"},
    )


def differing(one: ExecutionPlan, other: ExecutionPlan | None) -> set[str]:
    """The names of all fields in which two plans differ, found without the product's comparison."""
    if other is None:
        return {NOTHING}
    flat = [msgspec.to_builtins(p) for p in (one, other)]
    found = {name for name in flat[0] if flat[0][name] != flat[1][name]} - {"nodes", "edges"}
    for a, b in zip(flat[0]["nodes"], flat[1]["nodes"], strict=True):
        found |= {f"nodes.{name}" for name in a if name != "id" and a[name] != b[name]}
    if any(edge not in flat[1]["edges"] for edge in flat[0]["edges"]):
        found.add("edges")
    pairs = [(edge["src"], edge["dst"]) for edge in flat[0]["edges"]]
    if any((edge["src"], edge["dst"]) not in pairs for edge in flat[1]["edges"]):
        found.add("order_not_stated")
    return found
