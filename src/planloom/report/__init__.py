"""`report.html`: what a build came to, as one page that needs nothing else.

Figures come from the ledger and the statistics, plans and rejects are small samples: the page is
made as fast for ten million plans as for a hundred.
"""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from planloom import section
from planloom.errors import InputError
from planloom.output import REPORT, replaced
from planloom.report import samples
from planloom.report.built import Built
from planloom.report.figures import SECTIONS
from planloom.version import __version__

SCRIPTS = ("echarts.min.js", "made.js", "charts.js", "plan.js", "lists.js", "page.js")


def write(out: Path) -> Path:
    """Makes `report.html` of the finished build in `out`, and returns its path.

    Raises:
        InputError: if there is no finished build, or a spoiled one.
    """
    built = Built.at(out)
    try:
        plans, rejects = samples.plans(out, built.counted("source")), samples.rejects(out)
    except (pa.ArrowInvalid, msgspec.DecodeError) as error:
        raise InputError(
            f"{out}: plans/ or rejects/ are not as built ({error}); build again"
        ) from error
    data = {
        "name": built.name,
        "made": f"planloom {__version__}, {built.run['finished']}",
        "sections": [*(make(built) for make in SECTIONS), *section.saved(out)],
        "plans": plans,
        "rejects": rejects,
    }
    path = out / REPORT
    replaced(path, page(built.name, data).encode("utf-8", "replace"))
    return path


def page(name: str, data: dict[str, Any]) -> str:
    """The page of the report."""
    style, scripts = packed("page.css"), [packed(script) for script in SCRIPTS]
    return whole(packed("page.html"), name, data, style, scripts)


def whole(
    template: str, name: str, data: dict[str, Any], style: str, scripts: Sequence[str]
) -> str:
    """A page with styles, scripts and data inside. The data can end no script: `<` is escaped."""
    parts = {
        "{{title}}": name,  # a recipe's name is letters, digits and `._-`
        "{{style}}": style,
        "{{data}}": msgspec.json.encode(data).decode().replace("<", "\\u003c"),
        "{{scripts}}": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    head, *rest = template.split("{{")
    return head + "".join(
        parts["{{" + key + "}}"] + tail for key, tail in (piece.split("}}", 1) for piece in rest)
    )


@cache
def packed(name: str, package: str = "planloom.report") -> str:
    """A file that is packed with the code."""
    return resources.files(package).joinpath(name).read_text("utf-8")
