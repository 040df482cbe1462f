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

from planloom import files
from planloom.datasets.wildchat_1m import COLUMNS
from planloom.errors import InputError
from planloom.files import Broken, Record, Slice
from planloom.shapes import gold_list
from planloom.source import Part, Source

VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.text(max_size=8),
        st.sampled_from(["a\u2028b\u2029c\x85d", "名前 🌍", "\\", '"', "]", "},{", "\t\n\r"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
ROWS = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)
BLANK = st.sampled_from(["", " ", "\t \t", "\r"])


def card(*patterns: str, columns: tuple[str, ...] | None = None) -> Source:
    parts = [
        Part(str(n), (pattern,), gold_list.reader(), "function_calling", columns=columns)
        for n, pattern in enumerate(patterns or ("*",))
    ]
    return Source("me/mine", "MIT", 1, 1, tuple(parts))


def read(path: Path, columns: tuple[str, ...] | None = None) -> list[Record]:
    (file,) = [f for f in files.find(path.parent, card()) if f.path == str(path)]
    return [record for piece in files.slices(file) for record in files.read(piece, columns)]


def written(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    data = data.encode() if isinstance(data, str) else data
    if name.endswith(".gz"):
        data = gzip.compress(data)
    if name.endswith(".zst"):
        data = pa.compress(data, "zstd", asbytes=True)
    path.write_bytes(data)
    return path


def split(records: list[Record]) -> tuple[list[Any], list[Broken]]:
    good = [record for _, record in records if not isinstance(record, Broken)]
    return good, [record for _, record in records if isinstance(record, Broken)]


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


def test_without_a_match_any_data_file_is_the_first_parts(tmp_path: Path) -> None:
    root = laid_out(tmp_path, "x/y/b.ndjson", "a.json", "README.md", "run.py", "c.jsonl.txt")
    assert [(f.part, f.name) for f in files.find(root, card("data/*", "b.*"))] == [
        (0, "a.json"),
        (0, "x/y/b.ndjson"),
    ]


@pytest.mark.parametrize("name", [".a.jsonl", ".cache/a.jsonl", ".cache/x/a.jsonl"])
def test_hidden_files_are_no_data(tmp_path: Path, name: str) -> None:
    root = laid_out(tmp_path / "r", name, "b.jsonl")
    assert [f.name for f in files.find(root, card("nothing"))] == ["b.jsonl"]


@pytest.mark.xfail(strict=True, reason="only the last three parts of a path are looked at")
def test_files_deep_in_a_hidden_folder_are_no_data(tmp_path: Path) -> None:
    root = laid_out(tmp_path, ".cache/huggingface/download/data/a.jsonl", "b.jsonl")
    assert [f.name for f in files.find(root, card("nothing"))] == ["b.jsonl"]


@pytest.mark.xfail(strict=True, reason="folders above the data root count as hidden, too")
def test_a_data_root_may_itself_lie_in_a_hidden_folder(tmp_path: Path) -> None:
    root = laid_out(tmp_path / ".data" / "me__mine", "a.jsonl")
    assert [f.name for f in files.find(root, card("*.jsonl"))] == ["a.jsonl"]


# JSON lines ---------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(st.one_of(ROWS, BLANK), max_size=12),
    ends=st.lists(st.sampled_from(["\n", "\r\n"]), min_size=12, max_size=12),
    bom=st.booleans(),
    last=st.booleans(),
    size=st.integers(1, 400),
)
def test_any_slices_give_every_line_once(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[Any],
    ends: list[str],
    bom: bool,
    last: bool,
    size: int,
) -> None:
    data = b"\xef\xbb\xbf" if bom and lines and isinstance(lines[0], dict) else b""
    expected = []
    for number, (line, end) in enumerate(zip(lines, ends, strict=False)):
        start = len(data) if number else 0
        text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
        data += (text + end).encode()
        if isinstance(line, dict):
            expected.append((start, line))
    path = written(tmp_path_factory.mktemp("l"), "a.jsonl", data if last else data.rstrip(b"\r\n"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "SLICE_BYTES", size)
        assert read(path) == expected
    (file,) = files.find(path.parent, card())
    for at, row in expected:
        assert list(files.read(Slice(file, at, at + 1))) == [(at, row)]


@pytest.mark.parametrize("size", [1, 7, 50, 100, 1000, 10**6])
@pytest.mark.parametrize("end", ["", "\n", '\n{"b": 2}\n'])
def test_a_line_too_long_is_skipped_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, end: str
) -> None:
    monkeypatch.setattr(files, "SLICE_BYTES", size)
    monkeypatch.setattr(files, "MAX_RECORD", 64)
    monkeypatch.setattr(files, "CHUNK", 16)
    fits = json.dumps({"a": "x" * 54}) + "\n"
    path = written(tmp_path, "a.jsonl", fits + json.dumps({"long": "y" * 900}) + end)
    assert len(fits) == 64
    records = read(path)
    assert [at for at, _ in records] == [0, 64, 977][: len(records)]
    good, (broken,) = split(records)
    assert good == [json.loads(line) for line in (fits, end) if line.strip()]
    assert broken.oversized and not broken.cut


@pytest.mark.parametrize(
    ("line", "cut"),
    [('{"a": ', True), ("{'a': 1}\n", False), ("[]\n", False), ("1\n", False), ('{"a"\n', False)],
)
def test_a_broken_line_costs_itself_alone(tmp_path: Path, line: str, cut: bool) -> None:
    good, (broken,) = split(read(written(tmp_path, "a.jsonl", f'{{"a": 1}}\n{line}')))
    assert good == [{"a": 1}]
    assert broken.detail and broken.cut == cut and not broken.oversized


@pytest.mark.parametrize("form", ["%s\n", "[%s]"], ids=["lines", "array"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12345678901234567890123456789", 12345678901234567890123456789),
        ("-0.5e3", -500.0),
        ("NaN", None),
        ("[Infinity, -Infinity]", [None, None]),
        ('"\\ud83d\\ude00 \\u0000"', "😀 \x00"),
        ('"\t"', "\t"),
        pytest.param(
            *('"\\ud800x"', "\ufffdx"),
            marks=pytest.mark.xfail(strict=True, reason="scrubbed() gives ?, its docstring U+FFFD"),
        ),
    ],
)
def test_values_are_read_tolerantly(tmp_path: Path, form: str, text: str, value: Any) -> None:
    path = written(tmp_path, "a.json", form % f'{{"a": {text}}}')
    assert read(path) == [(0, {"a": value})]


@pytest.mark.xfail(strict=True, reason="UnicodeDecodeError: bytes that are no UTF-8 end the build")
@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=60), name=st.sampled_from(["a.json", "a.jsonl"]))
@example(data=b'{"a": "\xff"}\n{"b": 1}\n', name="a.jsonl")
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    records = read(written(tmp_path_factory.mktemp("b"), name, data))
    assert len({at for at, _ in records}) == len(records)


