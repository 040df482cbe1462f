"""Which files of a repository make which config and split, and which part of a card reads them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import translate
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from planloom.excerpts import Chosen
from planloom.files import is_data
from planloom.hub import Entry
from planloom.source import Part, Source

SPLITS = {"valid": "validation", "dev": "validation", "val": "validation", "eval": "test"}
_SPLIT = re.compile(r"(?:^|[/._-])(train|test|validation|valid|val|dev|eval)(?=[/._-])")


class Group(NamedTuple):
    """The files of one config and split, each with the card's part that reads it."""

    config: str
    split: str
    files: list[Chosen]

    @property
    def bytes(self) -> int:
        return sum(entry.size for entry, _ in self.files)

    @property
    def parts(self) -> list[Part]:
        """The card's parts that read the files, each once."""
        found = {part.name: part for _, part in self.files if part is not None}
        return list(found.values())

    @property
    def format(self) -> str:
        """The kinds of the files by their names."""
        kinds = (PurePosixPath(entry.path).name.split(".", 1)[-1] for entry, _ in self.files)
        return " + ".join(
            sorted({re.sub(r".*?(\w+(\.(gz|zst|bz2|lz4))?)$", r"\1", k) for k in kinds})
        )


def groups(
    entries: Sequence[Entry], configs: Sequence[Mapping[str, Any]], source: Source | None
) -> list[Group]:
    """The configs and splits that the repository's own card names, else those in file names.

    Files that only our card names come as a config and split of the card's part.
    """
    data = [entry for entry in entries if is_data(PurePosixPath(entry.path))]
    named: dict[tuple[str, str], dict[str, Entry]] = {}
    for config, split, pattern in _declared(configs):
        hit = [entry for entry in data if pattern.fullmatch(entry.path)]
        named.setdefault((config, split), {}).update((entry.path, entry) for entry in hit)
    taken = {path for found in named.values() for path in found}
    for entry in data:
        part = part_of(entry.path, source)
        if not configs:
            named.setdefault(("default", _split(entry.path)), {})[entry.path] = entry
        elif entry.path not in taken and part is not None:
            named.setdefault((part.config, part.split), {})[entry.path] = entry
    return [
        Group(*name, [(entry, part_of(entry.path, source)) for entry in found.values()])
        for name, found in named.items()
        if found
    ]


def ordered(found: Sequence[Group]) -> list[Chosen]:
    """All files, so that any first ones are spread: over configs, splits and parts, then inside them."""
    by_part: dict[tuple[str, ...], list[Chosen]] = {}
    for group in found:
        for entry, part in group.files:
            name = (group.config, group.split, part.name if part else "")
            by_part.setdefault(name, []).append((entry, part))
    keyed = []
    for files in by_part.values():
        size = sum(entry.size for entry, _ in files)
        for rank, (entry, part) in enumerate(_spread(files)):
            held_out = part is not None and part.policy != "train"
            keyed.append(((rank > 0, held_out, -size / (rank + 1)), (entry, part)))
    return [chosen for _, chosen in sorted(keyed, key=lambda pair: pair[0])]


def _spread(files: Sequence[Chosen]) -> list[Chosen]:
    """First, middle, quarter, ..: the order of the reversed bits of the indices."""
    bits = len(files).bit_length()
    order = sorted(range(len(files)), key=lambda index: f"{index:0{bits}b}"[::-1])
    return [files[index] for index in order]


def part_of(path: str, source: Source | None) -> Part | None:
    """The first part of the card with a pattern for the file."""
    for part in source.parts if source else ():
        if any(_pattern(pattern).fullmatch(path) for pattern in part.files):
            return part
    return None


def _split(path: str) -> str:
    found = _SPLIT.search(path.lower())
    return SPLITS.get(found[1], found[1]) if found else "train"


def _declared(configs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """Config, split and file pattern of each `data_files` entry; people write them in five ways."""
    for config in configs:
        files = config.get("data_files", "**")
        if isinstance(files, dict) and "path" not in files:
            files = [{"split": split, "path": path} for split, path in files.items()]
        for item in files if isinstance(files, list) else [files]:
            said = item if isinstance(item, dict) else {"split": "train", "path": item}
            paths = said.get("path", "**")
            for path in paths if isinstance(paths, list) else [paths]:
                whole = str(PurePosixPath(str(config.get("data_dir", "")), str(path)))
                name = str(config.get("config_name", "default"))
                yield name, str(said.get("split", "train")), _pattern(whole)


def _pattern(glob: str) -> re.Pattern[str]:
    """`**/` is any folders, also none; `*` stays inside a folder."""
    parts = re.split(r"(\*\*/|\*\*|\*)", glob)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(known.get(part) or _literal(part) for part in parts))


def _literal(text: str) -> str:
    """Characters as they are; `?` and `[..]` as in file names."""
    return re.sub(r"^\(\?s:|\)\\[zZ]$", "", translate(text))
