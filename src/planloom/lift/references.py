"""Explicit references to the results of earlier calls, in the public notations."""

import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from planloom.lift.leaves import Leaf, leaves_of
from planloom.lift.rules import words
from planloom.trace import Trace, plain_name

_MARKS = re.compile(r"API_call|[$<#]|\{\{")
NOTATIONS = (  # notation of (name of a result, its number, path in it), number of the first call
    (re.compile(r"\b(API_call_(\d+))\b()"), 0),
    (re.compile(r"\$(var_?(\d+))(?:\.([^$]+))?\$"), 1),
    (re.compile(r"(<node-(\d+)>)()"), 0),
    (re.compile(r"(<GENERATED>-(\d+))\b()"), 0),
    (re.compile(r"(?<!\w)(#(\d+))\b()"), None),  # counts results, not calls
    (re.compile(r"(?<!\w)(#E(\d+))\b()"), 1),
    (re.compile(r"(<API-(\d+)>)()"), 1),
    (re.compile(r"^(\$\{?(\d+)\}?)()$"), 1),
)
_TEMPLATE = re.compile(r"\$?\{\{?([^{}]{1,100})\}\}?")
MONEY = frozenset(("price", "amount", "cost", "total", "fee", "budget"))
COUNTED = ("step", "call", "node", "result", "task", "output", "action")
_FROM_ZERO = re.compile(rf"\$?\{{\{{?\s*(?:{'|'.join(COUNTED)})?[\[_ -]?0\b")
_HEAD = re.compile(r"([\w-]+?)(?:\[?[_ -]?(\d+)\]?)?(?:\.(.+))?")


class Link(Struct, frozen=True, gc=False):
    """A result that supplied a value: which call's, where in it, the matched text."""

    call: int
    path: str
    span: str
    reference: bool = False
    joint: bool = False


class References:
    """The references of a trace.

    Where the row names the results of its calls the name decides, else the number counts calls.
    Of two calls that give the same name the later one is meant.
    """

    def __init__(self, trace: Trace) -> None:
        self._calls = trace.calls
        self._names_results = any(call.gives for call in self._calls)

    def may_be_in(self, leaves: list[Leaf]) -> bool:
        """Cheap: most arguments hold no mark of a notation. A lone call has none to refer to."""
        if len(self._calls) < 2:
            return False
        return any(_MARKS.search(leaf.written) is not None for leaf in leaves)

    def of(self, call: int, leaf: Leaf) -> tuple[Link, ...]:
        """The earlier calls to which an argument of `call` refers.

        A sum of money is no reference: `price = "$2"`.
        """
        is_sum = re.fullmatch(r"\$\d+", leaf.written.strip())
        if is_sum and MONEY.intersection(words(leaf.path).split()):
            return ()
        found = (*self._numbered(call, leaf.written), *self._templates(call, leaf.written))
        return tuple(link for link in found if 0 <= link.call < call)

    def _numbered(self, call: int, text: str) -> Iterator[Link]:
        for pattern, first in NOTATIONS:
            for match in pattern.finditer(text):
                if self._names_results:
                    target = self._by_name(match[1], call)
                else:
                    target = call if first is None else int(match[2][:9]) - first
                yield Link(target, match[3] or "", match[0], reference=True)

    def _by_name(self, name: str, call: int) -> int:
        named = [i for i, one in enumerate(self._calls[:call]) if name in one.gives]
        return named[-1] if named else call

    def _templates(self, call: int, text: str) -> Iterator[Link]:
        """`{{step_1.id}}`, `${call_abc.output}`: by a call's id, result name or tool, else by number.

        A number or a tool's name without a path may be code (`echo ${1}`) unless it is all there is.
        """
        for match in _TEMPLATE.finditer(text):
            named = match[1].strip()
            if match[0][:2] not in ("{{", "${") or not (head := _HEAD.fullmatch(named)):
                continue
            alone = match[0] == text.strip() or head[3] is not None
            target = self._meant(call, named.partition(".")[0], head, alone)
            if target is not None:
                yield Link(target, head[3] or "", match[0], reference=True)

    def _meant(self, call: int, whole: str, head: re.Match[str], alone: bool) -> int | None:
        for i in reversed(range(call)):
            one = self._calls[i]
            by_tool = alone and plain_name(whole) == plain_name(one.tool)
            if whole == one.id or whole in one.gives or by_tool:
                return i
        number = (whole if alone else "") if whole.isdigit() else head[2]
        if not number or plain_name(head[1]) not in ("", number, *COUNTED):
            return None
        return int(number[:9]) - self._first

    @cached_property
    def _first(self) -> int:
        """Rows that count from 0 are told by a 0."""
        arguments = (leaf.written for call in self._calls for leaf in leaves_of(call.arguments))
        return 0 if any(map(_FROM_ZERO.search, arguments)) else 1
