"""Torch, or the one line that says how to get it. All that needs torch takes it from here."""

from collections.abc import Iterator
from contextlib import contextmanager

from planloom.errors import RecipeError

try:
    import torch
except ModuleNotFoundError as missing:
    raise RecipeError("torch is not installed: pip install 'planloom[jepa]'") from missing

__all__ = ["threads", "torch"]


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many threads on the CPU for a while; 0 changes nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
