"""A forecast from small builds against the ledger of a larger one, per source and in total.

    python benchmarks/forecast.py LARGE [SMALL ...] [--limit N] [--work DIR] [--json FILE]

LARGE and SMALL are trees of `make_seed_tree.py` with another scale and seed; with --limit the small
build reads the first N rows of each file of LARGE. Rows of LARGE are counted in its files, as
`discover` would; everything else comes from the small builds. Targets are out of reach, so that
all of the supply shows.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq

from planloom import files, forecast, known, pipeline, records
from planloom.datasets import catalogue
from planloom.files import DataFile
from planloom.known import Seen, SeenPart
from planloom.recipe import CATEGORIES, Recipe, Targets, Wanted
from planloom.source import Source

IN_TOTAL, PER_SOURCE = 0.03, 0.10
"""The aims: shares by which supply may be wrong."""
FEW = 1000
"""Plans below which chance alone moves a source by several per cent."""


def recipe_of(tree: Path) -> Recipe:
    """All sources of a tree, without a bound that could be reached."""
    order = sorted(catalogue().values(), key=lambda source: (source.tier, source.id))
    there = [source for source in order if not source.refused and files.root_of(tree, source)]
    return Recipe(
        name="supply",
        sources={source.id: Wanted() for source in there},
        targets=Targets(*[1 << 40] * len(CATEGORIES)),
        skeleton_max=1 << 40,
        allow_non_commercial=True,
    )


def rows_in(file: DataFile) -> int:
    if file.kind == "parquet":
        return int(pq.read_metadata(file.path).num_rows)
    return sum(1 for piece in files.slices(file) for _ in records.read(piece, None, ()))


def looked_up(source: Source, tree: Path) -> Seen:
    """A source of the tree as discover tells it."""
    root = files.root_of(tree, source)
    counts = dict.fromkeys((part.name for part in source.parts), 0)
    for file in files.find(root, source) if root else ():
        counts[source.parts[file.part].name] += rows_in(file)
    parts = (SeenPart(part.config, part.split, counts[part.name]) for part in source.parts)
    return Seen(source.id, parts=tuple(parts))


def built(tree: Path, work: Path, limit: int | None = None) -> pipeline.Corpus:
    out = work / f"{tree.name}-{limit or 'whole'}"
    return pipeline.build(
        recipe_of(tree), pipeline.Options(str(out), data_root=str(tree), limit=limit)
    )


def compare(large: Path, small: Sequence[Path], limit: int | None, work: Path) -> dict[str, Any]:
    """Supply as forecast and as built, by source."""
    builds = [built(tree, work).out for tree in small]
    if limit:
        builds.append(built(large, work, limit).out)
    recipe = recipe_of(large)
    about, measured = known.gather(None, builds)
    told = {name: looked_up(catalogue()[name], large) for name in recipe.sources}
    found = forecast.forecast(recipe, about._replace(discovered=told), measured)
    corpus = built(large, work)
    made = {
        name: corpus.ledger.total(source=name, stage="write", unit="plan", left=False)
        for name in recipe.sources
    }
    rows = [(line.id, line.supply, made[line.id]) for line in found.sources]
    return {
        "rows": corpus.ledger.total(stage="read", unit="row", left=False),
        "from": [f"{build.rows:,} rows{', limited' * build.limited}" for build in measured],
        "sources": {name: {"forecast": a, "built": b} for name, a, b in rows if a or b},
        "total": {"forecast": sum(a for _, a, _ in rows), "built": sum(b for *_, b in rows)},
    }


def error(one: dict[str, int]) -> float:
    return one["forecast"] / one["built"] - 1 if one["built"] else 1.0


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("large", type=Path)
    ap.add_argument("small", type=Path, nargs="*")
    ap.add_argument("--limit", type=int)
    ap.add_argument("--work", type=Path, help="keep the builds here for the next run")
    ap.add_argument("--json", type=Path, help="add the result to this file")
    args = ap.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        found = compare(args.large, args.small, args.limit, args.work or Path(passing))
    print(f"{'; '.join(found['from'])} -> {found['rows']:,} rows")
    for name, one in sorted(found["sources"].items()):
        missed = abs(error(one)) > PER_SOURCE
        few = " (few plans)" if missed and one["built"] < FEW else ""
        miss = f"  over 10 %{few}" if missed else ""
        print(f"{name:<50}{one['forecast']:>10,}{one['built']:>10,}{error(one):>8.1%}{miss}")
    total = found["total"]
    print(f"{'in total':<50}{total['forecast']:>10,}{total['built']:>10,}{error(total):>8.1%}")
    if args.json:
        known = json.loads(args.json.read_text("utf-8")) if args.json.exists() else []
        args.json.write_bytes(
            msgspec.json.format(msgspec.json.encode([*known, found]), indent=1) + b"\n"
        )
    return int(abs(error(total)) > IN_TOTAL)


if __name__ == "__main__":
    sys.exit(main())
