"""A chunk: a bounded number of a slice's plans with an index of them, as files in one folder.

`plans.arrow` is sorted by id, `index.npy` has a record for each row of it, `low.npy`, `buckets.npy` and
`sketches.npy` the signatures of the requests, `prefixes.npy` the hashes of all beginnings of its dialogues with their rows, `tools.arrow`
the tools that its plans were offered.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from planloom import arrow, payload, signatures
from planloom.plan import ExecutionPlan, canonical, ordered
from planloom.trace import Tool

MAX_PLANS = 25_000
EVIDENCE = ("observed", "gold", "skeleton", "response", "request", "synthetic")
USES = ("open", "share_alike", "non_commercial", "no_publish")
LABELS = ("benign", "unknown", "adversarial")
CATEGORIES = (
    "function_calling",
    "tool_reasoning",
    "instruction_following",
    "conversation",
    "gold_traces",
)
INDEX = np.dtype(
    [
        ("hi", "<u8"),  # the two halves of plan_id
        ("lo", "<u8"),
        ("at", "<i8"),
        ("task", "<u8"),  # hash of what the row solves, 0 for none
        ("whole", "<u8"),  # hash of all turns and steps, 0 for plans without calls
        ("calls", "<u8"),  # hash of the calls, 0 for none
        ("alike", "<u8"),  # hash of what near duplicates have in common
        ("template", "<u8"),  # hash of what template siblings have in common
        ("talk", "<u8"),  # first half of the smallest plan_id of the conversation
        ("use", "u1"),
        ("evidence", "u1"),
        ("category", "u1"),
        ("label", "u1"),
    ]
)
PREFIX = np.dtype([("hash", "<u8"), ("row", "<u4")])


class Chunk:
    """Plans in memory until there are MAX_PLANS of them or the slice ends."""

    def __init__(self) -> None:
        self.plans: list[ExecutionPlan] = []
        self._index: list[tuple[Any, ...]] = []
        self._prefixes: list[tuple[int, int]] = []
        self._tools: dict[str, Tool] = {}

    def add(self, plan: ExecutionPlan, tools: Iterable[Tool], task: Any) -> None:
        """Takes a plan, the tools of its row, and the task that the row solves."""
        hashes = _prefixes(plan)
        ids = int(plan.plan_id[:16], 16), int(plan.plan_id[16:], 16)
        whole = int.from_bytes(hashes[-1], "little") if hashes else 0
        codes = USES.index(plan.use), EVIDENCE.index(plan.evidence)
        kinds = CATEGORIES.index(plan.category), LABELS.index(plan.label)
        self.plans.append(plan)
        calls = signatures.calls_of(plan)
        same = signatures.hashed(calls) if calls else 0
        hashes64 = (same, signatures.alike(plan), signatures.template(plan))
        talk = int((plan.group or plan.plan_id)[:16], 16)
        self._index.append((*ids, plan.at, _hash64(task), whole, *hashes64, talk, *codes, *kinds))
        if plan.label == "benign":
            number = len(self.plans) - 1
            self._prefixes += [(int.from_bytes(hash_, "little"), number) for hash_ in hashes[:-1]]
        for tool in tools:
            self._tools.setdefault(tool.key, tool)

    def write(self, folder: Path) -> None:
        """Writes the chunk's files into a new folder."""
        folder.mkdir(parents=True)
        index = np.array(self._index, INDEX)
        order = np.lexsort((index["at"], index["lo"], index["hi"]))
        signed = signatures.signatures([self.plans[i].request for i in order])
        np.save(folder / "index.npy", index[order])
        np.save(folder / "low.npy", signed.low)
        np.save(folder / "buckets.npy", signed.buckets)
        np.save(folder / "sketches.npy", signed.sketches)
        prefixes = np.array(self._prefixes, PREFIX)
        prefixes["row"] = np.argsort(order)[prefixes["row"]]
        np.save(folder / "prefixes.npy", prefixes)
        arrow.write_plans(folder / "plans.arrow", [self.plans[i] for i in order])
        arrow.write_tools(folder / "tools.arrow", self._tools.values())


def _prefixes(plan: ExecutionPlan) -> list[bytes]:
    """A hash for each beginning of the dialogue (turns and steps in order), the whole one last."""
    if plan.evidence in ("response", "request"):
        return []
    deeds = ordered((n.step, n.kind, n.tool, n.arguments) for n in plan.nodes)
    turn_of = {node.step: node.turn for node in plan.nodes}
    events = [(turn, -1, text.encode()) for turn, text in enumerate(plan.user_turns)]
    for step, turn in turn_of.items():
        calls = [[tool, msgspec.Raw(args)] for s, _, tool, args in deeds if s == step]
        events.append((turn, step, msgspec.json.encode(calls)))
    hashes, before = [], b""
    for _, step, content in sorted(events, key=lambda event: event[:2]):
        mark = b"u" if step < 0 else b"c"
        before = hashlib.blake2b(before + mark + content, digest_size=8).digest()
        hashes.append(before)
    return hashes


def _hash64(value: Any) -> int:
    """A hash of a value that is never 0, which means: no value."""
    if value is None:
        return 0
    data = canonical(payload.scrubbed(value))
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little") or 1
