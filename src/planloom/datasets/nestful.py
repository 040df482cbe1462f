"""Nested call sequences: an argument `$var1.field$` is a field of the result of the call `var1`.

The references are gold edges. The last entry, `var_result`, names what the answer is made of: no
tool, no node. Lists are objects in the first release, JSON text on the hub.
"""

from msgspec import structs

from planloom.shapes import gold_list
from planloom.source import Part, Row, Source
from planloom.trace import Round, Trace

ANSWER = "var_result"
_read = gold_list.reader("input", "output", "tools")


def read(row: Row) -> Trace:
    trace = _read(row)
    rounds = (_without_answer(round_) for round_ in trace.rounds)
    return structs.replace(trace, rounds=tuple(round_ for round_ in rounds if round_.calls))


def _without_answer(round_: Round) -> Round:
    return structs.replace(round_, calls=tuple(c for c in round_.calls if c.tool != ANSWER))


SOURCE = Source(
    id="ibm-research/nestful",
    licence="Apache-2.0",
    rows=1_861,
    tier=3,
    parts=(
        Part(
            split="test",
            files=(
                "data/train-*",
                "data_v2/*.jsonl",
                "data*/*/*executable-*data.json",
                "data__*executable-*data.json*",
            ),
            read=read,
            category="function_calling",
            policy="eval_only",
            why="a benchmark, published for evaluation",
        ),
    ),
)
