"""What makes plans: gold traces from tool schemas."""

import argparse
import sys

from planloom.commands.options import Commands, add_rewording, positive, rewording, seed


def add(commands: Commands) -> None:
    """Their names, arguments and help."""
    _add_synth(commands)


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
    made = Gold(
        tools=tuple(arguments.tools) or (PACKED,),
        licence=arguments.licence,
        like=arguments.like,
        pools=arguments.pools,
    )
    found = gold.check(made)
    for why, n in found.left.items():
        print(f"planloom: {n} tools are not used: {why}", file=sys.stderr)
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
