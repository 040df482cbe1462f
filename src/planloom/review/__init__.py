"""A sample of each source for people to judge: a page and a CSV file to fill in, and what the answers say."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from planloom.errors import InputError, OutputError, RecipeError
from planloom.explain import story
from planloom.explain.built import Address, Built, Record
from planloom.output import replaced
from planloom.plan import ExecutionPlan
from planloom.report import packed, whole
from planloom.review import sample, sheet
from planloom.review.estimate import label

PER_SOURCE, SEED = 20, 1
LONG_ROW, LONG_TEXT = 20_000, 4_000
SCRIPTS = ("made.js", "plan.js", "lists.js")


class Made(NamedTuple):
    """The two files, how many plans they hold, and rows that could not be read again."""

    page: Path
    sheet: Path
    plans: int
    trouble: list[str]


def make(out: Path, into: Path, per_source: int, seed: int) -> Made:
    """Writes the page and the template of a sample into a folder.

    Raises:
        InputError: if there is no finished build. OutputError: if the folder holds answers.
    """
    built = Built(out)
    sheet_path = into / "review.csv"
    if sheet_path.exists() and _is_answered(sheet_path):
        raise OutputError(
            f"{sheet_path}: holds answers; read them with --answers or name another --out"
        )
    drawn = sample.draw(out, per_source, seed)
    plans, name = sample.plans(drawn), label(seed, per_source)
    rows, trouble = _rows(built, plans)
    items = [_item(built, plan, rows.get(_address(plan))) for plan in plans]
    data = {
        "name": built.recipe.name,
        "sample": name,
        "kept": drawn.kept,
        "questions": sheet.QUESTIONS,
        "columns": sheet.COLUMNS,
        "items": items,
    }
    into.mkdir(parents=True, exist_ok=True)
    page = into / "review.html"
    replaced(page, _page(built.recipe.name, data).encode("utf-8", "replace"))
    replaced(sheet_path, sheet.template(plans, name).encode("utf-8-sig", "replace"))
    return Made(page, sheet_path, len(plans), trouble)


def _is_answered(path: Path) -> bool:
    try:
        return any(set(answer.said.values()) != {None} for answer in sheet.read(path))
    except RecipeError:
        return True  # whatever it is, it is not ours to overwrite


def _page(name: str, data: dict[str, Any]) -> str:
    mine = "planloom.review"
    style = packed("page.css") + packed("review.css", mine)
    scripts = [*map(packed, SCRIPTS), packed("review.js", mine)]
    return whole(packed("review.html", mine), name, data, style, scripts)


def _address(plan: ExecutionPlan) -> Address:
    return Address(plan.source, plan.file, plan.at)


def _rows(built: Built, plans: Sequence[ExecutionPlan]) -> tuple[dict[Address, Record], list[str]]:
    """The source rows of plans, each file read once; and what could not be read."""
    wanted: dict[tuple[str, str], set[int]] = {}
    for plan in plans:
        wanted.setdefault((plan.source, plan.file), set()).add(plan.at)
    found: dict[Address, Record] = {}
    trouble = []
    for (source, file), places in wanted.items():
        try:
            rows = built.rows(source, file, places)
        except InputError as error:
            trouble.append(str(error))
            continue
        found |= {Address(source, file, at): record for at, record in rows.items()}
    return found, trouble


def _item(built: Built, plan: ExecutionPlan, record: Record | None) -> dict[str, Any]:
    told = story.kept(built, _address(plan), record, plan) if record is not None else None
    missing = "The row's file is not there any more, or holds no such row."
    changed = "The row gives another plan now: its file or Planloom has changed."
    return {
        "plan": _short(msgspec.to_builtins(plan)),
        "steps": msgspec.to_builtins(told.steps) if told else [],
        "tools": msgspec.to_builtins(told.tools) if told else [],
        "row": _shown(record),
        "trouble": missing if record is None else "" if told else changed,
        "about": sheet.about(plan),
        "state": sheet.state(plan),
    }


def _shown(record: Record | None) -> dict[str, str]:
    """The columns of a row as texts; what is too long for a page is cut."""
    if not isinstance(record, dict):
        return {}
    texts = {
        column: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for column, value in record.items()
    }
    return {column: _cut(text, LONG_ROW) for column, text in texts.items()}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return _cut(value, LONG_TEXT)
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_short(item) for item in value]
    return value
