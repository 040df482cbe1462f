"""tau2-bench: tasks of customer service with gold actions. A benchmark, read to decontaminate.

`requestor` says who acts; most actions in telecom are the user's own. `instructions` is one text in
the banking domain. Tasks share a handful of requests and differ in a hidden initial state. Nothing
is padded: a null in the arguments is meant.
"""

from planloom.shapes import task_actions
from planloom.source import Part, Source

SOURCE = Source(
    id="sierra-research/tau2-bench",
    licence="MIT",
    url="https://github.com/sierra-research/tau2-bench",
    rows=231,
    tier=3,
    overlap="tau",
    parts=(
        Part(
            split="tasks",
            files=("data/tau2/domains/*/tasks*.json", "data__tau2__domains__*tasks*.json*"),
            read=task_actions.reader(padded=False),
            category="function_calling",
            policy="eval_only",
            why="a benchmark",
        ),
    ),
)
