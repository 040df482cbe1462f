"""The corpus that docs/jepa.md trains on: real plans several times, a generated tree, gold traces, in the layout of a build.

    python benchmarks/real_plans.py REAL --data ../shared/data
    python benchmarks/jepa_corpus.py tools REAL TRAINED          # the real plans of fold `train` alone
    planloom synth TRAINED --out GOLD --number 35000             # gold traces from their tools
    python benchmarks/jepa_corpus.py all OUT --real REAL --tree TREE --gold GOLD

TREE is a build of a generated tree with gold traces of the packed tools: its plans with calls, 8,000 without, 33,000
gold traces are taken, those of least plan_id. Prints what is inside.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TEXT, PACKED, TIMES = 8_000, 33_000, 8
CALLS = pa.array(["function_calling", "tool_reasoning"])
ANSWERS = pa.array(["conversation", "instruction_following"])


def plans(build: Path) -> pa.Table:
    """All plans of a build, in order of plan_id."""
    table = pa.concat_tables(
        [pq.read_table(one) for one in sorted((build / "plans").glob("part-*.parquet"))]
    )
    return table.take(pc.sort_indices(table["plan_id"]))


def trained(real: Path) -> pa.Table:
    table = plans(real)
    return table.filter(pc.equal(table["fold"], "train"))


def tools(real: Path, out: Path) -> None:
    """The real plans that are trained on, as a build whose tools `planloom synth` takes."""
    (out / "plans").mkdir(parents=True)
    pq.write_table(trained(real), out / "plans/part-00000.parquet")
    shutil.copy(real / "tools.parquet", out / "tools.parquet")
    (out / "manifest.json").write_text("{}")


def whole(out: Path, real: Path, tree: Path, gold: Path) -> dict[str, int]:
    """Writes the corpus; returns how many plans of each kind it has."""
    generated, made = plans(tree), plans(gold)
    category = generated["category"]
    calls = generated.filter(pc.is_in(category, CALLS))
    text = generated.filter(pc.is_in(category, ANSWERS)).slice(0, TEXT)
    packed = generated.filter(pc.equal(category, "gold_traces")).slice(0, PACKED)
    rest = pa.concat_tables([calls, text, packed, made])
    (out / "plans").mkdir(parents=True)
    pq.write_table(
        rest.take(pc.sort_indices(rest["plan_id"])),
        out / "plans/part-00000.parquet",
        row_group_size=8192,
    )
    pq.write_table(plans(real), out / "plans/part-real.parquet", row_group_size=2048)
    mine = trained(real)
    for number in range(1, TIMES):
        pq.write_table(mine, out / f"plans/part-real-again-{number:02}.parquet", row_group_size=512)
    tables = [pq.read_table(build / "tools.parquet") for build in (tree, real, gold)]
    pq.write_table(
        pa.concat_tables([one.cast(tables[0].schema) for one in tables]), out / "tools.parquet"
    )
    counted = {
        **{
            "tree with calls": len(calls),
            "tree without": len(text),
            "gold of packed tools": len(packed),
        },
        **{
            "gold of real tools": len(made),
            "real": plans(real).num_rows,
            "real, trained on": len(mine),
        },
        "times": TIMES,
    }
    (out / "manifest.json").write_text(json.dumps(counted, indent=1))
    return counted


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    steps = parser.add_subparsers(required=True, dest="step")
    one = steps.add_parser("tools")
    one.add_argument("real", type=Path)
    one.add_argument("out", type=Path)
    all_ = steps.add_parser("all")
    all_.add_argument("out", type=Path)
    for name in ("real", "tree", "gold"):
        all_.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    if given.out.exists():
        print(f"{given.out}: there already; name another folder", file=sys.stderr)
        return 2
    if given.step == "tools":
        tools(given.real, given.out)
    else:
        print(json.dumps(whole(given.out, given.real, given.tree, given.gold), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
