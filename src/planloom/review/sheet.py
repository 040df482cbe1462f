"""The CSV file of a review: written as a template, read back with its answers."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from planloom.errors import RecipeError
from planloom.plan import ExecutionPlan

QUESTIONS = {
    "calls": "The calls are right: tools and arguments are what the row says.",
    "request": "The request is right: it is what the user asked, whole and alone.",
    "edges": "The edges are right: none is missing, none is wrong.",
    "trust": "Tiers and scope are right.",
    "benign": "It is benign.",
}
ABOUT = ("plan_id", "source", "address", "request_text", "tools")
COLUMNS = (*ABOUT, *QUESTIONS, "note", "sample", "state")
YES = frozenset(("yes", "y", "true", "1", "x", "ja", "oui"))
NO = frozenset(("no", "n", "false", "0", "nein", "non"))
LONGEST = 300


class Answer(NamedTuple):
    """What a reviewer said of a plan: a truth value for each question, or None."""

    plan_id: str
    said: dict[str, bool | None]
    sample: str
    state: str

    @property
    def verdict(self) -> bool | None:
        """Whether all is right; None if that is not yet said."""
        values = self.said.values()
        return False if False in values else None if None in values else True


def state(plan: ExecutionPlan) -> str:
    """A hash of what is reviewed: a rule that changes an edge or a tier makes an answer stale."""
    shown = msgspec.json.encode((plan.request, plan.nodes, plan.edges, plan.label))
    return hashlib.blake2b(shown, digest_size=4).hexdigest()


def about(plan: ExecutionPlan) -> list[str]:
    """The cells that tell which plan it is. None begins a formula in a spreadsheet."""
    tools = ", ".join(node.tool for node in plan.nodes)
    cells = (plan.plan_id, plan.source, f"{plan.source}:{plan.file}@{plan.at}", plan.request, tools)
    flat = (" ".join(cell.split())[:LONGEST] for cell in cells)
    return [f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in flat]


def template(plans: Sequence[ExecutionPlan], sample: str) -> str:
    """The CSV text with nothing answered."""
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\r\n")
    sheet.writerow(COLUMNS)
    blank = [""] * (len(QUESTIONS) + 1)
    sheet.writerows([*about(plan), *blank, sample, state(plan)] for plan in plans)
    return out.getvalue()


def read(path: Path) -> list[Answer]:
    """The answers in a CSV file, whatever editor saved it.

    Raises:
        RecipeError: naming the line that cannot be read.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise RecipeError(f"--answers {path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"--answers {path}: {error}; save it as CSV in UTF-8") from error
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=head.count))
    missing = {"plan_id", *QUESTIONS, "sample", "state"} - set(rows.fieldnames or ())
    if missing:
        raise RecipeError(f"--answers {path}: no column {', '.join(sorted(missing))}")
    try:
        return list(_merged(path, list(_answers(path, rows))))
    except csv.Error as error:
        raise RecipeError(
            f"--answers {path} line {rows.line_num}: {error}; is a quote open?"
        ) from error


def _answers(path: Path, rows: "csv.DictReader[str]") -> Iterator[tuple[int, Answer]]:
    for row in rows:
        said = {
            name: _said(f"{path} line {rows.line_num}: {name}", row[name]) for name in QUESTIONS
        }
        if row["plan_id"]:
            answer = Answer(row["plan_id"], said, row["sample"] or "", row["state"] or "")
            yield rows.line_num, answer


def _said(where: str, cell: str | None) -> bool | None:
    word = (cell or "").strip().lower()
    if word and word not in YES | NO:
        raise RecipeError(f"{where}: {word!r} is neither yes, no nor empty")
    return word in YES if word else None


def _merged(path: Path, lines: list[tuple[int, Answer]]) -> Iterator[Answer]:
    """One answer a plan; the same twice is once."""
    count = Counter(answer.plan_id for _, answer in lines)
    seen: dict[str, Answer] = {}
    for line, answer in lines:
        known = seen.setdefault(answer.plan_id, answer)
        if count[answer.plan_id] > 1 and known != answer:
            raise RecipeError(
                f"{path} line {line}: plan {answer.plan_id} is answered twice, not alike"
            )
    yield from seen.values()
