"""The library: what the package offers by name. Heavy modules are imported when they are used."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planloom.errors import BadRow, InputError, Reason
from planloom.lift import Lifted, lift
from planloom.plan import ExecutionPlan
from planloom.recipe import load
from planloom.trace import Place

if TYPE_CHECKING:
    from planloom.conversion import Converted
    from planloom.pipeline import Corpus


def transform(row: Mapping[str, Any], source: str | None = None, part: str | None = None) -> Lifted:
    """The plans of one row, and what of it became none.

    Without `source` the shape of the row is detected. `part` is `config/split`; without it the
    first part of the source reads the row. Rows are read, labelled and lifted, not checked.

    Raises:
        RecipeError: for an unknown source.
        KeyError: for an unknown part.
    """
    from planloom import safety, shapes
    from planloom.datasets import find
    from planloom.rows import place_of

    try:
        if source is None:
            trace, category = shapes.read_any(row)
            place = Place("", "", "", "", 0, "unknown", "no_publish", category)
            return _with_targets(lift(trace, place, *safety.label(trace, "by_construction")))
        known = find(source)
        if not known.parts:
            raise InputError(f"{source}: refused: {known.refused}")
        chosen = known.part(part) if part else known.parts[0]
        trace = chosen.read(row)
        label, findings = safety.label(trace, chosen.benign)
        return _with_targets(lift(trace, place_of(known, chosen, "", 0), label, findings))
    except BadRow as bad:
        return Lifted([], [(bad.reason, bad.detail)])
    except RecursionError:
        return Lifted([], [(Reason.too_large, "nested too deep")])


def _with_targets(lifted: Lifted) -> Lifted:
    from planloom import safety

    return Lifted([safety.with_targets(plan) for plan in lifted.plans], lifted.left)


def build(
    recipe: str | Path | None = None,
    out: str | Path = "out",
    *,
    data_root: str | Path | None = None,
    **options: Any,
) -> "Corpus":
    """Builds the corpus of a recipe (None: the sample) in `out`; options as on the command line.

    Raises:
        PlanloomError: in one line what is wrong, where, and what to do.
    """
    from planloom import pipeline

    root = str(data_root) if data_root is not None else None
    return pipeline.build(load(recipe), pipeline.Options(out=str(out), data_root=root, **options))


def open(out: str | Path) -> Iterator[ExecutionPlan]:
    """The plans of a build, in order of plan_id, one row group in memory at a time.

    Raises:
        InputError: if `out` is no finished build.
    """
    import pyarrow.parquet as pq

    from planloom import arrow

    if not (Path(out) / "manifest.json").exists():
        raise InputError(f"{out}: no finished build; make one with planloom build --out {out}")
    for path in sorted((Path(out) / "plans").glob("part-*.parquet")):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(1000):
                yield from arrow.plans(batch)


def convert(
    source: str | Path, to: str, out: str | Path, *, overwrite: bool = False
) -> "Converted":
    """Writes the plans of a build or file in another format, as `planloom convert` does.

    Raises:
        PlanloomError: in one line what is wrong, where, and what to do.
    """
    from planloom import conversion

    with conversion.opened(Path(out), Path(source), overwrite=overwrite) as write:
        return conversion.run(Path(source), to, write)
