"""Datasets for `discover`: the packed sample as a hub would hold it, large tables, and broken ones."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hub_tree import TOKEN
from sample import PACKED

TABLE = "me/table"
"""Three Parquet files of a config and split."""
MANY = "me/many"
"""Twelve Parquet files in two splits."""
LONG = "me/long"
"""JSON lines of which only a part is read."""
ARRAY = "me/array"
"""The same as one indented array."""
ROWS = {TABLE: 6_000, MANY: 4_800, LONG: 20_000, ARRAY: 20_000}
ODD = {
    "me/gated": "gated",
    "me/disabled": "disabled",
    "me/private": "missing",
    "me/gone": "missing",
    "me/script": "script",
    "me/empty": "unreadable",
    "me/torn": "unreadable",
    "me/garbage": "unreadable",
}


def row(number: int) -> dict[str, Any]:
    """A question with the right call, in the shape of a gold list."""
    call = {"name": "find_tide", "arguments": {"port": f"Port {number}", "day": number}}
    kinds = {"port": {"type": "str"}, "day": {"type": "int"}}
    tool = {"name": "find_tide", "description": "Tides of a port.", "parameters": kinds}
    return {
        "id": number,
        "query": f"When is the tide high at Port {number} on day {number}?",
        "answers": json.dumps([call]),
        "tools": json.dumps([tool]),
        "padding": f"{number:x}" * 40,
    }


def plant(root: Path) -> Path:
    for folder in sorted(PACKED.glob("*__*")):
        shutil.copytree(folder, root / folder.name.replace("__", "/", 1))
    _tables(root)
    _texts(root)
    for name in ODD:
        if name != "me/gone":
            (root / name).mkdir(parents=True)
    line = json.dumps(row(0)) + "\n"
    for name in ("me/gated", "me/disabled", "me/private"):
        (root / name / "train.jsonl").write_text(line)
    _settings(root / "me/gated", gated="manual")
    _settings(root / "me/disabled", disabled=True)
    _settings(root / "me/private", private=True)
    (root / "me/script/script.py").write_text("print('never run')\n")
    (root / "me/empty/README.md").write_text("Nothing yet.\n")
    (root / "me/torn/train.parquet").write_bytes(b"PAR1" + b"\7" * 3000)
    (root / "me/garbage/train.jsonl").write_bytes(b"\x00\xff{{{\n" * 50)
    tokens = {TOKEN: {"user": "a", "grants": ["me/table"]}}
    (root / ".hub.json").write_text(json.dumps({"tokens": tokens}))
    return root


def _settings(folder: Path, **settings: Any) -> None:
    (folder / ".hub.json").write_text(json.dumps(settings))


def _tables(root: Path) -> None:
    each = ROWS[TABLE] // 3
    for number in range(3):
        path = root / TABLE / f"data/train-{number:05d}-of-00003.parquet"
        _table(path, range(number * each, (number + 1) * each), 500)
    _card(root / TABLE, "license: mit", ("default", "train", "data/train-*"))
    each = ROWS[MANY] // 12
    for number in range(12):
        split = "train" if number < 10 else "test"
        path = root / MANY / f"part/{split}-{number:05d}.parquet"
        _table(path, range(number * each, (number + 1) * each), each)
    _card(root / MANY, "", ("a", "train", "part/train-*"), ("a", "test", "part/test-*"))


def _table(path: Path, numbers: range, group: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([row(number) for number in numbers])
    pq.write_table(table, path, row_group_size=group, compression="none", use_dictionary=False)


def _texts(root: Path) -> None:
    rows = [row(number) for number in range(ROWS[LONG])]
    for name in (LONG, ARRAY):
        (root / name).mkdir(parents=True)
    (root / LONG / "train.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (root / ARRAY / "data.json").write_text(json.dumps(rows, indent=2))


def _card(folder: Path, head: str, *splits: tuple[str, str, str]) -> None:
    files = "".join(f"  - split: {split}\n    path: {path}\n" for _, split, path in splits)
    config = f"configs:\n- config_name: {splits[0][0]}\n  data_files:\n{files}"
    (folder / "README.md").write_text(f"---\n{head}\n{config}---\n")
