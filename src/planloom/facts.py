"""What is known of a dataset on the hub, as `discover --json` writes it and `forecast` reads it."""

from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from planloom.errors import RecipeError

VERSION = 1

Status = Literal["ok", "gated", "private", "disabled", "missing", "script", "unreadable"]
Feasibility = Literal["easy", "medium", "hard", "none"]
Count = Literal["viewer", "footers", "counted", "estimated"]


class Sample(Struct):
    """What sampled rows come to, read as if policy and recipe allowed every use.

    `lifted` counts rows that give a plan which passes the checks; `plans`, `calls`, `edges`,
    `evidence`, `categories`, `languages` and `duplicates` (plan ids seen before) speak of such
    plans; `flagged` counts rows with a label or finding against them.
    """

    rows: int = 0
    lifted: int = 0
    plans: int = 0
    calls: int = 0
    edges: int = 0
    reasons: dict[str, int] = {}
    evidence: dict[str, int] = {}
    categories: dict[str, int] = {}
    duplicates: int = 0
    languages: dict[str, int] = {}
    flagged: int = 0
    examples: list[str] = []

    @property
    def share(self) -> float:
        """The share of the rows that lift."""
        return self.lifted / self.rows if self.rows else 0.0


class PartFacts(Struct):
    """One config and split as the hub has it; `card` names the card's parts that read its files.

    `rows_origin`: `viewer` and `footers` are exact, `counted` too (every byte was read),
    `estimated` is bytes by the mean row of what was read.
    """

    config: str
    split: str
    card: list[str]
    files: int
    bytes: int
    format: str
    rows: int | None = None
    rows_origin: Count | None = None
    shape: str | None = None
    columns: dict[str, str] = {}
    mapping: dict[str, str] = {}
    sample: Sample | None = None


class Facts(Struct):
    """One dataset. `why` explains `feasibility`, `detail` a status other than `ok`."""

    id: str
    status: Status = "ok"
    detail: str = ""
    commit: str | None = None
    licence_hub: str | None = None
    licence_card: str | None = None
    gated: str | None = None
    may_read: bool | None = None
    bytes: int = 0
    feasibility: Feasibility = "none"
    why: str = ""
    drift: list[str] = []
    claim: str | None = None
    parts: list[PartFacts] = []

    @property
    def rows(self) -> int | None:
        """Rows of all parts, if any is known."""
        known = [part.rows for part in self.parts if part.rows is not None]
        return sum(known) if known else None

    @property
    def exact(self) -> bool:
        """Whether no part is estimated or unknown."""
        return all(part.rows_origin not in (None, "estimated") for part in self.parts)

    @property
    def sample(self) -> Sample | None:
        """The samples of all parts as one."""
        samples = [part.sample for part in self.parts if part.sample is not None]
        return added(samples) if samples else None


def added(samples: list[Sample]) -> Sample:
    """The sums of numbers and of tables, and all examples."""
    total = Sample(examples=[text for sample in samples for text in sample.examples])
    for name in total.__struct_fields__:
        if name != "examples":
            setattr(total, name, _sum([getattr(sample, name) for sample in samples]))
    return total


def _sum(values: list[Any]) -> Any:
    if isinstance(values[0], int):
        return sum(values)
    keys = dict.fromkeys(key for value in values for key in value)
    return {key: sum(value.get(key, 0) for value in values) for key in keys}


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items() if item is not None}
    return [_known(item) for item in value] if isinstance(value, list) else value


def check_place(path: Path) -> None:
    """Looks early whether a file can be written there.

    Raises:
        RecipeError: if its folder is not there.
    """
    if not path.resolve().parent.is_dir():
        raise RecipeError(f"--json {path}: no such folder")


def write(path: Path, found: list[Facts]) -> None:
    """Writes the facts, without what is not known, beside their place, and renames the whole file."""
    document = {"version": VERSION, "datasets": _known(msgspec.to_builtins(found))}
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
    temporary.replace(path)
