"""Gold traces that fill what real plans leave of a recipe: made as files that are read as any source is."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from planloom import files, synth
from planloom.cluster import Cluster
from planloom.datasets import find
from planloom.errors import RecipeError
from planloom.files import DataFile
from planloom.inputs import Input
from planloom.output import GOLD, Out
from planloom.recipe import PACKED, Gold, Recipe
from planloom.rewording import Rewording, ask_all, reworded
from planloom.rewrite import Rewritten
from planloom.source import Source
from planloom.synth import blueprints, fill, generate, makers, rows, schemas
from planloom.synth.universe import Universe, universe
from planloom.version import __version__
from planloom.work import Failed, Workers

HOME = Path(synth.__file__).parent
CARD = str(HOME / "card")
"""The folder of the one dataset file that reads what is made here."""
SOURCE = "planloom/synth"
SPARE = 1.02
"""So many more are made than wanted, because a few equal others."""
LICENCE, UNKNOWN = "Apache-2.0", "unknown"
SAMPLED = 40
NAMED = 5  # tools that are named of those that share a reason
BYTES = 350  # of a generated row, compressed


class Block(NamedTuple):
    """A file to make: the first `size` traces of a block."""

    path: str
    seed: int
    number: int
    size: int
    gold: Gold


def alone(number: int, seed: int, made: Gold) -> Recipe:
    """The recipe of a corpus of nothing but gold traces, named by what they are made of and the seed."""
    digest = hashlib.blake2b(msgspec.json.encode((seed, made)), digest_size=4).hexdigest()
    return Recipe(
        name=f"gold-traces-{digest}",
        sources={},
        seed=seed,
        total=number,
        gold_max=number,
        gold=made,
    )


class Made(NamedTuple):
    """The files to read, and what came of rewriting requests, if that was wanted."""

    inputs: list[Input]
    rewritten: Rewritten | None


def made(
    recipe: Recipe,
    count: int,
    out: Out,
    digests: dict[str, str],
    workers: Workers | Cluster,
    rewording: Rewording | None,
) -> Made:
    """Files with a few more than `count` traces, made unless they are there.

    Raises:
        RecipeError: if a file of tools is gone.
        EndpointError, OutputError: as `rewrite.rewrite`.
    """
    jobs = blocks(recipe, count, out.stage / GOLD, digests)
    if rewording is not None:
        return _reworded(jobs, rewording, digests)
    for one in workers.run(make, jobs, "gold blocks"):
        if isinstance(one, Failed):
            raise RecipeError(f"gold traces: {one.error}")
    return Made([_input(job, digests) for job in jobs], None)


def _reworded(jobs: Sequence[Block], how: Rewording, digests: dict[str, str]) -> Made:
    """The same traces with what a model made of their requests."""
    done = ask_all((pair for job in jobs for pair in named(job)), how)
    inputs = []
    for job in jobs:
        path = Path(job.path)
        folder = path.parent.with_name(f"{path.parent.name}-reworded")
        other = job._replace(path=str(folder / path.name))
        rows.write(Path(other.path), reworded(named(job), how), licence(job.gold))
        inputs.append(_input(other, digests))
    return Made(inputs, done)


def sample(recipe: Recipe) -> list[tuple[str, fill.Gold]]:
    """A few traces of a recipe, of different workflows, as they are named when they are rewritten."""
    block = blocks(recipe, recipe.gold_max, Path(), {})[0]
    return list(islice(named(block), 0, SAMPLED * generate.FILLED, generate.FILLED))


def named(block: Block) -> Iterator[tuple[str, fill.Gold]]:
    """The traces of a block, each with a name that no other has."""
    made_of = Path(block.path).parent.name
    for number, gold in enumerate(_traces(block)):
        yield f"{made_of}/{block.number}/{number}", gold


def _traces(block: Block) -> Iterator[fill.Gold]:
    made_of = Path(block.path).parent.name  # of other files another one
    tools, profile = _universe(block.gold, made_of), _profile(block.gold, made_of)
    return generate.block(tools, profile, block.seed, block.number, block.size)


def _input(job: Block, digests: dict[str, str]) -> Input:
    file = DataFile(0, f"block-{job.number:05d}.jsonl.zst", job.path, "lines")
    return Input(SOURCE, file, files.known_digest(job.path, digests))


def blocks(recipe: Recipe, count: int, folder: Path, digests: dict[str, str]) -> list[Block]:
    """The blocks of `count` traces and some spare ones; what is made of other things lies elsewhere."""
    key, total = _key(recipe, digests), int(count * SPARE) + 10
    sizes = [min(generate.BLOCK, total - start) for start in range(0, total, generate.BLOCK)]
    return [
        Block(
            str(folder / key / f"{number:05d}-{size}.jsonl.zst"),
            recipe.seed,
            number,
            size,
            recipe.gold,
        )
        for number, size in enumerate(sizes)
    ]


def make(block: Block) -> None:
    """Writes the block's file unless it is there."""
    path = Path(block.path)
    if not path.exists():
        rows.write(path, _traces(block), licence(block.gold))


