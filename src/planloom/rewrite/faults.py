"""Whether an answer may stand for the request: everything kept, nothing added, one plain wording."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable

from planloom.errors import Meant
from planloom.language import UNSURE, language_of
from planloom.rewrite.ask import Ask

SHORTEST, LONGEST = 0.3, 4.0
SLACK = 20
"""Characters; a very short request may grow by so many more."""


class Fault(Meant):
    """Why an answer is not taken. An answer has the first that fits."""

    empty = "empty", "there is no text in it"
    unchanged = "unchanged", "the request, word for word"
    refusal = "refusal", "the model refuses, or speaks of itself"
    preamble = "preamble", "an introduction or a comment around the request"
    markdown = "markdown", "markdown that the request does not have"
    quoted = "quoted", "the whole of it in quotation marks"
    too_short = "too_short", "less than 0.3 of the request"
    too_long = "too_long", "more than 4 times the request"
    value_lost = "value_lost", "a value to keep does not stand in it as it was"
    word_avoided = "word_avoided", "a word to avoid stands in it"
    value_added = "value_added", "a number, address or link that the request does not have"
    wrong_script = "wrong_script", "written in another script"
    wrong_language = "wrong_language", "written in another language"
    not_valid = "not_valid", "the caller's rules for requests refuse it"


_REFUSAL = re.compile(
    r"\bas an (?:AI|assistant)\b|\blanguage model\b"
    r"|^\W*(?:I(?:['’]m| am) (?:very |really )?sorry|sorry|unfortunately|I apologi[sz]e)\b.{0,60}?\bI (?:can(?:['’]?t|not)|am unable to|won['’]?t) (?:help|assist|rewrite|comply|do|fulfil|provide|process)"
    r"|^\W*I (?:can(?:['’]?t|not)|am unable to|won['’]?t) (?:help|assist|rewrite|comply|do that|fulfil)"
    r"|^\W*(?:lo siento|je suis désolée?|es tut mir leid|mi dispiace|desculpe|üzgünüm|抱歉|对不起|申し訳|죄송)",
    re.IGNORECASE | re.DOTALL,
)
_PREAMBLE = re.compile(
    r"^\W*(?:sure|certainly|of course|okay|absolutely|here(?:['’]s| is| you go)|rewritten|rephrased|new wording|request|note)\b[^\n]{0,60}?[:!]\s"
    r"|^[^\n]{0,60}:\s*\n|\n\W*\(?(?:note|explanation|comment)\b",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(
    r"```|\*\*|__\w|^\s{0,3}(?:#{1,6}\s|>\s|[-*+]\s)|\[[^\]\n]+\]\(", re.MULTILINE
)
_QUOTES = ('""', "''", "“”", "‘’", "«»", "„“", "„”", "「」", "``")
_ADDED = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://[!-~]+|www\.[!-~]+|\d+", re.ASCII)
_ALIKE = {"HIRAGANA": "CJK", "KATAKANA": "CJK"}


def validated(ask: Ask, answer: str, valid: Callable[[str], bool] = lambda _: True) -> str | Fault:
    """The new wording, or why the answer is none. `valid` is the caller's rule for requests."""
    text = answer.strip()
    if not text:
        return Fault.empty
    for fault, found in CHECKS:
        if found(ask, text):
            return fault
    return text if valid(text) else Fault.not_valid


def _is_preamble(ask: Ask, text: str) -> bool:
    return bool(_PREAMBLE.search(text)) and not _PREAMBLE.search(ask.text.strip())


def _is_markdown(ask: Ask, text: str) -> bool:
    return bool(_MARKDOWN.search(text)) and not _MARKDOWN.search(ask.text)


def _is_quoted(ask: Ask, text: str) -> bool:
    ends = text[0] + text[-1]
    return len(text) > 1 and ends in _QUOTES and ask.text.strip()[:1] != text[0]


def _loses(ask: Ask, text: str) -> bool:
    """A value inside a longer one is not there, unless it stood so in the request."""
    return any(
        not (_stands(value, text) if _stands(value, ask.text) else value in text)
        for value in ask.keep
    )


def _stands(value: str, text: str) -> bool:
    return bool(re.search(_whole(value), text))


def _whole(value: str) -> str:
    """A pattern of the value that is no piece of a longer number or Latin word."""
    before = after = ""
    if value[:1].isdigit():
        before = r"(?<![0-9A-Za-z])(?<![0-9][.,])"
    elif value[:1].isascii() and value[:1].isalpha():
        before = "(?<![0-9A-Za-z])"
    if value[-1:].isdigit():
        after = r"(?![0-9A-Za-z]|[.,][0-9])"
    elif value[-1:].isascii() and value[-1:].isalpha():
        after = "(?![0-9A-Za-z])"
    return before + re.escape(value) + after


def _avoids_not(ask: Ask, text: str) -> bool:
    return any(re.search(_whole(word), text, re.IGNORECASE) for word in ask.avoid if word)


def _adds(ask: Ask, text: str) -> bool:
    def found(where: str) -> set[str]:
        return {one.rstrip(".,;:!?)") for one in _ADDED.findall(where)}

    return not found(text) <= found(" ".join((ask.text, *ask.keep)))


def _script(text: str) -> str | None:
    """The script of most letters."""
    names = (unicodedata.name(c, "").split(" ")[0] for c in text if c.isalpha())
    counted = Counter(_ALIKE.get(name, name) for name in names)
    return counted.most_common(1)[0][0] if counted else None


def _other_language(ask: Ask, text: str) -> bool:
    told = language_of(ask.text)
    return told != UNSURE and language_of(text) not in (told, ask.language, UNSURE)


CHECKS: tuple[tuple[Fault, Callable[[Ask, str], bool]], ...] = (
    (Fault.unchanged, lambda ask, text: text == ask.text.strip()),
    (Fault.refusal, lambda ask, text: bool(_REFUSAL.search(text))),
    (Fault.preamble, _is_preamble),
    (Fault.markdown, _is_markdown),
    (Fault.quoted, _is_quoted),
    (Fault.too_short, lambda ask, text: len(text) < SHORTEST * len(ask.text)),
    (Fault.too_long, lambda ask, text: len(text) > LONGEST * len(ask.text) + SLACK),
    (Fault.value_lost, _loses),
    (Fault.word_avoided, _avoids_not),
    (Fault.value_added, _adds),
    (Fault.wrong_script, lambda ask, text: _script(text) != _script(ask.text)),
    (Fault.wrong_language, _other_language),
)
