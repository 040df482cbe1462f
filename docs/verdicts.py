"""The examples of docs/validity.md: calls of one tool, judged by the code when the page is made."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from planloom.calls import check_calls
from planloom.lift import lift
from planloom.plan import ExecutionPlan
from planloom.shapes import declare
from planloom.trace import Call, Place, Round, Tool, Trace
from planloom.verdict import Verdict

PLACE = Place("", "", "", "", 0, "unknown", "no_publish", "function_calling")
HEAD = ("arguments declared", "call", "verdict")
CITY = {"properties": {"city": {"type": "string"}}, "required": ["city"]}


class Example(NamedTuple):
    """A call of the tool `act`, whose parameters are declared so; None declares no tool."""

    arguments: dict[str, Any]
    parameters: dict[str, Any] | None = CITY
    name: str = "act"
    earlier: bool = False
    """Whether a call of `find` stands before, to whose result `$var1$` refers."""

    def judged(self) -> Verdict:
        return check_calls(*self.row())

    def row(self) -> tuple[ExecutionPlan, Trace]:
        tools = [] if self.parameters is None else [{"name": "act", "parameters": self.parameters}]
        first = (Round((Call("find", {}),), 0),) if self.earlier else ()
        trace = Trace(
            user_turns=("Please see to it for me.",),
            rounds=(*first, Round((Call(self.name, self.arguments),), 0)),
            tools=(*declare.tools(tools, []), Tool.of("find", "", {})) if tools else (),
        )
        return lift(trace, PLACE).plans[0], trace


def of(**schema: Any) -> dict[str, Any]:
    """A tool with one argument `x` that may be left out."""
    return {"properties": {"x": schema}}


EXAMPLES = (
    Example({"city": "Oslo"}),
    Example({"city": "Oslo"}, name="acts"),
    Example({}),
    Example({"x": {"a": 1}}, of(type="object", properties={"b": {}}, required=["b"])),
    Example({"city": "Oslo", "mood": "good"}),
    Example({"city": ["Oslo"]}),
    Example({"x": {"n": "many"}}, of(type="object", properties={"n": {"type": "integer"}})),
    Example({"x": "kelvin"}, of(enum=["celsius", "fahrenheit"])),
    Example({"x": "soon"}, of(type="string", format="date")),
    Example({"x": "me at home"}, of(type="string", format="email")),
    Example({"x": "many"}, of(anyOf=[{"type": "integer"}, {"type": "null"}])),
    Example({"x": 0}, of(type="integer", minimum=1)),
    Example({"city": "<city name>"}),
    Example({"city": "Dear [Your Name], welcome"}),
    Example({"city": '["Oslo", "Ber'}),
    Example({"city": "```sql\nselect 1"}),
    Example({"city": "Oslo"}, None),
    Example({"city": "Oslo"}, {}),
    Example({"x": 1}, of(type="string", pattern="[")),
    Example({"city": "Oslo"}, name="ACT"),
    Example({"code": "print(1)"}, name="python"),
    Example({"x": "$var1$"}, of(type="integer"), earlier=True),
    Example({"x": None}, of(type="string")),
    Example({"x": "12"}, of(type="integer")),
    Example({"x": 12}, of(type="string")),
    Example({"x": "True"}, of(type="boolean")),
    Example({"x": "['a', 'b']"}, of(type="array", items={"type": "string"})),
    Example({"x": "a"}, of(type="array", items={"type": "string"})),
    Example({"x": "Celsius"}, of(enum=["celsius", "fahrenheit"])),
    Example({"x": "any"}, of(type="boolean", default="any")),
    Example({"x": 1}, of(oneOf=[{"type": "integer"}, {"type": "number"}])),
    Example({"x": "1 May 2025"}, of(type="string", format="date")),
)


def rows() -> Iterator[tuple[str, str, str]]:
    for example in EXAMPLES:
        verdict = example.judged()
        declared = "no tools" if example.parameters is None else shown(example.parameters)
        outcome = f"left: `{verdict.reason}`" if verdict.reason else "kept"
        names = ", ".join(f"`{name}`" for name in verdict.tolerated)
        yield declared, call(example), outcome + (f" as {names}" if names else "")


def shown(parameters: dict[str, Any]) -> str:
    return code(parameters.get("properties", parameters))


def call(example: Example) -> str:
    return f"`{example.name}` {code(example.arguments)}"


def code(value: Any) -> str:
    return f"`` {json.dumps(value, ensure_ascii=False)} ``"
