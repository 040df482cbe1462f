"""`README.md`: the dataset card. What the hub reads on top, what people read below."""

from collections.abc import Iterable, Iterator
from typing import Any

from huggingface_hub import DatasetCardData

from planloom.card import fields, notice
from planloom.card.about import CONFIGS, SPLIT, About
from planloom.card.licences import MEANS, USES
from planloom.card.words import LIMITS, MADE_UP, STEPS, collected, limits, personal, share
from planloom.card.words import USES as FOR
from planloom.recipe import TITLES

SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
)
Row = tuple[object, ...]


def readme(about: About) -> str:
    """The whole card."""
    parts = [f"---\n{front(about).to_yaml(line_break=chr(10))}\n---", f"# {_text(about.title)}"]
    parts += [_intro(about), "## Composition", *_composition(about), "## Sources", *_sources(about)]
    parts += ["## How it was built", *_made(about), "## Fields", _fields()]
    parts += ["## Loading", _loading(about), "## Limits", _list([*limits(about), *LIMITS])]
    parts += ["## Uses", _list(FOR), "## Personal data", personal(about)]
    parts += ["## Licence", *_licence(about), "## Citation", *_citation(about)]
    return "\n\n".join(parts) + "\n"


def front(about: About) -> DatasetCardData:
    """What the hub reads of the card."""
    verdict = about.verdict
    other: dict[str, Any] = {"license_name": verdict.name, "license_link": about.notice}
    configs = about.configs
    return DatasetCardData(
        language=about.languages() or None,
        license=verdict.licence,
        pretty_name=about.title,
        size_categories=[_size(about.built.kept)],
        task_categories=["text-generation"],
        source_datasets=[one.id for one in about.inside() if not one.generated] or None,
        **(other if verdict.licence == "other" else {}),
        tags=["agents", "tool-use", "function-calling", "execution-plans", "planloom"],
        configs=[_config(name, default=name == "plans") for name in configs] or None,
        dataset_info=[{"config_name": name, "features": fields.features(name)} for name in configs]
        or None,
    )


def _config(name: str, *, default: bool) -> dict[str, Any]:
    path = "tools.parquet" if name == "tools" else f"{name}/*.parquet"
    files = [{"split": SPLIT, "path": path}]
    return {"config_name": name, "data_files": files, **({"default": True} if default else {})}


def _size(plans: int) -> str:
    return next((name for bound, name in SIZES if plans < bound), "n>1B")


def _intro(about: About) -> str:
    totals = about.built.counted("totals")
    beside = [f"{n:,} plans in `{name}`" for name, n in notice.sides(about).items()]
    gold = about.built.gold
    return (
        f"{about.built.kept:,} benign execution plans: typed graphs of what an assistant did for a "
        f"request, with {totals.get('calls', 0):,} calls of {totals.get('tools', 0):,} tools, "
        f"{totals.get('data_edges', 0):,} data edges and {totals.get('order_edges', 0):,} order edges."
        + (
            f" {gold:,} of them are gold traces that Planloom generated: `category` says so."
            if gold
            else ""
        )
        + (f" Beside the corpus: {', '.join(beside)}." if beside else "")
        + (f" {MADE_UP}" if about.made_up else "")
    )


def _composition(about: About) -> Iterator[str]:
    built, rows = about.built, []
    for name, made in built.by_category().items():
        wanted, got = built.wanted(name), sum(made.values())
        rows.append((TITLES[name], *_against(wanted, got), _counts(made)))
    rows.append(("**Total**", *_against(built.goal, built.kept), ""))
    yield _table(("category", "target", "plans", "missing", "by evidence"), rows)
    tiers: dict[int, int] = {}
    for one in about.inside():
        if one.generated:
            continue
        tiers[one.tier] = tiers.get(one.tier, 0) + one.plans
    if tiers:
        yield _table(
            ("tier of source", "plans", "share"),
            [(tier, f"{n:,}", share(n, built.kept)) for tier, n in sorted(tiers.items())],
        )
    folds = _counts(built.counted("fold"))
    if folds:
        yield f"Folds, by hash of the group: {folds}."
    yield "Evidence: `observed` calls with results; `gold` right calls that nobody ran; `skeleton` tool names only; `response` answered in text; `synthetic` generated."


