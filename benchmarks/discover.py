"""Compares what `planloom discover` says with the truth of a generated tree, under faults.

    python benchmarks/discover.py TREE --hub HUB.PY [--rows N] [--save]

TREE is a tree of `make_seed_tree.py`, HUB.PY the hub that serves it (../shared/hub/hub.py). Rows,
bytes, files and names of every config and split, the licence, the gate, the commit and who may read
are compared with TREE.summary.json and the tree itself; the share that lifts in the sample with
the share of rows that TREE.truth.jsonl.zst calls plans, within three standard errors of a sample of
that size. `--save` writes results/discover.json, from which docs/discover.md takes its table.
"""

import argparse
import importlib.util
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from planloom import layout, shapes
from planloom.datasets import catalogue

RESULTS = Path(__file__).parent / "results" / "discover.json"
GATED = {"Salesforce/xlam-function-calling-60k", "lmsys/lmsys-chat-1m", "mercor/apex-agents"}
DISABLED = "google/mobile-actions"
VIEWER = "GET /(size|rows)"
FILES = "GET /(_cdn/|datasets/).*/"
GONE = {
    "match": f"/api/datasets/{DISABLED}",
    "kind": "status",
    "status": 403,
    "message": "Access to this resource is disabled.",
}
SPOILED = ("instruction-dataset/.*jsonl", "xlam.*json", "ToolScale.*parquet", "mmau/.*jsonl")
NOW = {"Retry-After": "0"}


def busy(match: str, times: int) -> list[dict[str, Any]]:
    return [
        {"match": match, "kind": "status", "status": status, "times": times, "headers": NOW}
        for status in (429, 503)
    ]


SCENARIOS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "viewer answers": ("hf_reader", []),
    "no viewer": ("hf_reader", [{"match": VIEWER, "kind": "status", "status": 404}]),
    "no access": ("hf_nogrant", []),
    "one disabled": ("hf_reader", [GONE]),
    "429 and 503": ("hf_reader", [*busy("/api/datasets", 2), *busy(VIEWER, 4), *busy(FILES, 2)]),
    "cut": (
        "hf_reader",
        [
            {"match": VIEWER, "kind": "status", "status": 404},
            {"match": "/api/datasets", "kind": "cut", "times": 3},
            {"match": FILES, "kind": "cut", "times": 4},
        ],
    ),
    "corrupt": (
        "hf_reader",
        [
            {"match": VIEWER, "kind": "corrupt", "times": 4},
            *({"match": f"{FILES}.*{name}", "kind": "corrupt", "times": 1} for name in SPOILED),
        ],
    ),
}


class Truth:
    """What is in the tree."""

    def __init__(self, tree: Path, hub: Any) -> None:
        self.root, self.hub = tree, hub
        summary = json.loads(tree.with_name(f"{tree.name}.summary.json").read_text("utf-8"))
        self.rows: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self.bytes: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self.verdicts: dict[str, Counter[str]] = defaultdict(Counter)
        for stream in summary["streams"].values():
            name = stream["config"], stream["split"]
            self.rows[stream["repo"]][name] += stream["rows"]
            self.bytes[stream["repo"]][name] += stream["bytes"]

        with pa.input_stream(tree.with_name(f"{tree.name}.truth.jsonl.zst")) as stream:
            for line in stream.read().splitlines():
                self._count(json.loads(line))

    def _count(self, row: dict[str, Any]) -> None:
        """A row of a part with calls; one that the source marks for evaluation is no plan of ours."""
        repo, _, _, file, _ = row["at"]
        part = layout.part_of(file, catalogue()[repo])
        if part is not None and part.category not in shapes.TEXT:
            held_out = row["reason"] == "eval_split"
            self.verdicts[repo]["held out" if held_out else row["verdict"]] += 1

    def licence(self, repo: str) -> str | None:
        text = (self.root / repo / "README.md").read_text("utf-8")
        front = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
        said = (yaml.safe_load(front[1]) or {}).get("license") if front else None
        return ", ".join(said) if isinstance(said, list) else said


def differences(truth: Truth, repo: str, facts: dict[str, Any], scenario: str) -> Iterator[str]:
    """Where the facts of a dataset are not those of the tree."""
    closed = scenario == "no access" and repo in GATED
    disabled = scenario == "one disabled" and repo == DISABLED
    status = "disabled" if disabled else "gated" if closed else "ok"
    if facts["status"] != status:
        yield f"status {facts['status']} ({facts['detail']}), not {status}"
    if disabled:
        return
    known = {
        "commit": truth.hub.store.sha(truth.root / repo),
        "licence_hub": truth.licence(repo),
        "gated": "auto" if repo in GATED else "no",
        "may_read": not closed,
        "bytes": sum(truth.bytes[repo].values()),
    }
    yield from (f"{k} {facts.get(k)}, not {v}" for k, v in known.items() if facts.get(k) != v)
    parts = {(part["config"], part["split"]): part for part in facts["parts"]}
    if set(parts) != set(truth.rows[repo]):
        yield f"configs and splits {sorted(parts)}, not {sorted(truth.rows[repo])}"
    for name, part in parts.items():
        if part["bytes"] != truth.bytes[repo][name]:
            yield f"{name}: {part['bytes']} bytes, not {truth.bytes[repo][name]}"
        rows = None if closed else truth.rows[repo][name]
        if part.get("rows_origin") != "estimated" and part.get("rows") != rows:
            yield f"{name}: {part.get('rows')} rows ({part.get('rows_origin')}), not {rows}"


