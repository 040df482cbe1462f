"""When to call, when to ask back, when to decline: 15,000 tuning and 9,000 preference rows.

`tools` is a list of JSON texts, a call `<TOOLCALL>[..]</TOOLCALL>`. Most rows must not call. Of a
preference only the chosen answer is read. The two tests, besides, are held out: their rows name
the right kind of answer, so that nothing of them but the question is read.
"""

from planloom.shapes import declare, tagged_text
from planloom.shapes.dialogue import Dialogue, text_of
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_read = tagged_text.reader("messages", "tools")


def preferred(row: Row) -> Trace:
    said = row.get("messages")
    if isinstance(said, list):
        said = [*said, row.get("chosen_response")]
    return _read({**row, "messages": said})


def question(row: Row) -> Trace:
    dialogue = Dialogue()
    dialogue.user(text_of(row.get("question")))
    return dialogue.trace(declare.tools(row.get("tools"), dialogue.notes))


def _test(split: str) -> Part:
    return Part(
        config="test",
        split=split,
        files=(f"test/when2call_test_{split}.jsonl",),
        read=question,
        category="function_calling",
        policy="eval_only",
        why="the test of the benchmark",
    )


SOURCE = Source(
    id="nvidia/When2Call",
    licence="CC-BY-4.0",
    rows=24_000,
    tier=3,
    overlap="when2call",
    parts=(
        Part(
            config="train_sft",
            split="train",
            files=("train/when2call_train_sft.jsonl",),
            read=_read,
            category="function_calling",
        ),
        Part(
            config="train_pref",
            split="train",
            files=("train/when2call_train_pref.jsonl",),
            read=preferred,
            category="function_calling",
        ),
        _test("mcq"),
        _test("llm_judge"),
    ),
)
