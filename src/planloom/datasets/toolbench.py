"""Solutions over 16,464 real APIs (ToolLLM), found by depth-first search. Results are cut.

An `answer` file holds one search tree; `toolllama` holds the chains as ReAct text, with the tools as
a Python literal in the system text. Chains that end in `give_up_and_restart` failed. Evaluation
runs are one object a file, by query id.
"""

from planloom.shapes import react, search_tree
from planloom.shapes.dialogue import text_of
from planloom.source import Part, Reader, Row, Source
from planloom.trace import Trace

_OFFER = "you have access to the following APIs:"
_read = react.reader("conversations", "tools")


def read_chain(row: Row) -> Trace:
    turns = search_tree.without_search_state(row.get("conversations"), "from", "value")
    offers = (text_of(turn.get("value")).partition(_OFFER)[2] for turn in turns)
    return _read({"conversations": turns, "tools": next(filter(None, offers), None)})


def _part(config: str, split: str, read: Reader, *files: str, why: str = "") -> Part:
    return Part(
        config=config,
        split=split,
        files=files,
        read=read,
        category="tool_reasoning",
        policy="eval_only" if why else "train",
        each=("*",) if config == "tooleval" else (),
        why=why,
    )


SOURCE = Source(
    id="OpenBMB/ToolBench",
    licence="Apache-2.0",
    url="https://github.com/OpenBMB/ToolBench",
    rows=314_790,
    tier=3,
    overlap="toolbench",
    parts=(
        _part(
            "answer",
            "train",
            search_tree.tree,
            "data/answer/*/*.json",
            "data_example/answer/*/*.json",
            "data_example__answer__*.json*",
        ),
        _part("toolllama", "train", read_chain, "data/toolllama_G123_dfs_train.json"),
        _part(
            *("toolllama", "eval", read_chain, "data/toolllama_G123_dfs_eval.json"),
            why="a held-out part",
        ),
        _part(
            "tooleval",
            "test",
            search_tree.run,
            "toolbench/tooleval/results/*/*/*.json",
            "toolbench__tooleval__results__*.json*",
            why="runs of an evaluation on its test requests",
        ),
    ),
)
