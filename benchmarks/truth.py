"""The calls that public rows really hold, read without planloom so that planloom can be measured.

Each extractor follows the README of its folder and nothing else: plain `json`, `csv`, `re` and `ast` on a row
as it stands in the file. `statements` compares what was read with what the READMEs state, so that a slip in
here shows before it is blamed on the product. `python benchmarks/calls.py --truth-only` prints both.
"""

import ast
import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, Any]
Extractor = Callable[[Row], list["Call"]]


class Call(NamedTuple):
    """A tool call as a row states it, or as a plan holds it."""

    name: str
    arguments: dict[str, Any]


class Found(NamedTuple):
    """The calls of a well-formed row; `why` is set instead where one of them could not be read."""

    calls: list[Call]
    why: str | None = None


@dataclass(frozen=True)
class Folder:
    """A folder of rows, the extractor for them, and the source name that the product may be told."""

    path: str
    extract: Extractor
    source: str | None = None
    json_lines: bool = False


@dataclass(frozen=True)
class DataFile:
    """One file of a folder, its rows in memory; an address counts them from `first` (1 for lines, else 0)."""

    folder: Folder
    path: Path
    label: str
    rows: list[Row]
    first: int

    def address(self, index: int) -> str:
        return f"{self.folder.path}/{self.path.name}@{index + self.first}"


# Extractors


def call(name: object, arguments: object) -> Call:
    """A call with its arguments as an object, decoded if they are a JSON string."""
    if isinstance(arguments, str):
        arguments = json.loads(arguments)
    if not isinstance(name, str) or not name:
        message = f"no tool name: {name!r}"
        raise ValueError(message)
    if not isinstance(arguments, dict):
        message = f"arguments of {name} are no object: {arguments!r}"
        raise TypeError(message)
    return Call(name, arguments)


def listed_calls(column: str, arguments: str) -> Extractor:
    """An extractor for a column with a list of `{name, ARGUMENTS}`, native or as a JSON string."""

    def extract(row: Row) -> list[Call]:
        listed = json.loads(row[column]) if isinstance(row[column], str) else row[column]
        return [call(one["name"], one[arguments]) for one in listed]

    return extract


def message_calls(column: str) -> Extractor:
    """An extractor for `tool_calls[].function` on the assistant's messages."""

    def extract(row: Row) -> list[Call]:
        spoken = (message for message in row[column] if message["role"] == "assistant")
        made = chain.from_iterable(message.get("tool_calls") or [] for message in spoken)
        return [call(one["function"]["name"], one["function"]["arguments"]) for one in made]

    return extract


def glaive_calls(row: Row) -> list[Call]:
    """The `function_call` turns, whose text is one JSON object."""
    turns = (
        json.loads(turn["value"])
        for turn in row["conversations"]
        if turn["from"] == "function_call"
    )
    return [call(one["name"], one["arguments"]) for one in turns]


def taubench_calls(row: Row) -> list[Call]:
    """The calls of a trajectory; the few-shot dialogues are one string each and hold none."""
    return [] if "messages_display" in row else message_calls("traj")(row)


def hermes_calls(row: Row) -> list[Call]:
    """The `<tool_call>` blocks of the gpt turns: the system turn's are a template."""
    return [
        one
        for turn in row["conversations"]
        if turn["from"] == "gpt"
        for one in tagged_calls(turn["value"])
    ]


def tagged_calls(text: str) -> list[Call]:
    blocks = re.findall(r"<tool_call>(.*?)</tool_call>", text, re.DOTALL)
    if len(blocks) != text.count("<tool_call>"):
        message = "a <tool_call> without its end"
        raise ValueError(message)
    literals = [json_or_python(block.strip()) for block in blocks]
    return [call(one["name"], one["arguments"]) for one in literals]


