"""Requests with the ordered names of the functions that serve them (Tool2Vec, arXiv 2409.02141).

Made to train tool retrieval: no arguments, no results, and `explanation` is the plan in words. The
names of the numpy and pandas banks are aliases made up for the benchmark. AWS rows delete things
and change permissions as ordinary work. The splits are not known by name, so all files are read.
"""

from planloom.shapes import name_list
from planloom.source import Part, Source

SOURCE = Source(
    id="squeeze-ai-lab/ToolBank",
    licence="none stated",
    paper="2409.02141",
    rows=72_007,
    claim="unknown",
    tier=3,
    parts=(
        Part(
            split="all",
            files=("data/*",),
            read=name_list.read,
            category="function_calling",
            use="no_publish",
        ),
    ),
)
