"""Ways out of a finished build: other layouts, the hub."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from planloom import formats
from planloom.commands.options import (
    Commands,
)
from planloom.errors import PublishError

if TYPE_CHECKING:
    pass


def add(commands: Commands) -> None:
    """Their names, arguments and help."""
    _add_push(commands)
    _add_convert(commands)


def _add_push(commands: Commands) -> None:
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
    command.set_defaults(run=_push, command="push")


def _push(arguments: argparse.Namespace) -> int:
    from tempfile import TemporaryDirectory

    from planloom import parcel, push
    from planloom.upload import Target

    push.check_id(arguments.repo)
    out, extras = Target(arguments.out).folder, arguments.extras
    with TemporaryDirectory(prefix="planloom-") as folder:
        packed = parcel.pack(out, arguments.repo, arguments.revision, extras, Path(folder))
        print(parcel.text(packed))
        private = arguments.private
        for line in (
            barred := packed.forbids(private=private, accept_gated=arguments.accept_gated)
        ):
            print(f"forbids it: {line}")
        if barred:
            raise PublishError(f"{arguments.repo}: not pushed, for the reasons above; {WAYS}")
        if arguments.dry_run:
            return 0
        done = push.push(packed, private=private)
    print(f"{done.sent} files sent, {done.same} there already, {done.deleted} deleted")
    print(done.page or "nothing to send: the repository holds this build")
    return 0


WAYS = (
    "build without these sources (--without ID), or push to a repository of your own with --private"
)


def _add_convert(commands: Commands) -> None:
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
    command.set_defaults(run=_convert, command="convert")


def _convert(arguments: argparse.Namespace) -> int:
    from contextlib import nullcontext

    from planloom import conversion

    out = arguments.out
    to_file = out and conversion.opened(out, arguments.source, overwrite=arguments.overwrite)
    with to_file or nullcontext(sys.stdout.buffer.write) as write:
        done = conversion.run(arguments.source, arguments.to, write, arguments.only)
    sys.stdout.flush()
    for line in conversion.told(done, arguments.to):
        print(f"planloom: {line}", file=sys.stderr)
    return 0 if done.written else 1
