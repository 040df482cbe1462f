"""Compares a whole build with the truth file of a generated tree, row by row.

    python benchmarks/tree.py TREE [--workers N] [--differences N]

TREE is a tree of `make_seed_tree.py`; TREE.truth.jsonl.zst beside it says of every row what a
right reader finds. The truth is read here alone: no code of the product knows it. Rows read, calls,
rounds, data edges and verdicts are compared; what differs is listed by row.

Two things are no difference but the design's ten-letter rule, and are counted as `by letters`: the
generator's ordinary requests of two short words ("New way."), and its short requests ("test") that
its near-duplicate edit made longer ("Quick question: test").

Of ToolPref's pairs, which stand in two layouts, both must give the plan with one id. A list that
the generator damaged stands in one layout only; the other then holds the right calls.
"""

import argparse
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import planloom

TOOLPREF = "RioLee/ToolPref-Pairwise-30K"
SOURCES = (
    "Salesforce/xlam-function-calling-60k",
    "NousResearch/hermes-function-calling-v1",
    "interstellarninja/hermes_reasoning_tool_use",
    "Nanbeige/ToolMind",
    "nvidia/ToolScale",
    "squeeze-ai-lab/ToolBank",
    "google/mobile-actions",
    "apple/mmau",
    "nvidia/Nemotron-AIQ-Agentic-Safety-Dataset-1.0",
    "nvidia/Nemotron-RL-instruction_following-structured_outputs",
    "Muennighoff/natural-instructions",
    "HuggingFaceH4/instruction-dataset",
    "allenai/WildChat-1M",
    "lmsys/lmsys-chat-1m",
    "dongsheng/DTA-Tool",
    "allenai/Dolci-Instruct-SFT",
    "allenai/Dolci-Instruct-SFT-Tool-Use",
    "llamafactory/reason-tool-use-demo-1500",
    TOOLPREF,
    "atasoglu/turkish-function-calling-20k",
    "Voxel51/fiftyone-function-calling-14k",
    "twinkle-ai/tw-function-call-reasoning-10k",
    "nvidia/Nemotron-Math-v2",
)
DOLCI = "allenai/Dolci-Instruct-SFT"
DISC = "toolrm_train_disc.parquet"
HELD_OUT = {
    ("HuggingFaceH4/instruction-dataset", "test"),
    ("Muennighoff/natural-instructions", "test"),
    (TOOLPREF, "test"),
    ("nvidia/Nemotron-RL-instruction_following-structured_outputs", "validation"),
}
PAYLOAD = {"not_json_not_literal", "truncated", "not_a_call", "arguments_not_object"}
CALL = {"unknown_tool", "missing_argument", "unknown_argument", "wrong_type", "placeholder"}
REQUEST = {"no_request", "request_too_short", "single_word"}
LATE = {"too_large"}  # turns beyond the recipe's max_turns, one by one
Key = tuple[str, str, int]
Left = tuple[str, str]


def recipe() -> str:
    """Everything is kept: targets out of reach, every rejected row written."""
    lines = ['name = "tree"', "rejects = 1000000000", "allow_non_commercial = true", "[targets]"]
    names = ("function_calling", "tool_reasoning", "instruction_following", "conversation")
    lines += [f"{name} = 1000000000" for name in names]
    return "\n".join([*lines, "[sources]", *(f'"{name}" = {{}}' for name in SOURCES)])


def truths(tree: Path) -> Iterator[dict[str, Any]]:
    with pa.input_stream(f"{tree}.truth.jsonl.zst", compression="zstd") as stream:
        rest = b""
        while chunk := stream.read(1 << 22):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from map(json.loads, lines)


def row_numbers(path: Path) -> dict[int, int]:
    """For JSON lines the row at each byte offset."""
    numbers, at = {}, 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream):
            numbers[at] = number
            at += len(line)
    return numbers


class Build:
    """What a build says of every row, by (source, file, row)."""

    def __init__(self, tree: Path, out: Path) -> None:
        self.tree, self.out = tree, out
        self.numbers: dict[tuple[str, str], dict[int, int]] = {}
        self.plans: dict[Key, list[dict[str, Any]]] = defaultdict(list)
        self.left: dict[Key, list[Left]] = defaultdict(list)
        for path in sorted((out / ".stage").glob("*/*/plans.arrow")):
            with pa.OSFile(str(path)) as source:
                for plan in pa.ipc.open_file(source).read_all().to_pylist():
                    self.plans[self.key(plan["source"], plan["file"], plan["at"])].append(plan)
        for path in sorted((out / "rejects").glob("*.jsonl")):
            for line in path.read_bytes().split(b"\n")[:-1]:
                about = json.loads(line)
                head, at = about["address"].rsplit("@", 1)
                key = self.key(*head.split(":", 1), int(at))
                self.left[key].append((about["reason"], about["detail"]))

    def key(self, source: str, file: str, at: int) -> Key:
        if not file.endswith(".jsonl"):
            return source, file, at
        if (source, file) not in self.numbers:
            self.numbers[source, file] = row_numbers(self.tree / source / file)
        return source, file, self.numbers[source, file][at]


