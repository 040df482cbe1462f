"""Maths problems of a forum with solutions that run Python (split `tir`, 306K problems).

Many solutions a problem: one of them stays. The other splits (`cot`, `genselect`,
`additional_problems`) call nothing and are not read.
"""

from planloom.shapes import tagged_code
from planloom.source import Part, Source

SOURCE = Source(
    id="nvidia/OpenMathReasoning",
    licence="CC-BY-4.0",
    rows=1_718_466,
    tier=3,
    overlap="aops",
    parts=(
        Part(
            split="tir",
            files=("data/tir-*",),
            read=tagged_code.reader("problem", "generated_solution"),
            category="tool_reasoning",
            columns=("problem", "generated_solution"),
            unique="problem",
        ),
    ),
)
