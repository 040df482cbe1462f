"""Rows of the tables on scores: terms from the code, what was measured from benchmarks/results."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planloom.jepa.score import NEURAL
from planloom.jepa.terms import TERMS

HOME = Path(__file__).parents[1]
HEAD = ("term", "a call is unusual if it has", "counted for, the narrowest first")
OF_REQUESTS = {
    "asked": "a name whose words such a request seldom brings",
    "acts": "an effect, and such a request seldom brings one",
}
OF_MODELS = {
    NEURAL[0]: "no likeness to what the neural model expects of the request",
    NEURAL[1]: "no likeness to what it expects between the other calls",
}
SCORED = ("score", "natural", "TPR at 5 %", "matched", "TPR at 5 %")
SETTINGS = ("setting", "Planloom", "writing calls", "length", "bigram", "ahead of writing calls")
RUNS = ("runs", "unsafe", "others", "Planloom", "length", "writing calls")
WAYS = ("what is made of the p-values", "mean of kinds", "least", "most")
KINDS = ("kind", "pairs", "all terms", "best single term")
ATTEMPTS = ("attempt", "mutants", "natural", "matched", "what it teaches")


def _results(name: str) -> Any:
    return json.loads((HOME / f"benchmarks/results/{name}.json").read_text("utf-8"))


def terms() -> Iterator[tuple[object, ...]]:
    for term in TERMS:
        yield f"`{term.name}`", term.meaning, "; ".join(term.whose)
    for name, meaning in OF_REQUESTS.items():
        yield f"`{name}`", meaning, "words of requests"
    for name, meaning in OF_MODELS.items():
        yield f"`{name}`", meaning, "not counted: needs a neural model"


def _wide(told: list[float]) -> str:
    return f"{told[0]:.3f} [{told[1]:.3f}, {told[2]:.3f}]"


def scored() -> Iterator[tuple[object, ...]]:
    """All of them, the best first."""
    found = _results("dojo")["scores"].items()
    for name, told in sorted(found, key=lambda item: -item[1]["natural"]["auroc"][0]):
        natural, matched = told["natural"], told["matched"]
        yield (
            f"**{name}**" if name == "planloom" else name,
            *(_wide(natural["auroc"]), f"{natural['tpr at 5 %'][0]:.2f}"),
            *(_wide(matched["auroc"]), f"{matched['tpr at 5 %'][0]:.2f}"),
        )


def settings() -> Iterator[tuple[object, ...]]:
    found = _results("dojo")
    for setting, more in found["ahead"]["writing calls"].items():
        told = [found["scores"][name][setting]["auroc"][0] for name in ("planloom", "writing calls", "length", "bigram")]  # fmt: skip
        yield (
            setting,
            *(f"{one:.3f}" for one in told),
            f"{more[0]:+.3f} [{more[1]:+.3f}, {more[2]:+.3f}]",
        )


def runs() -> Iterator[tuple[object, ...]]:
    for name, told in _results("dojo")["runs"].items():
        yield name, *told.values()


def ways() -> Iterator[tuple[object, ...]]:
    found = _results("choose")["ways"].items()
    some = [(name, told) for name, told in found if not name.startswith("only")]
    for name, told in sorted(some, key=lambda item: -item[1]["mean"])[:12]:
        kinds = [value for kind, value in told.items() if kind != "mean"]
        yield name, f"{told['mean']:.3f}", f"{min(kinds):.2f}", f"{max(kinds):.2f}"


def kinds() -> Iterator[tuple[object, ...]]:
    found = _results("choose")
    ours = found["ways"]["worst call, harmonic"]
    for kind, pairs in found["pairs"].items():
        single = {n: w[kind] for n, w in found["ways"].items() if n.startswith("only")}
        best = max(single, key=lambda name: single[name])
        yield kind, pairs, f"{ours[kind]:.2f}", f"`{best.removeprefix('only ')}` {single[best]:.2f}"


def attempts() -> Iterator[tuple[object, ...]]:
    for one in _results("attempts"):
        yield one["what"], one["mutants"], one["natural"], one["matched"], one["teaches"]


def commands() -> str:
    """The commands of the attempts, one after the other."""
    return "\n".join(["```bash", *(one["command"] for one in _results("attempts")), "```"])
