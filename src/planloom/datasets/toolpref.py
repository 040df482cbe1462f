"""Preference pairs for a tool-use reward model: a chat, the right calls, two answers with scores.

The same pairs stand in several files in two layouts. GEN gives the right calls beside the chat;
only where they are missing may the chosen answer stand in, and only if its reward is full. DISC
has the chosen answer as the last message, right or not, so that a GEN row of the same task wins.
The rejected answer is of lower quality, not adversarial, and is never read.
"""

from typing import Any

from planloom.errors import BadRow, Reason
from planloom.shapes import tagged_text
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_read_gold = tagged_text.reader("chat_history", gold="gt_actions")
_read_chosen = tagged_text.reader("chosen")


def read(row: Row) -> Trace:
    if row.get("gt_actions") not in (None, ""):
        return _read_gold({**row, "chat_history": row.get("chat_history") or []})
    if row.get("chosen_response_reward") != 1 or not isinstance(row.get("chat_history"), list):
        raise BadRow(Reason.failed_run, "no right calls, and no answer of full reward")
    return _read_chosen({"chosen": [*row["chat_history"], row.get("chosen_response")]})


def _task(row: Row) -> Any:
    """What was said before the answer."""
    said, chosen = row.get("chat_history"), row.get("chosen")
    if isinstance(chosen, list):
        said = chosen[:-1]
    return [m.get("content") for m in said if isinstance(m, dict)] if said else None


_GEN = ("chat_history", "gt_actions", "chosen_response", "chosen_response_reward")


def _part(name: str, files: tuple[str, ...], **other: Any) -> Part:
    known = {"category": "function_calling", "use": "non_commercial", "unique": _task}
    return Part(split=name, files=files, **{"read": read, "columns": _GEN, **known, **other})


SOURCE = Source(
    id="RioLee/ToolPref-Pairwise-30K",
    licence="CC-BY-NC-SA-4.0",
    rows=30_000,
    claim="30K",
    tier=1,
    overlap="xlam",
    parts=(
        _part("train/gen", ("toolrm_train_think.*", "toolrm_train_no*think.*")),
        _part("train/disc", ("toolrm_train_disc.*",), read=_read_chosen, columns=("chosen",)),
        _part("test", ("toolrm_test_*.*",), policy="eval_only", why="the held-out pairs"),
    ),
)
