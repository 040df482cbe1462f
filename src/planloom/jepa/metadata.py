"""The columns of tensors, what each means, and what a file says about itself."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Struct

from planloom.errors import InputError
from planloom.jepa import tokens

VERSION = 1
ROW_GROUP = 8192
ABOUT, COUNTS = b"planloom_tensors", b"planloom_counts"
EVIDENCES = ("value", "reference", "declared", "sequence")
"""Of edges, by `ek`: those below 2 carry data."""
BASES = ("default", "inferred", "observed")
JUDGED = ("tier", "result_tier", "volume", "sensitivity")
"""Of `origin` two bits each, the first lowest: a position in BASES."""
NO_ARGUMENTS, ANSWERS, ACTS = 1, 2, 4
"""Bits of `flags`: arguments not known; an answer in text, no call; writes, sends or deletes."""


class Column(NamedTuple):
    """A column: one value for each of `per`, those of a plan in one list; of `plan` a plain value."""

    name: str
    type: pa.DataType
    per: str
    meaning: str


_U8, _U16, _U32, _TEXT, _ID = pa.uint8(), pa.uint16(), pa.uint32(), pa.string(), pa.binary(16)
COLUMNS = (
    Column("tok", _U16, "token", "token ids of all calls, call after call"),
    Column("tok_group", _U8, "token", "what it tells: " + ", ".join(f"{i} {name}" for i, name in enumerate(tokens.GROUPS))),
    Column("ntok", _U8, "call", "how many tokens the call has"),
    Column("tool", _U32, "call", "hash of the tool's name, for counting"),
    Column("verb", _U32, "call", "hash of the first word of the tool's name, for counting"),
    Column("flags", _U8, "call", "bits: 1 arguments not known, 2 an answer in text, 4 writes, sends or deletes"),
    Column("tier", _U8, "call", "provenance_tier"),
    Column("result_tier", _U8, "call", "result_tier"),
    Column("sensitivity", _U8, "call", "scope_sensitivity"),
    Column("volume", pa.float32(), "call", "log(1 + scope_volume)"),
    Column("origin", _U8, "call", "two bits each of tier, result_tier, volume, sensitivity, lowest first: 0 default, 1 inferred, 2 observed"),
    Column("depth", _U8, "call", "longest way from a call without an edge into it"),
    Column("turn", _U8, "call", "index of the user's turn"),
    Column("step", _U8, "call", "index of the round as written in the row"),
    Column("narg", _U8, "call", "how many arguments follow, nested ones each by itself"),
    Column("arg_key", _U16, "argument", "hash of the dotted key, for counting"),
    Column("arg_class", _U8, "argument", "position in the classes of values"),
    Column("arg_size", _U8, "argument", "logarithm of a number, or of the length of a text or list"),
    Column("arg_value", _U16, "argument", "hash of an enum's value or of a text's first words, else 0"),
    Column("arg_source", _U8, "argument", "where the value stands before: " + ", ".join(f"{i} {name}" for i, name in enumerate(tokens.SOURCES))),
    Column("arg_inside", _U8, "argument", "1: an address of a domain that the user named, or of a private network"),
    Column("es", _U8, "edge", "index of the call it comes from"),
    Column("ed", _U8, "edge", "index of the call it goes to"),
    Column("ek", _U8, "edge", ", ".join(f"{i} {'data' if i < 2 else 'order'} by {name}" for i, name in enumerate(EVIDENCES))),
    Column("rq", _U16, "word", "token ids of the request, then of what else the user said"),
)  # fmt: skip
META = (
    Column("plan_id", _ID, "plan", "the 16 bytes of plan_id"),
    Column("group", _ID, "plan", "the 16 bytes of group (plan_id, if there is none), for splits"),
    Column("source", _TEXT, "plan", "hub id of the dataset"),
    Column("label", _TEXT, "plan", "benign, boundary, adversarial"),
    Column("category", _TEXT, "plan", "as in the plan"),
    Column("evidence", _TEXT, "plan", "as in the plan"),
    Column("use", _TEXT, "plan", "as in the plan"),
    Column("language", _TEXT, "plan", "as in the plan"),
    Column("fold", _TEXT, "plan", "train, valid, test; empty if there is none"),
    Column("mutation", _TEXT, "plan", "type of the mutation; empty if there is none"),
    Column("mutated", pa.int16(), "plan", "index of the mutated call, or -1"),
    Column("severity", pa.float32(), "plan", "of the mutation, or 0"),
    Column("parent", _ID, "plan", "the 16 bytes of the plan_id that was mutated, or zeros"),
)
"""Inside the column `meta`: for choosing and judging plans, never fed to a model."""


class About(Struct, frozen=True, forbid_unknown_fields=True):
    """How tensors were made: those that differ in it do not mix."""

    corpus: str
    vocabulary: int
    max_nodes: int
    version: int = VERSION
    words: int = tokens.VERSION
    salt: str = tokens.SALT.decode()


def schema(about: About) -> pa.Schema:
    """The schema of a file of tensors."""
    fields = [
        pa.field(c.name, pa.list_(pa.field("item", c.type, nullable=False)), nullable=False)
        for c in COLUMNS
    ]
    meta = pa.struct([pa.field(c.name, c.type, nullable=False) for c in META])
    stated = {ABOUT: msgspec.json.encode(about)}
    return pa.schema([*fields, pa.field("meta", meta, nullable=False)], stated)


def texts() -> list[str]:
    """The paths of those columns in a file that hold text."""
    return [f"meta.{column.name}" for column in META if column.type == _TEXT]


def repeating() -> list[str]:
    """The paths of all columns but those of ids: what a dictionary makes smaller and faster to read."""
    return [*texts(), *(f"{column.name}.list.element" for column in COLUMNS)]


def about(metadata: Mapping[bytes, bytes] | None, where: str) -> About:
    """What a file says about itself.

    Raises:
        InputError: if it holds no tensors, or those of another version of Planloom.
    """
    told = (metadata or {}).get(ABOUT)
    if told is None:
        raise InputError(f"{where}: no tensors; make them with planloom tensors OUT")
    try:
        found = msgspec.json.decode(told, type=About)
    except msgspec.ValidationError:
        found = None
    if found is None or (found.version, found.words) != (VERSION, tokens.VERSION):
        raise InputError(f"{where}: tensors of another version; run planloom tensors OUT again")
    return found


def array(values: list[Any], kind: pa.DataType) -> pa.Array:
    """An array of plain values."""
    if pa.types.is_string(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array(values, kind)
    return pa.array(np.array(values, kind.to_pandas_dtype()))
