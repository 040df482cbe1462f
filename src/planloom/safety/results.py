"""Instructions borne by tool results, which are data: whoever speaks to the model there attacks it.

Whether or not it was obeyed, such a text is no benign training text.
"""

from collections.abc import Iterator
from typing import Any

from planloom.plan import Finding
from planloom.safety.arguments import values
from planloom.safety.speech import Instruction, instructions
from planloom.trace import Trace

WEAK = ("result:task", "result:question")
"""Rules that find what web pages, recipes and mails say to people too."""
QUOTED = 60  # characters of an instruction that are looked for in what was said before


def find(trace: Trace) -> list[Instruction]:
    """The first instruction in each result, a strong one before a weak one; what the user or the call itself said is none."""
    found: list[Instruction] = []
    number = -1
    for round_ in trace.rounds:
        for call in round_.calls:
            number += 1
            if call.result is not None:
                found += _new(call.result, number, trace, call.arguments)
        if round_.joint is not None:
            found += _new(round_.joint, number, trace, [call.arguments for call in round_.calls])
    return found


def _new(result: str, number: int, trace: Trace, arguments: Any) -> Iterator[Instruction]:
    weak = None
    for instruction in instructions(result):
        told = instruction.span[:QUOTED]
        if any(told in text for text in (*trace.user_turns, trace.system, *values(arguments))):
            continue
        if instruction.rule not in WEAK:
            yield instruction._replace(result=result, call=number)
            return
        weak = weak or instruction
    if weak is not None:
        yield weak._replace(result=result, call=number)


def finding(instruction: Instruction) -> Finding:
    """As a finding on the plan."""
    cls = "wish" if instruction.rule in WEAK else "instruction"
    return Finding(instruction.rule, cls, instruction.span)
