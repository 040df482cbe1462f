"""The calls that public rows really hold, read without planloom so that planloom can be measured.

Each extractor follows the README of its folder and nothing else: plain `json`, `csv`, `re` and `ast` on a row
as it stands in the file. `stated` compares what was read with what the READMEs state, so that a slip in here
shows before it is blamed on the product. `python benchmarks/calls.py --truth-only` prints both.
"""

from .folders import FOLDERS
from .rows import Call, DataFile, Folder, Found, Row, data_files, found
from .stated import self_check

__all__ = [
    "FOLDERS",
    "Call",
    "DataFile",
    "Folder",
    "Found",
    "Row",
    "data_files",
    "found",
    "self_check",
]
