"""Which calls do other converters find in the rows of the conformance suite?

    python benchmarks/peers.py planloom [--json FILE]

and in an environment of its own for the peers (torch first, so that pip brings no CUDA):

    python3 -m venv peers && peers/bin/pip install torch==2.13.0
    peers/bin/pip install ms-swift==4.6.0 trl==0.29.1
    peers/bin/python benchmarks/peers.py ms-swift [--json FILE]
    peers/bin/python benchmarks/peers.py trl [--json FILE]

A call counts where its name and its arguments as an object are found; a peer that keeps arguments as JSON
text is not blamed for it. These are training tools: keeping a call as text is right for them, and a row on
which they raise an error is one that they would drop or stop at. One row a shape says which shapes a
converter knows, not how many real rows it reads.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from conformance.adapter import Call, Score, planloom, report
from conformance.fixtures import NO_CALL, VARIANTS
from conformance.shapes import SHAPES

Row = dict[str, Any]


def ms_swift(row: Row) -> list[Call]:
    """The way of a local file: JSON lines, then the preprocessor that swift chooses for its columns.

    A call is a message of role `tool_call`; its text is read as swift's agent templates read it.
    """
    from datasets import Dataset
    from swift.agent_template.base import BaseAgentTemplate
    from swift.dataset import AutoPreprocessor

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows.jsonl")
        file.write_text(json.dumps(row) + "\n", "utf-8")
        rows = Dataset.from_json(str(file), cache_dir=folder)
        converted = AutoPreprocessor()(
            rows, load_from_cache_file=False, strict=True, enable_auto_mapping=True
        )
        said = [message for one in converted["messages"] for message in one or ()]
    texts = (message["content"] for message in said if message["role"] == "tool_call")
    entries = [one for text in texts for one in _listed(BaseAgentTemplate._parse_json(text))]
    return list(_calls(entries))


def trl(row: Row) -> list[Call]:
    """Rows pass through, ShareGPT turns renamed; chat templates then see `tool_calls`."""
    from trl import maybe_convert_to_chatml

    said = maybe_convert_to_chatml(row).get("messages")
    if not isinstance(said, list):
        return []
    return list(_calls([call for message in said for call in message.get("tool_calls") or ()]))


def _calls(entries: list[Any]) -> Iterator[Call]:
    for entry in entries:
        inner = entry.get("function", entry)
        arguments = inner.get("arguments")
        if isinstance(arguments, str):
            arguments = json.loads(arguments)
        if isinstance(arguments, dict) and isinstance(inner.get("name"), str):
            yield Call(inner["name"], arguments)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


CONVERTERS = {"planloom": planloom, "ms-swift": ms_swift, "trl": trl}


def table(scores: list[Score]) -> Iterator[str]:
    """One line a row, and the sums of the 17 shapes, the rows without a call, the variants."""
    width = max(len(score.row) for score in scores)
    for score in scores:
        invented = f" +{score.invented} invented" if score.invented else ""
        yield f"{score.row:{width}} {score.error or f'{score.right}/{score.calls}{invented}'}"
    for label, names in (
        ("shapes", SHAPES),
        ("rows without a call", NO_CALL),
        ("variants", VARIANTS),
    ):
        part = [score for score in scores if score.row in names]
        perfect = sum(
            score.right == score.calls and not score.invented and not score.error for score in part
        )
        right, calls = sum(score.right for score in part), sum(score.calls for score in part)
        yield f"{label}: {perfect} of {len(part)} perfect; {right} of {calls} calls; {sum(score.invented for score in part)} invented"


def main() -> int:
    parser = argparse.ArgumentParser(description="Score a converter on the conformance suite.")
    parser.add_argument("converter", choices=CONVERTERS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table here")
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    number = version(options.converter)
    scores = report(CONVERTERS[options.converter])
    print(f"{options.converter} {number}")
    print("\n".join(table(scores)))
    if options.json:
        rows = {score.row: score._asdict() for score in scores}
        document = {"converter": options.converter, "version": number, "rows": rows}
        options.json.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
