"""The command line: every command, its arguments, their help, and the one library call it makes."""

import argparse

from planloom.commands import build, built, jepa, producers, score, sources, ways_out
from planloom.version import __version__


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
    for group in (sources, build, producers, built, ways_out, jepa, score):
        group.add(commands)
    return top
