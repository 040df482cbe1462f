"""Tensors as they lie in files: which row groups there are, and their lists as arrays of numpy."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import fsspec
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem
from numpy.typing import NDArray

from planloom.errors import InputError
from planloom.jepa import metadata, parts
from planloom.jepa.metadata import About
from planloom.stored import PARTS

OPEN = 32
"""Files held open by a process."""
WRONG = (ImportError, ValueError, OSError)

Rows = NDArray[np.int64]


class Shard(NamedTuple):
    """A row group: its file, its number there, how many rows it has, and the row it begins with."""

    path: str
    group: int
    rows: int
    first: int


class Found(NamedTuple):
    """Row groups in the order of files, all made in the same way."""

    about: About
    shards: tuple[Shard, ...]

    @property
    def rows(self) -> int:
        return sum(shard.rows for shard in self.shards)


class Ragged(NamedTuple):
    """Lists behind one another: list `i` is `values[at[i] : at[i + 1]]`."""

    values: NDArray[Any]
    at: Rows

    def sizes(self) -> Rows:
        """How long each list is."""
        return np.diff(self.at)


def places(at: Rows, rows: Rows) -> tuple[Rows, Rows]:
    """For some lists, one after another: where their values are, and where each begins among these."""
    starts = at[rows]
    ends = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(at[rows + 1] - starts, out=ends[1:])
    where = np.arange(ends[-1])
    where += np.repeat(starts - ends[:-1], np.diff(ends))
    return where, ends


def find(paths: str | Sequence[str]) -> Found:
    """The row groups of tensors, on disk or at a URL of fsspec: of a build or of OUT/tensors (the corpus there),
    or of a folder of parts.

    Raises:
        InputError: if there are none, if they are not whole, or do not fit together.
    """
    shards: list[Shard] = []
    about: About | None = None
    for folder in [paths] if isinstance(paths, str) else paths:
        for path in _files(folder):
            file = _opened(path)
            told = metadata.about(file.metadata.metadata, path)
            if about is not None and told != about:
                raise InputError(f"{path}: made otherwise than {shards[0].path}; they do not mix")
            about = told
            _add(shards, path, file.metadata)
    if about is None:
        raise InputError(f"{paths}: no plans in these tensors")
    return Found(about, tuple(shards))


def _add(shards: list[Shard], path: str, about: pq.FileMetaData) -> None:
    first = shards[-1].first + shards[-1].rows if shards else 0
    for group in range(about.num_row_groups):
        rows = about.row_group(group).num_rows
        shards.append(Shard(path, group, rows, first))
        first += rows


def _files(folder: str) -> list[str]:
    try:
        system, root = fsspec.core.url_to_fs(folder)
        root = root.rstrip("/")
        if system.exists(f"{root}/tensors/{parts.FILE}"):
            root = f"{root}/tensors"
        if system.exists(f"{root}/{parts.FILE}"):
            root = f"{root}/{parts.PLANS}"
        _check(system, root, folder)
        found = sorted(system.glob(f"{root}/{PARTS}"))
    except WRONG as error:
        raise InputError(f"{folder}: {error}") from error
    if not found:
        raise InputError(f"{folder}: no tensors; make them with planloom tensors OUT")
    return [str(system.unstrip_protocol(path)) for path in found]


def _check(system: Any, root: str, folder: str) -> None:
    """Whether the run that made a folder came to its end."""
    said = f"{root.rpartition('/')[0]}/{parts.FILE}"
    if system.exists(said):
        made = msgspec.json.decode(system.cat_file(said))
        if not made.get("whole"):
            raise InputError(f"{folder}: not finished; run the same planloom tensors OUT again")


@lru_cache(maxsize=OPEN)
def _opened(path: str) -> pq.ParquetFile:
    try:
        system, plain = fsspec.core.url_to_fs(path)
        source = plain if isinstance(system, LocalFileSystem) else system.open(plain, "rb")
        return pq.ParquetFile(source, read_dictionary=metadata.texts(), pre_buffer=True)
    except (*WRONG, pa.ArrowInvalid) as error:
        told = str(error).splitlines()[0]
        raise InputError(f"{path}: cannot be read: {told}; make tensors again") from error


def forget() -> None:
    """Lets go of the files held open: another process cannot share them."""
    _opened.cache_clear()


def read(shards: Iterable[Shard], columns: Sequence[str], *, threads: bool = True) -> pa.Table:
    """Some columns of row groups, one group after another; `meta.NAME` are those of `meta`."""
    tables = []
    for shard in shards:
        file = _opened(shard.path)
        tables.append(file.read_row_group(shard.group, columns=list(columns), use_threads=threads))
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def ragged(table: pa.Table) -> Mapping[str, Ragged]:
    """The lists of a table of `read`, without a copy where Arrow allows it."""
    return {name: _lists(table[name]) for name in table.column_names if name != "meta"}


def _lists(column: pa.ChunkedArray) -> Ragged:
    whole = column.combine_chunks()
    lists = pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    at = lists.offsets.to_numpy(zero_copy_only=False).astype(np.int64)
    return Ragged(lists.flatten().to_numpy(zero_copy_only=False), at - at[0])


def meta(paths: str | Sequence[str], columns: Sequence[str]) -> pa.Table:
    """What is known of each plan beside its tensors, in order of rows: for choosing and judging."""
    found = find(paths)
    named = [f"meta.{name}" for name in columns]
    tables = [read([shard], named)["meta"].combine_chunks() for shard in found.shards]
    flat = [pa.Table.from_struct_array(column) for column in tables]
    return pa.concat_tables(flat).unify_dictionaries()
