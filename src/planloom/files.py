"""Data files below a data root: found, and cut into slices.

A slice is a range of Parquet row groups or of bytes of plain JSON lines; JSON arrays and
compressed files are one slice, streamed.
"""

import bz2
import gzip
import hashlib
import io
import json
import sys
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any, Literal, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from planloom.errors import InputError
from planloom.source import Part, Source

SLICE_BYTES = 32 << 20
HEAD = 1 << 16
SUFFIXES = (".parquet", ".jsonl", ".json", ".ndjson")
COMPRESSED = (".gz", ".zst", ".bz2", ".lz4")

Kind = Literal["parquet", "lines", "array", "object"]


class DataFile(NamedTuple):
    """A file of a part. `name` is its path inside the dataset."""

    part: int
    name: str
    path: str
    kind: Kind


class Slice(NamedTuple):
    """A range of a file: row groups for Parquet, bytes for lines, everything (0, 0) else."""

    file: DataFile
    start: int
    stop: int


class Broken(NamedTuple):
    """A record that could not be decoded; `cut` says that the file ends inside it."""

    detail: str
    cut: bool = False
    oversized: bool = False


Record = tuple[int, dict[str, Any] | Broken]
"""An address and the row there, or what is wrong with it."""


def root_of(data_root: Path, source: Source) -> Path | None:
    """The folder of a source below the data root: `<owner>/<name>`, `<owner>__<name>`, or a snapshot
    in a cache of the hub's tools: the one of the pinned revision, else of `main`, else the only one.
    """
    for name in (source.id, source.id.replace("/", "__")):
        if (data_root / name).is_dir():
            return data_root / name
    return _snapshot(data_root / cached_as(source.id), source.revision)


def cached_as(source_id: str) -> str:
    """The folder of a dataset in the cache of the hub's tools."""
    return f"datasets--{source_id.replace('/', '--')}"


def _snapshot(cached: Path, revision: str | None) -> Path | None:
    ref = cached / "refs" / (revision or "main")
    commit = ref.read_text().strip() if ref.is_file() else revision
    found = list((cached / "snapshots").glob(commit or "*"))
    return found[0] if len(found) == 1 else None


def find(root: Path, source: Source) -> list[DataFile]:
    """The data files of a source in a fixed order.

    Raises:
        InputError: for a file that is no data file inside.
    """
    return [data_file(part, root, path) for part, path in matching(root, source)]


def matching(root: Path, source: Source) -> list[tuple[int, Path]]:
    """The paths that the card's patterns match, each with the number of its part.

    If no pattern matches anything, every data file below belongs to the first part.
    """
    found = [
        (index, path) for index, part in enumerate(source.parts) for path in _matching(root, part)
    ]
    return found or [(0, path) for path in sorted(root.rglob("*")) if _is_data(root, path)]


def _matching(root: Path, part: Part) -> list[Path]:
    return sorted(
        {path for pattern in part.files for path in root.glob(pattern) if _is_data(root, path)}
    )


def _is_data(root: Path, path: Path) -> bool:
    return path.is_file() and is_data(path.relative_to(root))


def is_data(path: PurePath) -> bool:
    """Whether a path inside a dataset is that of a data file: not hidden, and not leading out."""
    hidden = any(part.startswith(".") for part in path.parts)
    return _plain_name(path).endswith(SUFFIXES) and not hidden and not path.is_absolute()


def _plain_name(path: PurePath) -> str:
    """The file's name without the suffix of a compression."""
    return path.stem if path.suffix in COMPRESSED else path.name


def data_file(part: int, root: Path, path: Path) -> DataFile:
    """A file of a part, after a look inside.

    Raises:
        InputError: if it cannot be read.
    """
    name = path.relative_to(root).as_posix()
    return DataFile(part, name, str(path), _kind(path))


def _kind(path: Path) -> Kind:
    if path.suffix == ".parquet":
        return "parquet"
    try:
        with opened(str(path)) as stream:
            head = stream.read(HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    except (OSError, EOFError) as error:
        raise InputError(f"{path}: cannot be read ({error}); download it again") from error
    if head[:1] == b"[":
        return "array"
    is_object = _plain_name(path).endswith(".json") and _spans_lines(head)
    return "object" if is_object else "lines"


def _spans_lines(head: bytes) -> bool:
    """Whether an object begins on the first line and ends on a later one."""
    first, newline, _ = head.partition(b"\n")
    if head[:1] != b"{" or not newline:
        return False
    try:
        json.loads(first.decode("utf-8", "replace"), strict=False)
    except json.JSONDecodeError as error:
        return is_cut(error)
    except RecursionError:
        pass
    return False


def is_cut(error: json.JSONDecodeError) -> bool:
    """Whether the text was good as far as it went."""
    unclosed = error.msg.startswith("Unterminated string")
    return unclosed or error.pos >= len(error.doc.rstrip())


def opened(path: str) -> io.BufferedIOBase:
    """The file as a stream of plain bytes, with `read1` and `readline`."""
    if path.endswith(".gz"):
        return gzip.open(path)
    if path.endswith(".bz2"):
        return bz2.open(path)
    if path.endswith(COMPRESSED):
        return io.BufferedReader(pa.input_stream(path, compression="detect"))
    return Path(path).open("rb")


def size(file: DataFile) -> int:
    """Bytes of a file as it lies on disk."""
    return Path(file.path).stat().st_size


def slices(file: DataFile, *, whole: bool = False) -> list[Slice]:
    """The slices of a file; they depend on the file alone. `whole` makes it one.

    Raises:
        InputError: for a Parquet file without a readable footer.
    """
    slice_bytes = sys.maxsize if whole else SLICE_BYTES
    if file.kind == "parquet":
        return [Slice(file, a, b) for a, b in _row_groups(file, slice_bytes)]
    if file.kind == "lines" and not file.path.endswith(COMPRESSED):
        end = size(file)
        count = max(1, round(end / slice_bytes))
        bounds = [end * index // count for index in range(count + 1)]
        return [Slice(file, a, b) for a, b in pairwise(bounds)]
    return [Slice(file, 0, 0)]


def _row_groups(file: DataFile, slice_bytes: int) -> list[tuple[int, int]]:
    try:
        meta = pq.read_metadata(file.path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"{file.path}: not a whole Parquet file ({first_line(error)}); download it again"
        ) from error
    ranges, start, size = [], 0, 0
    for group in range(meta.num_row_groups):
        size += meta.row_group(group).total_byte_size
        if size >= slice_bytes or group == meta.num_row_groups - 1:
            ranges.append((start, group + 1))
            start, size = group + 1, 0
    return ranges


def first_line(error: Exception) -> str:
    """What an Arrow error says, without its trail."""
    return str(error).split("\n")[0].rstrip(".")


def digest(path: str) -> str:
    """SHA-256 of a file, hex."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def known_digest(path: str, known: dict[str, str]) -> str:
    """The file's SHA-256, from what is known if name, size and time are those of last time."""
    if (key := stamp(path)) not in known:
        known[key] = digest(path)
    return known[key]


def stamp(path: str) -> str:
    """What changes when the file does."""
    stat = Path(path).stat()
    return f"{path}:{stat.st_size}:{stat.st_mtime_ns}"
