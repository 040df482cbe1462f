"""The tools that a plan is made from: what they need and, where it is known, what they return."""

from typing import Any, NamedTuple

from planloom.trace import Tool


class Offer(NamedTuple):
    """A tool, and the JSON Schema of what it returns where that is known."""

    tool: Tool
    returns: dict[str, Any] | None = None


class Domain(NamedTuple):
    """Tools that are offered together; `role` is whose assistant uses them, "" where unknown."""

    name: str
    role: str
    offers: tuple[Offer, ...]
