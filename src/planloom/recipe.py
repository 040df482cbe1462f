"""The whole configuration of a build: TOML, typed, unknown keys refused."""

import datetime
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from planloom.errors import RecipeError, nearest
from planloom.plan import Category

Count = Annotated[int, Meta(ge=0)]
Line = Annotated[str, Meta(pattern=r"^[^\n]*\S[^\n]*\Z")]
PACKED = "packed"
"""The tools that come with Planloom."""
TITLES = {
    "function_calling": "Function calling",
    "tool_reasoning": "Tool reasoning",
    "instruction_following": "Instruction following",
    "conversation": "Conversations",
    "gold_traces": "Gold traces, generated",
}
CATEGORIES: tuple[Category, ...] = (
    "function_calling",
    "tool_reasoning",
    "instruction_following",
    "conversation",
)


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """What a plan may be. `min_letters`: a CJK, kana, hangul or Thai character counts 3.

    `languages` are the ISO 639 codes to keep, `und` for unsure among them; none keeps all.
    """

    min_letters: Count = 10
    max_request: Count = 32_000
    max_turns: Count = 16
    max_nodes: Count = 256
    languages: tuple[Annotated[str, Meta(pattern="^[a-z]{2,3}$")], ...] = ()


Consequence = Literal["adversarial", "quarantine", "noted"]


class Safety(Struct, frozen=True, forbid_unknown_fields=True):
    """Which findings keep a plan out of the corpus. `classes` overrides what single classes mean.

    `max_score` also flags moderation scores from there on. `results` false does not look for
    instructions in tool results, `texts` false not for jailbreaks and toxic words in requests.
    """

    classes: dict[str, Consequence] = {}
    max_score: Annotated[float, Meta(ge=0, le=1)] | None = None
    results: bool = True
    texts: bool = True


class Dedup(Struct, frozen=True, forbid_unknown_fields=True):
    """What counts as the same. A change here reads no source again.

    `near_duplicates` is the least Jaccard similarity of requests at which one of two plans with equal
    calls leaves, 0 keeps both. At most `template_cap` plans of one template stay, 0 keeps all.
    """

    near_duplicates: Annotated[float, Meta(ge=0, le=1)] = 0.7
    template_cap: Count = 500


class Decontaminate(Struct, frozen=True, forbid_unknown_fields=True):
    """Which evaluation sets no plan may repeat: ids of the catalogue; None is all that it knows.

    From the hub only sets that are named here, or are sources of the recipe, are fetched.
    """

    sets: tuple[str, ...] | None = None


