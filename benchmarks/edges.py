"""Are the data edges right? Measured against truth that planloom did not produce.

    python benchmarks/edges.py --data ../shared/data [--final] [--json FILE] [--misses N]

`simulated`: gold references of NESTFUL, Seal-Tools and AgentBench's knowledge graph, replaced by values of invented
results (see `simulate.py`). `labelled`: the trajectories of `labels/`, the half that was open while
the rules were made, with --final the other. An edge is right if source, target and argument are. A
label that names several calls as equal suppliers is met by any of them.
Intervals are Wilson's, 95 %.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulate import Edge, Reference, simulated
from truth import FOLDERS, data_files

sys.path.insert(0, str(Path(__file__).parent / "labels"))
from trajectories import chosen, leaves

from planloom.datasets import find
from planloom.errors import BadRow
from planloom.lift import lift
from planloom.trace import Place, Trace

PLACE = Place("", "", "", "", 0, "", "open", "function_calling")
COPIES = 5  # results invented for each row
LABELS = Path(__file__).parent / "labels"


@dataclass
class Score:
    """Edges in truth and found; `units` are rows."""

    name: str
    units: int = 0
    right: int = 0
    missed: int = 0
    invented: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def precision(self) -> tuple[float, float, float]:
        return share(self.right, self.right + self.invented)

    @property
    def recall(self) -> tuple[float, float, float]:
        return share(self.right, self.right + self.missed)

    def count(self, address: str, right: int, missed: list[Any], invented: list[Any]) -> None:
        self.units += 1
        self.right += right
        self.missed += len(missed)
        self.invented += len(invented)
        self.misses += [f"{address} missed {one}" for one in missed]
        self.misses += [f"{address} invented {one}" for one in invented]


def share(part: int, whole: int) -> tuple[float, float, float]:
    """A share with Wilson's interval of 95 %."""
    if not whole:
        return 1.0, 0.0, 1.0
    z, p = 1.96, part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * (p * (1 - p) / whole + z * z / (4 * whole * whole)) ** 0.5 / (1 + z * z / whole)
    return p, max(0.0, middle - half), min(1.0, middle + half)


def found(trace: Trace) -> set[Edge]:
    (plan,) = lift(trace, PLACE).plans
    data = (edge for edge in plan.edges if edge.kind == "data")
    return {(int(e.src[1:]), int(e.dst[1:]), str(e.argument)) for e in data}


# Simulated results

SETS = {
    "nestful": ("ibm-research/nestful", r"\$(\w+?)(?:\.([^$]+))?\$"),
    "sealtools_nested": ("fairyshine/Seal-Tools", r"^(API_call_\d+)()$"),
    "agentbench_traj": ("THUDM/AgentBench", r"^(#\d+)()$"),
}


def simulation(data: Path, folder_name: str) -> Score:
    source_id, notation = SETS[folder_name]
    score, source = Score(f"simulated {folder_name}"), find(source_id)
    (folder,) = [one for one in FOLDERS if one.name == folder_name]
    for file in data_files(data, (folder,)):
        for at, row in enumerate(file.rows):
            try:
                trace = source.parts[0].read(row)
            except BadRow:
                continue
            references = dict(stated(trace, notation))
            if not references:
                continue
            for copy in range(COPIES):
                rng = random.Random(f"{file.address(at)} {copy}")
                made = simulated(trace, references, rng)
                got = {
                    (src, dst, named(arg, dst, made.edges)) for src, dst, arg in found(made.trace)
                }
                missed, invented = sorted(made.edges - got), sorted(got - made.edges)
                score.count(f"{file.address(at)} {copy}", len(made.edges & got), missed, invented)
    return score


def stated(trace: Trace, notation: str) -> Iterator[tuple[int, list[Reference]]]:
    """The references in the arguments of each call, read as the source's README says."""
    supplier: dict[str, int] = {}
    for index, call in enumerate(trace.calls):
        wanted = [
            Reference(supplier[match[1]], match[2] or "", path, match[0])
            for path, value in leaves(call.arguments)
            for match in re.finditer(notation, value if isinstance(value, str) else "")
            if match[1] in supplier
        ]
        if wanted:
            yield index, wanted
        supplier |= dict.fromkeys(call.gives, index)


def named(argument: str, dst: int, truth: set[Edge]) -> str:
    """A member of a list counts as its list where the truth names the list."""
    names = {name for _, target, name in truth if target == dst}
    bare = re.sub(r"\[\d+\]$", "", argument)
    return bare if bare in names and argument not in names else argument


# Labelled trajectories


def labelled(data: Path, half: str) -> Iterator[Score]:
    labels = {one["address"]: one for one in map(json.loads, (LABELS / f"{half}.jsonl").open())}
    scores: dict[str, Score] = {}
    for where, address, trace in chosen(data):
        if where == half and address in labels:
            name = f"labelled {address.split('/')[0]} ({half})"
            compare(scores.setdefault(name, Score(name)), address, labels[address], found(trace))
    yield from scores.values()
    yield total(f"labelled ({half})", list(scores.values()))


def compare(score: Score, address: str, label: dict[str, Any], got: set[Edge]) -> None:
    """Each result part of a label wants one edge, from any of the calls it names."""
    right, missed, allowed = 0, [], set()
    for index, call in enumerate(label["calls"]):
        for path, parts in call["values"].items():
            for part in parts:
                suppliers = re.findall(r"(?:^|\|)result:(\d+)", part)
                edges = {(int(one), index, path) for one in suppliers}
                if edges & got:
                    right += 1
                elif edges:
                    missed.append((part, index, path))
                allowed |= edges
    score.count(address, right, missed, sorted(got - allowed))


def total(name: str, scores: list[Score]) -> Score:
    whole = Score(name)
    for one in scores:
        for number in ("units", "right", "missed", "invented"):
            setattr(whole, number, getattr(whole, number) + getattr(one, number))
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--final", action="store_true", help="the half that stayed unopened")
    parser.add_argument("--misses", type=int, default=0, metavar="N")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    scores = [simulation(arguments.data, name) for name in SETS]
    scores.append(total("simulated", scores))
    for half in ("first", "final") if arguments.final else ("first",):
        if (LABELS / f"{half}.jsonl").exists():
            scores += labelled(arguments.data, half)
    for one in scores:
        p, r = one.precision, one.recall
        print(
            f"{one.name:40} {one.units:5} rows {one.right:5} right {one.missed:4} missed {one.invented:4} invented"
            f"  P {p[0]:.3f} [{p[1]:.3f}, {p[2]:.3f}]  R {r[0]:.3f} [{r[1]:.3f}, {r[2]:.3f}]"
        )
        for miss in one.misses[: arguments.misses]:
            print("   ", miss)
    if arguments.json:
        numbers = {one.name: {k: getattr(one, k) for k in ("units", "right", "missed", "invented", "precision", "recall")} for one in scores}  # fmt: skip
        arguments.json.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
