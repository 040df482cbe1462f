"""Are near duplicates found, and is nothing else taken for one? Against the truth of a generated tree.

    python benchmarks/near.py TREE OUT
    python benchmarks/near.py --transfers

OUT is a build of TREE (see `tree.py`: everything is kept, nothing capped). TREE.truth.jsonl.zst names for
each row the row that it repeats. *Found*: of the planted near pairs of which both rows gave a plan that
was in when near duplicates were looked for, those of which not both stayed. *False*: plans that left as
near duplicates of a plan whose row is of another family. `--transfers`: 5,000 distinct transfer plans,
here and with datasketch, if it is installed.
"""

import argparse
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tree import Key, row_numbers, truths

import planloom
from planloom.errors import Reason
from planloom.indexed import KEPT, REASONS

NEAR = 1 + REASONS.index(Reason.near_duplicate)


class Family:
    """Rows of one family, joined as they are named."""

    def __init__(self) -> None:
        self._parent: dict[Key, Key] = {}

    def of(self, key: Key) -> Key:
        while (parent := self._parent.get(key, key)) != key:
            self._parent[key] = self._parent.get(parent, parent)
            key = parent
        return key

    def join(self, some: Key, other: Key) -> None:
        self._parent[self.of(some)] = self.of(other)


class Stored(NamedTuple):
    """A plan as the slices hold it: its row of the tree, where it went, its id, the id it repeats."""

    key: Key
    fate: int
    plan_id: str
    better: str
    chunk: Path
    row: int


def stored(tree: Path, out: Path) -> Iterator[Stored]:
    """The plans of a build, chunk by chunk."""
    numbers: dict[tuple[str, str], dict[int, int]] = {}
    for path in sorted((out / ".stage").glob("*/*/index.npy")):
        about = json.loads((path.parent.parent / "ledger.json").read_bytes())
        source, file = about["source"], about["file"]
        if file.endswith(".jsonl") and (source, file) not in numbers:
            numbers[source, file] = row_numbers(tree / source / file)
        index, fates = np.load(path), np.load(path.parent / "fates.npy")
        because = np.load(path.parent / "because.npz")
        better = dict(zip(because["row"].tolist(), because["plan"].tolist(), strict=True))
        for row, (hi, lo, at) in enumerate(index[["hi", "lo", "at"]].tolist()):
            key = source, file, numbers[source, file][at] if file.endswith(".jsonl") else at
            other = "{:016x}{:016x}".format(*better[row]) if row in better else ""
            yield Stored(key, int(fates[row]), f"{hi:016x}{lo:016x}", other, path.parent, row)


def planted(tree: Path) -> tuple[Family, list[tuple[Key, Key]]]:
    """The families of rows that repeat one another, and the pairs that are nearly equal."""
    family, pairs = Family(), []
    for truth in truths(tree):
        if truth["dup"]:
            kind, other = truth["dup"]
            source, _, _, file, row = truth["at"]
            pair = (source, file, row), (other[0], other[3], other[4])
            family.join(*pair)
            if kind == "near":
                pairs.append(pair)
    return family, pairs


def compare(tree: Path, out: Path) -> None:
    plans: dict[Key, list[tuple[int, str, str]]] = defaultdict(list)
    for plan in stored(tree, out):
        plans[plan.key].append(plan[1:4])
    family, pairs = planted(tree)
    row_of = {mine: key for key, found in plans.items() for _, mine, _ in found}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for some, other in pairs:
        live = [
            {p: f for f, p, _ in plans.get(key, ()) if f in (KEPT, NEAR)} for key in (some, other)
        ]
        if live[0] and live[1] and not live[0].keys() & live[1].keys():
            stayed = all(KEPT in one.values() and NEAR not in one.values() for one in live)
            found[some[0]].update(pairs=1, found=not stayed)
    for key, mine in plans.items():
        for fate, _, better in mine:
            if fate == NEAR:
                same = family.of(key) == family.of(row_of[better])
                found[key[0]].update(left=1, false=not same)
    whole: Counter[str] = sum(found.values(), Counter())
    for name, counts in [*sorted(found.items()), ("total", whole)]:
        print(
            f"{name:62} planted {counts['pairs']:6,} found {counts['found'] / max(counts['pairs'], 1):7.2%}"
            f"  left {counts['left']:6,} false {counts['false']:4,}"
        )


def transfers() -> None:
    """5,000 plans of one template, each of its own invoice and accounts, built and counted."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "data/own__transfers").mkdir(parents=True)
        with (home / "data/own__transfers/rows.jsonl").open("w") as lines:
            for n in range(5000):
                call = {
                    "name": "transfer",
                    "arguments": {"invoice": n, "from": f"DE{n:08}", "to": f"FR{7 * n:08}"},
                }
                lines.write(json.dumps({"query": said(n), "answers": json.dumps([call])}) + "\n")
        (home / "sets").mkdir()
        (home / "sets/transfers.py").write_text(CARD)
        for cap in (0, 500):
            (home / "r.toml").write_text(
                f'name = "t"\ndatasets = ["./sets"]\ntargets = {{function_calling = 9999}}\n'
                f'dedup = {{template_cap = {cap}}}\n[sources]\n"own/transfers" = {{}}\n'
            )
            corpus = planloom.build(home / "r.toml", home / f"out{cap}", data_root=home / "data")
            kept = corpus.ledger.total(stage="write", unit="plan", left=False)
            print(f"5,000 distinct transfer plans, template_cap = {cap}: {kept:,} stay")


def text_minhash() -> None:
    """The same plans as texts, with MinHash LSH as it is usually set: 128 permutations, threshold 0.8."""
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        print("datasketch is not installed: skipped")
        return
    for name, shingles in (("words", words), ("5-grams of letters, digits as 0", letters)):
        index, stay = MinHashLSH(threshold=0.8, num_perm=128), 0
        for n in range(5000):
            signature = MinHash(num_perm=128)
            signature.update_batch([one.encode() for one in shingles(said(n))])
            if not index.query(signature):
                index.insert(str(n), signature)
                stay += 1
        print(f"datasketch, {name}: {stay:,} of 5,000 stay")


def words(text: str) -> set[str]:
    return set(text.split())


def letters(text: str) -> set[str]:
    plain = re.sub(r"\d", "0", text.lower())
    return {plain[i : i + 5] for i in range(len(plain) - 4)}


def said(n: int) -> str:
    return f"Pay invoice {n}: transfer the sum from account DE{n:08} to account FR{7 * n:08}."


CARD = '''"""Transfers made up for a benchmark."""
from planloom.shapes import gold_list
from planloom.source import Part, Source

SOURCE = Source(id="own/transfers", licence="MIT", rows=5000, tier=3, parts=(
    Part("train", ("*.jsonl",), gold_list.reader("query", "answers"), "function_calling"),))
'''


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path, nargs="?")
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--transfers", action="store_true")
    arguments = parser.parse_args()
    if arguments.transfers:
        transfers()
        text_minhash()
    if arguments.out:
        compare(arguments.tree, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
