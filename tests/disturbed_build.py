"""A build in a process of its own, cut into slices of the given bytes: what tests kill."""

import sys

from planloom import cli, files, work

if __name__ == "__main__":
    files.SLICE_BYTES = int(sys.argv.pop(1))
    work.SMALL = 0
    sys.exit(cli.main(["build", *sys.argv[1:]]))