def lifting(truth: Truth, repo: str, facts: dict[str, Any]) -> str:
    """The difference of the share that lifts from the share of plans, where it is no chance."""
    verdicts, card = truth.verdicts[repo], catalogue()[repo]
    calls = {part.name for part in card.parts if part.category not in shapes.TEXT}
    samples = [p["sample"] for p in facts["parts"] if "sample" in p and calls >= set(p["card"])]
    rows = sum(sample["rows"] for sample in samples)
    if not rows or not verdicts["plan"]:
        return ""
    expected = verdicts["plan"] / verdicts.total()
    found = sum(sample["lifted"] for sample in samples) / rows
    error = math.sqrt(max(expected * (1 - expected), 0.01) / rows)
    if abs(found - expected) <= 3 * error:
        return ""
    return f"{found:.0%} of {rows} rows lift, {expected:.0%} are plans"


def served(script: Path, tree: Path) -> Any:
    spec = importlib.util.spec_from_file_location("local_hub", script)
    module = importlib.util.module_from_spec(spec)
    sys.modules["local_hub"] = module
    spec.loader.exec_module(module)
    hub = module.Hub(tree)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    return hub


def looked(hub: Any, repos: list[str], token: str, rows: int, home: Path) -> dict[str, Any]:
    """What the command writes, run as a user would."""
    found = home / "found.json"
    hidden = ("HF_", "PLANLOOM_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(hidden)} | {
        "HF_ENDPOINT": hub.url,
        "PLANLOOM_VIEWER": hub.url,
        "HF_HOME": str(home / "hf"),
        "HF_TOKEN": token,
    }
    start = "import sys; from planloom.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "discover", *repos, "--rows", str(rows)]
    ran = subprocess.run(
        [*command, "--json", str(found)], env=env, capture_output=True, text=True, check=True
    )
    if token in ran.stdout + ran.stderr + found.read_text("utf-8"):
        raise SystemExit("the token was printed")
    return {one["id"]: one for one in json.loads(found.read_bytes())["datasets"]}


def requests(hub: Any, repos: list[str]) -> dict[str, int]:
    """Of each dataset."""
    paths = [seen["path"].replace("%2F", "/") for seen in hub.log]
    return {repo: sum(bool(re.search(rf"{repo}(?![\w.-])", p)) for p in paths) for repo in repos}


def measured(truth: Truth, scenario: str, rows: int) -> dict[str, Any]:
    token, faults = SCENARIOS[scenario]
    repos = sorted(truth.rows)
    truth.hub.faults, start = [dict(fault) for fault in faults], time.monotonic()
    truth.hub.log.clear()
    with tempfile.TemporaryDirectory() as home:
        found = looked(truth.hub, repos, token, rows, Path(home))
    took = time.monotonic() - start
    wrong = {repo: list(differences(truth, repo, found[repo], scenario)) for repo in repos}
    shares = {repo: lifting(truth, repo, found[repo]) for repo in repos}
    off = [
        abs(part["rows"] / truth.rows[repo][part["config"], part["split"]] - 1)
        for repo in repos
        for part in found[repo]["parts"]
        if part.get("rows_origin") == "estimated"
    ]
    counts = requests(truth.hub, repos)
    tables = [r for r in repos if all(p["format"] == "parquet" for p in found[r]["parts"])]
    for repo in repos:
        for line in (*wrong[repo], *filter(None, [shares[repo]])):
            print(f"  {repo}: {line}")
    return {
        "datasets": len(repos),
        "parts": sum(len(found[repo]["parts"]) for repo in repos),
        "faults": sum(bool(seen["fault"]) for seen in truth.hub.log),
        "different": sum(map(len, wrong.values())),
        "estimated": len(off),
        "largest_error": round(max(off, default=0.0), 4),
        "shares_off": sum(map(bool, shares.values())),
        "most_requests": max(counts[repo] for repo in tables),
        "most_requests_text": max(counts[repo] for repo in repos if repo not in tables),
        "seconds": round(took, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("--hub", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    hub = served(arguments.hub, arguments.tree.resolve())
    truth = Truth(arguments.tree.resolve(), hub)
    total = sum(rows.total() for rows in truth.rows.values())
    found = {}
    for scenario in SCENARIOS:
        found[scenario] = measured(truth, scenario, arguments.rows)
        print(scenario, json.dumps(found[scenario]))
    if arguments.save:
        known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        known[f"{total:,} rows"] = found
        RESULTS.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    return int(any(one["different"] or one["shares_off"] for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
