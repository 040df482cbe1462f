"""A fair sample of the kept plans of each source: those of least seeded hash, so that it can be drawn again."""

from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from planloom import arrow
from planloom.errors import InputError
from planloom.hashes import PRIME, mixed
from planloom.plan import ExecutionPlan

SALT = 0x5265766965775F31
"""Other than that of the mix, whose hash decided what was kept."""
PICK = np.dtype([("rank", "<u8"), ("part", "<u4"), ("group", "<u4"), ("row", "<u4")])


class Drawn(NamedTuple):
    """The kept plans of each source, and of each the picks in order of their hash."""

    parts: list[Path]
    kept: dict[str, int]
    picks: dict[str, NDArray[np.void]]


def draw(out: Path, per_source: int, seed: int) -> Drawn:
    """Up to `per_source` plans of each source; only ids and sources are read, a row group at a time.

    Raises:
        InputError: if there is no plan.
    """
    parts = sorted((out / "plans").glob("part-*.parquet"))
    kept: dict[str, int] = {}
    picks: dict[str, NDArray[np.void]] = {}
    for part, group, table in _groups(parts, ["plan_id", "source"]):
        ranks = _ranks(table["plan_id"], seed)
        sources = table["source"].combine_chunks().dictionary_encode()
        codes = sources.indices.to_numpy()
        for code, name in enumerate(sources.dictionary.to_pylist()):
            rows = np.flatnonzero(codes == code)
            found = np.zeros(len(rows), PICK)
            found["rank"], found["row"] = ranks[rows], rows
            found["part"], found["group"] = part, group
            known = picks.get(name, np.empty(0, PICK))
            both = np.concatenate([known, found])
            picks[name] = both[np.argsort(both["rank"], kind="stable")[:per_source]]
            kept[name] = kept.get(name, 0) + len(rows)
    if not kept:
        raise InputError(f"{out}: the build kept no plan, so there is nothing to review")
    return Drawn(parts, dict(sorted(kept.items())), dict(sorted(picks.items())))


def _groups(parts: list[Path], columns: list[str]) -> Iterator[tuple[int, int, pa.Table]]:
    for number, path in enumerate(parts):
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield number, group, file.read_row_group(group, columns)


def _ranks(ids: pa.ChunkedArray, seed: int) -> NDArray[np.uint64]:
    """A hash of each id and the seed."""
    halves = np.frombuffer(bytes.fromhex("".join(ids.to_pylist())), ">u8").astype("<u8")
    with np.errstate(over="ignore"):
        key = mixed(np.array([seed], np.uint64) * PRIME ^ np.uint64(SALT))
        return mixed(mixed(halves[::2] ^ key) ^ halves[1::2])


def plans(drawn: Drawn) -> list[ExecutionPlan]:
    """The picked plans, the sources in turn: whoever stops early has seen some of each."""
    found: dict[tuple[int, int, int], ExecutionPlan] = {}
    picked = np.concatenate(list(drawn.picks.values()))
    for part in np.unique(picked["part"]).tolist():
        mine = picked[picked["part"] == part]
        with pq.ParquetFile(drawn.parts[part]) as file:
            for group in np.unique(mine["group"]).tolist():
                rows = np.sort(mine["row"][mine["group"] == group])
                table = file.read_row_group(group).take(pa.array(rows))
                keys = ((part, group, row) for row in rows.tolist())
                found.update(zip(keys, arrow.plans(table), strict=True))
    turns = zip_longest(*(mine.tolist() for mine in drawn.picks.values()))
    return [found[pick[1:]] for pick in chain.from_iterable(turns) if pick is not None]


def among(out: Path, ids: list[str]) -> set[str]:
    """Which of some ids are those of kept plans."""
    wanted = pa.array(ids, pa.string())
    parts = sorted((out / "plans").glob("part-*.parquet"))
    found: set[str] = set()
    for *_, table in _groups(parts, ["plan_id"]):
        mine = table["plan_id"]
        found.update(mine.filter(pc.is_in(mine, value_set=wanted)).to_pylist())
    return found
