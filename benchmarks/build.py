"""A whole build, measured: seconds of its stages, CPU-seconds, memory of the process tree, disk.

    python benchmarks/build.py RECIPE TREE OUT [--json FILE]

Memory is PSS summed over all processes of the build, looked at every second: shared pages count once. With
`--json` the line is added to those of other builds. Linux only.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from planloom.ledger import Ledger

BUILD = "import sys; from planloom.cli import main; sys.exit(main(sys.argv[1:]))"


def pss(root: int) -> int:
    """Bytes of a process and of all below it."""
    below = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = path.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        below[int(parent)].append(int(path.parent.name))
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        waiting += below[process]
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    return total


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measured(recipe: str, tree: str, out: Path) -> dict[str, Any]:
    given = ["build", recipe, "--out", str(out), "--data-root", tree, "--fresh"]
    peak = 0
    process = subprocess.Popen([sys.executable, "-c", BUILD, *given], stdout=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, pss(process.pid))
        time.sleep(1)
    after = os.times()
    if process.returncode:
        sys.exit(process.returncode)
    run = json.loads((out / "run.json").read_bytes())
    ledger = Ledger.of(json.loads((out / "ledger.json").read_bytes()))
    assert ledger.problems() == []
    return {
        "rows": ledger.total(stage="read", unit="row", left=False),
        "plans": ledger.total(stage="lift", unit="plan", left=False),
        "kept": ledger.total(stage="write", unit="plan", left=False),
        "stages": run["stages"],
        "seconds": run["seconds"],
        "cpu": after.children_user + after.children_system,
        "pss": peak,
        "in": size(Path(tree)),
        "stage": size(out / ".stage"),
        "out": size(out / "plans"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("tree")
    parser.add_argument("out", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    one = measured(arguments.recipe, arguments.tree, arguments.out)
    print(json.dumps(one, indent=1))
    if arguments.json:
        known = json.loads(arguments.json.read_text()) if arguments.json.exists() else []
        arguments.json.write_text(json.dumps([*known, one], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
