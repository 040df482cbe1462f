"""Data files as they lie on disk: found, cut into slices, read record by record, whole or broken."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planloom import files, records
from planloom.datasets.wildchat_1m import COLUMNS
from planloom.errors import InputError
from planloom.files import Slice
from planloom.records import Broken, Record
from planloom.shapes import gold_list
from planloom.source import Part, Source

TEXT = st.text(max_size=6) | st.sampled_from(["a\u2028b\u2029\x85", "名 🌍", "\\", '"', "]", "},{"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
ROWS = st.dictionaries(TEXT, VALUES, max_size=3)
Fresh = pytest.TempPathFactory


def bug(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, reason=reason)


def card(*patterns: str) -> Source:
    read = gold_list.reader()
    parts = [Part(str(n), (p,), read, "function_calling") for n, p in enumerate(patterns or ("*",))]
    return Source("me/mine", "MIT", 1, 1, tuple(parts))


def read(path: Path, columns: tuple[str, ...] | None = None) -> list[Record]:
    (file,) = [f for f in files.find(path.parent, card()) if f.path == str(path)]
    return [record for piece in files.slices(file) for record in records.read(piece, columns)]


def written(folder: Path, name: str, data: bytes | str) -> Path:
    data = data.encode() if isinstance(data, str) else data
    if name.endswith(".gz"):
        data = gzip.compress(data)
    if name.endswith(".zst"):
        data = pa.compress(data, "zstd", asbytes=True)
    (folder / name).write_bytes(data)
    return folder / name


def split(records: list[Record]) -> tuple[list[Any], list[str]]:
    """The rows, and of each broken record whether it is cut, long or else bad."""
    broken = [record for _, record in records if isinstance(record, Broken)]
    flags = ["cut" if b.cut else "long" if b.oversized else "bad" for b in broken]
    return [row for _, row in records if not isinstance(row, Broken)], flags


# Found --------------------------------------------------------------------------------------------


def laid_out(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text('{"a": 1}\n')
    return root


@pytest.mark.parametrize("folder", ["me/mine", "me__mine"])
def test_a_source_lies_under_its_name(tmp_path: Path, folder: str) -> None:
    laid_out(tmp_path, f"{folder}/a.jsonl")
    assert files.root_of(tmp_path, card()) == tmp_path / folder
    assert files.root_of(tmp_path / "me", card()) is None


def test_files_go_to_the_part_whose_pattern_they_match(tmp_path: Path) -> None:
    root = laid_out(tmp_path, "b/2.jsonl", "b/1.jsonl", "a.jsonl", "other.jsonl", "a.md")
    found = files.find(root, card("a.*", "b/*"))
    assert [(f.part, f.name) for f in found] == [(0, "a.jsonl"), (1, "b/1.jsonl"), (1, "b/2.jsonl")]


def test_without_a_match_any_data_file_goes_to_the_first_part(tmp_path: Path) -> None:
    root = laid_out(tmp_path, "x/y/b.ndjson", "a.json", "README.md", "run.py", "c.jsonl.txt")
    found = files.find(root, card("data/*", "b.*"))
    assert [(f.part, f.name) for f in found] == [(0, "a.json"), (0, "x/y/b.ndjson")]


DEEP = bug("only the last three parts of a path are looked at")
ABOVE = bug("folders above the data root count as hidden, too")


@pytest.mark.parametrize(
    ("root", "hidden"),
    [
        ("r", ".a.jsonl"),
        ("r", ".cache/x/a.jsonl"),
        pytest.param("r", ".cache/huggingface/download/data/a.jsonl", marks=DEEP),
        pytest.param(".data/me__mine", ".a.jsonl", marks=ABOVE),
    ],
)
def test_hidden_files_below_the_root_are_no_data(tmp_path: Path, root: str, hidden: str) -> None:
    laid_out(tmp_path / root, hidden, "b.jsonl")
    assert [f.name for f in files.find(tmp_path / root, card("*.none"))] == ["b.jsonl"]


# JSON ---------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    lines=st.lists(ROWS | st.sampled_from(["", " ", "\t \t"]), max_size=9),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
    last=st.booleans(),
    size=st.integers(1, 300),
)
def test_any_slices_give_every_line_once(
    tmp_path_factory: Fresh, lines: list[Any], end: str, bom: bool, last: bool, size: int
) -> None:
    data, expected = b"", []
    for line in [{"first": 1}, *lines]:
        start = len(data)
        text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
        data += ("\ufeff" * (bom and not data) + text + end).encode()
        expected += [(start, line)] if isinstance(line, dict) else []
    data = data if last else data.rstrip(b"\r\n")
    path = written(tmp_path_factory.mktemp("l"), "a.jsonl", data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "SLICE_BYTES", size)
        assert read(path) == expected
    (file,) = files.find(path.parent, card())
    assert [r for at, _ in expected for r in records.read(Slice(file, at, at + 1))] == expected


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(ROWS, max_size=5),
    indent=st.sampled_from([None, 0, 2]),
    plain=st.booleans(),
    before=st.sampled_from(["", "\ufeff", " \n", "\ufeff\r\n\t"]),
    after=st.sampled_from(["", "\n", "  \r\n"]),
    chunk=st.integers(1, 40),
)
def test_any_chunk_gives_every_element_once(
    tmp_path_factory: Fresh,
    rows: list[Any],
    indent: int | None,
    plain: bool,
    before: str,
    after: str,
    chunk: int,
) -> None:
    text = before + json.dumps(rows, indent=indent, ensure_ascii=plain) + after
    path = written(tmp_path_factory.mktemp("a"), "a.json", text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "CHUNK", chunk)
        assert read(path) == list(enumerate(rows))


LINES, ARRAY = '{"a": 1}\n{"b": 2}\n', '[{"a": 1}, {"b": 2}]'
OBJECT = '{\n "a": [\n  {"b": null}\n ]\n}'
NESTED = '{"a": ' + "[" * 90_000 + "]" * 90_000 + "}"
DEEPISH = '{"a": ' + "[" * 900 + "]" * 900 + "}"
AFTER = bug("what follows the first array is lost without a word")
ZIPPED = bug("pyarrow's streams have no readline: no compressed JSON lines are read at all")


@pytest.mark.parametrize(
    ("name", "text", "good", "broken"),
    [
        ("a.jsonl", '{"a": 1}\n{"b": ', [{"a": 1}], ["cut"]),
        ("a.jsonl", '{"a": 1}\n{"b"\n{"c": 3}', [{"a": 1}, {"c": 3}], ["bad"]),
        ("a.jsonl", '{"a": 1}\n[]\n1\nx\n', [{"a": 1}], ["bad"] * 3),
        ("a.jsonl", NESTED + '\n{"b": 1}\n', [{"b": 1}], ["bad"]),
        pytest.param(
            *("a.jsonl", b'{"a": "\xff"}\n{"b": 1}\n', [{"a": "\ufffd"}, {"b": 1}], []),
            marks=bug("UnicodeDecodeError ends the build"),
        ),
        ("a.json", "", [], []),
        ("a.json", " [ ] ", [], []),
        ("a.json", '[[[1], {"x": 2}], {"a": 1}, "s", null]', [{"a": 1}], ["bad"] * 3),
        ("a.json", '[{"a": 1}, {"b": }, {"c": 3}]', [{"a": 1}], ["cut"]),
        pytest.param(
            *("a.json", f'[{DEEPISH}, {{"b": 1}}]', [{"b": 1}], ["bad"]),
            marks=bug("RecursionError out of scrubbed() ends the build"),
        ),
        pytest.param("a.json", '[{"a": 1}]\n[{"b": 2}]', [{"a": 1}, {"b": 2}], [], marks=AFTER),
        pytest.param("a.json", '[{"a": 1}] {"b": 2}', [{"a": 1}], ["bad"], marks=AFTER),
        ("a.json", OBJECT, [json.loads(OBJECT)], []),
        pytest.param("a.json", OBJECT[:-3], [], ["cut"], marks=bug("a cut object is not cut")),
        pytest.param(
            *("a.json", '{"rows": [\n{"a": 1}\n]}', [{"rows": [{"a": 1}]}], []),
            marks=bug("an object that starts with a key on its first line is read as lines"),
        ),
        ("a.json.gz", ARRAY, json.loads(ARRAY), []),
        ("a.json.zst", ARRAY, json.loads(ARRAY), []),
        pytest.param("a.jsonl.gz", LINES, json.loads(ARRAY), [], marks=ZIPPED),
        pytest.param("a.jsonl.zst", LINES, json.loads(ARRAY), [], marks=ZIPPED),
        pytest.param("a.json.gz", OBJECT, [json.loads(OBJECT)], [], marks=ZIPPED),
    ],
)
def test_what_can_be_read_is_read_and_the_rest_counted(
    tmp_path: Path, name: str, text: str, good: list[Any], broken: list[str]
) -> None:
    assert split(read(written(tmp_path, name, text))) == (good, broken)


@pytest.mark.parametrize("form", ["%s\n", "[%s]"], ids=["lines", "array"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12345678901234567890123456789", 12345678901234567890123456789),
        ("[NaN, Infinity, 1e400]", [None, None, None]),
        ('"\\ud83d\\ude00 \\u0000\t"', "😀 \x00\t"),
        pytest.param(
            *('"\\ud800x"', "\ufffdx"), marks=bug("scrubbed() gives ?, its docstring says U+FFFD")
        ),
    ],
)
def test_values_are_read_tolerantly(tmp_path: Path, form: str, text: str, value: Any) -> None:
    assert read(written(tmp_path, "a.json", form % f'{{"a": {text}}}')) == [(0, {"a": value})]


@bug("UnicodeDecodeError: bytes that are no UTF-8 end the build")
@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=60), name=st.sampled_from(["a.json", "a.jsonl"]))
@example(data=b'{"a": "\xff"}\n{"b": 1}\n', name="a.jsonl")
def test_no_bytes_raise(tmp_path_factory: Fresh, data: bytes, name: str) -> None:
    records = read(written(tmp_path_factory.mktemp("b"), name, data))
    assert len({at for at, _ in records}) == len(records)


@pytest.mark.parametrize("size", [1, 50, 100, 10**6])
@pytest.mark.parametrize("end", ["", "\n", '\n{"b": 2}\n'])
def test_a_line_too_long_is_skipped_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, end: str
) -> None:
    for name, value in (("SLICE_BYTES", size), ("MAX_RECORD", 64), ("CHUNK", 16)):
        monkeypatch.setattr(files, name, value)
    fits = json.dumps({"a": "x" * 54}) + "\n"
    records = read(written(tmp_path, "a.jsonl", fits + json.dumps({"n": "y" * 900}) + end))
    good = [json.loads(line) for line in (fits, end) if line.strip()]
    assert split(records) == (good, ["long"])
    assert [at for at, _ in records][:2] == [0, len(fits)]


@bug("a bare number is cut where a chunk ends: two records")
def test_a_number_is_one_element(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "CHUNK", 4)
    assert len(read(written(tmp_path, "a.json", '[12345678, {"a": 1}]'))) == 2


@pytest.mark.parametrize("stop", [1, 5, 11, 15, 20, 27, 28])
def test_a_cut_array_gives_what_is_whole(tmp_path: Path, stop: int) -> None:
    path = written(tmp_path, "a.json", '[{"a": 1}, {"b": [2, "x"]}, {"c": 3}]'[:stop])
    good = [{"a": 1}, {"b": [2, "x"]}][: (stop > 9) + (stop > 26)]
    assert split(read(path)) == (good, ["cut"])


@bug('says "cut off or broken after record -1"')
def test_a_cut_before_the_first_element_is_told_clearly(tmp_path: Path) -> None:
    ((_, broken),) = read(written(tmp_path, "a.json", '[{"a": '))
    assert isinstance(broken, Broken) and "-1" not in broken.detail


@pytest.mark.parametrize("name", ["a.json.gz", pytest.param("a.jsonl.gz", marks=ZIPPED)])
def test_a_cut_gz_gives_what_is_whole(tmp_path: Path, name: str) -> None:
    rows = [{"n": n, "text": str(n**9)} for n in range(5000)]
    text = "\n".join(map(json.dumps, rows)) if name == "a.jsonl.gz" else json.dumps(rows)
    path = written(tmp_path, name, text)
    path.write_bytes(path.read_bytes()[:-9000])
    good, broken = split(read(path))
    assert 1000 < len(good) < 5000 and good == rows[: len(good)]
    assert broken == ["cut"]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.json.zst"])
def test_a_file_that_is_not_compressed_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b'{"a": 1}')
    with pytest.raises(InputError, match=rf"{name}: cannot be read .*again$"):
        read(tmp_path / name)


# Parquet ------------------------------------------------------------------------------------------


def chats(folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    """Ten rows in five row groups, with what is personal beside and inside the messages."""
    turn = {"content": "hi", "role": "user", "toxic": False, "hashed_ip": "SECRET"}
    label = {"flagged": False, "categories": {"hate": False, "none": None}}
    row = {"conversation": [turn, turn], "openai_moderation": [label], "toxic": False}
    rows = [{**row, "hashed_ip": "SECRET", "n": n} for n in range(10)]
    pq.write_table(pa.Table.from_pylist(rows), folder / "a.parquet", row_group_size=2)
    return folder / "a.parquet", rows


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in names}


def test_row_groups_are_slices_and_nulls_in_structs_are_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, rows = chats(tmp_path)
    whole = read(path)
    monkeypatch.setattr(files, "SLICE_BYTES", 1)
    (file,) = files.find(tmp_path, card())
    assert [(p.start, p.stop) for p in files.slices(file)] == [(n, n + 1) for n in range(5)]
    label = {"flagged": False, "categories": {"hate": False}}
    assert read(path) == whole
    assert whole == [(r["n"], {**r, "openai_moderation": [label]}) for r in rows]


def spoiled(path: Path, column: str, group: int) -> None:
    """Overwrites a column of a row group: whoever reads it fails."""
    meta = pq.read_metadata(path).row_group(group)
    data = bytearray(path.read_bytes())
    for chunk in map(meta.column, range(meta.num_columns)):
        if chunk.path_in_schema.split(".")[-1] == column:
            start = chunk.dictionary_page_offset or chunk.data_page_offset
            data[start : start + chunk.total_compressed_size] = (
                b"\xff" * chunk.total_compressed_size
            )
    path.write_bytes(data)


def test_columns_that_are_not_named_are_never_read(tmp_path: Path) -> None:
    path, rows = chats(tmp_path)
    for group in range(5):
        spoiled(path, "hashed_ip", group)
    turn = without(rows[0]["conversation"][0], "hashed_ip")
    records = read(path, COLUMNS)
    assert len(records) == 10
    assert all(row["conversation"] == [turn, turn] for _, row in records)
    assert {key for _, row in records for key in row} == set(rows[0]) - {"hashed_ip", "n"}


@pytest.mark.parametrize("size", [1, pytest.param(10**6, marks=bug("later row groups are lost"))])
def test_a_spoiled_row_group_costs_its_rows_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path, _ = chats(tmp_path)
    spoiled(path, "n", 2)
    monkeypatch.setattr(files, "SLICE_BYTES", size)
    records = read(path)
    assert [at for at, record in records if isinstance(record, Broken)] == [4, 5]
    assert [at for at, _ in records] == list(range(10))


def test_a_cut_parquet_file_is_told_in_one_line(tmp_path: Path) -> None:
    path, _ = chats(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"^\S+a\.parquet: not a whole .*download it again$"):
        read(path)


def not_utf8() -> pa.Array:
    offsets = pa.array([0, 2, 4], pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"\xff\xfeok")])


@bug("to_pylist raises outside of the guard: ends the build")
@pytest.mark.parametrize(
    "column",
    [not_utf8(), pa.array([1, 2], pa.timestamp("ns")), pa.array([2**62, 1], pa.timestamp("us"))],
    ids=["not UTF-8", "nanoseconds", "year 148,000"],
)
def test_values_that_python_cannot_hold_do_not_raise(tmp_path: Path, column: pa.Array) -> None:
    pq.write_table(pa.table({"a": column}), tmp_path / "a.parquet")
    assert len(read(tmp_path / "a.parquet")) == 2
