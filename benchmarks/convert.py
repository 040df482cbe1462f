"""Do converted rows say what the account says? Every plan of a build and of real rows, there and back.

    python benchmarks/convert.py --build OUT [--data ../shared/data] [--every N] [--validators PYTHON] [--json FILE]

One line a format and a set of plans: plans, rows, rows that a strict model of the layout accepts, rows read
back with the same plan_id, rows restored whole, rows whose lost fields are exactly the declared ones, and the
seconds that conversion takes with its account, on one core. OUT is any finished build; of its plans
that answer in text, which hold no call, one in 20 is taken. The models and the
comparison are those of the tests and know nothing of the product's account. PYTHON is an interpreter that has
the packages of public validators (`pip install pydantic openai`, `pip install --no-deps harbor`).

Exit code: 0 fine; 1 a row is refused, or an account is wrong; 2 wrong use.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from cases import cases
from read_back import differing, read
from rows import check

from planloom import conversion, formats, stored
from planloom.plan import ExecutionPlan
from planloom.trace import Tool

ROWS = tuple(name for name in formats.NAMES if name != "mermaid")
PUBLIC = ("atif", "openai")
ANSWERS = 20
WORKERS = 3
Pair = tuple[ExecutionPlan, list[Tool]]


class Tally(NamedTuple):
    """Plans in, and of the rows how many passed each question."""

    counts: Counter[str]
    seconds: float
    validator: dict[str, Any] | None

    def plain(self) -> dict[str, Any]:
        names = ("plans", "rows", "accepted", "plan_id", "restored", "exact")
        counts = {name: self.counts[name] for name in names}
        return {**counts, "seconds": round(self.seconds, 1), "validator": self.validator}


def built(out: Path, every: int) -> Iterator[Pair]:
    """One in `every` plans of a build with their tools; of those that answer in text one in 20 of them."""
    seen = Counter[bool]()
    for path in stored.corpus(out):
        offered = stored.tools(path) or {}
        for _, plan in stored.plans(path):
            assert isinstance(plan, ExecutionPlan), plan
            answers = plan.evidence == "response"
            seen[answers] += 1
            if seen[answers] % (every * ANSWERS if answers else every) == 0:
                yield plan, [offered[key] for key in plan.tools]


def real(data: Path) -> list[Pair]:
    """The plans of real rows with calls for which tools are declared."""
    return [(case.plan, list(case.trace.tools)) for case in cases(data)]


def measure(name: str, pairs: Iterable[Pair], python: str | None) -> Tally:
    way, counts, seconds = formats.find(name), Counter[str](), 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("wb") as out:
            for plan, tools in pairs:
                counts["plans"] += 1
                began = time.perf_counter()
                line = None if way.unfit(plan) else way.line(plan, tools)
                back = conversion.read_back(plan, tools, way) if line else None
                declared = conversion.lost(plan, back) if line else Counter[str]()
                seconds += time.perf_counter() - began
                if line:
                    out.write(line)
                    counts.update(answers(name, line, plan, set(declared)))
        validated = _validated(python, name, path) if python and name in PUBLIC else None
    return Tally(counts, seconds, validated)


def answers(name: str, line: bytes, plan: ExecutionPlan, declared: set[str]) -> Iterator[str]:
    """The questions that a row passes."""
    row = json.loads(line)
    yield "rows"
    try:
        check(name, row)
        yield "accepted"
    except (AssertionError, jsonschema_rs.ValidationError) as error:
        print(f"{plan.plan_id} as {name}: {error}"[:400], file=sys.stderr)
    back, restored = read(name, row), formats.find(name).restored
    if back is not None and back.plan_id == plan.plan_id:
        yield "plan_id"
    if restored is not None and restored(row) == plan:
        yield "restored"
    if differing(plan, back) == declared:
        yield "exact"
    else:
        told = differing(plan, back) ^ declared
        print(f"{plan.plan_id} ({plan.source}) as {name}: {sorted(told)}", file=sys.stderr)


def _validated(python: str, name: str, path: Path) -> dict[str, Any]:
    script = Path(__file__).with_name("validators.py")
    ran = subprocess.run([python, script, name, path], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def both(args: argparse.Namespace, name: str) -> dict[str, Tally]:
    """A format over the plans of the build and of real rows."""
    sets = {"build": built(args.build, args.every), "real": iter(real(args.data)[:: args.every])}
    return {kind: measure(name, pairs, args.validators) for kind, pairs in sets.items()}


def is_good(tally: Tally) -> bool:
    """Rows without calls, which only ATIF and the graph layout carry, cannot be read back by us."""
    counts, validator = tally.counts, tally.validator or {"rows": 0, "accepted": 0}
    whole = counts["accepted"] == counts["exact"] == counts["rows"]
    return whole and validator["rows"] == validator["accepted"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", type=Path, required=True, metavar="OUT", help="a finished build")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="real rows")
    parser.add_argument("--validators", metavar="PYTHON", help="an interpreter with validators")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one in N plans")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts here")
    args = parser.parse_args()
    if not args.data.is_dir():
        parser.error(f"{args.data}: no such folder")
    tallies: dict[str, dict[str, Tally]] = {}
    with ProcessPoolExecutor(WORKERS) as pool:
        for name, found in zip(ROWS, pool.map(partial(both, args), ROWS), strict=True):
            tallies[name] = found
            for kind, tally in found.items():
                print(f"{name:9} {kind:6} {tally.plain()}", flush=True)
    if args.json:
        plain = {n: {k: t.plain() for k, t in kinds.items()} for n, kinds in tallies.items()}
        args.json.write_text(json.dumps(plain, indent=1) + "\n", "utf-8")
    return 0 if all(is_good(t) for kinds in tallies.values() for t in kinds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
