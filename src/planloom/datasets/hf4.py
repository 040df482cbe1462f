"""327 human-written prompts with completions: an evaluation set with the single split `test`."""

from planloom.shapes import instruction
from planloom.source import Part, Source

SOURCE = Source(
    id="HuggingFaceH4/instruction-dataset",
    licence="Apache-2.0",
    rows=327,
    claim="100K+, 500K in the mix",
    tier=1,
    overlap="self_instruct_eval",
    parts=(
        Part(
            split="test",
            files=("*.jsonl",),
            read=instruction.reader(("prompt",), "completion"),
            category="instruction_following",
            policy="eval_only",
            why="a held-out set of 327 rows",
        ),
    ),
)
