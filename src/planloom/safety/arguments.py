"""The texts inside the arguments of a call, which several rules look at."""

from collections.abc import Iterator
from typing import Any


def values(arguments: Any) -> Iterator[str]:
    """All texts and numbers in the arguments of a call."""
    match arguments:
        case str():
            yield arguments
        case dict():
            for item in arguments.values():
                yield from values(item)
        case list():
            for item in arguments:
                yield from values(item)
        case int() | float() if not isinstance(arguments, bool):
            yield str(arguments)
