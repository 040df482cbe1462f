"""The section on evaluation sets: which were checked, which were not, what repeated them."""

from collections.abc import Mapping
from typing import Any

from planloom.errors import Reason
from planloom.report.built import Built
from planloom.section import Section, Table

HEAD = ("evaluation set", "", "items", "rows that could not be read", "plans removed")


def contaminated(built: Built) -> Section:
    """Each evaluation set: checked or NOT, its items, the plans that repeat one."""
    about: Mapping[str, Mapping[str, Any]] = built.manifest.get("evaluation_sets", {})
    removed = built.counted("contaminated")
    rows = [
        (name, "checked", told["items"], told["unreadable"], removed.get(name, 0))
        if "items" in told
        else (name, f"NOT checked: {told['why']}", None, None, None)
        for name, told in about.items()
    ]
    missing = sum("items" not in told for told in about.values())
    total = built.left()[Reason.contaminated]
    text = f"{total:,} plans repeat an item of an evaluation set and were left out. {len(rows) - missing} sets were checked, {missing} were NOT checked. A plan that repeats several sets counts for the first."
    return Section("Evaluation sets", text, (Table(HEAD, tuple(rows)),))
