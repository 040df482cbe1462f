"""Batches of plans for training: shuffled by seed and epoch, divided among readers, resumed exactly.

A reader is one process of one rank. Row groups are shuffled and dealt out to the readers like cards, so that each
plan is read once in an epoch; a reader takes `groups` of them at a time and shuffles their plans.
"""

import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from planloom.errors import InputError, RecipeError
from planloom.jepa.batch import Batch, Cursor, packed
from planloom.jepa.extra import torch
from planloom.jepa.keep import Keep, Mask
from planloom.jepa.ragged import Rows, Shard, find, forget
from planloom.jepa.window import window

CALLS, GROUPS = 2_048, 8


class State(Struct, forbid_unknown_fields=True):
    """Where a rank stands: of each of its readers the window and how many batches of it are done.

    `next` is the reader whose turn it is. What it was `made_of` must be as it was.
    """

    epoch: int
    next: int
    readers: int
    done: dict[int, tuple[int, int]]
    made_of: dict[str, Any]


class Plans(torch.utils.data.IterableDataset[Batch]):
    """Tensors as batches of at most `calls` calls.

    `batches(workers)` reads in so many processes of its own and keeps count for `state_dict`. In a DataLoader of
    yours (`batch_size=None`) tell `seen` of each batch, and `set_epoch` before each epoch. Ranks may come to different numbers of batches.
    """

    def __init__(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        calls: int = CALLS,
        keep: Keep | None = None,
        rows: Mask | None = None,
        shuffle: bool = True,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        groups: int = GROUPS,
    ) -> None:
        """`rows`: of all rows those that may be read, besides what `keep` asks.

        Raises:
            InputError: if there are no whole tensors.
            RecipeError: if the numbers make no sense.
        """
        if not 0 <= rank < world or calls < 1 or groups < 1 or seed < 0:
            raise RecipeError("rank is below world; calls, groups at least 1; seed 0 or more")
        given = [paths] if isinstance(paths, (str, Path)) else paths
        self.found = find([str(path) for path in given])
        if rows is not None and len(rows) != self.found.rows:
            raise RecipeError(f"rows has {len(rows):,} entries, the tensors {self.found.rows:,}")
        self.calls, self.keep, self.rows = calls, keep or Keep(), rows
        self.keep.columns()
        self.shuffle, self.seed = shuffle, seed
        self.rank, self.world, self.groups = rank, world, groups
        self._readers, self._resumed = 1, False
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Goes to the beginning of an epoch."""
        self.epoch, self._next = epoch, 0
        self._done: dict[int, tuple[int, int]] = {}

    def __iter__(self) -> Iterator[Batch]:
        """The batches of this process in this epoch."""
        info = torch.utils.data.get_worker_info()
        if info:
            forget()  # files that another process opened
        count, number = (info.num_workers, info.id) if info else (1, 0)
        reader = (number + self._next) % count
        return self._read(reader, count, self._done.get(reader, (0, 0)), threads=info is None)

    def batches(self, workers: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, or what a loaded state left of it; at the end it is the next epoch.

        Raises:
            RecipeError: if a loaded state is of another number of readers.
        """
        readers = max(workers, 1)
        if self._resumed and self._done and readers != self._readers:
            raise RecipeError(f"the state is of {self._readers} readers; go on with as many")
        if not self._resumed:
            self.set_epoch(self.epoch)
        self._readers, self._resumed = readers, False
        source: Any = self
        if workers:
            source = torch.utils.data.DataLoader(self, batch_size=None, num_workers=workers)
        for batch in source:
            self.seen(batch)
            yield batch
        self.set_epoch(self.epoch + 1)

    def seen(self, batch: Batch) -> None:
        """Counts a batch as done."""
        at = batch.at
        self._done[at.reader] = at.window, at.batch + 1
        self._readers, self._next = at.readers, (at.reader + 1) % at.readers

    def state_dict(self) -> dict[str, Any]:
        """Where the reading stands, as plain values."""
        told = State(self.epoch, self._next, self._readers, self._done, self._made_of())
        plain: dict[str, Any] = msgspec.to_builtins(told, str_keys=True)
        return plain

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Lets the next `batches` go on where a state was taken.

        Raises:
            InputError: if the state is of other tensors, or of another choice of plans.
        """
        try:
            told = msgspec.convert(state, State, strict=False)
        except msgspec.ValidationError as error:
            raise InputError(f"no state of a loader: {error}") from error
        mine = self._made_of()
        if told.made_of != mine:
            other = sorted(name for name in mine if mine[name] != told.made_of.get(name))
            raise InputError(f"the state is of another loader: {', '.join(other)} differ")
        self.epoch, self._next, self._readers = told.epoch, told.next, told.readers
        self._done, self._resumed = dict(told.done), True

    def _made_of(self) -> dict[str, Any]:
        """What decides which batches there are, and in which order."""
        rows = None if self.rows is None else zlib.crc32(np.packbits(self.rows).tobytes())
        return {
            "about": msgspec.to_builtins(self.found.about),
            "plans": self.found.rows,
            "keep": [list(one) if isinstance(one, tuple) else one for one in self.keep],
            "rows": rows,
            **{name: getattr(self, name) for name in ("calls", "shuffle", "seed")},
            **{name: getattr(self, name) for name in ("rank", "world", "groups")},
        }

    def _mine(self, reader: int, readers: int) -> list[Shard]:
        """The row groups of a reader in this epoch."""
        shards = self.found.shards
        order = np.arange(len(shards))
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        mine = order[self.rank * readers + reader :: self.world * readers]
        return [shards[number] for number in mine]

    def _read(
        self, reader: int, readers: int, done: tuple[int, int], *, threads: bool
    ) -> Iterator[Batch]:
        shards = self._mine(reader, readers)
        first, skip = done
        for number in range(first, -(-len(shards) // self.groups)):
            some = shards[number * self.groups : (number + 1) * self.groups]
            rng = np.random.default_rng([self.seed, self.epoch, some[0].first])
            order = rng.permutation if self.shuffle else _as_it_is
            plans = window(some, self.keep, self.rows, order, threads=threads)
            for batch, (start, end) in enumerate(pairwise(plans.cuts(self.calls))):
                if batch >= skip:
                    yield packed(
                        plans, start, end, Cursor(self.epoch, reader, readers, number, batch)
                    )
            skip = 0


def _as_it_is(rows: Rows) -> Rows:
    return rows
