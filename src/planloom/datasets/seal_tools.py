"""Self-instructed requests with the right calls over 4,076 tools; some calls are nested.

Each call lists the names of its results (`API_call_3`), and an argument with such a name is a gold
edge. The number counts results, not calls. `tool.jsonl` is the catalogue of tools: rows do not say
which of them were on offer, so calls are not checked.
"""

from planloom.shapes import gold_list
from planloom.source import Part, Source


def _part(split: str, why: str = "") -> Part:
    return Part(
        split=split,
        files=(f"Seal-Tools_Dataset/{split}.jsonl", f"Seal-Tools_Dataset__{split}.jsonl*"),
        read=gold_list.reader("query", "calling", None),
        category="function_calling",
        policy="eval_only" if why else "train",
        why=why,
    )


SOURCE = Source(
    id="fairyshine/Seal-Tools",
    licence="Apache-2.0",
    url="https://github.com/fairyshine/Seal-Tools",
    rows=14_076,
    tier=3,
    overlap="seal_tools",
    parts=(
        _part("train"),
        _part("dev", "the development split"),
        _part("test_in_domain", "a test split"),
        _part("test_out_domain", "a test split"),
    ),
)
