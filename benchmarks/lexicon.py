"""What the lexicon finds in requests, and what it raises by mistake.

    python benchmarks/lexicon.py --data ../shared/data [--json FILE]

First table: requests written for this purpose (benchmarks/labels/requests.tsv). The lines were
chosen while reading the `tuned` ones; of the `held out` ones nothing was known, and no line was
changed for them. Second table: rows of public sets that hold nothing harmful but what a few tasks
quote: every finding is listed. `alt-profanity-check`, where it is installed, is asked the same.

Exit code: 0 fine; 1 more than 0.5 % of the public rows found; 2 wrong use.
"""

import argparse
import csv
import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from planloom.safety import texts

LABELS = Path(__file__).parent / "labels/requests.tsv"
MOST_FALSE = 0.005


def own() -> dict[str, dict[str, list[int]]]:
    """Of each set and class: how many are found, and how many there are."""
    counts: dict[str, dict[str, list[int]]] = {}
    with LABELS.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            pair = counts.setdefault(row["set"], {}).setdefault(row["class"], [0, 0])
            pair[0] += bool(texts.find([row["request"]]))
            pair[1] += 1
    return counts


def public(data: Path) -> Iterator[tuple[str, str]]:
    """Requests of natural-instructions, definition and input, and of alpaca."""
    for path in sorted((data / "corpora/natural_instructions_dev").glob("*.json.gz")):
        task = json.loads(gzip.decompress(path.read_bytes()))
        head = task["Definition"] if isinstance(task["Definition"], str) else task["Definition"][0]
        yield from (("natural-instructions", f"{head}\n{i['input']}") for i in task["Instances"])
    for path in sorted((data / "corpora/alpaca5k").glob("*.json.gz")):
        for row in json.loads(gzip.decompress(path.read_bytes())):
            yield "alpaca", f"{row['instruction']} {row.get('input', '')}"


def raised(rows: list[tuple[str, str]]) -> tuple[dict[str, Any], list[str]]:
    """How many rows have a finding, how long a row takes, and the spans."""
    seen, hit, spans = Counter(name for name, _ in rows), Counter(), []
    start = time.perf_counter()
    for name, text in rows:
        if found := texts.find([text]):
            hit[name] += 1
            spans.append(f"{name}: {found[0].rule}: {found[0].span}")
    micro = (time.perf_counter() - start) / len(rows) * 1e6
    sets = {name: {"rows": seen[name], "found": hit[name]} for name in seen}
    return {"sets": sets, "microseconds": round(micro, 1)}, spans


def rival() -> dict[str, Any]:
    """The same requests asked of alt-profanity-check at its own threshold of 0.5."""
    if not find_spec("profanity_check"):
        return {}
    from importlib.metadata import version

    from profanity_check import predict

    counts: Counter[str] = Counter()
    with LABELS.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            kind = "benign" if row["class"] == "benign" else "harmful"
            counts[f"{row['set']} {kind}"] += 1
            counts[f"{row['set']} {kind} found"] += int(predict([row["request"]])[0])
    return {"version": version("alt-profanity-check"), **counts}


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--json", type=Path)
    args = ap.parse_args()
    if not (args.data / "corpora").is_dir():
        print(f"{args.data}: no corpora there", file=sys.stderr)
        return 2
    counts = own()
    for name, classes in counts.items():
        told = ", ".join(f"{cls} {found} of {all_}" for cls, (found, all_) in classes.items())
        print(f"{name}: {told}")
    on_public, spans = raised(list(public(args.data)))
    print(*spans, sep="\n")
    print(on_public["sets"], f"{on_public['microseconds']} us a row")
    if args.json:
        out = {"own": counts, "public": on_public, "rival": rival()}
        args.json.write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n", "utf-8")
    sets = on_public["sets"].values()
    return int(sum(s["found"] for s in sets) > MOST_FALSE * sum(s["rows"] for s in sets))


if __name__ == "__main__":
    sys.exit(main())
