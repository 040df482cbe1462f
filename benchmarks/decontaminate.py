"""Are evaluation rows that stand among training rows removed, and are others left alone?

    python benchmarks/decontaminate.py --data ../shared/data --tree TREE [--json FILE] [--list FILE]

TREE is a tree of `make_seed_tree.py`; real evaluation sets below --data are put beside it.

1. Items of every set are planted into a build of the tree: as they are, with other case,
   punctuation and spaces, inside a longer prompt, as one turn of a chat, and as the same calls under
   another request. What is still in plans/ has survived.
2. Real rows that are no evaluation set are looked up in the same index: what is found is a removal
   to be judged by reading; --list writes each with the item's address.
3. The slices of the tree are transformed by one process; the time in the index is told apart.

Exit code: 0 fine; 1 an item survived as it is, with other spelling, or inside a prompt or chat.
"""

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import tree
from msgspec import structs

import planloom
from planloom import (
    decontaminate,
    evaluation,
    files,
    inputs,
    output,
    pipeline,
    recipe,
    records,
    slices,
    work,
)
from planloom.datasets import catalogue
from planloom.datasets.natural_instructions_upstream import _TEST as TEST
from planloom.errors import BadRow

HOME = Path(__file__).parents[1]
CHATS, CALLS = "HuggingFaceH4/ultrachat_200k", "argilla/apigen-function-calling"
REAL = {
    "gorilla-llm/Berkeley-Function-Calling-Leaderboard": "corpora/bfcl_single",
    "ethz-spylab/agentdojo": "corpora/agentdojo_runs_dev",
    "sierra-research/tau-bench": "corpora/taubench_traj",
    "sierra-research/tau2-bench": "corpora/tau2_banking",
    "lmarena-ai/arena-hard-auto": "corpora/arena_hard_v2",
    "ibm-research/nestful": "corpora/nestful",
    "THUDM/AgentBench": "corpora/agentbench_traj",
    "tangqiaoyu/ToolAlpaca": "corpora/toolalpaca",
    "AlibabaResearch/API-Bank": "corpora/apibank_dev",
    "fairyshine/Seal-Tools": "corpora/sealtools_nested",
    "allenai/natural-instructions": "corpora/natural_instructions_dev",
}
OTHERS = (
    *("natural_instructions_dev", "alpaca5k", "gpteacher_toolformer", "taskbench", "metatool"),
    *("llamafactory_alpaca_dpo", "glaive_llamafactory", "sharegpt_dummy", "alpaca_eval_outputs"),
    *("tulu_eval", "hammer_xlam_format", "toolbench_tooleval"),
)
COLUMNS = ("instruction", "query", "prompt", "user_request", "question", "Query", "input")
USERS = ("human", "user")
OWN = "HuggingFaceH4/mt_bench_prompts"
MOST = 150  # items planted of a set
KINDS = ("verbatim", "spelling", "embedded", "turn")
TEXT = "Request {n}: you are a patient helper.\n\n{item}\n\nAnswer briefly, then say what you left out."


class Item(NamedTuple):
    """What of an evaluation row is planted."""

    set: str
    request: str
    calls: list[tuple[str, dict[str, Any]]]


def root(tree_root: Path, data: Path, folder: Path) -> Path:
    """A data root of the tree, the real sets, and rows of ours where there are no others."""
    for path in tree_root.glob("*/*"):
        link(path, folder / path.relative_to(tree_root))
    for name, path in REAL.items():
        link(data / path, folder / name)
    link(HOME / "src/planloom/sample" / OWN.replace("/", "__"), folder / OWN)
    return folder


def link(target: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target.resolve())


def held_out(folder: Path) -> Iterator[Item]:
    """The items of every set there, at most MOST of each, those of least hash."""
    for name, source in sorted(catalogue().items()):
        home = files.root_of(folder, source)
        parts = [part for part in source.parts if part.evaluates]
        found = files.find(home, source) if home and parts else []
        mine = {}
        for one in found:
            if source.parts[one.part].evaluates:
                mine |= {str(item[1:]): item for item in rows(name, one, source.parts[one.part])}
        chance = random.Random(name)
        yield from chance.sample(sorted(mine.values(), key=str), min(MOST, len(mine)))


