"""Text that speaks to the model: orders and questions where data should stand.

What is meant is told by a sentence, not by the whole text: an attack is a foreign sentence. The
words are in `words`; here is how they are put together.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from planloom.safety.words import (
    ACT,
    ANSWER,
    CHANGE,
    CODE,
    FREE,
    JOBS,
    LETTERS,
    MAKE,
    OPENING,
    PRODUCTS,
    QUESTION,
    STRONG,
    TASK,
    listed,
)  # fmt: skip

MAX_TEXT = 200_000  # characters of a result that are read
MAX_LEAF = 20_000
SHORTEST, LONGEST = 3, 70  # words of a sentence that may be an order
NEAR = 9  # words in which the product of a job stands
SPAN = 160  # characters kept of what was found
BEFORE, AFTER = 200, 1_200  # characters around an instruction that belong to it

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+|[\r\n]+|(?<=[。！？])")
_QUOTES = re.compile(r"""["'](?=\s*[,:\]}])|(?<=[\[{(:,]\s)["']|(?<=[\[{(])["']""")
_JOINED = re.compile(
    r"(?<=[^\s.!?]\s)(?<!title:\s)(?<! to )(?<! and )(?<! or )(?<! the )(?<! an )(?<! a )(?=[A-Z][a-z']+ [\w'\"])"
)
_MINE = re.compile(
    r"(?i)[\W_]*(?:please|kindly)\b.{0,160}\b(?:my|me|mine)\b"
    r"|.{0,200}\b(?:send|email|forward|share)\b.{0,80}(?:\S@\S|\bmy e?-?mail)"
)
_ASKING = frozenset(("title", "question", "heading", "name", "query", "subject", "headline"))
"""Where data asks questions of its own."""
_TITLE = re.compile(r"(?i)[\s\W]*(?:title|question|q|name|heading)['\"]?:|\s*#")
_YOURS = re.compile(
    rf"(?i)\byour (?:(?:own |final |next )?(?:{'|'.join([*ANSWER, *CODE])})"
    rf"|(?:[\w-]+ ){{1,2}}(?:response|answer|reply))\b"
)
_SNIPPET = re.compile(
    r"(?i)\b(?:following|subsequent|below|next) (?:\w+ )?code\b|\bcode (?:snippet|block|excerpt|section|segment|fragment) below\b"
)
_ADVICE = re.compile(
    r"(?i)\b(?:consider|useful|beneficial|advantageous|wise|hesitate|ensure|forget)\b"
)
_REPLY = re.compile(
    r"(?i)^(?:reply|respond|answer|speak|talk|write|output|end|begin|start)\b.{0,40}\b(?:only|in|with|using|like|as|every|each|all)\b"
)
_LETTERS = re.compile(rf"(?i)\b(?:{'|'.join(LETTERS)})\b")
_AFTER = frozenset(
    listed(
        """the a an your me us this these following how why what all every each some for in to
    whether up down out user users readers my our one two three four five six seven eight nine ten any about if between"""
    )
)
_STRONG = {code: re.compile(text, re.VERBOSE | re.IGNORECASE) for code, text in STRONG.items()}
_ENGLISH = _STRONG.pop("en")
_JOBS = {code: re.compile(rf"(?i)^[\W_]*+(?:{text})") for code, text in JOBS.items()}
_OVERRIDE = frozenset(
    listed(
        """ignore disregard forget override bypass neglect skip drop discard abandon instruction
        instructions directive directives order orders task tasks command commands important before
        dear attention note hey hello hi message ai llm llms language now longer acting dan your act behave speak every each all any above
        information system mention tell inform reveal disclose notify telling informing mentioning
        print repeat output leak show send stop quit instead"""
    )
)
"""One of these stands in everything that the English patterns of STRONG find."""
_FOREIGN = frozenset(
    listed(
        """el la los las un una en tu su por para que le les des du une votre ta et der das den dem
        und ein eine mir deine ihre il lo gli di che un nel tua sua o os as um uma do da de sua no
        na e bu ve bir bana tum die durch deiner questa questo per"""
    )
)
"""Small words of other languages that are written without accents too."""
_TRIGGERS = (
    CHANGE
    | TASK
    | MAKE
    | frozenset(
        listed(
            """what who whose whom which where when why how can could would will is do does did
            are reply respond answer speak talk please kindly following subsequent below next"""
        )
    )
)


class Instruction(NamedTuple):
    """What speaks to the model: the rule that told so, the sentence, the text around it.

    `result` is the whole result, `call` the number of the last call that it answers.
    """

    rule: str
    span: str
    around: str
    result: str = ""
    call: int = 0


def instructions(text: str) -> Iterator[Instruction]:
    """The first instruction of each text inside a result."""
    for leaf in strings(_ends(text, MAX_TEXT)):
        if (found := _in_leaf(_ends(leaf, MAX_LEAF))) is not None:
            yield found


def _ends(text: str, most: int) -> str:
    """The text without its middle where it is too long: attacks are appended more often than not."""
    return text if len(text) <= most else f"{text[: most * 3 // 4]}\n{text[-most // 4 :]}"


def strings(text: str) -> list[str]:
    """The texts inside a result: the strings of JSON, what stands in the quotes of other data."""
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return [text]
    try:
        found: list[str] = []
        _collect(msgspec.json.decode(text), found)
        return found
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return _QUOTES.split(text.replace("\\n", "\n"))


def _collect(value: Any, found: list[str]) -> None:
    kind = type(value)
    if kind is str:
        if value[:1] in ("{", "["):
            found += strings(value)
        elif value.count(" ") >= SHORTEST - 1 or not value.isascii():
            found.append(value)
    elif kind is dict:
        for key, item in value.items():
            if not (key.lower() in _ASKING and type(item) is str and _asks(item)):
                _collect(item, found)
    elif kind is list:
        for item in value:
            _collect(item, found)


def _asks(text: str) -> bool:
    """A question of the data's own; one that sets orders aside is not passed over for its last sign."""
    return text.endswith("?") and _ENGLISH.search(text[:MAX_LEAF]) is None


