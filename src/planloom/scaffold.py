"""A first draft of a dataset file with golden cases, from rows that were sampled."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pyarrow.parquet as pq

from planloom import files, golden, payload, records
from planloom.datasets import loaded
from planloom.detect import SAMPLE, Layout, detect, sample, told
from planloom.errors import InputError, OutputError, RecipeError
from planloom.files import DataFile
from planloom.golden import Case
from planloom.rows import Outcome
from planloom.source import Source

ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
KEPT = 2
FEW = 3

_FILE = '''"""{id}: a line on what it is, where it comes from and what is odd about it.

A draft: read it, correct it, and delete what is not so. Seen in {sampled} sampled rows:
{seen}
"""

from planloom.shapes import {shapes}
from planloom.source import Part, Source

SOURCE = Source(
    id="{id}",
    licence="unknown",{url}
    rows={rows},
    tier=3,
    parts=({parts}
    ),
)
'''
_NOWHERE = "\n    url=None,  # where it is published, for the NOTICE of builds"
_PART = """
        Part(
            split="{split}",
            files=({files},),
            read={read},
            category="{category}",
            use="no_publish",  # until the licence is known
        ),"""


class Found(NamedTuple):
    """Where the rows lie, and the id of their dataset.

    Of a dataset on the hub these are excerpts: it has `rows` rows in the files `names`.
    """

    where: Path
    source_id: str
    rows: int | None = None
    names: tuple[str, ...] = ()


@contextmanager
def found(what: str, data_root: Path | None, source_id: str | None) -> Iterator[Found]:
    """A file, a folder or a dataset below the data root; without one, excerpts from the hub.

    Raises:
        InputError: if there is no such thing.
    """
    if Path(what).exists():
        yield Found(Path(what), source_id or f"local/{Path(what).name.split('.')[0]}")
    elif data_root is not None:
        root = files.root_of(data_root, Source(what, "", 0, 3))
        if root is None:
            raise InputError(f"{what}: neither a file nor a dataset below {data_root}")
        yield Found(root, source_id or what)
    elif not ID.fullmatch(what):
        raise InputError(f"{what}: no such file, and no id of a dataset (OWNER/NAME)")
    else:
        from planloom import survey

        with TemporaryDirectory(prefix="planloom-") as folder:
            place = survey.on_hub(what)
            rows = survey.laid_down(place, SAMPLE, Path(folder))
            names = tuple(entry.path for entry in place.repo.files)
            yield Found(Path(folder), source_id or what, rows, names)


class Drafted(NamedTuple):
    """The two files that were written, and what was seen in the data."""

    dataset: Path
    cases: Path
    seen: list[str]


class _Group(NamedTuple):
    """Data files of which most rows have one layout."""

    split: str
    names: list[str]
    layouts: list[Layout]


def new(data: Found, into: Path) -> Drafted:
    """Drafts a dataset file and its golden cases from data files.

    Raises:
        InputError: if there are no rows that any shape fits.
        RecipeError: if the id is not OWNER/NAME.
        OutputError: rather than write over a file.
    """
    where, source_id = data.where, data.source_id
    if not ID.fullmatch(source_id):
        raise RecipeError(f"{source_id}: an id is OWNER/NAME; give one with --id")
    name = re.sub(r"\W", "_", source_id.split("/")[1].lower())
    dataset, cases = into / f"{name}.py", into / f"{name}{golden.SUFFIX}"
    for path in (dataset, cases):
        if path.exists():
            raise OutputError(f"{path}: is there already; name another folder with --into")
    groups = [_with_others(group, data.names) for group in _groups(where)]
    seen = [line for group in groups for line in _seen(group)]
    parts = [group for group in groups if group.split]
    drafted = [case for n, group in enumerate(parts) for case in _cases(group, n)]
    into.mkdir(parents=True, exist_ok=True)
    rows = _count(where) if data.rows is None else data.rows
    dataset.write_text(_text(source_id, parts, seen, rows), "utf-8")
    golden.save(cases, drafted)
    return Drafted(dataset, cases, seen)


def _data(where: Path) -> list[DataFile]:
    if where.is_file():
        return [files.data_file(0, where.parent, where)]
    found = files.find(where, Source("draft/draft", "unknown", 0, 3)) if where.is_dir() else []
    if not found:
        raise InputError(f"{where}: no data file there ({', '.join(files.SUFFIXES)}, also packed)")
    return found


def _groups(where: Path) -> list[_Group]:
    """Files with the same layouts belong together; those that no shape fits make the last group.

    Raises:
        InputError: if no shape fits any row.
    """
    groups: dict[str, _Group] = {}
    odd = _Group("", [], [])
    for file in _data(where):
        rows = [row for _, row in sample(file) if isinstance(row, dict)]
        layouts = sorted(detect(rows), key=lambda layout: layout.read is None)
        readable = bool(layouts) and layouts[0].read is not None
        group = (
            odd
            if not readable
            else groups.setdefault(repr(layouts[0].read), _Group(_split(file.name), [], []))
        )
        group.names.append(file.name)
        group.layouts.extend(layouts)
    if not groups:
        seen = "; ".join(told(odd.layouts)) or "no rows"
        raise InputError(f"{where}: {seen}; name the columns yourself, as in docs/shapes.md")
    return [*groups.values(), *([odd] if odd.names else [])]


def _split(name: str) -> str:
    found = re.search(r"train|valid|val|test|dev|eval", name.lower())
    return found[0] if found else "train"


def _patterns(names: Sequence[str]) -> list[str]:
    """A few names as they are, many as the folders that hold them."""
    if len(names) <= FEW:
        return list(names)
    paths = [PurePosixPath(name) for name in names]
    return sorted({str(path.with_name(f"*{''.join(path.suffixes)}")) for path in paths})


def _with_others(group: _Group, names: Sequence[str]) -> _Group:
    """The files that are named like those of the group but for numbers belong to it."""
    mine = {_unnumbered(name) for name in group.names}
    others = {name for name in names if _unnumbered(name) in mine}
    return group._replace(names=sorted(others | set(group.names)))


def _unnumbered(name: str) -> str:
    return re.sub(r"\d+", "0", name)


def _seen(group: _Group) -> list[str]:
    return [f"{', '.join(_patterns(group.names))}:", *(f"  {line}" for line in told(group.layouts))]


def _text(source_id: str, groups: Sequence[_Group], seen: Sequence[str], rows: int) -> str:
    names = {str(group.layouts[0].shape) for group in groups}
    return _FILE.format(
        id=source_id,
        url=_NOWHERE if source_id.startswith("local/") else "",
        sampled=sum(len(layout.rows) for group in groups for layout in group.layouts),
        seen="\n".join(seen).replace("\\", "/").replace('"""', "'''"),
        shapes=", ".join(sorted(names)),
        rows=rows,
        parts="".join(_part(group, number) for number, group in enumerate(groups)),
    )


