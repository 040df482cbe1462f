"""Plans in, rows of another layout out, and an exact account of what the rows do not carry.

A loss is what Planloom's own reader does not find again in the row: each plan is lifted anew from
what its row tells and compared, field by field.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from tqdm import tqdm

from planloom import formats, stored
from planloom.errors import InputError, OutputError, RecipeError, nearest
from planloom.formats import Format
from planloom.lift import lift
from planloom.plan import ExecutionPlan, Node
from planloom.trace import Tool

PLAN = tuple(n for n in ExecutionPlan.__struct_fields__ if n not in ("nodes", "edges"))
NODE = tuple(name for name in Node.__struct_fields__ if name != "id")
NO_GRAPH = ("openai", "sharegpt", "hermes")
EDGES, ADDED, DEEDS = "edges", "order_not_stated", "all but user turns"
COMPRESSED = {".gz": "gzip", ".zst": "zstd"}

Write = Callable[[bytes], Any]


class Converted(NamedTuple):
    """What became of the plans.

    `left`: plans that could not be written, by why. `lost`: of those written, how many plans,
    nodes or edges do not come back as they were, by field; DEEDS counts plans of
    which a reader sees no call at all. `of` has how many plans, nodes and edges were written.
    """

    plans: int
    written: int
    left: Counter[str]
    lost: Counter[str]
    of: Counter[str]
    key: str | None
    compared: bool


def lost(plan: ExecutionPlan, back: ExecutionPlan | None) -> Counter[str]:
    """What of a plan is not the same when it is read back."""
    if back is None:
        return Counter({DEEDS: 1})
    found = Counter({name: 1 for name in PLAN if getattr(plan, name) != getattr(back, name)})
    for name in NODE:
        # Those that do not come back, as an answer among calls, differ in all.
        pairs = zip(plan.nodes, back.nodes, strict=False)
        same = sum(getattr(a, name) == getattr(b, name) for a, b in pairs)
        found[f"nodes.{name}"] = len(plan.nodes) - same
    found[EDGES] = len({*plan.edges} - {*back.edges})
    stated = {(edge.src, edge.dst) for edge in plan.edges}
    found[ADDED] = sum((edge.src, edge.dst) not in stated for edge in back.edges)
    return +found


def read_back(plan: ExecutionPlan, tools: Sequence[Tool], way: Format) -> ExecutionPlan | None:
    """The plan that a reader makes of its row; None if the row tells of no call."""
    if way.seen is not None:
        return way.seen(plan)
    assert way.told is not None, "a layout for people is not read back"
    plans = lift(*way.told(plan, tools)).plans
    return plans[0] if plans else None


def run(source: Path, to: str, write: Write, only: Iterable[str] = ()) -> Converted:
    """Converts the plans of a build or file, each line given to `write`.

    Raises:
        PlanloomError: in one line what is wrong, where, and what to do.
    """
    way, wanted = _way(to), frozenset(only)
    if to == "mermaid" and len(wanted) != 1:
        raise RecipeError("mermaid draws one plan: name it with --only PLAN_ID")
    _check_ids(wanted)
    left, missing, of = Counter[str](), Counter[str](), Counter[str]()
    compared = way.told is not None or way.seen is not None
    count = 0
    for plan, tools in tqdm(_read(source, wanted), unit=" plans", disable=None, leave=False):
        count += 1
        if why := way.unfit(plan):
            left[why] += 1
            continue
        write(way.line(plan, tools))
        of.update(plans=1, nodes=len(plan.nodes), edges=len(plan.edges))
        if compared:
            missing.update(lost(plan, read_back(plan, tools, way)))
        if count == len(wanted):
            break
    if count < max(len(wanted), 1):
        raise _nothing(source, wanted, count)
    return Converted(count, of["plans"], left, missing, of, way.key, compared)


def _way(to: str) -> Format:
    if to not in formats.NAMES:
        known = ", ".join(formats.NAMES)
        raise RecipeError(f"--to {to}: no such format{nearest(to, formats.NAMES)}; one of {known}")
    return formats.find(to)


def _check_ids(wanted: Iterable[str]) -> None:
    for one in wanted:
        if len(one) != 32 or set(one) - set("0123456789abcdef"):
            raise RecipeError(f"--only {one}: a plan id has 32 hex digits")


def _nothing(source: Path, wanted: frozenset[str], count: int) -> InputError:
    if not wanted:
        return InputError(f"{source}: holds no plans; nothing was converted")
    return InputError(f"{source}: holds {count} of the {len(wanted)} plans that --only names")


def _read(source: Path, only: frozenset[str]) -> Iterator[tuple[ExecutionPlan, list[Tool]]]:
    offered: dict[str, Tool] | None = None
    folder = None
    for path in stored.corpus(source):
        if path.parent != folder:
            folder, offered = path.parent, stored.tools(path)
            if offered is None:
                told = f"planloom: {path}: no tools.parquet beside it; rows are without tools"
                print(told, file=sys.stderr)
        for row, plan in stored.plans(path, only):
            if isinstance(plan, str):
                raise InputError(f"{path}:{row}: {plan}; see planloom check {path}")
            yield plan, [offered[key] for key in plan.tools if key in offered] if offered else []


@contextmanager
def opened(path: Path, source: Path, *, overwrite: bool = False) -> Iterator[Write]:
    """A file that is there whole or not at all; compressed if its name ends so. `source` is read.

    Raises:
        OutputError: if there is one already, or no such folder.
        OSError: if the place cannot be written.
    """
    if path.is_file() and any(path.samefile(one) for one in stored.corpus(source)):
        raise OutputError(f"{path}: is what is read; name another")
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name a file")
    if path.exists() and not (overwrite and path.is_file()):
        raise OutputError(f"{path}: there already; name another, or replace it with --overwrite")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; make it first")
    part = path.with_name(f"{path.name}.tmp")
    try:
        with part.open("wb") as file:
            if path.suffix in COMPRESSED:
                with pa.CompressedOutputStream(file, COMPRESSED[path.suffix]) as sink:
                    yield sink.write
            else:
                yield file.write
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def told(done: Converted, to: str) -> Iterator[str]:
    """The account in lines: what was written, what was left out and why, what does not come back."""
    yield f"{done.written:,} of {done.plans:,} plans written as {to}"
    for why, count in done.left.most_common():
        yield f"left out: {count:,} plans that {why}"
    if not done.compared:
        return
    if to in NO_GRAPH:
        yield "these rows hold no edges, tiers or scope; Planloom's reader judges them anew"
    where = f"only in {done.key}, where other readers do not look" if done.key else "not carried"
    units = {
        "plans": [(name, done.lost[name]) for name in (DEEDS, *PLAN)],
        "nodes": [(name, done.lost[f"nodes.{name}"]) for name in NODE],
        EDGES: [("lost", done.lost[EDGES])],
    }
    for unit, counts in units.items():
        if any(count for _, count in counts):
            yield f"{where}, of {done.of[unit]:,} {unit}: {_listed(counts)}"
    if done.lost[ADDED]:
        yield f"{where}: that {done.lost[ADDED]:,} pairs of calls in a row have no order"


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    """Names with their counts, those of equally many together."""
    names: dict[int, list[str]] = {}
    for name, count in counts:
        if count:
            names.setdefault(count, []).append(name)
    return "; ".join(
        f"{', '.join(names[count])} {count:,}" for count in sorted(names, reverse=True)
    )
