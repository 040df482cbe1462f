"""Everything that can go wrong, by name.

PlanloomError            one line for the user: what, where, what to do next
├── RecipeError          the recipe or the command line asks for something that cannot be
├── InputError           a source's data is missing or broken
│   └── HubError         the hub does not give it; `status` says why
├── EndpointError        a model's endpoint does not answer
├── OutputError          the output folder cannot be used
└── PublishError         a build may not be passed on, or the hub does not take it
BadRow                   a row that cannot be read; carries the Reason it leaves with
"""

import difflib
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, Self


class Meant(StrEnum):
    """A closed list of names, each with what it means."""

    meaning: str

    def __new__(cls, name: str, meaning: str = "") -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        return member


class Reason(Meant):
    """Why something was left out. A row or plan ends in exactly one place."""

    unreadable = "unreadable", "the record could not be decoded from its file"
    unknown_shape = "unknown_shape", "no known wire format fits the row"
    not_json_not_literal = (
        "not_json_not_literal",
        "a call list is neither JSON nor a Python literal",
    )
    truncated = "truncated", "a call list or an argument is cut off"
    not_a_call = "not_a_call", "an entry of a call list has no tool name"
    too_large = "too_large", "larger than the recipe's limit"
    arguments_not_object = "arguments_not_object", "a call's arguments are not an object"
    reader_crashed = (
        "reader_crashed",
        "the reader failed unexpectedly: a bug in Planloom or in a dataset file",
    )
    no_request = "no_request", "there is no user text"
    request_too_short = "request_too_short", "the request has fewer than 10 letters"
    single_word = "single_word", "the request is a single word"
    request_too_long = "request_too_long", "the request is longer than the recipe allows"
    no_call = "no_call", "a tool-use row in which the assistant calls nothing"
    empty_plan = "empty_plan", "the row holds a request but nothing that the assistant did"
    unknown_tool = "unknown_tool", "a call names a tool that the row does not offer"
    missing_argument = "missing_argument", "a required argument is missing"
    unknown_argument = "unknown_argument", "an argument is not declared by the tool"
    wrong_type = "wrong_type", "an argument does not fit the tool's schema"
    placeholder = "placeholder", "an argument is a placeholder, not a value"
    refusal_only = "refusal_only", "the assistant only refused"
    failed_run = "failed_run", "the source says that the run failed"
    language = "language", "not in a language of the recipe"
    flagged = "flagged", "a label or rule says that it is not benign; kept in adversarial/"
    attacked = "attacked", "holds an attack that was not obeyed; kept in quarantine/"
    suspect = "suspect", "a rule doubts that it is benign; kept in quarantine/"
    prompt = "prompt", "flagged or an attack, and no plan in it; kept in prompts.parquet"
    unlabelled = "unlabelled", "needs a safety label and has none; kept in quarantine/"
    policy = "policy", "may not be trained on: held-out, refused or not allowed by the recipe"
    contaminated = "contaminated", "repeats an evaluation set"
    prefix_of_longer = "prefix_of_longer", "a longer row of the same part begins with it"
    same_task = "same_task", "another row of the same source solves the same task"
    duplicate = "duplicate", "the same plan was kept from elsewhere"
    near_duplicate = "near_duplicate", "nearly the same as a kept plan"
    template_cap = "template_cap", "its template has reached the recipe's cap"
    over_target = "over_target", "the target was already met"


class PlanloomError(Exception):
    """One line for the user: what, where, what to do next. `code` is the exit status."""

    code = 2


class RecipeError(PlanloomError):
    """The recipe or the command line asks for something that cannot be."""


class InputError(PlanloomError):
    """A source's data is missing or broken."""

    code = 1


Refusal = Literal[
    "gated", "private", "disabled", "missing", "revision", "token", "network", "corrupt"
]


class HubError(InputError):
    """The hub does not give a dataset or a file of it."""

    def __init__(self, status: Refusal, message: str) -> None:
        super().__init__(message)
        self.status = status


class EndpointError(PlanloomError):
    """A model's endpoint does not answer, or not as chat completions do."""

    code = 1


class OutputError(PlanloomError):
    """The output folder cannot be used."""


class PublishError(PlanloomError):
    """A build may not be passed on, or the hub does not take it."""

    code = 1


class BadRow(Exception):
    """A row that cannot be read; it leaves with `reason`."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail[:500]


def nearest(word: str, known: Iterable[str]) -> str:
    """` (did you mean X?)`, or nothing if no known word is near."""
    lowered = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.5)
    return f" (did you mean {lowered[near[0]]}?)" if near else ""