def _against(wanted: int, got: int) -> tuple[str, str, str]:
    return f"{wanted:,}", f"{got:,}", f"{max(wanted - got, 0):,}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in counts.items())


def _sources(about: About) -> Iterator[str]:
    built = about.built
    rows = [
        (
            f"[{one.id}]({one.url})" if one.url else one.id,
            "" if one.generated else one.claim,
            "generated" if one.generated else f"{one.rows:,}",
            *(f"{n:,}" for n in (one.read, one.plans)),
            _counts(one.evidence),
            one.licence,
            ", ".join(use for use in USES if use in one.stated),
            "" if one.generated else one.tier,
            "" if one.generated else f"`{one.revision}`" if one.revision else "not pinned",
        )
        for one in about.inside()
    ]
    head = (
        "dataset",
        "claimed",
        "real rows",
        "read",
        "plans",
        "by evidence",
        "licence",
        "use",
        "tier",
        "revision",
    )
    yield _table(head, rows)
    names = {one.id for one in about.inside()}
    none = [source["id"] for source in built.manifest["sources"] if source["id"] not in names]
    if none:
        yield f"Read, with nothing kept: {', '.join(none)}."
    refused = [f"{name}: {why}" for name, why in built.manifest["refused"].items()]
    if refused:
        yield "Not read:\n\n" + _list(refused)


def _made(about: About) -> Iterator[str]:
    manifest = about.built.manifest
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    yield collected(about)
    yield f"```bash\n{notice.command(about)}\n```"
    yield (
        f"With planloom {manifest['planloom']} (schema {manifest['schema']}), {versions}. "
        "`manifest.json` has the recipe, the SHA-256 of every file read and written; the same of all "
        "these gives the same bytes. `ledger.json` says where every row and plan went."
    )
    yield _list(STEPS)


def _fields() -> str:
    return _table(("field", "type", "is"), [(f"`{n}`", t, is_) for n, t, is_ in fields.described()])


def _loading(about: About) -> str:
    place = about.repo or "OUT"
    configs = "; ".join(f"`{name}`: {CONFIGS[name]}" for name in about.configs)
    parquet = f"hf://datasets/{about.repo}" if about.repo else "OUT"
    return f"""Configs, each with one split, `{SPLIT}`: {configs}. Rows lie in order of `plan_id`, which is a shuffle.

```python
import json
import datasets
plans = datasets.load_dataset("{place}", "plans", split="{SPLIT}", streaming=True)
train = plans.filter(lambda plan: plan["fold"] == "train")
arguments = json.loads(next(iter(train))["nodes"][0]["arguments"])
```

```sql
SELECT source, count(*) FROM '{parquet}/plans/*.parquet' WHERE fold = 'train' GROUP BY source; -- DuckDB
```"""


def _licence(about: About) -> Iterator[str]:
    verdict = about.verdict
    yield f"**{verdict.name}**: {MEANS[verdict.use]}. Each plan carries its own `licence` and `use`; [NOTICE]({about.notice}) names every source, its licence and what was changed."
    rows = [
        (licence, f"`{use}`", f"{n:,}")
        for use, licence, n in (
            (use, licence, n)
            for use, licences in about.verdict.counts.items()
            for licence, n in _by_licence(licences).items()
        )
    ]
    yield _table(("licence of rows", "use", "plans"), rows)
    yield _list(f"`{use}`: {MEANS[use]}" for use in verdict.counts)


def _by_licence(counts: dict[tuple[str, str], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, licence), n in sorted(counts.items(), key=lambda item: item[0][1]):
        found[licence] = found.get(licence, 0) + n
    return found


def _citation(about: About) -> Iterator[str]:
    yield f"```bibtex\n{notice.cite(about)}\n```"
    if cited := _list(_cited(about)):
        yield "Cite the sources too:"
        yield cited


def _cited(about: About) -> Iterator[str]:
    for one in (one for one in about.inside() if not one.generated):
        paper = f", [arXiv {one.paper}](https://arxiv.org/abs/{one.paper})" if one.paper else ""
        yield f"{one.id}, {one.url or 'no public address known'}, {one.revision or 'revision not pinned'}{paper}"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {_text(line)}" for line in lines)


def _table(head: Row, rows: Iterable[Row]) -> str:
    """A table of Markdown; a bar in a cell does not end it."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(_text(str(cell)) for cell in line) + " |" for line in lines)


def _text(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
