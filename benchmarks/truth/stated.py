"""What the READMEs state, beside what was found: a check on the extractors, not on the product."""

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

from . import told
from .rows import DataFile


class Statement(NamedTuple):
    """A number that a README states, beside the number found."""

    what: str
    stated: int
    found: int


# Statements that do not hold, and why. One that comes to hold is reported, so that this table only shrinks.
SPLIT = "counted with splitlines, which cuts at U+2028"
INSIDE = "counted inside the one object that the file is"
KNOWN_WRONG = {
    "arena_hard_v2: data/arena-hard-v2.0/model_answer/o3-mini-2025-01-31.jsonl: rows": SPLIT,
    "arena_hard_v2: data/arena-hard-v2.0/question.jsonl: rows": SPLIT,
    "bipia: benchmark/code_attack_test.json: rows": INSIDE,
    "bipia: benchmark/code_attack_train.json: rows": INSIDE,
    "bipia: benchmark/text_attack_test.json: rows": INSIDE,
    "bipia: benchmark/text_attack_train.json: rows": INSIDE,
    "taskbench: taskbench/data_dailylifeapis/alignment_ids.json: rows": INSIDE,
    "taskbench: taskbench/data_dailylifeapis/graph_desc.json: rows": INSIDE,
    "taskbench: taskbench/data_dailylifeapis/tool_desc.json: rows": INSIDE,
    "taskbench: taskbench/data_multimedia/alignment_ids.json: rows": INSIDE,
    "taskbench: taskbench/data_multimedia/graph_desc.json: rows": INSIDE,
    "taskbench: taskbench/data_multimedia/tool_desc.json: rows": INSIDE,
}


def self_check(files: list[DataFile]) -> tuple[str, list[str]]:
    """One line on the statements of the READMEs, and those that fail without being known to."""
    made = [*stated_rows(files), *stated_facts(files)]
    failed = [one for one in made if (one.stated == one.found) == (one.what in KNOWN_WRONG)]
    wrong = sum(one.stated != one.found for one in made)
    known = f"{wrong} do not ({len(KNOWN_WRONG)} known)"
    line = f"self-check: {len(made)} statements of the READMEs, {len(made) - wrong} hold, {known}"
    return line, [f"{one.what}: stated {one.stated}, found {one.found}" for one in failed]


def stated_rows(files: list[DataFile]) -> Iterator[Statement]:
    """Rows of each file, or folder of files, that a README counts in a table (corpora) or list (genuine)."""
    found: dict[tuple[str, int], int] = {}
    for file in files:
        line = stated_line(file)
        found[line] = found.get(line, 0) + len(file.rows)
    for (what, number), rows in found.items():
        yield Statement(f"{what}: rows", number, rows)


def stated_line(file: DataFile) -> tuple[str, int]:
    """What a README calls the file or its folder, and how many rows it says there are."""
    readme = (file.path.parent / "README.md").read_text("utf-8")
    origin = file.path.name.removesuffix(".gz").replace("__", "/")
    for line in re.finditer(r"`([^`\n]+)`(?:[^|\n]*\| ([\d,]+) \|| \((\d+) rows?\))", readme):
        named = line[1].replace("__", "/")
        if origin == named or (named.endswith("/") and origin.startswith(named)):
            return f"{file.folder.name}: {named}", int((line[2] or line[3]).replace(",", ""))
    message = f"{file.path.parent}/README.md states no rows for {file.path.name}"
    raise LookupError(message)


Files = list[DataFile]
FACTS: tuple[tuple[str, str, int, Callable[[Files], int]], ...] = (
    ("hammer_xlam_format", "rows with gold calls", 399 + 114, told.rows_with_calls),
    ("glaive_llamafactory", "recorded calls", 211 + 216, told.calls),
    ("NousResearch__hermes-function-calling-v1", "calls in json_mode rows", 0, told.schema_calls),
    ("llamafactory__reason-tool-use-demo-1500", "rows equal in both", 12, told.equal_rows),
    ("NVIDIA-NeMo__Gym", "rollouts with the same items twice", 3, told.delegated_twice),
    ("nemo_gym", "workplace files that have a copy", 4, told.copied_files),
    ("tau2_banking", "fewest actions of a task", 1, told.fewest_actions),
    ("tau2_banking", "most actions of a task", 37, told.most_actions),
    ("tau2_banking", "telecom actions", 27, told.telecom_actions),
    ("tau2_banking", "telecom actions of the agent", 27 - 20, told.telecom_calls),
    ("toolalpaca", "instructions", 214, told.instructions),
    ("toolalpaca", "APIs with instructions", 21, told.apis),
    ("toolalpaca", "inputs", 297, told.inputs),
    ("toolalpaca", "inputs that are no JSON", 36, told.broken_inputs),
    ("nestful", "rows that end in var_result", 254, told.closed_rows),
    ("sealtools_nested", "rows that refer to a call", 28 + 27, told.referring_rows),
    ("apibank_dev", "dialogues", 214, told.dialogues),
    ("toolbench_tooleval", "won trees told otherwise in train_messages", 0, told.told_otherwise),
    ("luna_poisoned", "runs whose trace differs from the messages", 0, told.traced_otherwise),
    ("luna_poisoned", "runs in which the poison had effect", 2, told.poisoned),
    ("taubench_traj", "tasks", 50, told.tasks),
    ("taubench_traj", "runs of reward 1", 84, told.rewarded),
    ("agentdojo_runs_dev", "benign runs", 148, told.benign_runs),
    ("agentdojo_runs_dev", "resisted attacks", 118, told.resisted_runs),
    ("agentdojo_runs_dev", "attacks that succeeded", 30, told.attacked_runs),
    ("rjudge", "unsafe rows", 194, told.unsafe),
    ("natural_instructions_dev", "rows if flattened", 154_629, told.flattened),
)


def stated_facts(files: list[DataFile]) -> Iterator[Statement]:
    folders = {name: list(group) for name, group in groupby(files, lambda file: file.folder.name)}
    for folder, what, number, tell in FACTS:
        yield Statement(f"{folder}: {what}", number, tell(folders[folder]))
    hammer, toolrl = folders["hammer_xlam_format"][0], folders["toolrl_apibank"][0]
    equal = sum(a == b for a, b in zip(hammer.truth, toolrl.truth, strict=True))
    yield Statement("toolrl_apibank: rows with the calls of hammer_xlam_format", 394, equal)
    dialogues = told.by_dialogue(folders["apibank_dev"])
    for file, rows in ((hammer, 399), (toolrl, 394)):
        again = told.found_again(file.truth, toolrl.rows, dialogues)
        yield Statement(f"{file.folder.name}: rows found in their dialogue", rows, again)
