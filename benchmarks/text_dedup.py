"""Planted near duplicates beside the usual text deduplicators: what is found, what is merged falsely.

    python benchmarks/text_dedup.py TREE OUT [--json FILE]
    python benchmarks/text_dedup.py --toolformer FOLDER

OUT is a build of TREE as for `near.py`. All see the requests of the same plans: those that were in when
Planloom looked for near duplicates. *Found*: of the planted near pairs those of which not both stay.
*False*: of those that leave, the ones whose better one is of another family. The peers run where
they are installed (`pip install datasketch rensa datatrove spacy tokenizers`):

- datasketch: MinHash LSH, 128 permutations, threshold 0.8, words; the first of a bucket stays
- rensa: R-MinHash LSH, 128 permutations, 16 bands, threshold 0.8, words
- datatrove: its four MinHash steps as they come (5-grams of words, 14 bands of 8), spaCy's tokenizer

`--toolformer`: the five files of GPTeacher's toolformer data are published at five levels of similarity;
how many rows stay at each is compared with what each way keeps of the whole.
"""

import argparse
import gzip
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from near import NEAR, Family, planted, stored
from tree import Key

import planloom
from planloom import arrow
from planloom.indexed import KEPT

Leaves = Iterator[tuple[int, int | None]]
"""Who leaves, and for whom, where a peer tells."""


def live(tree: Path, out: Path) -> tuple[list[Key], list[str], list[int | None]]:
    """Rows, requests and, of those that left as near duplicates, for whom, of all plans that were compared."""
    plans = [plan for plan in stored(tree, out) if plan.fate in (KEPT, NEAR)]
    texts: list[str] = []
    for chunk, mine in groupby(plans, lambda plan: plan.chunk):
        texts += arrow.requests(chunk / "plans.arrow", np.array([plan.row for plan in mine]))
    places = {plan.plan_id: number for number, plan in enumerate(plans)}
    return [plan.key for plan in plans], texts, [places.get(plan.better) for plan in plans]


def datasketch(texts: list[str]) -> Leaves:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=0.8, num_perm=128)
    for number, text in enumerate(texts):
        signature = MinHash(num_perm=128)
        signature.update_batch([word.encode() for word in set(text.split())])
        if found := index.query(signature):
            yield number, min(found)
        else:
            index.insert(number, signature)


def rensa(texts: list[str]) -> Leaves:
    from rensa import RMinHash, RMinHashLSH

    index, kept = RMinHashLSH(threshold=0.8, num_perm=128, num_bands=16), {}
    for number, text in enumerate(texts):
        signature = RMinHash(num_perm=128, seed=42)
        signature.update(text.split())
        near = [n for n in index.query(signature) if kept[n].jaccard(signature) >= 0.8]
        if near:
            yield number, min(near)
        else:
            kept[number] = signature
            index.insert(number, signature)


def datatrove(texts: list[str]) -> Leaves:
    from datatrove.data import Document
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline import dedup

    with tempfile.TemporaryDirectory() as folder:
        documents = [Document(text=text, id=str(n)) for n, text in enumerate(texts)]
        config = dedup.MinhashConfig()
        steps: list[list[Any]] = [
            [documents, dedup.MinhashDedupSignature(f"{folder}/s", config)],
            [dedup.MinhashDedupBuckets(f"{folder}/s", f"{folder}/b", config=config)],
            [dedup.MinhashDedupCluster(f"{folder}/b", f"{folder}/r", config=config)],
        ]
        for step in steps:
            tasks = config.num_buckets if isinstance(step[0], dedup.MinhashDedupBuckets) else 1
            LocalPipelineExecutor(step, tasks=tasks, workers=1, logging_dir=f"{folder}/logs").run()
        for path in Path(folder, "r").glob("*.remove"):
            yield from ((n, None) for n in np.fromfile(path, "<u4").tolist())


PEERS: dict[str, Callable[[list[str]], Leaves]] = {
    "datasketch": datasketch,
    "rensa": rensa,
    "datatrove": datatrove,
}


