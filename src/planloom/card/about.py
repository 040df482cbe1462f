"""What card, NOTICE and Croissant tell of: a build's own figures, its files, what the recipe adds."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from planloom.card.licences import Verdict, verdict
from planloom.errors import Reason
from planloom.recipe import Card
from planloom.report.built import Built

HUB = "https://huggingface.co/datasets/"
SPLIT = "full"
"""The only split: folds are a column, and a part holds plans of all of them."""
CONFIGS = {
    "plans": "the corpus, benign alone",
    "adversarial": "plans that a label or rule flags: not benign, for detectors and tests",
    "quarantine": "plans without the safety label that they need: unknown, nobody vetted them",
    "tools": "the tools that plans name: key, name, description, JSON Schema",
}
SIDES = {
    "adversarial": (Reason.flagged,),
    "quarantine": (Reason.unlabelled, Reason.attacked, Reason.suspect),
}
"""The folders beside the corpus, by the Reasons with which their plans left at the label."""
Files = Mapping[str, Mapping[str, Any]]


class Inside(NamedTuple):
    """A source of which something is inside. `stated` are the licences of its plans, by use."""

    id: str
    url: str | None
    paper: str
    revision: str | None
    licence: str
    tier: int
    claim: str
    rows: int
    generated: bool
    read: int
    plans: int
    sides: dict[str, int]
    evidence: dict[str, int]
    stated: Mapping[str, Mapping[str, int]]


class About(NamedTuple):
    """`files` are those that are there, or that are sent: path to sha256 and bytes. `repo` is the
    dataset repository that gets them, at a `branch`. `uses` counts all plans sent by source, use and
    licence; without it the corpus counts."""

    built: Built
    files: Files
    repo: str = ""
    branch: str = "main"
    uses: Mapping[str, Mapping[str, Mapping[str, int]]] | None = None

    @property
    def card(self) -> Card:
        return msgspec.convert(self.built.manifest["recipe"]["card"], Card)

    @property
    def title(self) -> str:
        return self.card.title or self.built.name

    @property
    def url(self) -> str:
        return self.card.url or (HUB + self.repo if self.repo else "")

    @property
    def notice(self) -> str:
        """Where the NOTICE is; the hub takes no other than a whole address."""
        return f"{HUB}{self.repo}/blob/{self.branch}/NOTICE" if self.repo else "NOTICE"

    @property
    def verdict(self) -> Verdict:
        return verdict(self.stated)

    @property
    def stated(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """Plans by source, use and licence: all that are sent, or the corpus."""
        return self.built.counted("source_use") if self.uses is None else self.uses

    @property
    def made_up(self) -> bool:
        """Whether the rows are those packed with Planloom."""
        return bool(self.built.manifest.get("made_up"))

    @property
    def configs(self) -> dict[str, list[str]]:
        """The configs that have files, and these."""
        found = {}
        for name in CONFIGS:
            beginning = f"{name}.parquet" if name == "tools" else f"{name}/"
            files = sorted(path for path in self.files if path.startswith(beginning))
            if files:
                found[name] = files
        return found

    def languages(self) -> list[str]:
        """Those of at least one plan in a thousand: rarer ones are mostly mistaken."""
        counts = self.built.counted("language")
        least = self.built.kept / 1000
        return sorted(name for name, n in counts.items() if n >= least and name != "und")

    def inside(self) -> Iterator[Inside]:
        """The sources of which plans are inside, in the recipe's order; read ones that gave none are not."""
        built = self.built
        for source in built.manifest["sources"]:
            name = source["id"]
            evidence = built.counted("source_evidence").get(name, {})
            sides = {
                folder: sum(
                    n
                    for key, n in built.ledger.counts.items()
                    if (key.source, key.stage) == (name, "label") and key.reason in reasons
                )
                for folder, reasons in SIDES.items()
                if folder in self.configs
            }
            if evidence or any(sides.values()):
                yield Inside(
                    **{key: source[key] for key in ("id", "url", "paper", "revision", "licence")},
                    **{key: source[key] for key in ("tier", "claim", "rows")},
                    generated=bool(source.get("generated")),
                    read=built.ledger.total(source=name, stage="read", unit="row", left=False),
                    plans=sum(evidence.values()),
                    sides=sides,
                    evidence=evidence,
                    stated=self.stated.get(name, {}),
                )
