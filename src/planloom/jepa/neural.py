"""The energies of a trained model as `score` takes them: from tensors of plans, in their order."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from planloom.jepa import encode
from planloom.jepa.batch import Cursor, packed
from planloom.jepa.ragged import ragged
from planloom.jepa.score import Energies
from planloom.jepa.tables import Floats
from planloom.jepa.window import COLUMNS, arranged

CALLS = 2048
_ALONE = Cursor(0, 0, 1, 0, 0)


def energies(run: Path) -> Energies:
    """Of a finished run.

    Raises:
        InputError: if there is no model in it.
    """
    model = encode.load(run).model

    def tell(table: pa.Table) -> tuple[Floats, Floats]:
        rows = np.arange(table.num_rows)
        window = arranged(ragged(table.select(COLUMNS)), rows, rows)
        cuts = window.cuts(CALLS)
        found = [
            encode.energies(model, packed(window, first, last, _ALONE))
            for first, last in pairwise(cuts)
        ]
        request, call = (
            np.concatenate([one.numpy().astype(np.float64) for one in side])
            for side in zip(*found, strict=True)
        )
        return request, call

    return tell
