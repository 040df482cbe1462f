"""Tables and scales alone, without a neural model: what `planloom score` needs, from a build with tensors.

python benchmarks/fit.py OUT RUN [--scales FOLD ...]
"""

import argparse
from pathlib import Path

from planloom.jepa import score
from planloom.jepa.keep import Keep


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("run", type=Path)
    parser.add_argument("--scales", nargs="+", default=["valid"], metavar="FOLD")
    given = parser.parse_args()
    given.run.mkdir(parents=True, exist_ok=True)
    keep = Keep(fold=tuple(given.scales), label=("benign",))
    model = score.fit(given.out, given.run, calibration=keep)
    print(f"{model.fitted.plans:,} plans counted, {len(model.plan.scores):,} in the scale of plans")


if __name__ == "__main__":
    main()
