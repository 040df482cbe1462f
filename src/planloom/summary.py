"""What a build came to, as text: the composition tree, and what was left on the way."""

from collections.abc import Iterator

from planloom.ledger import STAGES, Ledger
from planloom.output import Status
from planloom.pipeline import Corpus
from planloom.recipe import CATEGORIES, TITLES, gold_room, target


def composition(corpus: Corpus) -> str:
    """The composition tree: target, got and missing per category and source."""
    recipe = corpus.recipe
    kept = corpus.ledger.total(stage="write", unit="plan", left=False)
    made = sum(corpus.stats.get("category", {}).get("gold_traces", {}).values())
    real = kept - made
    room = gold_room(recipe.gold_max, recipe.goal, real)
    gold = made if corpus.filled else room
    missing = max(recipe.goal - real - gold, 0)
    lines = [_row(recipe.name, "target", "got", "missing")]
    for category in CATEGORIES:
        lines += _category(corpus, category)
    if recipe.gold_max:
        title = "├─ Gold traces, generated" if corpus.filled else "├─ Gold traces, not generated"
        lines.append(_row(title, f"{room:,}", f"{made:,}", f"{room - made:,}"))
    lines.append(_row("└─ Total", f"{recipe.goal:,}", f"{kept:,}", f"{recipe.goal - kept:,}"))
    lines.append(f"real {real:,} + gold traces {gold:,} + missing {missing:,} = {recipe.goal:,}")
    lines += [f"{name}: 0 rows, refused: {why}" for name, why in corpus.refused.items()]
    return "\n".join(lines)


def _row(name: str, wanted: str, got: str, missing: str) -> str:
    return f"{name:<50}{wanted:>12}{got:>12}{missing:>12}"


def _category(corpus: Corpus, name: str) -> Iterator[str]:
    wanted = target(corpus.recipe, name)
    by_evidence = corpus.stats.get("category", {}).get(name, {})
    got = sum(by_evidence.values())
    kinds = ", ".join(f"{evidence} {n:,}" for evidence, n in by_evidence.items())
    title = f"├─ {TITLES[name]}" + (f" ({kinds})" if kinds else "")
    yield _row(title, f"{wanted:,}", f"{got:,}", f"{max(wanted - got, 0):,}")
    given = {s: n[name] for s, n in corpus.stats.get("source", {}).items() if name in n}
    for index, source in enumerate(s for s in corpus.recipe.sources if s in given):
        most = corpus.recipe.sources[source].max
        branch = "└─" if index == len(given) - 1 else "├─"
        bound = (
            (f"≤ {most:,}", f"{max(most - given[source], 0):,}") if most is not None else ("", "")
        )
        yield _row(f"│  {branch} {source}", bound[0], f"{given[source]:,}", bound[1])


def gold(corpus: Corpus, domains: int, tools: int) -> str:
    """What a corpus of gold traces alone came to."""
    kept = corpus.ledger.total(stage="write", unit="plan", left=False)
    return (
        f"{kept:,} gold traces from {tools:,} tools in {domains:,} domains\n{losses(corpus.ledger)}"
    )


def losses(ledger: Ledger) -> str:
    """What was read and made, and what left at each stage by Reason."""
    read = ledger.total(stage="read", unit="row", left=False)
    made = ledger.total(stage="lift", unit="plan", left=False)
    lines = [f"{read:,} rows read, {made:,} plans made"]
    for stage in STAGES:
        by_reason: dict[str, int] = {}
        for key, n in ledger.counts.items():
            if key.stage == stage and key.reason is not None:
                name = f"{key.unit}s {key.reason}"
                by_reason[name] = by_reason.get(name, 0) + n
        if by_reason:
            said = ", ".join(f"{name} {n:,}" for name, n in sorted(by_reason.items()))
            lines.append(f"left at {stage}: {said}")
    return "\n".join(lines)


def status(found: Status) -> str:
    """How far a build is: slices done and in all, by source."""
    lines = [f"{name:<60}{done:>7,} of {total:,}" for name, (done, total) in found.slices.items()]
    done = sum(done for done, _ in found.slices.values())
    total = sum(total for _, total in found.slices.values())
    if found.finished:
        told = "finished"
    else:
        told = (
            "all slices are done; the same command mixes and writes"
            if done == total
            else "not finished"
        )
    return "\n".join([*lines, f"{'slices':<60}{done:>7,} of {total:,}: {told}"])