class Gold(Struct, frozen=True, forbid_unknown_fields=True):
    """What gold traces are made from.

    `tools` are files of tool schemas, builds, or `packed`: the tools that come with Planloom. `licence`
    is that of these files; that of packed tools is known. `like` is a build whose plans' forms are
    fitted; None takes the packed forms. `pools` is a TOML file of values (names of pools, lists of texts)
    beside those packed.
    """

    tools: Annotated[tuple[str, ...], Meta(min_length=1)] = ("packed",)
    licence: Line | None = None
    like: str | None = None
    pools: str | None = None


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A source in a recipe; `max` is the most plans it may give, None all.

    `revision` pins it: a commit, tag or branch; None is the card's, and without one `main`.
    """

    max: Count | None = None
    revision: str | None = None


class Targets(Struct, frozen=True, forbid_unknown_fields=True):
    """Plans wanted per category: exact, met by the plans of least seeded hash."""

    function_calling: Count = 0
    tool_reasoning: Count = 0
    instruction_following: Count = 0
    conversation: Count = 0


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """What the dataset card says that no build can know. A change here reads no source again.

    Nothing is made up for what is not stated. `version` counts the corpus: patch for the same rows,
    minor for additions, major for changed rows.
    """

    title: Line | None = None
    creator: Line | None = None
    url: Annotated[str, Meta(pattern=r"^https?://\S+\Z")] | None = None
    date: datetime.date | None = None
    version: Annotated[str, Meta(pattern=r"^\d+\.\d+\.\d+\Z")] | None = None


class Recipe(Struct, frozen=True, forbid_unknown_fields=True):
    """A build. The order of `sources` decides between equal plans.

    `gold_max` bounds generated gold traces, which fill what real plans leave of `total`.
    `skeleton_max` lets that many plans without arguments count towards targets.
    """

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+$")]
    sources: dict[str, Wanted]
    targets: Targets = Targets()
    seed: Count = 1
    total: Count | None = None
    gold_max: Count = 0
    skeleton_max: Count = 0
    allow_non_commercial: bool = False
    rejects: Annotated[int, Meta(ge=0, description="kept per source and reason")] = 20
    jsonl: Literal["plain", "zst"] | None = None
    datasets: tuple[str, ...] = ()
    limits: Limits = Limits()
    safety: Safety = Safety()
    dedup: Dedup = Dedup()
    card: Card = Card()
    decontaminate: Decontaminate = Decontaminate()
    gold: Gold = Gold()

    @property
    def goal(self) -> int:
        """Plans wanted in all."""
        return self.total or sum(target(self, category) for category in CATEGORIES)


def gold_room(gold_max: int, goal: int, real: int) -> int:
    """The gold traces that `real` plans leave room for."""
    return min(gold_max, max(goal - real, 0))


def target(recipe: Recipe, category: str) -> int:
    """Plans wanted of a category."""
    return int(getattr(recipe.targets, category, 0))


def load(path: str | Path | None) -> Recipe:
    """The recipe in a file; None is the built-in `sample`.

    Raises:
        RecipeError: naming the key, and the nearest valid one.
    """
    if path is None:
        text = resources.files("planloom").joinpath("sample/recipe.toml").read_text("utf-8")
        return parse(text, "sample")
    file = Path(path)
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {path}: {_why(error)}") from error
    recipe = parse(text, str(path))
    folders = tuple(str((file.parent / folder).resolve()) for folder in recipe.datasets)
    return msgspec.structs.replace(
        recipe, datasets=folders, gold=_located(recipe.gold, file.parent)
    )


def _located(gold: Gold, folder: Path) -> Gold:
    """With the paths that a recipe names counted from where it lies."""
    tools = (one if one == PACKED else str((folder / one).resolve()) for one in gold.tools)
    like, pools = (name and str((folder / name).resolve()) for name in (gold.like, gold.pools))
    return msgspec.structs.replace(gold, tools=tuple(tools), like=like, pools=pools)


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "not UTF-8 text"


def parse(text: str, where: str) -> Recipe:
    """The recipe that the TOML text means.

    Raises:
        RecipeError: naming what is wrong and where.
    """
    try:
        return msgspec.convert(tomllib.loads(text), Recipe)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"recipe {where}: not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise RecipeError(f"recipe {where}: {_explained(str(error))}") from error


_TABLES = {
    "targets": Targets,
    "limits": Limits,
    "safety": Safety,
    "card": Card,
    "decontaminate": Decontaminate,
    "dedup": Dedup,
    "gold": Gold,
    "sources": Wanted,
}
_MOVED = {("limits", "max_score"): "safety.max_score"}


def _explained(message: str) -> str:
    """msgspec's message, with the nearest key where one is unknown."""
    match = re.match(r"Object contains unknown field `(.+?)`(?: - at `\$\.?(.*)`)?", message)
    if match is None:
        return message
    place = (match[2] or "").split(".")[0].split("[")[0]
    if (place, match[1]) in _MOVED:
        return f"`{place}.{match[1]}` is now `{_MOVED[place, match[1]]}`"
    struct: Any = _TABLES.get(place, Recipe)
    known = struct.__struct_fields__
    hint = nearest(match[1], known) or f" (known: {', '.join(known)})"
    return f"unknown key `{match[1]}`{' in [' + place + ']' if place else ''}{hint}"


def with_datasets(recipe: Recipe, folders: tuple[str, ...]) -> Recipe:
    """The recipe with these folders of users' dataset files."""
    return msgspec.structs.replace(recipe, datasets=folders)
