"""Dataset card, NOTICE and Croissant of a build: views of its manifest, ledger and statistics.

Nothing comes from the clock or the machine, so that they are under the promise of equal bytes.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from planloom.card import croissant, notice, readme
from planloom.card.about import About


def _json(about: About) -> str:
    text = msgspec.json.encode(croissant.croissant(about))
    return msgspec.json.format(text, indent=1).decode() + "\n"


MAKERS: dict[str, Callable[[About], str]] = {
    "README.md": readme.readme,
    "NOTICE": notice.notice,
    "croissant.json": _json,
}


def write(about: About, folder: Path) -> list[Path]:
    """Writes the three files into a folder."""
    made = []
    for name, make in MAKERS.items():
        path = folder / name
        path.write_text(make(about), "utf-8", newline="\n")
        made.append(path)
    return made