def compare(tree: Path, out: Path) -> dict[str, dict[str, int]]:
    keys, texts, mine = live(tree, out)
    family, near = planted(tree)
    places: dict[Key, list[int]] = {}
    for number, key in enumerate(keys):
        places.setdefault(key, []).append(number)
    pairs = [(places[a], places[b]) for a, b in near if a in places and b in places]
    print(f"{len(texts):,} plans, {len(pairs):,} planted near pairs of which both are there")
    found = {
        "planloom": _score(
            keys, family, pairs, ((n, b) for n, b in enumerate(mine) if b is not None)
        )
    }
    for name, peer in PEERS.items():
        if importlib.util.find_spec(name):
            found[name] = _score(keys, family, pairs, peer(texts))
    return found


CARD = '''"""GPTeacher's toolformer rows."""
from planloom.shapes import instruction
from planloom.source import Part, Source

SOURCE = Source(id="own/toolformer", licence="MIT", rows=7673, tier=3, parts=(
    Part("train", ("*.json",), instruction.reader(("instruction", "input"), "response"),
         "instruction_following"),))
'''
EXACT, *LEVELS = (
    f"Toolformer__toolformer-{n}-dataset.json.gz"
    for n in ("dedupe-only", "similarity-0.8", "similarity-0.6")
)


def toolformer(folder: Path) -> dict[str, dict[str, int]]:
    """How many rows of the exact level stay, here and there."""
    rows = json.loads(gzip.decompress((folder / EXACT).read_bytes()))
    found = {}
    for name in LEVELS:
        published = len(json.loads(gzip.decompress((folder / name).read_bytes())))
        found[f"published, {name[23:37]}"] = {"rows": len(rows), "stay": published}
    with tempfile.TemporaryDirectory() as home:
        for path, text in (("d/own__toolformer/rows.json", json.dumps(rows)), ("s/own.py", CARD)):
            Path(home, path).parent.mkdir(parents=True)
            Path(home, path).write_text(text)
        for least in (0.7, 0.5, 0.0):
            recipe = Path(home, "r.toml")
            recipe.write_text(
                f'name = "t"\ndatasets = ["./s"]\ntargets = {{instruction_following = 9999}}\n'
                f"dedup = {{near_duplicates = {least}, template_cap = 0}}\n"
                f'[sources]\n"own/toolformer" = {{}}\n'
            )
            corpus = planloom.build(recipe, Path(home, f"out{least}"), data_root=Path(home, "d"))
            stay = corpus.ledger.total(stage="write", unit="plan", left=False)
            found[f"planloom, near_duplicates = {least}"] = {"rows": len(rows), "stay": stay}
    texts = [f"{row['instruction']}\n{row['input']}" for row in rows]
    for name, peer in PEERS.items():
        if importlib.util.find_spec(name):
            gone = dict(peer(texts))
            found[name] = {"rows": len(rows), "stay": len(rows) - len(gone)}
    return found


def _score(keys: list[Key], family: Family, pairs: Any, leaves: Leaves) -> dict[str, int]:
    gone = dict(leaves)
    caught = sum(any(n in gone for n in (*a, *b)) for a, b in pairs)
    told = [(n, better) for n, better in gone.items() if better is not None]
    lone: dict[Key, int] = {}
    for key in keys:
        lone[family.of(key)] = lone.get(family.of(key), 0) + 1
    # Where a peer does not say for whom a plan left, it was false if nothing of its family is there.
    false = sum(family.of(keys[n]) != family.of(keys[better]) for n, better in told)
    false += sum(better is None and lone[family.of(keys[n])] < 2 for n, better in gone.items())
    return {"pairs": len(pairs), "found": caught, "left": len(gone), "false": false}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path, nargs="?")
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--toolformer", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found: dict[str, Any] = {}
    if arguments.toolformer:
        levels = toolformer(arguments.toolformer)
        for name, one in levels.items():
            print(f"{name:32} {one['stay']:6,} of {one['rows']:,} stay")
        found["toolformer"] = levels
    scores = compare(arguments.tree, arguments.out) if arguments.out else {}
    for name, one in scores.items():
        share = one["found"] / max(one["pairs"], 1), one["false"] / max(one["left"], 1)
        print(
            f"{name:12} found {share[0]:6.1%}  left {one['left']:7,}  false {one['false']:6,} ({share[1]:.1%})"
        )
    if arguments.json:
        found["tree"] = scores
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