@pytest.mark.xfail(
    strict=True, reason="RecursionError out of scrubbed() for arrays: ends the build"
)
@pytest.mark.parametrize("name", ["a.json"])
def test_deep_nesting_in_an_array_is_broken(tmp_path: Path, name: str) -> None:
    deep = '{"a": ' + "[" * 900 + "]" * 900 + "}"
    assert len(read(written(tmp_path, name, f'[{deep}, {{"b": 1}}]'))) >= 1


def test_deep_nesting_in_a_line_is_broken(tmp_path: Path) -> None:
    deep = '{"a": ' + "[" * 90_000 + "]" * 90_000 + "}"
    good, broken = split(read(written(tmp_path, "a.jsonl", f'{deep}\n{{"b": 1}}\n')))
    assert (good, len(broken)) == ([{"b": 1}], 1)


# Arrays and objects -------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(ROWS, max_size=6),
    indent=st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
    before=st.sampled_from(["", "\ufeff", " \n", "\ufeff\r\n\t"]),
    after=st.sampled_from(["", "\n", "  \r\n"]),
    chunk=st.integers(1, 40),
)
def test_any_read_chunk_gives_every_element_once(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[Any],
    indent: int | None,
    ascii_only: bool,
    before: str,
    after: str,
    chunk: int,
) -> None:
    text = before + json.dumps(rows, indent=indent, ensure_ascii=ascii_only) + after
    path = written(tmp_path_factory.mktemp("a"), "a.json", text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK", chunk)
        assert read(path) == list(enumerate(rows))


def test_what_is_no_object_in_an_array_is_broken(tmp_path: Path) -> None:
    records = read(
        written(tmp_path, "a.json", '[[[1], {"x": 2}], {"a": 1}, "s", null, {"b": [[]]}]')
    )
    assert [at for at, _ in records] == [0, 1, 2, 3, 4]
    assert split(records)[0] == [{"a": 1}, {"b": [[]]}]


@pytest.mark.xfail(strict=True, reason="a bare number is cut where a chunk ends: two records")
def test_a_number_is_one_element_whatever_the_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK", 4)
    assert [at for at, _ in read(written(tmp_path, "a.json", '[12345678, {"a": 1}]'))] == [0, 1]


@pytest.mark.parametrize("stop", range(12, 28))
def test_a_cut_array_gives_what_is_whole(tmp_path: Path, stop: int) -> None:
    text = '[{"a": 111}, {"b": [2, "x"]}, {"c": 3}]'
    good, (broken,) = split(read(written(tmp_path, "a.json", text[:stop])))
    assert good == [{"a": 111}]
    assert broken.cut


def test_an_array_broken_in_the_middle_says_so(tmp_path: Path) -> None:
    records = read(written(tmp_path, "a.json", '[{"a": 1}, {"b": }, {"c": 3}]'))
    assert records[0] == (0, {"a": 1})
    assert split(records)[1]


@pytest.mark.xfail(strict=True, reason='says "cut off or broken after record -1"')
def test_an_array_cut_before_its_first_element_says_so_clearly(tmp_path: Path) -> None:
    ((_, broken),) = read(written(tmp_path, "a.json", '[{"a": '))
    assert isinstance(broken, Broken) and "-1" not in broken.detail


@pytest.mark.parametrize("text", ['[{"a": 1}]\n[{"b": 2}]\n', '[{"a": 1}] {"b": 2}'])
@pytest.mark.xfail(strict=True, reason="what follows the first array is lost without a word")
def test_nothing_after_an_array_is_lost_silently(tmp_path: Path, text: str) -> None:
    assert len(read(written(tmp_path, "a.json", text))) == 2


OBJECT = json.dumps({"a": [1, {"b": "é"}], "c": None}, indent=2)


def test_a_pretty_printed_object_is_one_record(tmp_path: Path) -> None:
    assert read(written(tmp_path, "a.json", OBJECT)) == [(0, json.loads(OBJECT))]


@pytest.mark.xfail(strict=True, reason="an object that is cut off is not marked as cut")
def test_a_cut_object_says_so(tmp_path: Path) -> None:
    ((_, broken),) = read(written(tmp_path, "a.json", OBJECT[:-5]))
    assert isinstance(broken, Broken) and broken.cut


@pytest.mark.xfail(strict=True, reason="an object that opens with a key on its first line: lines")
def test_an_object_with_a_key_on_its_first_line_is_one_record(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, "a.json", '{"rows": [\n{"a": 1},\n{"b": 2}\n]}\n'))) == 1