def by_letters(truth: dict[str, Any], plans: list[dict[str, Any]], left: list[Left]) -> bool:
    """Whether the ten-letter rule alone makes the outcome differ from the generator's verdict."""
    first = next((p["request"] for p in plans if len(p["user_turns"]) == 1), "")
    if truth["verdict"] == "low_quality":
        near = truth["dup"] is not None and truth["dup"][0] == "near"
        return truth["reason"] == "short_request" and near and letters(first) >= 10
    short = [detail for reason, detail in left if reason == "request_too_short"]
    rest = {reason for reason, _ in left} - {"request_too_short"} - LATE
    return truth["verdict"] == "no_call" and not rest and all(letters(t) < 10 for t in short)


def letters(text: str) -> int:
    kept = re.sub(r"NAME_\d+", "", text)
    return sum(3 if ord(c) > 0x2E80 else 1 for c in kept if c.isalpha())


def difference(truth: dict[str, Any], plans: list[dict[str, Any]], left: list[Left]) -> str:
    """What is wrong with the outcome of a row, or nothing."""
    source, _, split, file, _ = truth["at"]
    verdict, reason = truth["verdict"], truth["reason"]
    reasons = {name for name, _ in left}
    if (source, split) in HELD_OUT or reason == "eval_split":
        return "" if reasons == {"policy"} and not plans else "held out, but used"
    match verdict:
        case "plan" | "skeleton":
            return _plan_difference(truth, plans, reasons)
        case "not_for_training":
            return "" if reasons == {"policy"} and not plans else "not for training, but used"
        case "no_call" if reason == "prompt_only":
            fine = reasons == {"empty_plan"} and not plans
            return "" if fine else f"{reason}, but {reasons or 'a plan'}"
        case "no_call":
            respond = bool(plans) and all(p["evidence"] == "response" for p in plans)
            fine = (reasons == {"no_call"} and not plans) or (respond and not reasons - LATE)
            return "" if fine else f"no_call, but {reasons or 'a plan'}"
        case "malformed" if (source, file) == (TOOLPREF, DISC):
            return "" if len(plans) == 1 and not reasons else f"undamaged here, but {reasons}"
        case "malformed":
            fine = not plans and len(reasons) == 1 and reasons <= PAYLOAD | CALL
            return "" if fine else f"malformed, but {reasons or 'a plan'}"
        case "unsafe":
            unsafe = {p["label"] for p in plans} <= {"adversarial"} and reasons & {
                "flagged",
                "policy",
            }
            return "" if unsafe else f"unsafe ({reason}), but benign"
        case "low_quality":
            first = [p for p in plans if len(p["user_turns"]) == 1]
            fine = reasons & REQUEST or (reason == "gave_up" and reasons == {"failed_run"})
            return "" if fine and not first else f"{reason}, but {reasons or 'kept'}"
    return f"verdict {verdict} has no rule"


def _plan_difference(truth: dict[str, Any], plans: list[dict[str, Any]], reasons: set[str]) -> str:
    if reasons or len(plans) != 1:
        return f"a plan, but {reasons or len(plans)}"
    nodes = plans[0]["nodes"]
    calls = [[n["tool"], json.loads(n["arguments"])] for n in nodes]
    if truth["at"][0] == "nvidia/ToolScale":
        truth = {**truth, "calls": as_stored(truth["calls"])}
    if calls != truth["calls"]:
        return f"calls {calls} are not {truth['calls']}"
    rounds: dict[int, list[int]] = defaultdict(list)
    for index, node in enumerate(nodes):
        rounds[node["step"]].append(index)
    if list(rounds.values()) != truth["rounds"]:
        return f"rounds {list(rounds.values())} are not {truth['rounds']}"
    if (plans[0]["evidence"] == "skeleton") != (truth["verdict"] == "skeleton"):
        return f"{truth['verdict']}, but evidence {plans[0]['evidence']}"
    found, right = found_edges(plans), data_edges(truth)
    return "" if found == right else f"data edges {sorted(found)} are not {sorted(right)}"


def left_to_others(tree: Path) -> set[Key]:
    """Rows of the Dolci mixture that its own column says are those of another set, or written in."""
    return {
        (DOLCI, path.relative_to(tree / DOLCI).as_posix(), row)
        for path in (tree / DOLCI).rglob("*.parquet")
        for row, domain in enumerate(pq.read_table(path, columns=["domain"])["domain"].to_pylist())
        if domain in ("Tool Use", "Chat", "Hardcoded")
    }


def twin_difference(truth: dict[str, Any], build: Build) -> str:
    """What is wrong with a pair of ToolPref in its second layout, or nothing."""
    source, _, _, file, row = truth["at"]
    if (source, file) != (TOOLPREF, DISC) or truth["verdict"] != "plan":
        return ""
    _, _, _, other, number = truth["dup"][1]
    here, there = build.plans[source, file, row], build.plans[source, other, number]
    same = [plan["plan_id"] for plan in here] == [plan["plan_id"] for plan in there]
    return "" if same else f"another plan than row {number} of {other}"


