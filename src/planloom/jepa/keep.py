"""Which plans are read: by what is known beside them, without a plan being looked at by itself."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from planloom.errors import RecipeError
from planloom.jepa.ragged import Ragged

Mask = NDArray[np.bool_]


class Keep(NamedTuple):
    """Plans with all of it; an empty tuple asks for nothing."""

    fold: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    mutation: tuple[str, ...] = ()
    without_source: tuple[str, ...] = ()
    least_calls: int = 0
    least_edges: int = 0

    def asked(self) -> dict[str, tuple[str, ...]]:
        """The columns of `meta` that are asked, each with what it may hold."""
        named = {name: getattr(self, name) for name in self._fields[:7]}
        for name, values in (*named.items(), ("without_source", self.without_source)):
            if isinstance(values, str):
                raise RecipeError(f"{name}: a tuple of names, not the text {values!r}")
        return {name: values for name, values in named.items() if values}

    def columns(self) -> list[str]:
        """The columns that a table for `mask` needs."""
        named = {*self.asked(), *(("source",) if self.without_source else ())}
        return [f"meta.{name}" for name in sorted(named)]

    def mask(self, table: pa.Table, lists: Mapping[str, Ragged]) -> Mask:
        """Which rows are kept."""
        kept = np.ones(table.num_rows, bool)
        if self.columns():
            about = pa.Table.from_struct_array(table["meta"].combine_chunks())
            for name, values in self.asked().items():
                kept &= _is_in(about[name], values)
            if self.without_source:
                kept &= ~_is_in(about["source"], self.without_source)
        if self.least_calls > 1:
            kept &= lists["ntok"].sizes() >= self.least_calls
        if self.least_edges:
            kept &= lists["es"].sizes() >= self.least_edges
        return kept


def _is_in(column: pa.ChunkedArray, values: tuple[str, ...]) -> Mask:
    found: Mask = pc.is_in(column, value_set=pa.array(values, pa.string())).to_numpy()
    return found
