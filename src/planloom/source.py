"""The card of a dataset: where it is, what may be done with it, and who reads its rows."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Literal, ParamSpec, get_type_hints

import msgspec
from msgspec import Struct

from planloom.plan import Category, Use
from planloom.trace import Trace

Row = Mapping[str, Any]
Reader = Callable[[Row], Trace]
P = ParamSpec("P")
Policy = Literal["train", "eval_only", "forbidden"]
Safety = Literal["by_construction", "labelled"]


class ShapeReader:
    """A reader with the arguments that made it: above all the names of the columns that it reads.

    Readers of one shape with equal arguments are equal; `repr` is the code that makes one.
    """

    __slots__ = ("_read", "arguments", "code")

    def __init__(self, code: str, arguments: dict[str, Any], read: Reader) -> None:
        self.code = code
        self.arguments = arguments
        self._read = read

    def __call__(self, row: Row) -> Trace:
        return self._read(row)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShapeReader) and self.code == other.code

    def __hash__(self) -> int:
        return hash(self.code)

    def __repr__(self) -> str:
        return self.code


def shape_reader(make: Callable[P, Reader]) -> Callable[P, ShapeReader]:
    """For the `reader` of a shape: what it makes knows its arguments."""
    signature = inspect.signature(make)
    shape = make.__module__.rsplit(".", 1)[-1]

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> ShapeReader:
        given = signature.bind(*args, **kwargs).arguments
        defaults = {name: p.default for name, p in signature.parameters.items()}
        said = [f"{k}={v!r}" for k, v in given.items() if v != defaults[k]]
        code = f"{shape}.reader({', '.join(said)})"
        return ShapeReader(code, {**defaults, **given}, make(*args, **kwargs))

    return made


class Part(Struct, frozen=True):
    """One config and split (or file set) of a dataset: what its rows are and how to read them.

    `read` raises BadRow for a row that cannot be read. `columns` projects Parquet files, so that
    what is not named (personal data above all) is never read. `unique` is the task of a row, as the
    column that states it or as a function of the row: a source keeps one row a task. `each` names
    columns that hold lists of equal length: every element makes a row of its own, beside the
    record's other columns; `each = ("*",)` does so with the values of an object that holds nothing
    but rows. `whole` makes one row `{"records": [..]}` of all the records of a file. `why` explains
    a policy other than `train`. `held_out` says that the reader marks some rows as `eval_only`.
    """

    split: str
    files: tuple[str, ...]
    read: Reader
    category: Category
    config: str = "default"
    use: Use = "open"
    policy: Policy = "train"
    benign: Safety = "by_construction"
    columns: tuple[str, ...] | None = None
    unique: str | Callable[[Row], Any] | None = None
    each: tuple[str, ...] = ()
    whole: bool = False
    why: str = ""
    held_out: bool = False

    @property
    def name(self) -> str:
        return f"{self.config}/{self.split}"

    def task(self, row: Row) -> Any:
        """What the row solves, where the part tells tasks apart; None is no task."""
        if callable(self.unique):
            return self.unique(row)
        return row.get(self.unique) if self.unique else None

    @property
    def evaluates(self) -> bool:
        """Whether rows of it are an evaluation set."""
        return self.policy == "eval_only" or self.held_out

    @property
    def counts_rows(self) -> bool:
        """Whether rows are numbered through a file, which then cannot be cut into slices."""
        return bool(self.each) or self.whole


class Source(Struct, frozen=True):
    """A dataset. `rows` is its real size, `claim` what the seed document says of it.

    `tier`: 1 quick wins, 2 deep dive, 3 full coverage. `overlap` names the group of datasets that
    share rows with it. A source of which nothing may be used has no parts and says why in
    `refused`. `url` is where it is published, "" for its page on the hub, None if nobody knows;
    `paper` its arXiv number.
    """

    id: str
    licence: str
    rows: int
    tier: Literal[1, 2, 3]
    parts: tuple[Part, ...] = ()
    revision: str | None = None
    claim: str = "not named"
    gated: Literal["no", "auto", "manual"] = "no"
    languages: tuple[str, ...] = ("en",)
    overlap: str | None = None
    refused: str = ""
    url: str | None = ""
    paper: str = ""

    @property
    def page(self) -> str | None:
        """Where people find it."""
        return f"https://huggingface.co/datasets/{self.id}" if self.url == "" else self.url

    def part(self, name: str) -> Part:
        """The part called `config/split`.

        Raises:
            KeyError: naming the parts there are.
        """
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(f"{self.id} has no part {name}; it has {[p.name for p in self.parts]}")


def checked(source: Source) -> Source:
    """The card, if its values are what their types say: dataset files are written by people.

    Raises:
        TypeError, ValueError: naming the field.
    """
    if bool(source.parts) == bool(source.refused):
        raise ValueError("a source has parts, or says in `refused` why it has none")
    for card in (source, *source.parts):
        hints = get_type_hints(type(card))
        for name in set(card.__struct_fields__) - {"parts", "read", "unique"}:
            try:
                msgspec.convert(getattr(card, name), hints[name], strict=True)
            except msgspec.ValidationError as error:
                raise ValueError(f"{name}: {error}") from error
        if isinstance(card, Part) and not callable(card.read):
            raise TypeError(f"read is {card.read!r}, not a function of a row")
    return source
