"""The words of the command line: every command, its arguments, their help."""

import argparse
import math
from pathlib import Path

from planloom import formats
from planloom.version import __version__

LIE = "where OWNER/NAME or OWNER__NAME folders lie"


def parser() -> argparse.ArgumentParser:
    """All commands with their help."""
    top = argparse.ArgumentParser(
        prog="planloom",
        description="Weaves public tool-use, instruction and chat datasets into one corpus of "
        "benign execution plans.",
    )
    top.add_argument("--version", action="version", version=f"planloom {__version__}")
    top.add_argument("--debug", action="store_true", help="show tracebacks")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _add_list(commands)
    _add_discover(commands)
    _add_build(commands)
    _add_forecast(commands)
    _add_explain(commands)
    _add_check(commands)
    _add_report(commands)
    _add_review(commands)
    _add_push(commands)
    _add_convert(commands)
    _add_new(commands)
    return top


Commands = argparse._SubParsersAction


def _add_list(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("list", help="the catalogue of datasets")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.add_argument(
        "--datasets", metavar="DIR", action="append", help="your own dataset files"
    )
    command.set_defaults(run="list")


def _add_discover(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "discover", help="what is really on the hub, and what it is worth"
    )
    add = command.add_argument
    add("ids", nargs="*", metavar="ID", help="any dataset; without one the whole catalogue")
    add(
        "--rows",
        type=_positive,
        default=100,
        metavar="N",
        help="rows to look at in each (default: 100)",
    )
    add("--json", type=Path, metavar="FILE", help="write everything there")
    add("--data-root", type=Path, metavar="DIR", help=f"look {LIE}, not on the hub")
    add("--datasets", metavar="DIR", action="append", help="your own dataset files")
    command.set_defaults(run="discover")


def _add_sources(command: argparse.ArgumentParser) -> None:
    """Which of a recipe's sources count."""
    add = command.add_argument
    add("--only", action="append", metavar="ID", default=[], help="read this source alone")
    add("--without", action="append", metavar="ID", default=[], help="leave this source out")
    add("--tier", type=int, choices=(1, 2, 3), help="sources of tiers 1..N only")


def _add_build(commands: "Commands[argparse.ArgumentParser]") -> None:
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
        type=_amount,
        metavar="GB",
        help="fetch nothing that makes the cache larger",
    )
    _add_sources(command)
    add("--limit", type=_positive, metavar="N", help="read at most N rows of each file")
    add("--workers", type=_positive, default=0, metavar="N", help="processes (default: all cores)")
    add("--ray", metavar="ADDRESS", help="run on a Ray cluster: auto, HOST:PORT, ray://HOST:PORT")
    add("--datasets", metavar="DIR", action="append", help="your own dataset files")
    add("--status", action="store_true", help="read nothing; tell how far the build in --out is")
    add("--fresh", action="store_true", help="replace another Planloom build in --out")
    add("--dry-run", action="store_true", help="read nothing; print what `forecast` does")
    command.set_defaults(run="build")


def _add_forecast(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "forecast", help="what a recipe would give, take and cost, before any download"
    )
    add = command.add_argument
    add("recipe", nargs="?", metavar="RECIPE", help="a TOML file; without one the packed sample")
    add("--json", type=Path, metavar="FILE", help="also write everything, unrounded")
    add("--discovered", type=Path, metavar="FILE", help="what `discover --json` wrote")
    add("--measured", type=Path, metavar="OUT", action="append", default=[], help=MEASURED)
    _add_sources(command)
    add("--factors", action="store_true", help="show each factor, its origin and reason")
    add("--price-hour", type=_amount, metavar="USD", help="an hour of the machine (default: 0.10)")
    add("--price-gb", type=_amount, metavar="USD", help="a GB of disk (default: 0.08)")
    add("--datasets", metavar="DIR", action="append", help="your own dataset files")
    command.set_defaults(run="forecast")


