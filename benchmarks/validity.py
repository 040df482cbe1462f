"""Are right calls accepted and wrong ones caught? Measured on gold and recorded calls of real rows.

    python benchmarks/validity.py --data ../shared/data [--json FILE] [--list]

First table: plans whose tools are declared, in the row or beside it, and how many are rejected. A
reject is right if the call breaks the declaration of its own row, as found by reading both:
benchmarks/labels/validity.json says why for each address, and what is wrong, the call or a
declaration that asks for what nobody means. Every reject without an entry there is false.
Second table: one fault planted into each accepted plan, and how many are caught with the right
Reason. `own rows` are those of tests/golden. `cut list` is the call list of a row cut off anywhere.

Exit code: 0 fine; 1 more than 0.5 % of the plans of a corpus falsely rejected, or under 99 % of a
kind of fault caught; 2 wrong use.
"""

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cases import Case, cases, own_cases
from msgspec import structs
from plant import KINDS, planted

import planloom
from planloom.calls import check_calls

HOME = Path(__file__).parent
MOST_FALSE, LEAST_CAUGHT = 0.005, 0.99
OWN = "own rows"
REVIEWED = {"wrong": "call", "why": "a reviewed case of tests/golden"}
ALL_KINDS = (*KINDS, "unknown tool", "cut list")


class Tally:
    """The counts of one corpus."""

    def __init__(self) -> None:
        self.plans = self.calls = 0
        self.wrong: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.tolerated: Counter[str] = Counter()
        self.false: list[str] = []
        self.planted: Counter[str] = Counter()
        self.caught: Counter[str] = Counter()

    @property
    def share(self) -> float:
        return len(self.false) / self.plans

    def plain(self) -> dict[str, Any]:
        return {
            "plans": self.plans,
            "calls": self.calls,
            "rejected": dict(sorted(self.reasons.items())),
            "wrong_call": self.wrong["call"],
            "wrong_declaration": self.wrong["declaration"],
            "false": len(self.false),
            "tolerated": dict(sorted(self.tolerated.items())),
            "planted": {kind: self.planted[kind] for kind in ALL_KINDS if self.planted[kind]},
            "caught": {kind: self.caught[kind] for kind in ALL_KINDS if self.planted[kind]},
        }


def judged() -> dict[str, dict[str, str]]:
    """Why a reject is right, by address."""
    entries = json.loads((HOME / "labels/validity.json").read_text("utf-8"))
    return {f"{entry['file']}@{at}": entry for entry in entries for at in entry["at"]}


def measure(
    found: Iterator[Case], known: dict[str, dict[str, str]], show: bool
) -> dict[str, Tally]:
    tallies: dict[str, Tally] = defaultdict(Tally)
    for case in found:
        tally = tallies[case.corpus]
        verdict = check_calls(case.plan, case.trace)
        tally.plans += 1
        tally.calls += len(case.plan.nodes)
        tally.tolerated.update(map(str, verdict.tolerated))
        if verdict.reason is None:
            plant(case, tally, show)
            continue
        tally.reasons[str(verdict.reason)] += 1
        entry = REVIEWED if case.corpus == OWN else known.get(case.address)
        if entry is None:
            tally.false.append(case.address)
        else:
            tally.wrong[entry["wrong"]] += 1
        if show:
            print(f"{case.address} {verdict.reason}: {entry['why'] if entry else 'FALSE'}")
    return tallies


def plant(case: Case, tally: Tally, show: bool) -> None:
    for fault in planted(case.plan.nodes, case.trace, case.address):
        nodes = tuple(fault.node if n.id == fault.node.id else n for n in case.plan.nodes)
        verdict = check_calls(structs.replace(case.plan, nodes=nodes), case.trace)
        tally.planted[fault.kind] += 1
        if verdict.reason == fault.reason:
            tally.caught[fault.kind] += 1
        elif show:
            print(f"{case.address} {fault.kind}: {verdict.reason} {verdict.detail[:100]}")
    tally.planted["cut list"] += 1
    tally.caught["cut list"] += is_cut_list_caught(case)


def is_cut_list_caught(case: Case) -> bool:
    """The calls as a row of xLAM writes them, cut off anywhere."""
    calls = [{"name": node.tool, "arguments": node.arguments} for node in case.plan.nodes]
    text = json.dumps(calls, ensure_ascii=False)
    end = random.Random(case.address).randint(1, len(text) - 1)
    row = {"query": "Please do it for me.", "tools": "[]", "answers": text[:end]}
    lifted = planloom.transform(row, "Salesforce/xlam-function-calling-60k")
    return [str(reason) for reason, _ in lifted.left] == ["truncated"]


def total(tallies: dict[str, Tally]) -> Tally:
    whole = Tally()
    for tally in tallies.values():
        whole.plans += tally.plans
        whole.calls += tally.calls
        whole.false += tally.false
        for name in ("reasons", "wrong", "tolerated", "planted", "caught"):
            getattr(whole, name).update(getattr(tally, name))
    return whole


def lines(tallies: dict[str, Tally]) -> Iterator[str]:
    head = ("plans", "calls", "rejected", "call", "schema", "false")
    yield f"{'corpus':40}" + "".join(f"{name:>9}" for name in head) + "  false rejects"
    for name, tally in tallies.items():
        faults = (tally.wrong["call"], tally.wrong["declaration"], len(tally.false))
        numbers = (tally.plans, tally.calls, tally.reasons.total(), *faults)
        yield f"{name:40}" + "".join(f"{n:>9,}" for n in numbers) + f"  {tally.share:.2%}"
    whole = total(tallies)
    yield ""
    yield f"{'planted':44}{'number':>7}{'caught':>7}  share"
    for kind in ALL_KINDS:
        number, caught = whole.planted[kind], whole.caught[kind]
        yield f"{kind:44}{number:>7,}{caught:>7,}  {caught / max(number, 1):.2%}"


def is_good(tallies: dict[str, Tally]) -> bool:
    whole = total(tallies)
    return all(tally.share <= MOST_FALSE for tally in tallies.values()) and all(
        whole.caught[kind] >= LEAST_CAUGHT * whole.planted[kind] for kind in ALL_KINDS
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="real rows")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts here")
    parser.add_argument("--list", action="store_true", help="list rejects and what was not caught")
    args = parser.parse_args()
    if not args.data.is_dir():
        parser.error(f"{args.data}: no such folder")
    tallies = measure(cases(args.data), judged(), args.list)
    tallies |= measure(own_cases(), {}, args.list)
    print("\n".join(lines(tallies)))
    if args.json:
        corpora = {name: tally.plain() for name, tally in tallies.items()}
        document = {"total": total(tallies).plain(), "corpora": corpora}
        args.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return 0 if is_good(tallies) else 1


if __name__ == "__main__":
    sys.exit(main())
