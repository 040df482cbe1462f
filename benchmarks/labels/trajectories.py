"""The 60 trajectories that people of this project labelled, and a view of one for who labels.

    python benchmarks/labels/trajectories.py --data ../shared/data            the addresses
    python benchmarks/labels/trajectories.py --data ../shared/data ADDRESS    one, to be labelled
    python benchmarks/labels/trajectories.py --data ../shared/data FILE       faults of a file of labels

Chosen by the hash of their address among those with two calls or more, before any rule was tuned;
every second one belongs to the half that stays unopened until the final figure. ToolBench has nine
such runs whose search did not give up. Only what the row
says is shown: nothing of `planloom.lift` is used.
"""

import argparse
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planloom import payload
from planloom.datasets import find
from planloom.errors import BadRow
from planloom.shapes import read_any
from planloom.trace import Trace

WANTED = {"taubench_traj": 31, "apibank_dev": 20, "toolbench_tooleval": 9}
FILES = {
    "taubench_traj": "historical_trajectories__gpt-4o-airline.json.gz",
    "apibank_dev": "api-bank__lv1-lv2-samples__level-1-given-desc__*.jsonl.gz",
    "toolbench_tooleval": "data_example__answer__*.json.gz",
}
SOURCE = re.compile(r"user:\d+|system|default|none|(result|computed):\d+(:.*)?")


def rows(folder: Path, pattern: str) -> Iterator[tuple[str, Any]]:
    """Every row with its address `FILE@INDEX`; a dialogue or a search tree is one row a file."""
    for path in sorted(folder.glob(pattern)):
        text = gzip.decompress(path.read_bytes()).decode()
        if path.name.endswith(".jsonl.gz"):
            yield f"{path.name}@0", {"records": [json.loads(line) for line in text.splitlines()]}
        else:
            data = json.loads(text)
            for index, row in enumerate(data if isinstance(data, list) else [data]):
                yield f"{path.name}@{index}", row


def trace_of(corpus: str, row: Any) -> Trace | None:
    """What the row says happened; None if it is no run of two calls or more."""
    try:
        match corpus:
            case "apibank_dev":
                trace = find("AlibabaResearch/API-Bank").parts[0].read(row)
            case "toolbench_tooleval":
                trace = find("OpenBMB/ToolBench").parts[0].read(row)
            case _:
                trace = read_any(row)[0]
    except BadRow:
        return None
    return trace if len(trace.calls) > 1 else None


def chosen(data: Path) -> Iterator[tuple[str, str, Trace]]:
    """(half, address, trace) of all trajectories; the halves are `first` and `final`."""
    for corpus, wanted in WANTED.items():
        found = [
            (f"{corpus}/{at}", trace)
            for at, row in rows(data / "corpora" / corpus, FILES[corpus])
            if (trace := trace_of(corpus, row)) is not None
        ]
        found.sort(key=lambda one: hashlib.sha256(one[0].encode()).hexdigest())
        for number, (address, trace) in enumerate(found[:wanted]):
            yield ("first", "final")[number % 2], address, trace


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar with its path, `a.b[0].c`."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def view(trace: Trace) -> Iterator[str]:
    """The trajectory as text: user turns, calls by number, their arguments by path, results."""
    yield f"SYSTEM\n{trace.system}\n"
    for tool in trace.tools:
        schema = json.loads(tool.parameters)
        if any(call.tool == tool.name for call in trace.calls):
            yield f"TOOL {tool.name}: {tool.description}\n  {json.dumps(schema)}"
    shown, number = 0, 0
    for round_ in trace.rounds:
        for turn in range(shown, round_.turn + 1):
            yield f"\nUSER {turn}: {trace.user_turns[turn]}"
        shown = max(shown, round_.turn + 1)
        for call in round_.calls:
            yield f"\nCALL {number} {call.tool}"
            yield from (f"  {path} = {value!r}" for path, value in leaves(call.arguments))
            yield f"RESULT {number}\n{_pretty(call.result)}"
            number += 1
        if round_.joint is not None:
            yield f"JOINT RESULT\n{round_.joint}"


def _pretty(result: str | None) -> str:
    try:
        return json.dumps(payload.parse(result or "", []), indent=1, ensure_ascii=False)
    except BadRow:
        return str(result)


def faults(label: dict[str, Any], trace: Trace) -> Iterator[str]:
    """What of a label cannot be: a value without source, a source that is not in the trajectory."""
    if len(label["calls"]) != len(trace.calls):
        yield f"{len(label['calls'])} calls are labelled, the trajectory has {len(trace.calls)}"
    for number, (said, call) in enumerate(zip(label["calls"], trace.calls, strict=False)):
        if said["tool"] != call.tool:
            yield f"call {number} is {call.tool}, not {said['tool']}"
        wanted = {path for path, _ in leaves(call.arguments)}
        for path in wanted ^ set(said["values"]):
            yield f"call {number}: {'no such value' if path not in wanted else 'no source for'} {path}"
        for name, allowed in (("tier", 3), ("result_tier", 3), ("sensitivity", 5)):
            if said[name] not in range(1, allowed + 1):
                yield f"call {number}: {name} is {said[name]}"
        if not isinstance(said["volume"], int) or said["volume"] < 1:
            yield f"call {number}: volume is {said['volume']}"
        for path, parts in said["values"].items():
            for one in (one for part in parts for one in part.split("|")):
                if not SOURCE.fullmatch(one):
                    yield f"call {number} {path}: {one!r} is no source"
                elif one[0] in "rc" and int(one.split(":")[1]) >= number:
                    yield f"call {number} {path}: {one!r} is no earlier call"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("address", nargs="?", help="an address, or a file of labels")
    arguments = parser.parse_args()
    traces = {address: (half, trace) for half, address, trace in chosen(arguments.data)}
    if arguments.address is None:
        for address, (half, trace) in traces.items():
            print(half, address, len(trace.calls))
    elif arguments.address in traces:
        print("\n".join(view(traces[arguments.address][1])))
    else:
        for line in Path(arguments.address).read_text().splitlines():
            label = json.loads(line)
            for fault in faults(label, traces[label["address"]][1]):
                print(f"{label['address']}: {fault}")


if __name__ == "__main__":
    main()
