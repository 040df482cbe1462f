"""The one dial of a model: its size, and all that follows from it. Needs no torch."""

from typing import NamedTuple


class Size(NamedTuple):
    """`rows` is the most vectors of tokens: a larger vocabulary is folded onto them.

    `threads` on the CPU, 0 all: for what is small waiting for one another costs more than it saves.
    """

    width: int
    blocks: int
    predictor: int
    heads: int
    latent: int
    rows: int
    rate: float
    threads: int


SIZES = {
    "tiny": Size(
        width=96, blocks=2, predictor=1, heads=4, latent=64, rows=8_192, rate=1e-3, threads=1
    ),
    "small": Size(
        width=256, blocks=4, predictor=2, heads=8, latent=128, rows=16_384, rate=5e-4, threads=0
    ),
    "base": Size(
        width=512, blocks=8, predictor=3, heads=8, latent=256, rows=65_536, rate=3e-4, threads=0
    ),
}
