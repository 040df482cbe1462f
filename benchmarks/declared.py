"""Tool declarations that stand beside the rows of a folder, read without planloom.

Each function takes the files of a folder and tells the declarations for a row; what they say is
passed on as it stands, in the columns of xLAM. API-Bank's `all_apis.csv` is not among them: it gives
other parameters to the same names. Its calls are checked in hammer_xlam_format and toolrl_apibank.
"""

import ast
import json
import re
from collections.abc import Callable

from truth import DataFile, Row

Declared = Callable[[str, Row], list[Row]]
PROSE = re.compile(
    r"^\d+\. Name: (.+)\nDescription: (.*)\nParameters: (\{.*\})$(?:\n|\Z)", re.MULTILINE
)
TYPED = re.compile(r"(Required\.\s*)?([\w\[\]#]+)\.")


def nestful(files: list[DataFile]) -> Declared:
    """The specification that lies beside each file of rows."""
    specs = {
        file.path.name.replace("-spec.", "-data."): [
            {**row, "parameters": row.get("query_parameters") or row.get("path_parameters") or {}}
            for row in file.rows
        ]
        for file in files
        if "-spec." in file.path.name
    }
    return lambda name, row: specs[name]


def seal_tools(files: list[DataFile]) -> Declared:
    """All tools of `tool.jsonl`."""
    tools = [{**row, "name": row["api_name"]} for f in files for row in f.rows if "api_name" in row]
    return lambda name, row: tools


def tool_rl(files: list[DataFile]) -> Declared:
    """The numbered list in the system text."""
    return lambda name, row: [
        {"name": name, "description": about, "parameters": ast.literal_eval(inputs)}
        for name, about, inputs in PROSE.findall(row["system"])
    ]


def tool_alpaca(files: list[DataFile]) -> Declared:
    """`Function_Description`: `{parameter: "Required. type. text"}` in the middle of a text."""

    def declared(name: str, row: Row) -> list[Row]:
        given = row["Function_Description"].items()
        return [{"name": name, "parameters": described(text)} for name, text in given]

    return declared


def described(text: str) -> Row:
    begin = text.find("Parameters: {")
    if begin < 0:
        return {}
    inputs, _ = json.JSONDecoder().raw_decode(text, begin + len("Parameters: "))
    return {name: cell(str(about)) for name, about in inputs.items()}


def cell(about: str) -> Row:
    """Objects and lists of a named structure are spelt freely, so only plain types are passed on."""
    match = TYPED.match(about)
    plain = match and match[2].lower() in ("string", "integer", "number", "boolean")
    kind = {"type": match[2].lower()} if match and plain else {}
    return {**kind, "description": about, "required": about.startswith("Required")}


def bfcl(files: list[DataFile]) -> list[Row]:
    """Rows of xLAM's columns: the questions joined with the first accepted value of each argument."""
    gold = {
        row["id"]: row["ground_truth"] for f in files for row in f.rows if "ground_truth" in row
    }
    return [
        {
            "id": row["id"],
            "query": "\n".join(turn["content"] for turns in row["question"] for turn in turns),
            "tools": row["function"],
            "answers": [first_accepted(call) for call in gold[row["id"]]],
        }
        for file in files
        for row in file.rows
        if "question" in row and row["id"] in gold
    ]


def first_accepted(call: Row) -> Row:
    """An empty text among the accepted values says that the argument may be left out."""
    ((name, accepted),) = call.items()
    given = {
        key: chosen(values) for key, values in accepted.items() if any(v != "" for v in values)
    }
    return {"name": name, "arguments": given}


def chosen(values: list[object]) -> object:
    """Inside objects and their lists the values are lists of accepted ones too."""
    value = next(one for one in values if one != "")
    return nested(value)


def nested(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: chosen(some) if isinstance(some, list) else some
            for key, some in value.items()
            if not isinstance(some, list) or any(v != "" for v in some)
        }
    if isinstance(value, list):
        return [nested(one) if isinstance(one, dict) else one for one in value]
    return value


BESIDE: dict[str, Callable[[list[DataFile]], Declared]] = {
    "nestful": nestful,
    "sealtools_nested": seal_tools,
    "toolrl_apibank": tool_rl,
    "toolalpaca": tool_alpaca,
}
