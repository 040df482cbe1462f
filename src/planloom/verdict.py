"""What a check says of a plan, and the closed list of what it lets pass by name."""

from typing import NamedTuple

from planloom.errors import Meant, Reason


class Tolerance(Meant):
    """A difference from the declaration that changes no meaning; each is counted in stats.json.

    The plan keeps what the row says: a repair is made on a copy, only to see that nothing else is
    wrong.
    """

    no_tools_declared = (
        "no_tools_declared",
        "the row declares no tools: only placeholders and cut texts are looked for",
    )
    no_parameters_declared = (
        "no_parameters_declared",
        "the tool declares no parameters: any argument is welcome",
    )
    schema_invalid = (
        "schema_invalid",
        "part of the tool's schema is no JSON Schema: the rest and the names are checked",
    )
    tool_name_spelling = (
        "tool_name_spelling",
        "the name is that of one tool but for case and punctuation",
    )
    undeclared_interpreter = (
        "undeclared_interpreter",
        "a code interpreter is called that is not declared",
    )
    reference = "reference", "the result of an earlier call stands where its value will"
    null_for_optional = "null_for_optional", "null for an argument that may be left out"
    number_in_text = "number_in_text", "a number written as text"
    number_for_text = "number_for_text", "a number where text is declared"
    boolean_in_text = "boolean_in_text", "true or false written as text"
    json_in_text = "json_in_text", "a list or object written as text, in JSON or as in Python"
    single_for_list = "single_for_list", "one value where a list is declared"
    enum_case = "enum_case", "an allowed value in other case"
    declared_value = (
        "declared_value",
        "the tool's own default, or in its enum, though its type or enum forbids it",
    )
    one_of_overlap = "one_of_overlap", "the value fits more than one branch of oneOf"
    loose_format = (
        "loose_format",
        "a date or time written otherwise than its format says, or a format not asserted",
    )


class Verdict(NamedTuple):
    """The Reason a plan leaves with, or None; and the names of what was tolerated."""

    reason: Reason | None
    detail: str = ""
    tolerated: tuple[Tolerance, ...] = ()


FINE = Verdict(None)