def _part(group: _Group, number: int) -> str:
    layout = group.layouts[0]
    return _PART.format(
        split=f"{group.split}{number or ''}",
        files=", ".join(repr(pattern) for pattern in _patterns(group.names)),
        read=repr(layout.read),
        category=layout.category,
    )


def _count(where: Path) -> int:
    """Rows in all data files; Parquet footers and lines where there are, else the records."""
    return sum(_rows_in(file) for file in _data(where))


def _rows_in(file: DataFile) -> int:
    if file.kind == "parquet":
        return int(pq.read_metadata(file.path).num_rows)
    return sum(1 for piece in files.slices(file, whole=True) for _ in records.read(piece))


def _cases(group: _Group, number: int) -> Iterator[Case]:
    """Of each layout the shortest rows that are kept, and one for each Reason."""
    part = f"default/{group.split}{number or ''}"
    for layout in group.layouts:
        if not layout.outcomes:
            continue
        fates: Counter[str] = Counter()
        pairs = zip(layout.rows, layout.outcomes, strict=True)
        for row, gone in sorted(pairs, key=lambda pair: len(payload.dumps(pair[0]))):
            fate = _fate(gone)
            fates[fate] += 1
            if fates[fate] <= (KEPT if fate == "kept" else 1):
                yield {"why": fate, "part": part, "row": payload.scrubbed(row)}


def _fate(gone: Outcome) -> str:
    if gone.left:
        return f"left: {gone.left[1]}"
    reasons = [judged.verdict.reason for judged in gone.plans]
    return "kept" if None in reasons else f"left: {reasons[0]}" if reasons else "no plan"


def checked(cases: Path, update: bool) -> list[str]:
    """The cases of which the code gives something else than the file says; or writes it there.

    Raises:
        InputError, RecipeError: for a file that holds no cases, or no dataset file beside it.
    """
    known, source = golden.load(cases), source_of(cases)
    found = list(golden.differences(source, known))
    if update:
        golden.save(cases, golden.updated(source, known))
    return found


def source_of(cases: Path) -> Source:
    """The source of the dataset file beside a file of golden cases.

    Raises:
        RecipeError: if there is none.
    """
    dataset = cases.with_name(cases.name.removesuffix(golden.SUFFIX) + ".py")
    if not dataset.exists():
        raise RecipeError(f"{cases}: no {dataset.name} beside it")
    return loaded(dataset)
