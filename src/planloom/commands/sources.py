"""What may be read: the catalogue, what is really on the hub, a first draft of a dataset file."""

import argparse
import shutil
import sys
from pathlib import Path

from planloom import terminal
from planloom.commands.options import (
    INTERRUPTED,
    LIE,
    Commands,
    folders,
    positive,
)


def add(commands: Commands) -> None:
    """Their names, arguments and help."""
    _add_list(commands)
    _add_discover(commands)
    _add_new(commands)


def _add_list(commands: Commands) -> None:
    command = commands.add_parser("list", help="the catalogue of datasets")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.add_argument(
        "--datasets", metavar="DIR", action="append", help="your own dataset files"
    )
    command.set_defaults(run=_list, command="list")


def _list(arguments: argparse.Namespace) -> int:
    from planloom import listing

    sources = listing.sources(folders(arguments.datasets))
    if arguments.json:
        print(terminal.shown_json(listing.as_json(sources), sys.stdout))
    else:
        print(listing.as_text(sources))
    return 0


def _add_discover(commands: Commands) -> None:
    command = commands.add_parser(
        "discover", help="what is really on the hub, and what it is worth"
    )
    add = command.add_argument
    add("ids", nargs="*", metavar="ID", help="any dataset; without one the whole catalogue")
    add(
        "--rows",
        type=positive,
        default=100,
        metavar="N",
        help="rows to look at in each (default: 100)",
    )
    add("--json", type=Path, metavar="FILE", help="write everything there")
    add("--data-root", type=Path, metavar="DIR", help=f"look {LIE}, not on the hub")
    add("--datasets", metavar="DIR", action="append", help="your own dataset files")
    command.set_defaults(run=_discover, command="discover")


def _discover(arguments: argparse.Namespace) -> int:
    from planloom import discover, facts, overview

    own = folders(arguments.datasets)
    if arguments.json:
        facts.check_place(arguments.json)
    run = discover.run(arguments.ids, arguments.rows, arguments.data_root, own)
    if run.silent:
        print(f"planloom: {run.silent}", file=sys.stderr)
    elif run.found:
        width = shutil.get_terminal_size((120, 24)).columns
        print(overview.render(run.found, width, details=bool(arguments.ids)))
    if arguments.json:
        facts.write(arguments.json, run.found)
    if run.interrupted:
        print(f"planloom: interrupted; {run.left} datasets were not looked at", file=sys.stderr)
        return INTERRUPTED
    return 0 if any(one.status == "ok" for one in run.found) else 1


def _add_new(commands: Commands) -> None:
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
    command.set_defaults(run=_new, command="new")


def _new(arguments: argparse.Namespace) -> int:
    from planloom import scaffold

    with scaffold.found(arguments.what, arguments.data_root, arguments.id) as data:
        drafted = scaffold.new(data, arguments.into)
    print("\n".join(drafted.seen))
    print(f"drafted {drafted.dataset} and {drafted.cases}; edit both, then:")
    print(f"  planloom check {drafted.cases} --update")
    return 0
