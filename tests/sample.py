"""Writes the packed sample from the golden rows: `python tests/sample.py`."""

import json
from collections.abc import Iterator
from pathlib import Path

from conftest import SOURCES, golden

PACKED = Path(__file__).parents[1] / "src" / "planloom" / "sample"


def files() -> Iterator[tuple[Path, str]]:
    """Each file of the sample with its text."""
    for name, source in SOURCES.items():
        by_part: dict[str, list[str]] = {}
        for case in golden(name) if source.parts else []:
            row = json.dumps(case["row"], ensure_ascii=False)
            by_part.setdefault(case["part"], []).append(row)
        for part, rows in by_part.items():
            pattern = source.part(part).files[0].replace("**/", "")
            path = pattern.replace("-*", "-00000-of-00001.*").replace(".*", ".jsonl")
            path = path.replace("*", "rows")
            path += "" if path.endswith((".json", ".jsonl")) else ".jsonl"
            folder = PACKED / source.id.replace("/", "__")
            if source.part(part).whole:
                yield from files_of_one_row(folder / path, rows)
                continue
            is_array = path.endswith(".json")
            text = "[\n" + ",\n".join(rows) + "\n]\n" if is_array else "\n".join(rows) + "\n"
            yield folder / path, text


def files_of_one_row(path: Path, rows: list[str]) -> Iterator[tuple[Path, str]]:
    """A file for each row, its records one a line."""
    for number, row in enumerate(rows):
        records = [json.dumps(record, ensure_ascii=False) for record in json.loads(row)["records"]]
        yield path.with_stem(f"{path.stem}-{number}"), "\n".join(records) + "\n"


if __name__ == "__main__":
    for path, text in files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
