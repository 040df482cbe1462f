"""Plans of real rows with the tools declared for them: what benchmarks/validity.py judges."""

import importlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from declared import BESIDE, bfcl
from msgspec import structs
from score import covered
from truth import FOLDERS, DataFile, Folder, Row, data_files

from planloom import files as finder
from planloom import golden, listing, records, shapes
from planloom.errors import BadRow
from planloom.lift import lift
from planloom.plan import ExecutionPlan
from planloom.shapes import declare
from planloom.trace import Place, Trace

PLACE = Place("", "", "", "", 0, "unknown", "no_publish", "function_calling")


class Case(NamedTuple):
    """A plan with calls, where it comes from, and the tools that it may call."""

    corpus: str
    address: str
    plan: ExecutionPlan
    trace: Trace


def cases(data: Path) -> Iterator[Case]:
    """Every row with calls, read as its source or else by detection, for which tools are declared."""
    folders = tuple(f for f in FOLDERS if (data / f.path).is_dir() and holds_calls(f))
    for folder, group in groupby(data_files(data, folders), key=lambda file: file.folder):
        files = list(group)
        declared, tools = None, ()
        tell = BESIDE[folder.name](files) if folder.name in BESIDE else None
        for address, name, row, trace in traces(folder, files):
            if tell is not None and not trace.tools:
                if (given := tell(name, row)) is not declared:  # read a list for all rows once
                    declared, tools = given, declare.tools(given, [])
                trace = structs.replace(trace, tools=tools)
            if trace.rounds and trace.tools:
                yield Case(folder.name, address, lift(trace, PLACE).plans[0], trace)


def holds_calls(folder: Folder) -> bool:
    return folder.name == "bfcl_single" or (
        not folder.outside and folder.extract.__name__ != "no_calls"
    )


def traces(folder: Folder, files: list[DataFile]) -> Iterator[tuple[str, str, Row, Trace]]:
    source = {one.id: one for one in listing.sources()}.get(folder.source or "")
    read: set[Path] = set()
    if source is not None and source.parts:
        for one in covered(files, source):
            read.add(Path(one.path))
            yield from named(folder, one, source.parts[one.part])
    if folder.name == "bfcl_single":
        for row in bfcl(files):
            yield from detected(f"{folder.path}@{row['id']}", "", row)
        return
    for file in files:
        if file.path not in read:
            for index, row in enumerate(file.rows):
                yield from detected(file.address(index), file.path.name, row)


def named(folder: Folder, one: Any, part: Any) -> Iterator[tuple[str, str, Row, Trace]]:
    name = Path(one.path).name
    for piece in finder.slices(one, whole=True):
        for at, row in records.read(piece, part.columns, part.each, whole=part.whole):
            if not isinstance(row, records.Broken):
                try:
                    yield f"{folder.path}/{name}@{at}", name, row, part.read(row)
                except BadRow:
                    continue


def detected(address: str, name: str, row: Row) -> Iterator[tuple[str, str, Row, Trace]]:
    try:
        yield address, name, row, shapes.read_any(row)[0]
    except BadRow:
        return


def own_cases() -> Iterator[Case]:
    """The plans of tests/golden, whose verdicts are reviewed there."""
    for path in sorted((Path(__file__).parents[1] / "tests/golden").glob("*.json")):
        if path.stem.startswith("formats"):
            continue
        source = importlib.import_module(f"planloom.datasets.{path.stem}").SOURCE
        for case in golden.load(path):
            gone = golden.carried(source, case)
            if gone.trace is not None and gone.trace.rounds and gone.trace.tools:
                for judged in gone.plans:
                    yield Case("own rows", f"{path.name}: {case['why']}", judged.plan, gone.trace)
