"""Scores any converter on the suite. A converter is a function from a row to the calls it finds:

    from conformance.adapter import Call, report

    def mine(row):
        return [Call(c.name, c.arguments) for c in my_library.convert(row).tool_calls]

    print(report(mine))

It may raise whatever it likes for a row that it cannot read; the name of the error is shown.
Arguments must be an object: a call whose arguments are still a text is not yet read.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from conformance.fixtures import NO_CALL, VARIANTS
from conformance.shapes import SHAPES
from conformance.task import FERRIES, Call, Row

Converter = Callable[[Row], list[Call]]


class Score(NamedTuple):
    """Of the calls in a row: how many are right, how many were found that are not there."""

    row: str
    calls: int
    right: int = 0
    invented: int = 0
    error: str = ""


def planloom(row: Row) -> list[Call]:
    """The converter of this project."""
    from planloom import transform

    plans = transform(row).plans
    return [Call(n.tool, n.arguments) for p in plans for n in p.nodes if n.kind == "call"]


def score(convert: Converter, name: str, row: Row, calls: Iterable[Call]) -> Score:
    """Calls are compared by name and whole arguments, in any order."""
    wanted = Counter(map(_written, calls))
    try:
        found = Counter(map(_written, convert(json.loads(json.dumps(row)))))
    except Exception as error:  # noqa: BLE001 - whatever a converter raises is its result
        return Score(name, wanted.total(), error=type(error).__name__)
    return Score(name, wanted.total(), (wanted & found).total(), (found - wanted).total())


def _written(call: Call) -> str:
    return json.dumps([call.name, call.arguments], sort_keys=True)


def report(convert: Converter) -> list[Score]:
    """One line for each of the 17 shapes, each row without a call and each variant."""
    shapes = [
        score(convert, name, shape.row(FERRIES), shape.expect(FERRIES).calls)
        for name, shape in SHAPES.items()
    ]
    none = [score(convert, name, row, ()) for name, row in NO_CALL.items()]
    more = [score(convert, name, row, wanted.calls) for name, (row, wanted) in VARIANTS.items()]
    return [*shapes, *none, *more]