def json_or_python(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return ast.literal_eval(text)


def no_calls(_row: Row) -> list[Call]:
    return []


def found(extract: Extractor, row: Row) -> Found:
    """The calls of a row, or why it is not well-formed."""
    try:
        return Found(extract(row))
    except (KeyError, TypeError, ValueError, SyntaxError) as error:
        return Found([], f"{type(error).__name__}: {error}")


# Folders and files


def genuine(name: str, extract: Extractor) -> Folder:
    return Folder(f"genuine/{name}", extract, source=name.replace("__", "/", 1))


FOLDERS = (
    Folder("corpora/hammer_xlam_format", listed_calls("answers", "arguments")),
    Folder("corpora/toolrl_apibank", listed_calls("answer", "parameters")),
    Folder("corpora/glaive_llamafactory", glaive_calls),
    Folder("corpora/taubench_traj", taubench_calls),
    Folder("corpora/agentdojo_runs_dev", message_calls("messages")),
    genuine("Salesforce__xlam-function-calling-60k", listed_calls("answers", "arguments")),
    genuine("NousResearch__hermes-function-calling-v1", hermes_calls),
    genuine("Nanbeige__ToolMind", message_calls("conversations")),
    genuine("google__mobile-actions", message_calls("messages")),
    genuine("Muennighoff__natural-instructions", no_calls),
    genuine("HuggingFaceH4__instruction-dataset", no_calls),
    Folder("corpora/bfcl_single", no_calls, json_lines=True),
    Folder("corpora/metatool", no_calls),
    Folder("corpora/alpaca5k", no_calls),
    Folder("corpora/arena_hard_v2", no_calls),
)


def data_files(data: Path) -> Iterator[DataFile]:
    """Every file of every folder, in the order of FOLDERS."""
    for folder in FOLDERS:
        paths = [
            path for path in sorted((data / folder.path).iterdir()) if path.name != "README.md"
        ]
        shared = shared_prefix([path.name for path in paths])
        for path in paths:
            yield read_file(folder, path, shared)


def shared_prefix(names: list[str]) -> int:
    """How many first characters of long `a__b__c` names say nothing within their folder."""
    ends = [match.end() for match in re.finditer("__", names[0])]
    return max(
        (end for end in ends if all(name[:end] == names[0][:end] for name in names)), default=0
    )


def read_file(folder: Folder, path: Path, shared: int) -> DataFile:
    name = path.name.removesuffix(".gz")
    lines = folder.json_lines or name.endswith(".jsonl")
    label = f"{folder.path.split('/')[1]}/{name[shared:]}"
    return DataFile(folder, path, label, read_rows(text_of(path), name, lines), first=int(lines))


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")


def read_rows(text: str, name: str, lines: bool) -> list[Row]:
    """The rows of a file. Lines end at `\\n` only: `splitlines` would cut rows that hold U+2028."""
    if name.endswith(".csv"):
        return list(csv.DictReader(io.StringIO(text, newline="")))
    if lines:
        return [json.loads(line) for line in text.removesuffix("\n").split("\n")]
    content = json.loads(text)
    return content if isinstance(content, list) else [content]


# What the READMEs state


class Statement(NamedTuple):
    """A number that a README states, beside the number found."""

    what: str
    stated: int
    found: int


# Statements that do not hold, and why. One that comes to hold is reported, so that this table only shrinks.
SPLIT = "counted with splitlines, which cuts at U+2028"
KNOWN_WRONG = {
    "arena_hard_v2/arena-hard-v2.0__model_answer__o3-mini-2025-01-31.jsonl: rows": SPLIT,
    "arena_hard_v2/arena-hard-v2.0__question.jsonl: rows": SPLIT,
}


def statements(files: list[DataFile]) -> Iterator[Statement]:
    """All statements about the files that can be checked."""
    by_label = {file.label: file for file in files}
    yield from stated_rows(files)
    yield from stated_calls(by_label)
    yield from stated_runs(by_label)
    yield same_calls(
        by_label["hammer_xlam_format/apibank_l1.json"],
        by_label["toolrl_apibank/level-1-api_processed.json"],
    )


def stated_rows(files: list[DataFile]) -> Iterator[Statement]:
    """Rows per file, from the table (corpora) or the list (genuine) in each folder's README."""
    for file in files:
        readme = (file.path.parent / "README.md").read_text("utf-8")
        origin = re.escape(file.path.name.removesuffix(".gz")).replace("__", "(?:__|/)")
        stated = re.search(rf"`{origin}`(?:[^|\n]*\| ([\d,]+) \|| \((\d+) rows?\))", readme)
        if stated is None:
            message = f"{file.path.parent}/README.md states no rows for {file.path.name}"
            raise LookupError(message)
        yield Statement(
            f"{file.label}: rows", int((stated[1] or stated[2]).replace(",", "")), len(file.rows)
        )


def stated_calls(files: dict[str, DataFile]) -> Iterator[Statement]:
    for language, calls in (("en", 211), ("zh", 216)):
        label = f"glaive_llamafactory/glaive_toolcall_{language}_demo.json"
        yield Statement(f"{label}: recorded calls", calls, len(calls_of(files[label])))
    for label, rows in (
        ("hammer_xlam_format/apibank_l1.json", 399),
        ("hammer_xlam_format/toolalpaca.json", 114),
    ):
        file = files[label]
        yield Statement(
            f"{label}: rows with gold calls",
            rows,
            count(file.rows, lambda row: bool(row["answers"])),
        )
    hermes = files["NousResearch__hermes-function-calling-v1/card_examples.jsonl"]
    schema_rows = [row for row in hermes.rows if "schema" in row]
    yield Statement(
        f"{hermes.label}: calls in json_mode rows",
        0,
        sum(len(hermes_calls(row)) for row in schema_rows),
    )


def stated_runs(files: dict[str, DataFile]) -> Iterator[Statement]:
    airline = files["taubench_traj/historical_trajectories__gpt-4o-airline.json"]
    yield Statement(f"{airline.label}: tasks", 50, len({row["task_id"] for row in airline.rows}))
    yield Statement(
        f"{airline.label}: runs of reward 1",
        84,
        count(airline.rows, lambda row: row["reward"] == 1),
    )
    runs = [
        row["metadata"] for file in files.values() if "agentdojo" in file.label for row in file.rows
    ]
    attacked = [run for run in runs if run["injection_task_id"] is not None]
    yield Statement("agentdojo_runs_dev: benign runs", 148, len(runs) - len(attacked))
    yield Statement(
        "agentdojo_runs_dev: resisted attacks",
        118,
        count(attacked, lambda run: not run["security"]),
    )
    yield Statement(
        "agentdojo_runs_dev: attacks that succeeded",
        30,
        count(attacked, lambda run: run["security"]),
    )


def same_calls(hammer: DataFile, toolrl: DataFile) -> Statement:
    pairs = zip(hammer.rows, toolrl.rows, strict=True)
    equal = sum(
        hammer.folder.extract(left) == toolrl.folder.extract(right) for left, right in pairs
    )
    return Statement("toolrl_apibank: rows with the calls of hammer_xlam_format", 394, equal)


def calls_of(file: DataFile) -> list[Call]:
    return [one for row in file.rows for one in file.folder.extract(row)]


def count(rows: list[Row], keep: Callable[[Row], bool]) -> int:
    return sum(1 for row in rows if keep(row))


def self_check(files: list[DataFile]) -> tuple[str, list[str]]:
    """One line on the statements of the READMEs, and those that fail without being known to."""
    made = list(statements(files))
    failed = [one for one in made if (one.stated == one.found) == (one.what in KNOWN_WRONG)]
    wrong = sum(one.stated != one.found for one in made)
    known = f"{wrong} do not ({len(KNOWN_WRONG)} known)"
    line = f"self-check: {len(made)} statements of the READMEs, {len(made) - wrong} hold, {known}"
    return line, [f"{one.what}: stated {one.stated}, found {one.found}" for one in failed]
