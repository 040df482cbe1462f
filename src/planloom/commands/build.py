"""A corpus from a recipe, and what it would give before any download."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from planloom.commands.options import (
    LIE,
    Commands,
    add_rewording,
    add_sources,
    amount,
    positive,
    recipe_of,
    rewording,
)
from planloom.errors import RecipeError

if TYPE_CHECKING:
    from planloom.recipe import Recipe


def add(commands: Commands) -> None:
    """Their names, arguments and help."""
    _add_build(commands)
    _add_forecast(commands)


def _add_build(commands: Commands) -> None:
    command = commands.add_parser("build", help="a corpus from a recipe")
    add = command.add_argument
    add("recipe", nargs="?", metavar="RECIPE", help="a TOML file; without one the packed sample")
    add("--out", help="the folder to build in, or a URL of fsspec to build for")
    add(
        "--data-root",
        metavar="DIR",
        help=f"{LIE}, or a URL of fsspec, or a cache of the hub's tools",
    )
    add("--offline", action="store_true", help="only what earlier builds fetched: ask nobody")
    add(
        "--cache-limit",
        type=amount,
        metavar="GB",
        help="fetch nothing that makes the cache larger",
    )
    add_sources(command)
    add("--no-gold", action="store_true", help="fill nothing with generated gold traces")
    add_rewording(command)
    add("--limit", type=positive, metavar="N", help="read at most N rows of each file")
    add("--workers", type=positive, default=0, metavar="N", help="processes (default: all cores)")
    add("--ray", metavar="ADDRESS", help="run on a Ray cluster: auto, HOST:PORT, ray://HOST:PORT")
    add("--datasets", metavar="DIR", action="append", help="your own dataset files")
    add("--status", action="store_true", help="read nothing; tell how far the build in --out is")
    add("--fresh", action="store_true", help="replace another Planloom build in --out")
    add("--dry-run", action="store_true", help="read nothing; print what `forecast` does")
    command.set_defaults(run=_build, command="build")


def _build(arguments: argparse.Namespace) -> int:
    import msgspec

    from planloom import evaluation, output, pipeline, summary, upload

    wanted = recipe_of(arguments)
    if arguments.dry_run:
        return _dry_run(wanted, arguments)
    if arguments.out is None:
        raise RecipeError("name the folder to build in with --out OUT, or see ahead with --dry-run")
    if arguments.status:
        print(summary.status(output.Out(upload.Target(arguments.out).folder).status()))
        return 0
    names = [name for name in pipeline.Options.__struct_fields__ if name != "rewording"]
    given = {name: getattr(arguments, name) for name in names}
    options = msgspec.convert(given, pipeline.Options)
    options = msgspec.structs.replace(options, rewording=rewording(arguments))
    corpus = pipeline.build(wanted, options)
    print(summary.composition(corpus))
    print(summary.losses(corpus.ledger))
    if corpus.rewritten is not None:
        print(corpus.rewritten.line)
    if not any(msgspec.structs.astuple(wanted.targets)) and not wanted.gold_max:
        print("planloom: all targets are 0, so nothing is kept: set [targets]", file=sys.stderr)
    if corpus.unchecked:
        missing = ", ".join(corpus.unchecked)
        print(f"planloom: NOT checked against evaluation sets: {missing}", file=sys.stderr)
    for why in sorted(set(corpus.unchecked.values()) - {evaluation.NOT_THERE}):
        print(f"planloom: NOT checked: {why}", file=sys.stderr)
    for problem in corpus.trouble:
        print(f"planloom: {problem}", file=sys.stderr)
    return int(bool(corpus.trouble) or (corpus.rewritten is not None and corpus.rewritten.stopped))


def _dry_run(wanted: "Recipe", arguments: argparse.Namespace) -> int:
    from planloom import forecast, known, outlook

    if arguments.limit:
        print("planloom: --limit is not forecast; these are whole datasets", file=sys.stderr)
    given = {name: getattr(arguments, name) for name in ("only", "without", "tier")}
    found = forecast.forecast(wanted, known.NOTHING, **given)
    print(outlook.text(found, shutil.get_terminal_size().columns))
    return 0


def _add_forecast(commands: Commands) -> None:
    command = commands.add_parser(
        "forecast", help="what a recipe would give, take and cost, before any download"
    )
    add = command.add_argument
    add("recipe", nargs="?", metavar="RECIPE", help="a TOML file; without one the packed sample")
    add("--json", type=Path, metavar="FILE", help="also write everything, unrounded")
    add("--discovered", type=Path, metavar="FILE", help="what `discover --json` wrote")
    add("--measured", type=Path, metavar="OUT", action="append", default=[], help=MEASURED)
    add_sources(command)
    add("--factors", action="store_true", help="show each factor, its origin and reason")
    add("--price-hour", type=amount, metavar="USD", help="an hour of the machine (default: 0.10)")
    add("--price-gb", type=amount, metavar="USD", help="a GB of disk (default: 0.08)")
    add("--datasets", metavar="DIR", action="append", help="your own dataset files")
    command.set_defaults(run=_forecast, command="forecast")


MEASURED = "an earlier, smaller build; two of different size tell how duplicates grow"


def _forecast(arguments: argparse.Namespace) -> int:
    from planloom import cost, forecast, known, outlook

    about, builds = known.gather(arguments.discovered, arguments.measured)
    asked = (arguments.price_hour, arguments.price_gb)
    prices = cost.Prices(
        *(a if a is not None else d for a, d in zip(asked, cost.prices(), strict=True))
    )
    given = {name: getattr(arguments, name) for name in ("only", "without", "tier")}
    found = forecast.forecast(recipe_of(arguments), about, builds, prices, **given)
    if arguments.json:
        arguments.json.write_bytes(outlook.as_json(found))
    print(outlook.text(found, shutil.get_terminal_size().columns, factors=arguments.factors))
    return 0
