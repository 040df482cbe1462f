"""Data files as they lie on disk: found, cut into slices, read record by record, whole or broken."""

import gzip
import json
import zlib
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
from planloom.files import Broken, Record, Slice
from planloom.shapes import gold_list
from planloom.source import Part, Source

TEXT = st.text(max_size=6) | st.sampled_from(["a\u2028b\u2029\x85", "名 🌍", "\\", '"', "]", "},{"])
LEAF = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXT
VALUES = st.recursive(LEAF, lambda v: st.lists(v) | st.dictionaries(TEXT, v), max_leaves=5)
ROWS = st.dictionaries(TEXT, VALUES, max_size=3)
Fresh = pytest.TempPathFactory
Patch = pytest.MonkeyPatch
Data = st.DataObject


def card(*patterns: str) -> Source:
    read = gold_list.reader()
    parts = [Part(str(n), (p,), read, "function_calling") for n, p in enumerate(patterns or ("*",))]
    return Source("me/mine", "MIT", 1, 1, tuple(parts))


def read(path: Path, columns: tuple[str, ...] | None = None) -> list[Record]:
    (file,) = [f for f in files.find(path.parent, card()) if f.path == str(path)]
    return [record for piece in files.slices(file) for record in records.read(piece, columns)]


def written(folder: Path, name: str, data: bytes | str) -> Path:
    data = data.encode() if isinstance(data, str) else data
    pack = {".gz": gzip.compress, ".zst": lambda d: pa.compress(d, "zstd", asbytes=True)}
    (folder / name).write_bytes(pack.get(Path(name).suffix, bytes)(data))
    return folder / name


def split(found: list[Record]) -> tuple[list[Any], list[str]]:
    """The rows, and of each broken record whether it is cut, long or else bad."""
    broken = [record for _, record in found if isinstance(record, Broken)]
    flags = ["cut" if b.cut else "long" if b.oversized else "bad" for b in broken]
    return [row for _, row in found if not isinstance(row, Broken)], flags


