"""Public validators over converted rows, in an interpreter that has them: see benchmarks/convert.py.

    PYTHON benchmarks/validators.py atif|openai FILE

`harbor` (ATIF) needs Python 3.12, so it is no extra of ours. Prints JSON: package, version, rows, accepted.
"""

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

Validate = Callable[[Any], Any]


def atif() -> tuple[str, Validate]:
    from harbor.models.trajectories import Trajectory

    return "harbor", Trajectory.model_validate


def openai() -> tuple[str, Validate]:
    from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam

    messages = TypeAdapter(list[ChatCompletionMessageParam])
    tools = TypeAdapter(list[ChatCompletionFunctionToolParam])

    def validate(row: Any) -> None:
        for given in messages.validate_python(row["messages"]):
            for call in given.get("tool_calls") or ():  # an iterable is checked as it is read
                json.loads(call["function"]["arguments"])
        tools.validate_python(row.get("tools", []))

    return "openai", validate


def is_accepted(validate: Validate, line: str) -> bool:
    try:
        validate(json.loads(line))
    except ValidationError as error:
        print(error, file=sys.stderr)
        return False
    return True


def main(layout: str, path: str) -> None:
    package, validate = {"atif": atif, "openai": openai}[layout]()
    with Path(path).open(encoding="utf-8") as lines:
        answers = [is_accepted(validate, line) for line in lines]
    found = {"package": package, "version": version(package)}
    print(json.dumps({**found, "rows": len(answers), "accepted": sum(answers)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
