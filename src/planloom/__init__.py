"""Planloom: public tool-use, instruction and chat datasets as one corpus of execution plans.

lifted = planloom.transform(row)
corpus = planloom.build("recipes/tier1.toml", out="out", data_root="data")
for plan in planloom.open("out"): ...
"""

from planloom.api import build, convert, open, transform
from planloom.version import __version__

__all__ = ["__version__", "build", "convert", "open", "transform"]
