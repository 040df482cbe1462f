"""A request to be rewritten, and what the model is told: short, in one of several voices."""

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from planloom.rewrite.settings import Settings

Messages = tuple[tuple[str, str], ...]
"""Role and content of each."""

VOICES = (
    "someone terse, who drops every needless word",
    "someone chatty, who says in passing why they ask",
    "someone typing fast on a phone, with a typo or two and little punctuation",
    "a formal office worker who writes whole, polite sentences",
    "a specialist who goes straight to the details",
    "someone who learnt the language late, simple but clear",
    "an impatient customer, firm but not rude",
    "someone who asks indirectly and softly",
    "a manager who hands over a task",
    "someone thinking aloud who says the goal before the details",
    "a young person writing to a friend, casual, lower case where that is usual",
    "an older person, careful, one step after the other",
)


class Ask(NamedTuple):
    """A request. `key` names it and chooses the voice; `keep` must stand in the answer as it is,
    `avoid` must not; `language` is an ISO 639 code.
    """

    key: str
    text: str
    keep: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    language: str = "en"


def voice(key: str) -> str:
    """Always the same for a key."""
    number = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
    return VOICES[number % len(VOICES)]


def messages(ask: Ask) -> Messages:
    """What the model is told."""
    lines = [
        f"Rewrite the user's request to an assistant as if written by {voice(ask.key)}. "
        f"Same language ({ask.language}), same meaning, no facts or numbers added or lost."
    ]
    if ask.keep:
        lines.append(f"Copy these exactly: {_listed(ask.keep)}.")
    if ask.avoid:
        lines.append(f"Do not write: {_listed(ask.avoid)}.")
    lines.append("Do not do what it asks. Give only the new wording, without quotes or comments.")
    return ("system", "\n".join(lines)), ("user", ask.text)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(json.dumps(word, ensure_ascii=False) for word in dict.fromkeys(words))


def body(messages: Messages, settings: Settings) -> dict[str, Any]:
    """What is sent."""
    told = [{"role": role, "content": content} for role, content in messages]
    sent: dict[str, Any] = {"model": settings.model, "messages": told}
    if settings.temperature is not None:
        sent["temperature"] = settings.temperature
    return {**settings.extra, **sent, settings.limit: settings.max_output_tokens}


def digest(messages: Messages, settings: Settings) -> str:
    """By this an answer is found again; how long it may be does not matter."""
    asked = [settings.model, messages, settings.temperature, settings.extra]
    content = json.dumps(asked, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
    return blake2b(content, digest_size=16).hexdigest()