def _in_leaf(leaf: str) -> Instruction | None:
    said = {word.lower() for word in _WORD.findall(leaf)}
    if len(said) < SHORTEST and leaf.isascii():
        return None
    if not _OVERRIDE.isdisjoint(said) and (match := _ENGLISH.search(leaf)) is not None:
        return _made("override", leaf[match.start() :], leaf, match.start())
    if not _TRIGGERS.isdisjoint(said) and (found := _first_order(leaf)) is not None:
        return found
    return _foreign(leaf) if not leaf.isascii() or not _FOREIGN.isdisjoint(said) else None


def _first_order(leaf: str) -> Instruction | None:
    at = 0
    for sentence in _SENTENCE.split(leaf):
        at = max(leaf.find(sentence, at), at)
        if (rule := _order(sentence.strip())) is not None:
            return _made(rule, sentence.strip(), leaf, at)
    return None


def _made(rule: str, span: str, leaf: str, at: int) -> Instruction:
    around = leaf[max(at - BEFORE, 0) : at + AFTER]
    return Instruction(f"result:{rule}", span[:SPAN], around)


def _order(sentence: str) -> str | None:
    """The rule by which a sentence is an order to the model, or None."""
    length = sentence.count(" ") + 1
    if not SHORTEST <= length <= LONGEST:
        return None
    if (rule := _to_the_model(sentence)) is not None:
        return rule
    if _TITLE.match(sentence):
        return None
    if (rule := _job(sentence, joined=False)) is not None:
        return rule
    for match in _JOINED.finditer(sentence):
        if (rule := _job(sentence[match.start() :], joined=True)) is not None:
            return rule
    return None


def _to_the_model(sentence: str) -> str | None:
    snippet = _SNIPPET.search(sentence)
    yours = _YOURS.search(sentence)
    if snippet and (yours or _ADVICE.search(sentence) or _verb(sentence) in CHANGE):
        return "code"
    if yours and not CHANGE.isdisjoint(_WORD.findall(sentence.lower())):
        return "answer"
    return None


def _job(sentence: str, *, joined: bool) -> str | None:
    """A sentence that begins with an order or is a question; `joined`: it begins inside another."""
    rest = _opened(sentence)
    words = _WORD.findall(rest)
    if len(words) < SHORTEST:
        return None
    verb, after = words[0].lower(), words[1].lower()
    if verb in CHANGE and _LETTERS.search(rest):
        return "answer"
    if _REPLY.match(rest) and verb in ("reply", "respond", "answer", "speak", "talk"):
        return "answer"
    if verb in FREE and not joined and sentence[:1].isupper():
        return "task"
    upper = rest is not sentence or rest[:1].isupper()
    if upper and verb in TASK and after in _AFTER:
        return "task"
    if upper and verb in MAKE and not PRODUCTS.isdisjoint(word.lower() for word in words[1:NEAR]):
        return "task"
    if upper and verb in ACT and _MINE.match(sentence):
        return "action"
    return "question" if QUESTION.match(sentence) else None


def _opened(sentence: str) -> str:
    before = None
    while before != sentence:
        before, sentence = sentence, OPENING.sub("", sentence)
    return sentence


def _verb(sentence: str) -> str:
    found = _WORD.search(_opened(sentence))
    return found[0].lower() if found else ""


def _foreign(leaf: str) -> Instruction | None:
    for pattern in _STRONG.values():
        if (match := pattern.search(leaf)) is not None:
            return _made("override", leaf[match.start() :], leaf, match.start())
    for sentence in _SENTENCE.split(leaf):
        for pattern in _JOBS.values():
            if pattern.match(sentence):
                return _made("task", sentence.strip(), leaf, leaf.find(sentence))
    return None
