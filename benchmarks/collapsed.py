"""A model that collapses, judged as `planloom evaluate` judges: which measures notice?

    python benchmarks/collapsed.py TENSORS RUN [--source ID ...] [--json FILE] [--seed N]

It is `tiny` trained for three epochs without SIGReg, so that all latents may become one point. About three minutes on one core.
"""

import argparse
import json
from pathlib import Path

from planloom.jepa import evaluate
from planloom.jepa.running import Settings
from planloom.jepa.train import train


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("tensors")
    parser.add_argument("run", type=Path)
    parser.add_argument("--source", action="append", default=[])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    train(given.tensors, given.run, Settings(seed=given.seed, sigreg=0.0))
    found = evaluate.evaluate([given.run], given.tensors, sources=given.source)
    text = json.dumps(found, indent=1)
    if given.json:
        given.json.write_text(text + "\n")
    print(evaluate.told(found))


if __name__ == "__main__":
    main()
