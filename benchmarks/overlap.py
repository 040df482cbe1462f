"""The same texts judged by Planloom and by datatrove's n-gram filter.

    python benchmarks/overlap.py texts --data ../shared/data --tree TREE FILE
    DATATROVE/bin/python benchmarks/overlap.py datatrove FILE [--json RESULT]

The first writes items of evaluation sets, the forms in which they are planted, and requests of real
rows, each with Planloom's answer. The second needs datatrove and spaCy, not Planloom: it takes the
items' n-grams as its `find_query_ngrams` does, at its default of twelve words, and judges the same texts.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

EVERY = 8
"""Of the real requests one in so many: the rival needs a millisecond for each."""


def write(data: Path, tree: Path, file: Path) -> None:
    import decontaminate as benchmark

    from planloom import evaluation, inputs, pipeline, work

    with tempfile.TemporaryDirectory() as name, file.open("w") as out:
        folder = benchmark.root(tree, data, Path(name) / "root")
        items = [i for i in benchmark.held_out(folder) if i.request.strip()]
        wanted = benchmark.wanted()
        sets = evaluation.sets(
            wanted, inputs.Chosen([], {}), [], pipeline.Options(name, str(folder)), {}
        )
        with work.Workers(1, 0) as workers:
            checked = evaluation.check(sets, wanted, Path(name), workers)
        assert checked.evaluation is not None
        index = benchmark.decontaminate.opened(checked.evaluation.folder)
        texts = [("item", i.request) for i in items]
        for kind in ("verbatim", "spelling", "embedded"):
            said = (benchmark.chat(kind, i.request, n) for n, i in enumerate(items))
            texts += [(kind, chat["messages"][0]["content"]) for chat in said]
        texts += [("real", text) for text in requests(data)]
        start = time.perf_counter()
        found = [hit for n in range(0, len(texts), 64) for hit in hits(index, texts[n : n + 64])]
        print(f"{(time.perf_counter() - start) / len(texts) * 1e6:.1f} microseconds a text")
        for (kind, text), ours in zip(texts, found, strict=True):
            print(json.dumps({"kind": kind, "text": text, "planloom": ours}), file=out)


def hits(index: Any, texts: list[tuple[str, str]]) -> list[bool]:
    same, holding = index.texts([text for _, text in texts])
    found: list[bool] = ((same < 2**63 - 1) | (holding < 2**63 - 1)).tolist()
    return found


def requests(data: Path) -> Iterator[str]:
    import decontaminate as benchmark

    for name in benchmark.OTHERS:
        yield from islice(benchmark.requests(data / "corpora" / name), 0, None, EVERY)


def datatrove(file: Path) -> dict[str, Any]:
    from datatrove.data import Document
    from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter
    from datatrove.utils.text import ngrams, simplify_text

    rows = [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]
    items = [row["text"] for row in rows if row["kind"] == "item"]
    with tempfile.TemporaryDirectory() as folder:
        judge = NGramsDecontFilter(folder, config=NGramsDecontConfig(find_query_ngrams=True))
        hashed = judge.hash_func
        judge.hash_func = lambda text: hashed(text.encode())  # what its xxhash now asks for
        plain = (simplify_text(text, judge.config.norm_config) for text in items)
        words = (judge.tokenizer.word_tokenize(text) for text in plain)
        grams = (gram for one in words for gram in ngrams(one, judge.config.n_grams))
        # What its indexer writes for queries; the indexer itself needs lighteval.
        judge._index_hashes = {judge.hash_func(" ".join(gram)): "all" for gram in grams}
        counts: Counter[tuple[str, str]] = Counter()
        start = time.perf_counter()
        for n, row in enumerate(rows):
            if row["kind"] == "item":
                continue
            theirs = judge.filter(Document(row["text"], str(n))) is not True
            counts.update([(row["kind"], "texts")])
            counts[row["kind"], "planloom"] += row["planloom"]
            counts[row["kind"], "datatrove"] += theirs
        seconds = time.perf_counter() - start
    kinds = ("verbatim", "spelling", "embedded", "real")
    names = ("texts", "planloom", "datatrove")
    told = {kind: {name: counts[kind, name] for name in names} for kind in kinds}
    judged = len(rows) - len(items)
    return {"texts": told, "datatrove_microseconds": round(seconds / judged * 1e6)}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("texts", "datatrove"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--tree", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.what == "texts":
        write(given.data, given.tree, given.file)
        return 0
    text = json.dumps(datatrove(given.file), indent=1)
    print(text)
    if given.json:
        given.json.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
