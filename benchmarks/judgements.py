"""Do tiers and scopes agree with people, what do they rest on, and which rules fire?

    python benchmarks/judgements.py --data ../shared/data [--final] [--json FILE]

First the labelled trajectories (see `labels/GUIDE.md`): agreement and a table of confusion for the tier of
inputs, the tier of the result, volume (as 1, 2-9, 10-99, 100 and more) and sensitivity. Then, for every
corpus with calls: on what the four rest (observed, inferred, default), how many plans a masked-call
model can learn from, and how often each rule fires. A rule that fires for no call or for all is of no use.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from score import covered
from truth import FOLDERS, data_files

sys.path.insert(0, str(Path(__file__).parent / "labels"))
from trajectories import chosen

import planloom
from planloom.datasets import catalogue
from planloom.lift import lift
from planloom.plan import ExecutionPlan, Node
from planloom.trace import Place

PLACE = Place("", "", "", "", 0, "", "open", "function_calling")
LABELS = Path(__file__).parent / "labels"
FIELDS: dict[str, tuple[str, Callable[[Node], int]]] = {
    "tier": ("tier", lambda node: node.provenance_tier),
    "result tier": ("result_tier", lambda node: node.result_tier),
    "volume": ("volume", lambda node: node.scope_volume),
    "sensitivity": ("sensitivity", lambda node: node.scope_sensitivity),
}


def bucket(name: str, value: int) -> str:
    if name != "volume":
        return str(value)
    return next(
        said
        for least, said in ((100, "100+"), (10, "10-99"), (2, "2-9"), (1, "1"))
        if value >= least
    )


def agreement(data: Path, half: str) -> dict[str, Counter[tuple[str, str]]]:
    """(label, planloom) -> calls, for each field."""
    labels = {one["address"]: one for one in map(json.loads, (LABELS / f"{half}.jsonl").open())}
    tables: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in FIELDS}
    for where, address, trace in chosen(data):
        if where != half or address not in labels:
            continue
        (plan,) = lift(trace, PLACE).plans
        for node, said in zip(plan.nodes, labels[address]["calls"], strict=True):
            for name, (key, value) in FIELDS.items():
                pair = bucket(name, said[key]), bucket(name, value(node))
                tables[name][pair] += 1
                if pair[0] != pair[1] and VERBOSE:
                    print("   ", name, pair, node.tool, list(node.arguments), node.rules)
    return tables


def labellers() -> dict[str, tuple[int, int]]:
    """How often two labellers say the same: the values' sources (turn and path aside), the fields."""
    first = {
        one["address"]: one
        for half in ("first", "final")
        for one in map(json.loads, (LABELS / f"{half}.jsonl").open())
    }
    same, whole = Counter[str](), Counter[str]()
    for other in map(json.loads, (LABELS / "second.jsonl").open()):
        for a, b in zip(first[other["address"]]["calls"], other["calls"], strict=True):
            for name, (key, _) in FIELDS.items():
                whole[name] += 1
                same[name] += bucket(name, a[key]) == bucket(name, b[key])
            for path, parts in a["values"].items():
                whole["sources"] += 1
                same["sources"] += suppliers(parts) == suppliers(b["values"][path])
    return {name: (same[name], whole[name]) for name in whole}


def suppliers(parts: list[str]) -> set[str]:
    """`user`, `result:3`: whom or what a value came from."""
    return {
        re.sub(r"^(user|(?:result|computed):\d+).*", r"\1", p) for x in parts for p in x.split("|")
    }


VERBOSE = False


def confusion(name: str, table: Counter[tuple[str, str]]) -> Iterator[str]:
    right = sum(n for (a, b), n in table.items() if a == b)
    yield f"{name}: {right}/{sum(table.values())} agree ({right / max(sum(table.values()), 1):.1%})"
    values = sorted({value for pair in table for value in pair})
    yield "    label \\ planloom" + "".join(f"{value:>8}" for value in values)
    for mine in values:
        yield f"{mine:>20}" + "".join(f"{table[mine, other]:>8}" for other in values)


# Corpora


class Corpus:
    """Counts over the plans with calls of one folder."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.numbers: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()

    def add(self, plan: ExecutionPlan) -> None:
        nodes = [node for node in plan.nodes if node.kind == "call"]
        has_data = any(edge.kind == "data" for edge in plan.edges)
        scoped = any(
            node.origin.volume != "default" or node.origin.sensitivity != "default"
            for node in nodes
        )
        tiered = any(
            node.origin.tier != "default" or node.origin.result_tier != "default" for node in nodes
        )
        self.numbers.update(
            plans=1, calls=len(nodes), two_calls=len(nodes) > 1, data_edge=has_data, tiered=tiered,
            scoped=scoped,
            usable=len(nodes) > 1 and has_data and tiered and scoped,
        )  # fmt: skip
        if plan.evidence == "gold":
            by_value = sum(edge.evidence == "value" for edge in plan.edges)
            self.numbers.update(without_results=1, edges_without_results=by_value)
        for node in nodes:
            for field in ("tier", "result_tier", "volume", "sensitivity"):
                self.numbers[f"{field} {getattr(node.origin, field)}"] += 1
            self.rules.update(node.rules)


def corpora(data: Path) -> Iterator[Corpus]:
    sources = catalogue()
    for folder in FOLDERS:
        corpus, files = Corpus(folder.name), list(data_files(data, (folder,)))
        source = sources.get(folder.source or "")
        if source is not None and source.parts:
            known = {file.path: file for file in files}
            for one in covered(files, source):
                part = source.parts[one.part]
                for row in known[Path(one.path)].rows:
                    add(corpus, row, source.id, part.name)
        else:
            for file in files:
                for row in file.rows:
                    add(corpus, row)
        if corpus.numbers["calls"]:
            yield corpus


def add(corpus: Corpus, row: Any, *named: str) -> None:
    for plan in planloom.transform(row, *named).plans:
        if plan.evidence not in ("response", "skeleton"):
            corpus.add(plan)


def main() -> None:
    global VERBOSE
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--final", action="store_true", help="the half that stayed unopened")
    parser.add_argument("--verbose", action="store_true", help="list what differs from the labels")
    parser.add_argument("--labels-only", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    VERBOSE = arguments.verbose
    found: dict[str, Any] = {}
    for half in ("first", "final") if arguments.final else ("first",):
        print(f"labelled ({half})")
        for name, table in agreement(arguments.data, half).items():
            print("\n".join(confusion(name, table)))
            found[f"{half} {name}"] = {f"{a} {b}": n for (a, b), n in sorted(table.items())}
    found["labellers"] = labellers()
    for name, (same, whole) in found["labellers"].items():
        print(f"two labellers, {name}: {same}/{whole} alike")
    rules: Counter[str] = Counter()
    calls = 0
    for corpus in () if arguments.labels_only else corpora(arguments.data):
        n = corpus.numbers
        print(corpus.name, dict(n))
        found[corpus.name] = dict(n)
        rules += corpus.rules
        calls += n["calls"]
    for rule, times in rules.most_common():
        print(f"{rule:40} {times:6} of {calls} calls")
    found["rules"] = dict(rules.most_common())
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
