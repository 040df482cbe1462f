"""What is true of every build and what its own figures show: steps, limits, personal data, uses."""

from collections.abc import Iterator

from planloom.card.about import About
from planloom.recipe import TITLES

COLLECTED = (
    "Rows of public datasets, read as published. Nothing was asked of people and nothing was called for "
    "this corpus."
)
NONE_MADE = "Nothing was generated."
GOLD = (
    "Gold traces were generated from tool schemas: requests by a grammar, results made up so that values flow. "
    "They fill what real plans leave, count towards no other category, and are all in the fold `train`: nothing may "
    "be evaluated on them."
)
MADE_UP = (
    "Made-up rows in the shapes of public datasets, packed with Planloom to try it; they say nothing about "
    "those datasets, whose addresses, licences and revisions are named as if they were theirs."
)
STEPS = (
    "Read: a row becomes a trace of what it says happened: user turns, tools on offer, calls, results.",
    "Gate: what a label or rule says is not benign goes to adversarial/; attacks that were not obeyed, "
    "doubts, and text of real users without a safety label go to quarantine/.",
    "Lift: a trace becomes a graph; data edges are values or references of earlier results that turn "
    "up in later arguments, order edges are mere sequence; trust and scope follow word rules.",
    "Check: calls against the tools' own JSON Schema, requests, placeholders, refusals.",
    "Decontaminate: plans that repeat evaluation sets leave.",
    "Dedup: equal plans over all sources, prefixes, near duplicates, a cap for each template.",
    "Mix: category targets, by seeded hash.",
)
PERSONAL = (
    "Requests of chat sources were written by real people. Their publishers masked personal data in "
    "part; Planloom masks nothing more, so that names, places and contact data may be left. `source`, "
    "`file` and `at` of a plan say which row to ask its publisher about."
)
LIMITS = (
    "Results of calls are not stored: they were read for edges and trust alone.",
    "Text of sources was not checked for truth, and answers in text are not stored.",
    "Benign means that no label of the source and no rule of the gate says otherwise; nobody read all plans.",
)
USES = (
    "Pre-training of models that judge what an agent is about to do, above all by its graph.",
    "Not for judging people, and not as a test set of its own sources.",
)
JUDGED = {
    "provenance_tier": "trust of arguments",
    "result_tier": "trust of results",
    "scope_volume": "volume",
    "scope_sensitivity": "sensitivity",
}
BASES = ("observed", "inferred", "default")


def collected(about: About) -> str:
    """How the rows were come by."""
    if about.made_up:
        return MADE_UP
    gold, kept = about.built.gold, about.built.kept
    told = ([COLLECTED] if kept > gold else []) + ([GOLD] if gold else [NONE_MADE])
    if other := about.built.manifest.get("rewritten"):
        n = other["counts"].get("rewritten", 0)
        told.append(
            f"{n:,} of their user turns were put into other words by the model {other['model']}."
        )
    elif gold:
        told.append("No model had a part in it.")
    return " ".join(told)


def personal(about: About) -> str:
    """Whose words are inside."""
    everything = about.made_up or about.built.gold == about.built.kept > 0
    return "Requests, names and values are made up." if everything else PERSONAL


def limits(about: About) -> Iterator[str]:
    """Weaknesses that the statistics show."""
    built = about.built
    yield from _missing(about)
    for lost in built.manifest.get("given_up", ()):
        yield f"Lost: {lost}."
    plans, totals = built.kept, built.counted("totals")
    if not plans:
        return
    calls = built.counted("calls_per_plan")
    none, one = calls.get("0", 0), calls.get("1", 0)
    flowing = plans - built.counted("data_edges_per_plan").get("0", 0)
    yield (
        f"{share(none, plans)} of plans ({none:,}) call no tool, {share(one, plans)} ({one:,}) call one; "
        f"{share(flowing, plans)} ({flowing:,}) have a data edge."
    )
    joint = totals.get("joint_data_edges", 0)
    if joint:
        edges = totals["data_edges"]
        yield f"{share(joint, edges)} of data edges ({joint:,}) could come from another result too."
    for name, title in JUDGED.items():
        yield f"On what the {title} of nodes rests: {_bases(about, name)}."
    unsure = built.counted("language").get("und", 0)
    yield f"The language of {share(unsure, plans)} of requests ({unsure:,}) could not be told."


def _missing(about: About) -> Iterator[str]:
    for name, made in about.built.by_category().items():
        wanted, got = about.built.wanted(name), sum(made.values())
        if got < wanted:
            yield f"{TITLES[name]}: {wanted - got:,} of {wanted:,} plans wanted are missing."


def _bases(about: About, name: str) -> str:
    counts = bases(about, name)
    whole = sum(counts.values())
    return ", ".join(f"{basis} {share(n, whole)} ({n:,})" for basis, n in counts.items())


def bases(about: About, name: str) -> dict[str, int]:
    """How many nodes' judgement was observed, inferred, or is the default."""
    values = about.built.counted(name).values()
    return {basis: sum(one.get(basis, 0) for one in values) for basis in BASES}


def share(n: int, whole: int) -> str:
    """A percentage; a part is never shown as nothing, nor as all."""
    if not whole or n in (0, whole):
        return "0 %" if not n else "100 %"
    if n / whole < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if n / whole > 0.9995 else f"{n / whole:.1%}".replace("%", " %")
