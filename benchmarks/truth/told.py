"""How to count what the READMEs state about a folder's files."""

import json
import re
from collections import Counter

from .rows import Call, DataFile, Found, Row
from .trees import tree_calls

Files = list[DataFile]


def rows_of(files: Files, column: str) -> list[Row]:
    return [row for file in files for row in file.rows if column in row]


def calls(files: Files) -> int:
    return sum(len(found.calls) for file in files for found in file.truth)


def rows_with_calls(files: Files) -> int:
    return sum(bool(found.calls) for file in files for found in file.truth)


def schema_calls(files: Files) -> int:
    read = [pair for file in files for pair in zip(file.rows, file.truth, strict=True)]
    return sum(len(found.calls) for row, found in read if "schema" in row)


def equal_rows(files: Files) -> int:
    return sum(a == b for a, b in zip(files[0].truth, files[1].truth, strict=True))


def delegated_twice(files: Files) -> int:
    return sum(
        row["response"]["output"] == row["delegated_response"]["response"]["output"]
        for row in rows_of(files, "delegated_response")
    )


def copied_files(files: Files) -> int:
    contents = Counter(str(file.rows) for file in files)
    return sum(number for number in contents.values() if number > 1)


def actions(row: Row) -> list[Row]:
    return row["evaluation_criteria"]["actions"]


def fewest_actions(files: Files) -> int:
    return min(len(actions(row)) for row in rows_of(files, "id"))


def most_actions(files: Files) -> int:
    return max(len(actions(row)) for row in rows_of(files, "id"))


def telecom_actions(files: Files) -> int:
    return sum(len(actions(row)) for file in telecom(files) for row in file.rows)


def telecom_calls(files: Files) -> int:
    return calls(telecom(files))


def telecom(files: Files) -> Files:
    return [file for file in files if "telecom" in file.path.name]


def instructions(files: Files) -> int:
    return len(rows_of(files, "Golden_Answers"))


def apis(files: Files) -> int:
    return len({row["Name"] for row in rows_of(files, "Golden_Answers")})


def action_inputs(files: Files) -> list[str]:
    golden = (one for row in rows_of(files, "Golden_Answers") for one in row["Golden_Answers"])
    return [one["Action_Input"] for one in golden]


def inputs(files: Files) -> int:
    return len(action_inputs(files))


def broken_inputs(files: Files) -> int:
    return sum(is_broken(text) for text in action_inputs(files))


def is_broken(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return True
    return False


def closed_rows(files: Files) -> int:
    return sum(row["output"][-1]["name"] == "var_result" for row in rows_of(files, "output"))


def referring_rows(files: Files) -> int:
    parameters = (
        str([one["parameters"] for one in row["calling"]]) for row in rows_of(files, "calling")
    )
    return sum(bool(re.search(r"API_call_\d", text)) for text in parameters)


def dialogues(files: Files) -> int:
    return sum("level-1-given-desc" in file.path.name for file in files)  # one of them is empty


def told_otherwise(files: Files) -> int:
    return sum(row["win"] and tree_calls(row) != told_calls(row) for row in rows_of(files, "tree"))


def told_calls(row: Row) -> list[Call]:
    """The calls of the last training messages of a search, without `Finish` at their end."""
    last = row["answer_generation"]["train_messages"][-1]
    made = [one["function_call"] for one in last if one.get("function_call")]
    return [Call(one["name"], json.loads(one["arguments"])) for one in made[:-1]]


def traced_otherwise(files: Files) -> int:
    return sum(
        found.calls != [Call(one["function"], one["args"]) for one in row["trace"]]
        for file in files
        for row, found in zip(file.rows, file.truth, strict=True)
    )


def poisoned(files: Files) -> int:
    return sum(not row["evaluation"]["security"] for row in rows_of(files, "evaluation"))


def tasks(files: Files) -> int:
    return len({row["task_id"] for row in rows_of(files, "reward")})


def rewarded(files: Files) -> int:
    return sum(row["reward"] == 1 for row in rows_of(files, "reward"))


def benign_runs(files: Files) -> int:
    return sum(run["injection_task_id"] is None for run in runs(files))


def resisted_runs(files: Files) -> int:
    return sum(run["injection_task_id"] is not None and not run["security"] for run in runs(files))


def attacked_runs(files: Files) -> int:
    return sum(run["injection_task_id"] is not None and run["security"] for run in runs(files))


def runs(files: Files) -> list[Row]:
    return [row["metadata"] for row in rows_of(files, "metadata")]


def unsafe(files: Files) -> int:
    return sum(row["label"] for row in rows_of(files, "label"))


def flattened(files: Files) -> int:
    """Natural Instructions on the Hub has a row for each output of an instance."""
    return sum(len(row["Instances"]["output"]) for row in rows_of(files, "Instances"))


def by_dialogue(files: Files) -> dict[str, list[Call]]:
    """The calls of each API-Bank dialogue, by the file name that ToolRL gives."""
    return {
        file.path.name.removesuffix(".gz").split("__")[-1]: [
            one for found in file.truth for one in found.calls
        ]
        for file in files
    }


def found_again(truth: list[Found], rows: list[Row], dialogues: dict[str, list[Call]]) -> int:
    """How many rows of API-Bank have all their calls in the dialogue that they were drawn from."""
    return sum(
        all(one in dialogues[row["other"]["file"]] for one in found.calls)
        for found, row in zip(truth, rows, strict=True)
    )
