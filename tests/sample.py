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
            pattern = source.part(part).files[0]
            path = pattern.replace("train-*", "train-00000-of-00001.jsonl").replace("*", "rows")
            path += "" if path.endswith((".json", ".jsonl")) else ".jsonl"
            is_array = path.endswith(".json")
            text = "[\n" + ",\n".join(rows) + "\n]\n" if is_array else "\n".join(rows) + "\n"
            yield PACKED / source.id.replace("/", "__") / path, text


if __name__ == "__main__":
    for path, text in files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
