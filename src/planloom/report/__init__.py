"""`report.html`: what a build came to, as one page that needs nothing else.

Figures come from the ledger and the statistics, plans and rejects are small samples: the page is
made as fast for ten million plans as for a hundred.
"""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from planloom import section
from planloom.output import REPORT, replaced
from planloom.report import samples
from planloom.report.built import Built
from planloom.report.figures import SECTIONS
from planloom.version import __version__

SCRIPTS = ("echarts.min.js", "charts.js", "plan.js", "lists.js", "page.js")


def write(out: Path) -> Path:
    """Makes `report.html` of the finished build in `out`, and returns its path.

    Raises:
        InputError: if there is no finished build.
    """
    built = Built.at(out)
    data = {
        "name": built.name,
        "made": f"planloom {__version__}, {built.run['finished']}",
        "sections": [*(make(built) for make in SECTIONS), *section.saved(out)],
        "plans": samples.plans(out, built.counted("source")),
        "rejects": samples.rejects(out),
    }
    path = out / REPORT
    replaced(path, page(built.name, data).encode("utf-8", "replace"))
    return path


def page(name: str, data: dict[str, Any]) -> str:
    """The page with styles, scripts and data inside. The data can end no script: `<` is escaped."""
    text = msgspec.json.encode(data).decode().replace("<", "\\u003c")
    scripts = "\n".join(f"<script>{_packed(script)}</script>" for script in SCRIPTS)
    parts = {
        "{{title}}": name,  # a recipe's name is letters, digits and `._-`
        "{{style}}": _packed("page.css"),
        "{{data}}": text,
        "{{scripts}}": scripts,
    }
    head, *rest = _packed("page.html").split("{{")
    return head + "".join(
        parts["{{" + key + "}}"] + tail for key, tail in (piece.split("}}", 1) for piece in rest)
    )


@cache
def _packed(name: str) -> str:
    return resources.files("planloom.report").joinpath(name).read_text("utf-8")
