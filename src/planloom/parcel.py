"""What of a build is sent to the hub: which files, whether they are as built, what their licences allow.

Rejects and the report, which shows some, are never sent: they quote rows of any licence that nobody
vetted. What lies beside the corpus is sent only when asked for.
"""

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec import structs
from tqdm import tqdm

from planloom import card
from planloom.card.about import About
from planloom.card.licences import MEANS, Verdict
from planloom.errors import InputError, OutputError, PublishError
from planloom.files import digest
from planloom.report.built import Built

EXTRAS = ("adversarial", "quarantine", "jsonl")
SENT = (
    "plans",
    "tools.parquet",
    "ledger.json",
    "stats.json",
    *("README.md", "NOTICE", "croissant.json"),
)
"""What is sent unasked; what a build may come to hold beside it is not."""
WHY = {
    "rejects": "rows that were left out, of any licence",
    "prompts.parquet": "requests that are not benign, of any licence",
    "jsonl": "the same plans again; --with jsonl",
    **{name: f"not benign or not known to be; --with {name}" for name in EXTRAS[:2]},
}
MANIFEST, TOOLS = "manifest.json", "tools.parquet"
COUNTED = ["source", "use", "licence"]


class Parcel(NamedTuple):
    """`files` go from where they lie to their names; `left` are those that stay, by why."""

    about: About
    files: dict[str, Path]
    left: dict[str, str]
    gated: dict[str, int]

    @property
    def verdict(self) -> Verdict:
        return self.about.verdict

    def forbids(self, *, private: bool, accept_gated: bool) -> list[str]:
        """Why it may not be sent, each in a line; an empty list if it may.

        A private repository is storage of its owner's: it passes nothing on until it is opened.
        """
        if private:
            return []
        counts = self.verdict.counts.get("no_publish", {})
        barred = [
            f"{n:,} plans of {s}, licence {licence}: no_publish"
            for (s, licence), n in counts.items()
        ]
        gates = [
            f"{n:,} plans of {name}: gated, its publisher asks who reads it (--accept-gated)"
            for name, n in self.gated.items()
        ]
        return barred + ([] if accept_gated else gates)


def pack(out: Path, repo: str, branch: str, extras: Sequence[str], folder: Path) -> Parcel:
    """The parcel of a finished build; the files that are not sent as they are go to `folder`.

    Raises:
        InputError: if there is no finished build, or an older one.
        OutputError: if a file is not as it was built.
        PublishError: if no plan is in it.
    """
    built = Built.at(out)
    entries: dict[str, dict[str, Any]] = built.manifest["files"]
    if not set(card.MAKERS) <= set(entries):
        raise InputError(f"{out}: built by an older planloom, without a card; build it again")
    if not built.kept:
        raise PublishError(f"{out}: holds no plans; there is nothing to push")
    left = dict(_left(built, entries, extras))
    chosen = {name: out / name for name in entries if name not in left and name not in card.MAKERS}
    _verify(chosen, entries)
    parts = [path for name, path in chosen.items() if "/" in name]
    uses, wanted = _read(parts)
    if _fewer_tools(chosen[TOOLS], wanted, folder / TOOLS):
        chosen[TOOLS] = folder / TOOLS
    sent = {
        name: entries[name] if path == out / name else _entry(path) for name, path in chosen.items()
    }
    filled = _filled(built, repo)
    about = About(filled, sent, repo, branch, uses)
    made = card.write(about, folder)
    listed = {**sent, **{path.name: _entry(path) for path in made}}
    manifest = folder / MANIFEST
    manifest.write_bytes(_pretty({**filled.manifest, "files": dict(sorted(listed.items()))}))
    files = {**chosen, **{path.name: path for path in (*made, manifest)}}
    return Parcel(about, dict(sorted(files.items())), left, _gated(built, uses))


