"""S10b: a conversation without calls, with the source's moderation labels where it has them."""

from collections.abc import Iterable
from math import isnan
from typing import Any

import msgspec

from planloom.plan import Category
from planloom.shapes.dialogue import Dialogue, Message, dialogues, messages, refuse_calls
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Moderation, Trace

CATEGORY: Category = "conversation"


@shape_reader
def reader(conversation: str = "messages", moderation: str | None = None) -> Reader:
    """Reads rows whose columns have these names."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        said = list(messages(row.get(conversation)))
        for message in said:
            if message.role == "user":
                dialogue.user(message.text)
            elif message.role == "assistant":
                dialogue.answer(message.text)
            elif message.role == "system":
                dialogue.system(message.text)
            refuse_calls(message)
        trace = dialogue.trace()
        if moderation is None:
            return trace
        labels = tuple(moderated(said, row.get(moderation), bool(row.get("toxic"))))
        return msgspec.structs.replace(trace, moderation=labels)

    return read


def moderated(said: list[Message], entries: Any, toxic: bool) -> Iterable[Moderation | None]:
    """One label a message; None where the source gives none.

    An empty message has nothing to label. If the numbers differ nobody knows which label is
    whose, so a None is added: the conversation cannot count as labelled.
    """
    given = list(entries) if isinstance(entries, (list, tuple)) else []
    labels = [_label(entry) for entry in given]
    if len(labels) != len(said):
        yield None
        yield from labels
    else:
        for message, label in zip(said, labels, strict=True):
            yield label if label or message.text.strip() else Moderation()
    if toxic or any(message.raw.get("toxic") for message in said):
        yield Moderation(("toxic",))


def _label(entry: Any) -> Moderation | None:
    """A moderation entry; null, {} and a struct of nulls are no label.

    Categories come in two spellings (`self-harm/intent`, `self_harm_intent`), one of them null.
    """
    if not isinstance(entry, dict):
        return None
    categories, scores = _inner(entry, "categories"), _inner(entry, "category_scores")
    raised = [name for name, on in categories.items() if on is True]
    known = [x for x in scores.values() if isinstance(x, (float, int)) and not isnan(x)]
    flagged = entry.get("flagged")
    if flagged is None and not known and all(on is None for on in categories.values()):
        return None
    if flagged is True and not raised:
        raised = ["flagged"]
    return Moderation(tuple(sorted(raised)), max(known, default=None))


def _inner(entry: dict[str, Any], key: str) -> dict[str, Any]:
    given = entry.get(key)
    return given if isinstance(given, dict) else {}


def sniff(row: Row) -> Reader | None:
    """A reader, if a column is a list of messages with a user among them."""
    for column, said in dialogues(row):
        if any(message.role == "user" for message in said):
            labelled = "openai_moderation" in row
            return reader(column, "openai_moderation" if labelled else None)
    return None
