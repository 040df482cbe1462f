"""Plans that are almost right: a benign plan with one property broken, and a benign change beside it.

Reads what a build wrote, twice: once for what benign plans hold, once to change them. The same build
gives the same bytes.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from planloom import arrow, stored
from planloom.errors import InputError, RecipeError, nearest
from planloom.mutate.kind import Kind
from planloom.mutate.kinds import KINDS
from planloom.mutate.pair import VERSION, Left, Pair, pair
from planloom.mutate.pools import hashed
from planloom.mutate.scene import Scene
from planloom.mutate.world import World
from planloom.mutate.written import Writer
from planloom.plan import ExecutionPlan

LIMIT = 10_000
BATCH = 1_000
FOLDER = "boundary"


class Options(NamedTuple):
    """`only` these kinds; at most so many pairs of each plan, and of each kind."""

    only: tuple[str, ...] = ()
    per_plan: int | None = None
    limit: int = LIMIT


DEFAULT = Options()


class Tally:
    """What became of the plans, kind by kind."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.skipped: Counter[str] = Counter()
        self.plans = 0
        self.kinds = {kind.name: Counter[str](looked=0, holds=0, made=0) for kind in kinds}

    def add(self, kind: str, outcome: Pair | Left | None) -> None:
        count = self.kinds[kind]
        count["looked"] += 1
        count["holds"] += outcome is not None
        count["made"] += isinstance(outcome, Pair)
        if isinstance(outcome, Left):
            count[str(outcome.value)] += 1

    @property
    def pairs(self) -> int:
        return sum(count["made"] for count in self.kinds.values())

    def as_json(self) -> dict[str, Any]:
        kinds = {}
        for name, count in self.kinds.items():
            left = {str(why.value): n for why in Left if (n := count[str(why.value)])}
            kinds[name] = {key: count[key] for key in ("looked", "holds", "made")} | {"left": left}
        skipped = dict(sorted(self.skipped.items()))
        return {
            "version": VERSION,
            "pairs": self.pairs,
            "plans": self.plans,
            "skipped": skipped,
            "kinds": kinds,
        }


def run(out: Path, into: Path, options: Options = DEFAULT) -> Tally:
    """Writes the boundary set of a build.

    Raises:
        InputError, RecipeError: if there is no finished build, or no such kind.
        OutputError: if the folder holds something else.
    """
    kinds = chosen(options.only)
    parts = _in_order(stored.corpus(out))
    tools = stored.tools(parts[0]) or {}
    with Writer(into) as writer:
        tally = Tally(kinds)
        world = World(tools)
        for plan in _parents(parts, tally.skipped):
            world.see(plan)
        world.close()
        tally.plans = world.plans
        for made in _pairs(parts, world, kinds, options, tally):
            writer.add(made)
        if not tally.pairs:
            raise InputError(
                f"{out}: no plan in it that could be changed; a build with calls is needed"
            )
        writer.finish(tally.as_json())
    return tally


def chosen(only: Sequence[str]) -> list[Kind]:
    """The kinds of these names, of these families, or all.

    Raises:
        RecipeError: if there is none of that name.
    """
    found = []
    for name in only:
        mine = [kind for kind in KINDS.values() if name in (kind.name, kind.name.split(".")[0])]
        if not mine:
            raise RecipeError(
                f"--only {name}: no such kind{nearest(name, KINDS)}; there are {', '.join(KINDS)}"
            )
        found += mine
    return list(dict.fromkeys(found)) if only else list(KINDS.values())


def _in_order(parts: Sequence[Path]) -> list[Path]:
    """The parts by their least plan_id, whatever they are called."""
    return sorted(parts, key=_least)


def _least(part: Path) -> str:
    try:
        with pq.ParquetFile(part) as file:
            if not file.metadata.num_rows:
                return ""
            return str(file.read_row_group(0, ["plan_id"])["plan_id"][0])
    except (pa.ArrowInvalid, OSError, KeyError) as error:
        raise RecipeError(f"{part}: not a file of plans: {str(error).splitlines()[0]}") from error


def _parents(parts: Sequence[Path], skipped: Counter[str]) -> Iterator[ExecutionPlan]:
    """Benign plans with calls whose arguments are known; the rest is counted."""
    for part in parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(BATCH):
                yield from _benign(batch, skipped)


def _benign(batch: pa.RecordBatch, skipped: Counter[str]) -> Iterator[ExecutionPlan]:
    benign = pc.equal(batch["label"], "benign")
    without = pc.is_in(batch["evidence"], pa.array(["response", "request", "skeleton"]))
    skipped["not_benign"] += len(benign) - benign.true_count
    for kind, n in Counter(batch["evidence"].filter(pc.and_(benign, without)).to_pylist()).items():
        skipped[f"evidence_{kind}"] += n
    for row in batch.filter(pc.and_not(benign, without)).to_pylist():
        plan = arrow.of_row(row)
        if all(node.arguments_known for node in plan.nodes):
            yield plan
        else:
            skipped["arguments_unknown"] += 1


def _pairs(
    parts: Sequence[Path], world: World, kinds: Sequence[Kind], options: Options, tally: Tally
) -> Iterator[Pair]:
    for plan in _parents(parts, Counter()):
        open_ = [kind for kind in kinds if tally.kinds[kind.name]["made"] < options.limit]
        if not open_:
            return
        yield from _of_plan(Scene(plan, world), open_, options, tally)
        world.pass_by(plan)


def _of_plan(scene: Scene, kinds: Sequence[Kind], options: Options, tally: Tally) -> Iterator[Pair]:
    """The pairs of one plan; if only some are wanted, those kinds come first whose hash is least."""
    made = 0
    for kind in sorted(kinds, key=lambda kind: hashed(scene.plan.plan_id, kind.name)):
        full = options.per_plan is not None and made >= options.per_plan
        if full:
            tally.add(kind.name, Left.per_plan if kind.places(scene) else None)
            continue
        outcome = pair(scene, kind)
        tally.add(kind.name, outcome)
        if isinstance(outcome, Pair):
            made += 1
            yield outcome