def rows(name: str, one: Any, part: Any) -> Iterator[Item]:
    for piece in files.slices(one, whole=part.counts_rows):
        for _, row in records.read(piece, part.columns, part.each, whole=part.whole):
            try:
                trace = part.read(row)
            except (BadRow, AttributeError):
                continue
            if "eval_only" in (part.policy, trace.policy):
                calls = [(c.tool, c.arguments) for c in trace.calls if c.arguments_known]
                yield Item(name, (trace.user_turns or ("",))[0], calls)


def spelled(text: str) -> str:
    """Other case, other punctuation, other spaces; every word stays."""
    chance = random.Random(text)
    changed = re.sub(r"[^\w\s]", lambda m: chance.choice((" ", "!", " - ", ";", m[0])), text)
    return re.sub(r"\s+", lambda _: chance.choice(("  ", "\n", " \t ")), changed.swapcase())


def plant(items: list[Item], folder: Path) -> dict[tuple[str, int], Item]:
    """Writes the planted rows; by file and address what stands there."""
    placed: dict[tuple[str, int], Item] = {}
    for kind in KINDS:
        path = folder / CHATS / f"data/train_sft-{kind}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            for n, item in enumerate(items):
                if item.request.strip():
                    placed[path.name, out.tell()] = item
                    out.write(json.dumps(chat(kind, item.request, n)).encode() + b"\n")
    path = folder / CALLS / "data/train-calls.jsonl"
    path.parent.mkdir(parents=True)
    with path.open("wb") as out:
        for n, item in enumerate(items):
            if item.calls:
                placed[path.name, out.tell()] = item
                out.write(json.dumps(called(item.calls, n)).encode() + b"\n")
    return placed


def chat(kind: str, text: str, n: int) -> dict[str, Any]:
    shown = {"spelling": spelled(text), "embedded": TEXT.format(n=n, item=text)}.get(kind, text)
    turns = [f"Shall we begin with number {n} of my list?", text] if kind == "turn" else [shown]
    said = [m for turn in turns for m in (("user", turn), ("assistant", f"Here is answer {n}."))]
    return {"messages": [{"role": role, "content": content} for role, content in said]}


def called(calls: list[tuple[str, dict[str, Any]]], n: int) -> dict[str, Any]:
    tools = {tool: {"name": tool, "description": tool, "parameters": {}} for tool, _ in calls}
    return {
        "query": f"Please see to matter number {n} the way we always do it.",
        "answers": json.dumps([{"name": tool, "arguments": given} for tool, given in calls]),
        "tools": json.dumps(list(tools.values())),
    }


def wanted() -> recipe.Recipe:
    """The tree's recipe and the planted sources; nothing is removed as a duplicate."""
    text = tree.recipe() + f'\n"{CHATS}" = {{}}\n"{CALLS}" = {{}}\n'
    return recipe.parse(f"{text}[dedup]\nnear_duplicates = 0\ntemplate_cap = 0\n", "benchmark")


def survivors(out: Path, placed: dict[tuple[str, int], Item]) -> dict[str, dict[str, Counter[str]]]:
    """Per set and kind: planted, removed as contaminated, left for another reason, survived."""
    found: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    ends: dict[tuple[str, int], str] = {}
    for path in (out / "rejects").glob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            about = json.loads(line)
            file, _, at = about["address"].rpartition("@")
            key = (file.rsplit("/", 1)[-1], int(at))
            if key in placed and ends.get(key) != "removed":
                ends[key] = "removed" if about["reason"] == "contaminated" else "left otherwise"
    for plan in planloom.open(out):
        key = (plan.file.rsplit("/", 1)[-1], plan.at)
        if key in placed and not (key[0].endswith("-turn.jsonl") and len(plan.user_turns) == 1):
            ends[key] = "survived"
    for key, item in placed.items():
        kind = re.split(r"[-.]", key[0])[1]
        found[item.set][kind].update(["planted", ends.get(key, "kept as a copy")])
    return found


def untouched(data: Path, index: decontaminate.Index, listed: Any) -> dict[str, dict[str, int]]:
    """Requests of real rows that are no evaluation set, and how many of them are found."""
    told: dict[str, dict[str, int]] = {}
    for name in OTHERS:
        counts: Counter[str] = Counter()
        asked = requests(data / "corpora" / name)
        while batch := list(islice(asked, 64)):
            counts["requests"] += len(batch)
            for text, same, held in zip(batch, *index.texts(batch), strict=True):
                item = min(same, held)
                if item != decontaminate.NO_ITEM:
                    how = (
                        "the same request"
                        if same != decontaminate.NO_ITEM
                        else "its request is in it"
                    )
                    counts[how] += 1
                    print(json.dumps([name, str(index.found(int(item), how)), text]), file=listed)
        told[name] = dict(counts)
    return told