def laid_out(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text('{"a": 1}\n')


@pytest.mark.parametrize("folder", ["me/mine", "me__mine"])
def test_files_go_to_their_part_or_all_to_the_first(tmp_path: Path, folder: str) -> None:
    laid_out(
        tmp_path / folder, "b/y/2.json", "b/1.ndjson", "a.jsonl", "c.jsonl.txt", "a.md", "a.py"
    )
    assert (root := files.root_of(tmp_path, card())) == tmp_path / folder
    one, two = (0, "a.jsonl"), (1, "b/1.ndjson")
    assert [(f.part, f.name) for f in files.find(root, card("a.*", "b/*"))] == [one, two]
    everything = [(0, name) for name in ("a.jsonl", "b/1.ndjson", "b/y/2.json")]
    assert [(f.part, f.name) for f in files.find(root, card("data/*", "1.*"))] == everything


HIDDEN = [
    ("r", ".a.jsonl"),
    ("r", ".cache/x/a.jsonl"),
    ("r", ".cache/huggingface/download/data/a.jsonl"),
    (".data/me__mine", ".a.jsonl"),
]


@pytest.mark.parametrize(("root", "hidden"), HIDDEN)
def test_hidden_files_below_the_root_are_no_data(tmp_path: Path, root: str, hidden: str) -> None:
    laid_out(tmp_path / root, hidden, "b.jsonl")
    assert [f.name for f in files.find(tmp_path / root, card("*.none"))] == ["b.jsonl"]


@settings(max_examples=80, deadline=None)
@given(data=st.data(), size=st.integers(1, 300))
def test_any_slices_give_all_lines(tmp_path_factory: Fresh, data: Data, size: int) -> None:
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    text, expected = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf"])), [(0, {"first": 1})]
    text += b'{"first": 1}' + end.encode()
    for line in data.draw(st.lists(ROWS | st.sampled_from(["", " ", "\t \t"]), max_size=9)):
        expected += [(len(text), line)] if isinstance(line, dict) else []
        dumped = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
        text += (dumped + end).encode()
    text = text if data.draw(st.booleans()) else text.rstrip(b"\r\n")
    path = written(tmp_path_factory.mktemp("l"), "a.jsonl", text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "SLICE_BYTES", size)
        assert read(path) == expected
    (file,) = files.find(path.parent, card())
    assert [r for at, _ in expected for r in records.read(Slice(file, at, at + 1))] == expected


@settings(max_examples=80, deadline=None)
@given(data=st.data(), chunk=st.integers(1, 40))
def test_any_chunk_gives_all_elements(tmp_path_factory: Fresh, data: Data, chunk: int) -> None:
    rows = data.draw(st.lists(ROWS, max_size=5))
    before = data.draw(st.sampled_from(["", "\ufeff", " \n", "\ufeff\r\n\t"]))
    indent, plain = data.draw(st.sampled_from([None, 0, 2])), data.draw(st.booleans())
    text = before + json.dumps(rows, indent=indent, ensure_ascii=plain)
    text += data.draw(st.sampled_from(["", "\n", "  \r\n"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "CHUNK", chunk)
        found = read(written(tmp_path_factory.mktemp("a"), "a.json", text))
    assert found == list(enumerate(rows))


OBJECT = '{\n "a": [\n  {"b": null}\n ]\n}'
NESTED, DEEPISH = ('{"a": ' + "[" * n + "]" * n + "}" for n in (90_000, 900))
ONE, BOTH = [{"a": 1}], [{"a": 1}, {"b": 2}]
LINES = '{"a": 1}\n{"b": 2}\n'
CASES: dict[str, tuple[str, str | bytes, list[Any], list[str]]] = {
    "a cut line": ("a.jsonl", '{"a": 1}\n{"b": ', ONE, ["cut"]),
    "a broken line": ("a.jsonl", '{"b"\n{"a": 1}', ONE, ["bad"]),
    "lines that are no objects": ("a.jsonl", '{"a": 1}\n[]\n1\nx\n', ONE, ["bad"] * 3),
    "a deep line": ("a.jsonl", NESTED + '\n{"a": 1}\n', ONE, ["bad"]),
    "a line not in UTF-8": ("a.jsonl", b'{"a": "\xff"}\n', [{"a": "\ufffd"}], []),
    "an empty file": ("a.json", "", [], []),
    "an empty array": ("a.json", " [ ] ", [], []),
    "elements that are no objects": ("a.json", '[[{}], {"a": 1}, "", 1]', ONE, ["bad"] * 3),
    "a broken element": ("a.json", '[{"a": 1}, {"b": }, {"c": 3}]', ONE, ["cut"]),
    "a deep element": ("a.json", f'[{DEEPISH}, {{"a": 1}}]', ONE, ["bad"]),
    "text behind an array": ("a.json", '[{"a": 1}] {"b": 2}', ONE, ["bad"]),
    "an object": ("a.json", OBJECT, [json.loads(OBJECT)], []),
    "a cut object": ("a.json", OBJECT[:-3], [], ["cut"]),
    "an object with a key on line 1": ("a.json", '{"r": [\n1\n]}', [{"r": [1]}], []),
    "array gz": ("a.json.gz", json.dumps(BOTH), BOTH, []),
    "array zst": ("a.json.zst", json.dumps(BOTH), BOTH, []),
    "lines gz": ("a.jsonl.gz", LINES, BOTH, []),
    "lines zst": ("a.jsonl.zst", LINES, BOTH, []),
    "object gz": ("a.json.gz", OBJECT, [json.loads(OBJECT)], []),
}


@pytest.mark.parametrize("name", CASES)
def test_what_can_be_read_is_read_and_the_rest_counted(tmp_path: Path, name: str) -> None:
    file, text, good, broken = CASES[name]
    assert split(read(written(tmp_path, file, text))) == (good, broken)


VALUE = [
    ("12345678901234567890123456789", 12345678901234567890123456789),
    ("[NaN, Infinity, 1e400]", [None, None, None]),
    ('"\\ud83d\\ude00 \\u0000\t"', "😀 \x00\t"),
    ('"\\ud800x"', "\ufffdx"),
]


@pytest.mark.parametrize("form", ["%s\n", "[%s]"], ids=["lines", "array"])
@pytest.mark.parametrize(("text", "value"), VALUE)
def test_values_are_read_tolerantly(tmp_path: Path, form: str, text: str, value: Any) -> None:
    assert read(written(tmp_path, "a.json", form % f'{{"a": {text}}}')) == [(0, {"a": value})]


@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=60), name=st.sampled_from(["a.json", "a.jsonl"]))
@example(data=b'{"a": "\xff"}\n{"b": 1}\n', name="a.jsonl")
def test_no_bytes_raise(tmp_path_factory: Fresh, data: bytes, name: str) -> None:
    found = read(written(tmp_path_factory.mktemp("b"), name, data))
    assert len({at for at, _ in found}) == len(found)


@pytest.mark.parametrize("size", [1, 50, 100, 10**6])
@pytest.mark.parametrize("end", ["", "\n", '\n{"b": 2}\n'])
def test_a_long_line_is_skipped(tmp_path: Path, monkeypatch: Patch, size: int, end: str) -> None:
    monkeypatch.setattr(files, "SLICE_BYTES", size)
    monkeypatch.setattr(records, "MAX_RECORD", 64)
    monkeypatch.setattr(records, "CHUNK", 16)
    fits = json.dumps({"a": "x" * 54}) + "\n"
    found = read(written(tmp_path, "a.jsonl", fits + json.dumps({"n": "y" * 900}) + end))
    good = [json.loads(line) for line in (fits, end) if line.strip()]
    assert split(found) == (good, ["long"])
    assert [at for at, _ in found][:2] == [0, 64]


@pytest.mark.parametrize("stop", [5, 11, 20, 27, 28])
def test_a_cut_array_gives_what_is_whole(tmp_path: Path, stop: int) -> None:
    found = read(written(tmp_path, "a.json", '[{"a": 1}, {"b": [2, "x"]}, {"c": 3}]'[:stop]))
    good = [{"a": 1}, {"b": [2, "x"]}][: (stop > 9) + (stop > 26)]
    assert split(found) == (good, ["cut"])
    assert "-1" not in found[-1][1].detail


@pytest.mark.parametrize("name", ["a.json.gz", "a.jsonl.gz"])
def test_a_cut_gz_gives_what_is_whole(tmp_path: Path, name: str) -> None:
    rows = [{"n": n, "text": str(n**9)} for n in range(5000)]
    text = "\n".join(map(json.dumps, rows)) if name == "a.jsonl.gz" else json.dumps(rows)
    cut = written(tmp_path, name, text).read_bytes()[:-9000]
    (tmp_path / name).write_bytes(cut)
    whole = zlib.decompressobj(31).decompress(cut).count(b"}")
    good, broken = split(read(tmp_path / name))
    assert good == rows[: len(good)] and len(good) > whole - 500 and broken == ["cut"]


def chats(folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    """Ten rows in five row groups, with what is personal beside and inside the messages."""
    turn = {"content": "hi", "role": "user", "toxic": False, "hashed_ip": "SECRET"}
    label = {"flagged": False, "categories": {"hate": False, "none": None}}
    row = {"conversation": [turn, turn], "openai_moderation": [label], "toxic": False}
    rows = [{**row, "hashed_ip": "SECRET", "n": n} for n in range(10)]
    pq.write_table(pa.Table.from_pylist(rows), folder / "a.parquet", row_group_size=2)
    return folder / "a.parquet", rows


def spoiled(path: Path, column: str, group: int) -> None:
    """Overwrites a column of a row group: whoever reads it fails."""
    meta = pq.read_metadata(path).row_group(group)
    data = bytearray(path.read_bytes())
    for chunk in map(meta.column, range(meta.num_columns)):
        if chunk.path_in_schema.split(".")[-1] == column:
            start, size = chunk.dictionary_page_offset, chunk.total_compressed_size
            data[start : start + size] = b"\xff" * size
    path.write_bytes(data)


def test_each_row_group_can_be_a_slice(tmp_path: Path, monkeypatch: Patch) -> None:
    path, rows = chats(tmp_path)
    label = {"flagged": False, "categories": {"hate": False}}
    expected = [(row["n"], {**row, "openai_moderation": [label]}) for row in rows]
    assert read(path) == expected
    monkeypatch.setattr(files, "SLICE_BYTES", 1)
    pieces = files.slices(files.find(tmp_path, card())[0])
    assert [piece[1:] for piece in pieces] == [(n, n + 1) for n in range(5)]
    assert read(path) == expected


def test_columns_that_are_not_named_are_never_read(tmp_path: Path) -> None:
    path, rows = chats(tmp_path)
    for group in range(5):
        spoiled(path, "hashed_ip", group)
    found = read(path, COLUMNS)
    turn = {key: v for key, v in rows[0]["conversation"][0].items() if key != "hashed_ip"}
    assert all(row["conversation"] == [turn, turn] for _, row in found)
    assert {key for _, row in found for key in row} == set(rows[0]) - {"hashed_ip", "n"}


@pytest.mark.parametrize("size", [1, 10**6])
def test_a_spoiled_row_group_is_alone(tmp_path: Path, monkeypatch: Patch, size: int) -> None:
    path, _ = chats(tmp_path)
    spoiled(path, "n", 2)
    monkeypatch.setattr(files, "SLICE_BYTES", size)
    found = read(path)
    assert [at for at, record in found if isinstance(record, Broken)] == [4, 5]
    assert [at for at, _ in found] == list(range(10))


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl.gz", "a.json.zst"])
def test_a_file_without_footer_or_header_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(chats(tmp_path)[0].read_bytes()[:-20])
    with pytest.raises(InputError, match=rf"^\S+/{name}: .*; download it again$"):
        read(tmp_path / name)


BEYOND_PYTHON = {
    "not UTF-8": pa.array([b"\xff\xfe", b"ok"]).cast(pa.string(), safe=False),
    "nanoseconds": pa.array([1, 2], pa.timestamp("ns")),
    "year 148,000": pa.array([2**62, 1], pa.timestamp("us")),
}


@pytest.mark.parametrize("name", BEYOND_PYTHON)
def test_values_that_python_cannot_hold_do_not_raise(tmp_path: Path, name: str) -> None:
    labels = pa.array([{"hate": True, "score": 0.5}, {"hate": False, "score": 0.0}])
    pq.write_table(pa.table({"a": BEYOND_PYTHON[name], "b": labels}), tmp_path / "a.parquet")
    first, (_, second) = read(tmp_path / "a.parquet")
    assert isinstance(first[1], Broken) == (name != "nanoseconds")
    assert second["b"] == {"hate": False, "score": 0.0}


def test_elements_of_a_column_are_rows_of_their_own(tmp_path: Path) -> None:
    task = {"task": "t", "rows": [{"n": 1}, {"n": 2}], "answers": ["a"]}
    path = written(tmp_path, "a.json", json.dumps([task, {"task": "u"}, 5], indent=1))
    (file,) = files.find(tmp_path, card())
    first = {"task": "t", "rows": {"n": 1}, "answers": "a"}
    second = {"task": "t", "rows": {"n": 2}, "answers": None}
    found = list(records.read(files.slices(file)[0], None, ("rows", "answers")))
    assert path.exists() and found[:3] == [(0, first), (1, second), (2, {"task": "u"})]
    assert isinstance(found[3][1], Broken) and found[3][0] == 3


def test_values_of_an_object_are_rows_of_their_own(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", json.dumps({"x": {"n": 1}, "y": {"n": 2}}, indent=1))
    piece = files.slices(files.find(tmp_path, card())[0])[0]
    assert list(records.read(piece, None, ("*",))) == [(0, {"n": 1}), (1, {"n": 2})]
    path.write_text('{"n": 1, "m": {}}')
    assert list(records.read(piece, None, ("*",))) == [(0, {"n": 1, "m": {}})]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json"])
def test_a_whole_file_is_one_row(tmp_path: Path, name: str, monkeypatch: Patch) -> None:
    path = written(tmp_path, name, json.dumps(BOTH) if name == "a.json" else LINES)
    piece = files.slices(files.find(tmp_path, card())[0], whole=True)[0]
    assert list(records.read(piece, whole=True)) == [(0, {"records": BOTH})]
    assert list(records.read(piece, ("b",), whole=True)) == [(0, {"records": [{}, {"b": 2}]})]
    monkeypatch.setattr(records, "MAX_RECORDS", 1)
    [(_, record)] = records.read(piece, whole=True)
    assert isinstance(record, Broken) and record.oversized and path.exists()


def test_a_broken_line_breaks_the_whole_row_and_an_empty_file_has_none(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", '{"a": 1}\n{"b": ')
    piece = files.slices(files.find(tmp_path, card())[0], whole=True)[0]
    assert [(at, type(record)) for at, record in records.read(piece, whole=True)] == [(0, Broken)]
    path.write_text("\n")
    assert list(records.read(piece._replace(stop=1), whole=True)) == []
