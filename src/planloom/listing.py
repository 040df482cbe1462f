"""The catalogue as people and programs read it."""

from typing import Any

import msgspec

from planloom.datasets import catalogue
from planloom.recipe import CATEGORIES
from planloom.source import Source


def sources(folders: tuple[str, ...] = ()) -> list[Source]:
    """All sources by tier, then id."""
    return sorted(catalogue(folders).values(), key=lambda s: (s.tier, s.id.lower()))


def entry(source: Source) -> dict[str, Any]:
    """A source as plain data."""
    parts = [
        {
            name: getattr(part, name)
            for name in ("name", "files", "category", "use", "policy", "benign", "unique", "why")
        }
        for part in source.parts
    ]
    fields = [name for name in source.__struct_fields__ if name != "parts"]
    return {**{name: getattr(source, name) for name in fields}, "parts": parts}


def as_json(listed: list[Source]) -> str:
    return msgspec.json.format(
        msgspec.json.encode([entry(source) for source in listed], enc_hook=_name), indent=1
    ).decode()


def _name(function: Any) -> str:
    """A part may compute its `unique` from the row; the rule's name stands for it."""
    return str(function.__name__)


def as_text(listed: list[Source]) -> str:
    width = max(len(source.id) for source in listed)
    head = f"{'':<{width}}  tier {'rows':>10}  {'seed says':<24}{'licence':<26}what"
    return "\n".join([head, *(_line(source, width) for source in listed)])


def _line(source: Source, width: int) -> str:
    kinds = [name for name in CATEGORIES if any(p.category == name for p in source.parts)]
    held_out = all(part.policy == "eval_only" for part in source.parts) and source.parts
    what = f"refused: {source.refused}" if source.refused else ", ".join(kinds)
    if held_out:
        what += " (held out)"
    claim = source.claim if len(source.claim) < 23 else f"{source.claim[:21]}…"
    return f"{source.id:<{width}}  {source.tier:>4} {source.rows:>10,}  {claim:<24}{source.licence[:25]:<26}{what}"
