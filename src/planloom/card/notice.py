"""`NOTICE`: who made what is inside, under which licence, and what was changed. And how to cite."""

from collections.abc import Iterator

from planloom.card.about import SIDES, About, Inside
from planloom.card.licences import MEANS, known

CHANGED = (
    "What was changed: rows were turned into execution plans. Requests, user turns, tool names, "
    "arguments, tool declarations and reasoning are quoted; numbers and broken JSON may be spelt anew; "
    "results of calls and answers in text were left out; edges, trust, scope, language and groups were "
    "added; rows were left out as the ledger says."
)


def notice(about: About) -> str:
    """The whole text."""
    verdict = about.verdict
    names = verdict.name if verdict.licence == "other" else f"{verdict.name} throughout"
    head = [
        about.title,
        "=" * len(about.title),
        "",
        f"Made with planloom {about.built.manifest['planloom']} from the datasets below. Each plan "
        "carries the licence of its row in `licence`, and in `use` what that allows.",
        "",
        f"Licence of {'all of it' if about.repo else 'the plans in plans/'}: {names}. {MEANS[verdict.use].capitalize()}.",
        "",
        CHANGED,
    ]
    sources = [line for one in about.inside() for line in ("", *_source(one))]
    return "\n".join([*head, *sources, *_rejects(about)]) + "\n"


def _source(one: Inside) -> Iterator[str]:
    yield one.id
    if one.generated:
        yield "  generated     from tool schemas; no row of it is real"
    else:
        yield f"  published at  {one.url or 'no public address known'}"
        yield f"  revision      {revision(one)}"
    yield f"  licence       {_named(one.licence)}"
    if one.paper:
        yield f"  paper         https://arxiv.org/abs/{one.paper}"
    yield f"  plans         {one.plans:,}"
    for folder, n in one.sides.items():
        if n:
            yield f"  {folder:<13} {n:,} plans"
    rows = {licence for licences in one.stated.values() for licence in licences}
    mixed = len(one.stated) > 1 or rows - {one.licence}
    for use, licences in one.stated.items() if mixed else ():
        for licence, n in licences.items():
            yield f"    {n:,} plans: {_named(licence)}; {use}"


def revision(one: Inside) -> str:
    return one.revision or "not pinned; manifest.json has the SHA-256 of the files read"


def _named(licence: str) -> str:
    found = known(licence)
    return f"{licence} ({found.url})" if found else licence


def _rejects(about: About) -> Iterator[str]:
    names = [path for path in about.files if path.startswith("rejects/")]
    if names:
        yield ""
        yield "rejects/ holds a few rows of each source that was read, under that source's licence:"
        yield from (
            f"  {source['id']}: {_named(source['licence'])}"
            for source in about.built.manifest["sources"]
            if f"rejects/{source['id'].replace('/', '__')}.jsonl" in names
        )


def sides(about: About) -> dict[str, int]:
    """Plans in the folders beside the corpus that are there."""
    found = list(about.inside())
    return {
        folder: sum(one.sides.get(folder, 0) for one in found)
        for folder in SIDES
        if folder in about.configs
    }


def command(about: About) -> str:
    """The command of the build; where data and output lie changes nothing and is not told."""
    options, recipe = about.built.manifest["options"], about.built.manifest["recipe"]
    if not recipe["sources"] and recipe["gold_max"]:
        return (
            f"planloom synth TOOLS --out OUT --number {recipe['gold_max']} --seed {recipe['seed']}"
        )
    flags = [f"--only {name}" for name in options["only"]]
    flags += [f"--without {name}" for name in options["without"]]
    flags += [
        f"--{name} {options[name]}" for name in ("tier", "limit") if options[name] is not None
    ]
    flags += ["--no-gold"] if options["no_gold"] else []
    return " ".join(["planloom build RECIPE --out OUT", *flags])


def cite(about: About) -> str:
    """BibTeX of what is stated, no more."""
    card = about.card
    stated = {
        "title": about.title,
        "author": card.creator,
        "year": card.date and str(card.date.year),
        "url": about.url,
        "version": card.version,
        "note": f"{about.built.kept:,} plans, made with planloom {about.built.manifest['planloom']}",
    }
    lines = [f"  {key} = {{{_plain(value)}}}," for key, value in stated.items() if value]
    return "\n".join([f"@misc{{{about.built.name},", *lines, "}"])


def _plain(value: str) -> str:
    """No brace can end the field."""
    return value.replace("{", "(").replace("}", ")")