def found_edges(plans: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Of the plan of a row, if it became one."""
    edges = (edge for plan in plans[:1] for edge in plan["edges"] if edge["kind"] == "data")
    return {(edge["src"], edge["dst"], edge["argument"]) for edge in edges}


def data_edges(truth: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Edges that a result shows; where nothing was run (implicit_flow) none does."""
    edges = truth["edges"] if truth["reason"] != "implicit_flow" else ()
    return {(f"n{a}", f"n{b}", name) for a, b, name in edges if name is not None}


def as_stored(value: Any) -> Any:
    """What a struct padded with nulls, dates as timestamps, can still tell of a value."""
    if isinstance(value, dict):
        return {key: as_stored(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [as_stored(item) for item in value]
    return value.removesuffix("T00:00:00") if isinstance(value, str) else value


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("tree", type=Path)
    ap.add_argument("--workers", type=int, default=0)
    ap.add_argument("--differences", type=int, default=20)
    args = ap.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        path = Path(folder) / "tree.toml"
        path.write_text(recipe())
        corpus = planloom.build(path, out, data_root=args.tree, workers=args.workers)
        wrong = miscounted(args.tree, corpus)
        return report(args.tree, Build(args.tree, out), args.differences) or wrong


def miscounted(tree: Path, corpus: Any) -> int:
    """Compares the ledger with the files themselves: rows in, plans out. 1 if they differ."""
    kept = Counter(
        row["source"]
        for path in (corpus.out / "plans").glob("*.parquet")
        for row in pq.read_table(path, columns=["source"]).to_pylist()
    )
    print(f"{'':<48}{'rows in files':>15}{'read':>12}{'kept':>12}{'in plans/':>12}")
    wrong = bool(corpus.ledger.problems())
    for source in SOURCES:
        rows = sum(map(rows_in, (tree / source).rglob("*")))
        read = corpus.ledger.total(source=source, stage="read", unit="row", left=False)
        said = corpus.ledger.total(source=source, stage="write", unit="plan", left=False)
        print(f"{source:<48}{rows:>15,}{read:>12,}{said:>12,}{kept[source]:>12,}")
        wrong = wrong or (rows, said) != (read, kept[source])
    print("the ledger differs from the files" if wrong else "the ledger agrees with the files")
    return int(wrong)


def rows_in(path: Path) -> int:
    """Rows of a data file, counted without the product: footers, lines, array lengths."""
    if path.suffix == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    if path.suffix == ".jsonl":
        return sum(bool(line.strip()) for line in path.open("rb"))
    is_data = path.suffix == ".json" and not path.name.startswith(".")
    return len(json.loads(path.read_bytes())) if is_data else 0


def report(tree: Path, build: Build, most: int) -> int:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    listed, others, edges = [], left_to_others(tree), Counter[str]()
    for truth in truths(tree):
        source, config, split, file, row = truth["at"]
        if source not in SOURCES:
            continue
        counts = table[f"{source} {config}/{split}"]
        plans, left = (
            build.plans.get((source, file, row), []),
            build.left.get((source, file, row), []),
        )
        counts["rows"] += 1
        counts[truth["verdict"]] += 1
        right = truth["verdict"] in ("plan", "skeleton") and truth["reason"] != "eval_split"
        counts["calls"] += len(truth["calls"]) if right else 0
        if right and (source, file, row) not in others:
            wanted, got = data_edges(truth), found_edges(plans)
            counts["edges"] += len(wanted)
            edges.update(right=len(wanted & got), missed=len(wanted - got), more=len(got - wanted))
        wrong = difference(truth, plans, left) or twin_difference(truth, build)
        if (source, file, row) in others:
            counts["other sets"] += 1
            wrong = (
                "" if {name for name, _ in left} == {"policy"} and not plans else "of another set"
            )
        if truth["reason"] == "unlabelled_attack":
            counts["attacks unseen"] += bool(wrong)
        elif wrong and by_letters(truth, plans, left):
            counts["by letters"] += 1
        elif wrong:
            counts["differences"] += 1
            listed.append(f"{source}:{file} row {row}: {wrong}")
    names = ("rows", "plan", "skeleton", "calls", "edges", "no_call", "malformed", "unsafe")
    rest = (
        "low_quality",
        "not_for_training",
        "other sets",
        "attacks unseen",
        "by letters",
        "differences",
    )
    columns = (*names, *rest)
    total: Counter[str] = sum(table.values(), Counter())
    print(f"{'':<72}" + "".join(f"{name:>17}" for name in columns))
    for name, counts in [*table.items(), ("total", total)]:
        print(f"{name:<72}" + "".join(f"{counts[column]:>17,}" for column in columns))
    print(
        f"data edges: {edges['right']:,} right, {edges['missed']:,} missed, {edges['more']:,} invented"
    )
    print("\n".join(listed[:most]))
    return 1 if listed else 0


if __name__ == "__main__":
    sys.exit(main())
