"""What makes plans: gold traces from tool schemas, and the boundary set out of a build."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from planloom.commands.options import Commands, add_rewording, positive, rewording, seed
from planloom.errors import RecipeError

if TYPE_CHECKING:
    from planloom.mutate import Tally


def add(commands: Commands) -> None:
    """Their names, arguments and help."""
    _add_synth(commands)
    _add_mutate(commands)


def _add_synth(commands: Commands) -> None:
    command = commands.add_parser(
        "synth", help="gold traces from tool schemas, without a model: a corpus of its own"
    )
    add = command.add_argument
    add(
        "tools",
        nargs="*",
        metavar="TOOLS",
        help="a build, its tools.parquet, OpenAPI, an MCP tool list, JSON Schema, or `packed` (the default)",
    )
    add("--out", required=True, help="the folder to build in")
    add("--number", type=positive, default=10_000, metavar="N", help="traces (default: 10,000)")
    add("--seed", type=seed, default=1, metavar="N", help="another seed gives others (default: 1)")
    add("--like", metavar="OUT", help="a build: plans of the forms that its plans have")
    add("--pools", metavar="FILE", help="TOML: more values, beside the packed ones, for some pools")
    add("--licence", metavar="NAME", help="of the tools; else that of your own tools is unknown")
    add_rewording(command)
    add(
        "--estimate",
        action="store_true",
        help="with --rewrite: ask 20 times, tell what all would cost, and end",
    )
    add(
        "--more-values",
        type=positive,
        metavar="N",
        help="with --rewrite: ask for N more values of each pool",
    )
    add("--workers", type=positive, default=0, metavar="N", help="processes (default: all cores)")
    add("--fresh", action="store_true", help="replace another Planloom build in --out")
    command.set_defaults(run=_synth, command="synth")


def _synth(arguments: argparse.Namespace) -> int:
    from msgspec import structs

    from planloom import gold, pipeline, summary
    from planloom.recipe import PACKED, Gold
    from planloom.rewording import estimate, more_values

    how = rewording(arguments)
    if how is None and (arguments.estimate or arguments.more_values):
        raise RecipeError("--estimate and --more-values ask a model: name it with --rewrite FILE")
    made = Gold(
        tools=tuple(arguments.tools) or (PACKED,),
        licence=arguments.licence,
        like=arguments.like,
        pools=arguments.pools,
    )
    found = gold.check(made)
    for line in gold.left(found):
        print(f"planloom: not used: {line}", file=sys.stderr)
    if how is not None and arguments.more_values:
        made = structs.replace(made, pools=str(more_values(arguments.more_values, how, made.pools)))
    corpus = gold.alone(arguments.number, arguments.seed, made)
    if how is not None and arguments.estimate:
        print(estimate(gold.sample(corpus), how, arguments.number))
        return 0
    options = pipeline.Options(
        arguments.out, workers=arguments.workers, fresh=arguments.fresh, rewording=how
    )
    built = pipeline.build(corpus, options)
    print(summary.gold(built, len(found.worlds), sum(len(one.tools) for one in found.worlds)))
    if built.rewritten is not None:
        print(built.rewritten.line)
    for problem in built.trouble:
        print(f"planloom: {problem}", file=sys.stderr)
    return int(bool(built.trouble) or (built.rewritten is not None and built.rewritten.stopped))


def _add_mutate(commands: Commands) -> None:
    command = commands.add_parser(
        "mutate", help="plans that are almost right, each beside a benign change of the same plan"
    )
    add = command.add_argument
    add("source", metavar="OUT", type=Path, help="a finished build")
    add("--out", type=Path, metavar="DIR", help="default: OUT/boundary")
    add(
        "--only",
        nargs="+",
        action="extend",
        metavar="KIND",
        default=[],
        help="these kinds (scope.blowup) or families (scope) alone",
    )
    add("--per-plan", type=positive, metavar="N", help="at most N pairs of each plan")
    add("--limit", type=positive, metavar="N", help="at most N pairs of each kind (default: 10000)")
    command.set_defaults(run=_mutate, command="mutate")


def _mutate(arguments: argparse.Namespace) -> int:
    from planloom import mutate

    into = arguments.out or arguments.source / mutate.FOLDER
    limit = arguments.limit or mutate.LIMIT
    options = mutate.Options(tuple(arguments.only), arguments.per_plan, limit)
    tally = mutate.run(arguments.source, into, options)
    print(_table(tally))
    print(f"planloom: {tally.pairs:,} pairs in {into}", file=sys.stderr)
    return 0


def _table(tally: "Tally") -> str:
    rows = [("kind", "plans", "holds", "made", "left")]
    for name, one in tally.as_json()["kinds"].items():
        share = f"{one['holds'] / one['looked']:.1%}" if one["looked"] else ""
        left = ", ".join(f"{why} {n:,}" for why, n in one["left"].items())
        rows.append((name, f"{one['looked']:,}", share, f"{one['made']:,}", left))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}  {e}".rstrip()
        for a, b, c, d, e in rows
    )