MEASURED = "an earlier, smaller build; two of different size tell how duplicates grow"


def _add_explain(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "explain", help="how a plan came to be, or why a row was left out"
    )
    command.add_argument("out", help="a finished build")
    command.add_argument(
        "what",
        metavar="PLAN_ID | SOURCE:FILE@AT",
        help="a plan id, its first 6 digits or more, or the address of a row",
    )
    how = command.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="everything, for programs")
    how.add_argument("--row", action="store_true", help="the source row alone, whole, as JSON")
    command.set_defaults(run="explain")


def _add_check(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("check", help="validate plans: schema, ids, graph rules")
    add = command.add_argument
    add("files", nargs="+", type=Path, help="Parquet, JSON lines, a build, or golden cases")
    add("--update", action="store_true", help="write what the code gives into the golden cases")
    command.set_defaults(run="check")


def _add_report(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("report", help="make report.html of a build again")
    command.add_argument("out", help="a finished build")
    command.set_defaults(run="report")


def _add_push(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("push", help="send a finished build to a dataset repository")
    add = command.add_argument
    add("out", help="a finished build")
    add("repo", metavar="OWNER/NAME", help="a dataset repository; made if there is none")
    add("--private", action="store_true", help="to a repository that only its owner reads")
    add("--revision", metavar="BRANCH", default="main", help="default: main; made if need be")
    add("--dry-run", action="store_true", help="send nothing; tell what would be, and the licence")
    add(
        "--with",
        dest="extras",
        action="append",
        default=[],
        choices=("adversarial", "quarantine", "jsonl"),
        help="send this too; may be given again",
    )
    add(
        "--accept-gated",
        action="store_true",
        help="pass on plans of gated sources, where their licence allows it",
    )
    command.set_defaults(run="push")


def _add_convert(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "convert", help="plans in the layout of other tools, and what it cannot carry"
    )
    add = command.add_argument
    add("source", type=Path, metavar="IN", help="a build, a folder of parts, a part, JSON lines")
    add("--to", required=True, metavar="FORMAT", help=", ".join(formats.NAMES))
    add("--out", type=Path, metavar="FILE", help="write there (.gz and .zst are compressed)")
    add("--overwrite", action="store_true", help="replace FILE if it is there")
    add(
        "--only",
        nargs="+",
        action="extend",
        metavar="PLAN_ID",
        default=[],
        help="convert these plans alone",
    )
    command.set_defaults(run="convert")


def _add_new(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("new", help="draft a dataset file and golden cases from rows")
    add = command.add_argument
    add(
        "what",
        metavar="ID | FILE",
        help="a dataset on the hub or below --data-root, a data file, or a folder",
    )
    add("--data-root", type=Path, metavar="DIR", help=LIE)
    add("--id", metavar="OWNER/NAME", help="the id of a file's dataset (default: local/FILE)")
    add("--into", type=Path, metavar="DIR", default=Path("my_sets"), help="default: my_sets")
    command.set_defaults(run="new")


def _add_review(commands: "Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("review", help="a sample for people to judge, and what they say")
    add = command.add_argument
    add("out", metavar="OUT", help="a finished build")
    add("--per-source", type=_positive, metavar="N", help="plans of each source (default: 20)")
    add("--seed", type=_seed, metavar="N", help="another seed draws another sample (default: 1)")
    add("--out", dest="into", type=Path, metavar="DIR", help="default: OUT/review")
    add("--answers", type=Path, metavar="FILE", help="a CSV file filled in: print the estimate")
    add(
        "--least",
        type=_share,
        metavar="SHARE",
        help="with --answers: exit 1 if the interval begins below, as 0.95",
    )
    command.set_defaults(run="review")


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("must be from 0 to 1")
    return share


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 1 << 64:
        raise argparse.ArgumentTypeError("must be 0 or more, and below 2**64")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _amount(text: str) -> float:
    amount = float(text)
    if not 0 <= amount < math.inf:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return amount
