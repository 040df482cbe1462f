"""Questions about the FiftyOne computer-vision SDK, with its functions as tools. One domain.

`tools` is a text, a list of texts or a list of objects; parameters are flat with a boolean
`required` and SDK types (`fo.Dataset`). Names have dots. No licence is stated.
"""

from planloom.shapes import gold_list
from planloom.source import Part, Source

SOURCE = Source(
    id="Voxel51/fiftyone-function-calling-14k",
    licence="none stated",
    rows=14_007,
    claim="14K",
    tier=2,
    parts=(
        Part(
            split="train",
            files=("data/train-*", "*.json", "*.jsonl", "*.parquet"),
            read=gold_list.reader("query", "answers", "tools"),
            category="function_calling",
            use="no_publish",
        ),
    ),
)