def with_card(recipe: Recipe) -> Recipe:
    """The recipe that knows the dataset file of gold traces."""
    return msgspec.structs.replace(recipe, datasets=(*recipe.datasets, CARD))


def source(gold: Gold) -> Source:
    """The card of gold traces, under the licence of the tools."""
    return msgspec.structs.replace(find(SOURCE, (CARD,)), licence=licence(gold))


def check(gold: Gold) -> Universe:
    """The tools as they can be used.

    Raises:
        RecipeError: if none can.
    """
    found = _read(gold)
    if not found.worlds:
        raise RecipeError(f"{', '.join(gold.tools)}: no tool can be used: {'; '.join(left(found))}")
    return found


def left(found: Universe) -> list[str]:
    """The tools that are not used, a line for each reason."""
    return [
        f"{', '.join(names[:NAMED])}{f' and {len(names) - NAMED:,} more' if len(names) > NAMED else ''}: {why}"
        for why, names in found.left.items()
    ]


@lru_cache(maxsize=2)
def _universe(gold: Gold, _: str) -> Universe:
    return _read(gold)


def _read(gold: Gold) -> Universe:
    pools = makers.load(Path(gold.pools)) if gold.pools else makers.packed()
    return universe(schemas.read(gold.tools), makers.Makers(pools))


@lru_cache(maxsize=2)
def _profile(gold: Gold, _: str) -> blueprints.Profile:
    return blueprints.Profile(
        blueprints.load(Path(gold.like)) if gold.like else blueprints.packed()
    )


def licence(gold: Gold) -> str:
    """The licence of the tools, which that of the traces follows."""
    return gold.licence or (LICENCE if set(gold.tools) == {PACKED} else UNKNOWN)


def _key(recipe: Recipe, digests: dict[str, str]) -> str:
    """A hash of all that the traces depend on: seed, tools, forms, and the code that makes them."""
    gold = recipe.gold
    names = (*gold.tools, gold.like or PACKED, gold.pools or PACKED)
    given = [_digest(name, digests) for name in names]
    known = (recipe.seed, given, licence(gold), _code(), __version__)
    return hashlib.blake2b(msgspec.json.encode(known), digest_size=16).hexdigest()


def _digest(name: str, digests: dict[str, str]) -> str:
    if name == PACKED:
        return PACKED
    path = Path(name)
    path = path / "manifest.json" if path.is_dir() else path
    if not path.exists():
        raise RecipeError(f"{name}: no such file or finished build; [gold] names tools and builds")
    return files.known_digest(str(path), digests)


@lru_cache(maxsize=1)
def _code() -> str:
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(
        one for one in HOME.rglob("*.*") if one.suffix in (".py", ".toml", ".txt", ".json")
    ):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