def requests(folder: Path) -> Iterator[str]:
    """Texts that a user says in rows of any layout."""
    each = ("Instances",) if folder.name == "natural_instructions_dev" else ()
    for path in sorted(folder.glob("*.json*")):
        one = files.data_file(0, folder, path)
        for _, row in records.read(files.Slice(one, 0, 0), None, each):
            if isinstance(row, dict) and TEST.isdisjoint(row.get("Categories", ())):
                yield from said(row)


def said(row: dict[str, Any]) -> Iterator[str]:
    if isinstance(task := row.get("Instances"), dict):
        yield f"{row['Definition'][0]}\n\n{task['input']}"
    yield from (text for name in COLUMNS if isinstance(text := row.get(name), str))
    for message in row.get("conversations") or row.get("messages") or ():
        if isinstance(message, dict) and message.get("from", message.get("role")) in USERS:
            yield str(message.get("value", message.get("content")))


def cost(made: pipeline.Corpus, options: pipeline.Options) -> dict[str, float]:
    """Seconds of one process for all slices of the tree, and of them those in the evaluation sets."""
    plain = structs.replace(made.recipe, sources={n: made.recipe.sources[n] for n in tree.SOURCES})
    chosen = inputs.choose(plain)
    located = inputs.locate(plain, chosen, options, {})
    sets = evaluation.sets(plain, chosen, located, options, {})
    spent = 0.0
    look = slices.cleared

    def timed(*given: Any) -> Any:
        nonlocal spent
        start = time.process_time()
        found = look(*given)
        spent += time.process_time() - start
        return found

    with tempfile.TemporaryDirectory() as stage, work.Workers(1, 0) as workers:
        checked = evaluation.check(sets, plain, Path(stage), workers)
        tasks = inputs.tasks(plain, chosen, located, Path(stage), None, checked.evaluation)
        slices.cleared = timed
        start = time.process_time()
        for task in tasks:
            slices.run(task)
        whole = time.process_time() - start
        slices.cleared = look
    rest = whole - spent
    return {"seconds": round(whole, 2), "look": round(spent, 2), "share": round(spent / rest, 4)}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tree", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--list", type=Path, default=Path("/dev/null"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = root(given.tree, given.data, Path(name) / "root")
        items = list(held_out(folder))
        placed = plant(items, folder)
        options = pipeline.Options(f"{name}/out", str(folder))
        corpus = pipeline.build(wanted(), options)
        found = survivors(corpus.out, placed)
        manifest = json.loads((corpus.out / "manifest.json").read_bytes())
        [index] = (corpus.out / ".stage" / output.EVALUATION).glob("*/about.json")
        with given.list.open("w") as listed:
            real = untouched(given.data, decontaminate.opened(str(index.parent)), listed)
            tree_rows = in_tree(corpus.out, listed)
        result = {
            "rows": corpus.ledger.total(stage="read", unit="row", left=False),
            "sets": {
                name: {"items": about["items"], **{k: dict(n) for k, n in found[name].items()}}
                for name, about in manifest["evaluation_sets"].items()
                if "items" in about
            },
            "not_checked": sorted(corpus.unchecked),
            "untouched": real,
            "tree": tree_rows,
            "cost": cost(corpus, options),
        }
    text = json.dumps(result, indent=1)
    print(text)
    if given.json:
        given.json.write_text(text + "\n")
    return int(any(by.get(k, {}).get("survived") for by in found.values() for k in KINDS))


def in_tree(out: Path, listed: Any) -> dict[str, int]:
    """Rows of the tree itself that left, by source and set."""
    counts: Counter[str] = Counter()
    for path in (out / "rejects").glob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            about = json.loads(line)
            source = about["address"].split(":")[0]
            if about["reason"] == "contaminated" and source not in (CHATS, CALLS):
                counts[f"{source} repeats {about['detail'].split(' ')[0]}"] += 1
                print(json.dumps([about["address"], about["detail"]]), file=listed)
    return dict(sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