def _left(
    built: Built, entries: dict[str, Any], extras: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for name in entries:
        top = name.split("/")[0]
        if name.startswith(f"{built.name}.jsonl"):
            top = "jsonl"
        if top not in (*SENT, *extras):
            yield name, WHY.get(top, "not part of the corpus")


def _verify(chosen: dict[str, Path], entries: dict[str, dict[str, Any]]) -> None:
    for name, path in tqdm(chosen.items(), "check", unit=" files", disable=None, leave=False):
        if not path.is_file():
            raise OutputError(f"{path}: the manifest names it, it is not there; build again")
        if digest(str(path)) != entries[name]["sha256"]:
            raise OutputError(f"{path}: not as it was built (SHA-256 differs); build again")


def _entry(path: Path) -> dict[str, Any]:
    return {"sha256": digest(str(path)), "bytes": path.stat().st_size}


def _pretty(value: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _read(parts: Sequence[Path]) -> tuple[dict[str, dict[str, dict[str, int]]], set[str]]:
    """Plans by source, use and licence, as the parts themselves say; and the tools that they name."""
    counts: Counter[tuple[str, str, str]] = Counter()
    tools: set[str] = set()
    for path in parts:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(10_000, columns=[*COUNTED, "tools"]):
                table = pa.Table.from_batches([batch])
                for row in table.group_by(COUNTED).aggregate([([], "count_all")]).to_pylist():
                    counts[row["source"], row["use"], row["licence"]] += row["count_all"]
                tools.update(pc.unique(pc.list_flatten(batch["tools"])).to_pylist())
    uses: dict[str, dict[str, dict[str, int]]] = {}
    for (source, use, licence), n in sorted(counts.items()):
        uses.setdefault(source, {}).setdefault(use, {})[licence] = n
    return uses, tools


def _fewer_tools(path: Path, wanted: set[str], target: Path) -> bool:
    """Writes only the tools that the plans sent name, if there are others."""
    table = pq.read_table(path)
    mine = table.filter(pc.is_in(table["key"], pa.array(sorted(wanted), pa.string())))
    if len(mine) == len(table):
        return False
    pq.write_table(mine, target, compression="zstd")
    return True


def _filled(built: Built, repo: str) -> Built:
    """What the recipe leaves open and sending it tells: whose it is, where and since when."""
    about = About(built, {})
    stated = about.card
    owner = repo.split("/", 1)[0]
    today = datetime.datetime.now(datetime.UTC).date()
    full = structs.replace(stated, creator=stated.creator or owner, date=stated.date or today)
    commits = built.run.get("commits", {})
    sources = [
        {**source, "revision": source["revision"] or commits.get(source["id"])}
        for source in built.manifest["sources"]
    ]
    recipe = {**built.manifest["recipe"], "card": msgspec.to_builtins(full)}
    return built._replace(manifest={**built.manifest, "sources": sources, "recipe": recipe})


def _gated(built: Built, uses: dict[str, dict[str, dict[str, int]]]) -> dict[str, int]:
    """Plans that may be passed on, of sources behind a gate."""
    asks = {source["id"] for source in built.manifest["sources"] if source["gated"] != "no"}
    return {
        name: sum(n for use, mine in by_use.items() if use != "no_publish" for n in mine.values())
        for name, by_use in uses.items()
        if name in asks and set(by_use) - {"no_publish"}
    }


def text(parcel: Parcel) -> str:
    """What would be sent, what stays, and the verdict on licences."""
    found, about = parcel.verdict, parcel.about
    sizes = {name: path.stat().st_size for name, path in parcel.files.items()}
    lines = [f"{name:<48}{size:>16,} bytes" for name, size in sizes.items()]
    lines.append(f"{f'{len(sizes)} files for {about.repo}':<48}{sum(sizes.values()):>16,} bytes")
    reasons = Counter(parcel.left.values())
    lines += [f"stays here: {n} files, {why}" for why, n in reasons.items()]
    lines += [
        f"{n:>12,} plans {use}: {MEANS[use]}" for use in found.counts if (n := found.plans(use))
    ]
    lines.append(
        f"licence: {found.licence}" + (f" ({found.name})" if found.licence == "other" else "")
    )
    lost = len(about.built.manifest.get("given_up", ()))
    return "\n".join(
        [*lines, *([f"{lost} slices were given up: the build is not whole"] if lost else [])]
    )
