"""The command line: runs a command, and says in one line what went wrong."""

import argparse
import os
import sys
from collections.abc import Sequence

from planloom import terminal
from planloom.commands import parser
from planloom.commands.options import INTERRUPTED
from planloom.errors import PlanloomError

CLOSED = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns 0 fine, 1 the data falls short, 2 wrong use, 130 interrupted."""
    arguments = argparse.Namespace(debug=False, command=None)
    terminal.tolerate(sys.stdout)
    try:
        parser().parse_args(argv, arguments)
        return int(arguments.run(arguments))
    except PlanloomError as error:
        if arguments.debug:
            raise
        print(f"planloom: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        told = (
            "; the same command goes on from here"
            if arguments.command in ("build", "synth", "push", "tensors", "train")
            else ""
        )
        print(f"planloom: interrupted{told}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except ValueError as error:
        if arguments.debug or not type(error).__module__.startswith("pyarrow"):
            raise
        print(f"planloom: a file is broken: {error}; build it again", file=sys.stderr)
        return 2
    except OSError as error:
        if arguments.debug:
            raise
        where = f"{error.filename}: " if error.filename else ""
        advice = "; mend it and run the same command again: finished work is kept"
        told = advice if arguments.command in ("build", "synth") else ""
        print(f"planloom: {where}{error.strerror or error}{told}", file=sys.stderr)
        return 2
