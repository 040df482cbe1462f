"""What a build came to, as text: the composition tree, and what was left on the way."""

from collections.abc import Iterator
from typing import Any

from planloom.ledger import STAGES, Ledger
from planloom.pipeline import Corpus
from planloom.recipe import CATEGORIES, Recipe, target

TITLES = {
    "function_calling": "Function calling",
    "tool_reasoning": "Tool reasoning",
    "instruction_following": "Instruction following",
    "conversation": "Conversations",
    "gold_traces": "Gold traces (generated)",
}


def composition(corpus: Corpus) -> str:
    """Target, got and missing per category and source."""
    recipe, ledger = corpus.recipe, corpus.ledger
    kept = ledger.total(stage="write", unit="plan", left=False)
    lines = [
        f"{recipe.name}: {kept:,} of {recipe.goal:,} plans",
        _row("", "target", "got", "missing"),
    ]
    for category in CATEGORIES:
        lines += _category(category, target(recipe, category), _got(corpus.stats, category))
    gold = min(recipe.gold_max, max(recipe.goal - kept, 0))
    if recipe.gold_max:
        lines += [_row(TITLES["gold_traces"], f"{gold:,}", "0", f"{gold:,}")]
    missing = recipe.goal - kept - gold
    lines += [_row("Total", f"{recipe.goal:,}", f"{kept:,}", f"{recipe.goal - kept:,}")]
    lines += [
        f"real {kept:,} + gold traces {gold:,} + missing {max(missing, 0):,} = {recipe.goal:,}"
    ]
    lines += [_source(name, recipe, corpus) for name in recipe.sources]
    return "\n".join(lines)


def _row(name: str, wanted: str, got: str, missing: str) -> str:
    return f"{name:<34}{wanted:>14}{got:>14}{missing:>14}"


def _got(stats: dict[str, Any], category: str) -> dict[str, int]:
    by_evidence: dict[str, int] = stats.get("category", {}).get(category, {})
    return by_evidence


def _category(name: str, wanted: int, by_evidence: dict[str, int]) -> Iterator[str]:
    got = sum(n for evidence, n in by_evidence.items() if evidence != "request")
    yield _row(TITLES[name], f"{wanted:,}", f"{got:,}", f"{max(wanted - got, 0):,}")
    for evidence, n in by_evidence.items():
        yield _row(f"   {evidence}", "", f"{n:,}", "")


def _source(name: str, recipe: Recipe, corpus: Corpus) -> str:
    if name in corpus.refused:
        return f"{name}: 0 rows: {corpus.refused[name]}"
    ledger = corpus.ledger
    read = ledger.total(source=name, stage="read", unit="row", left=False)
    made = ledger.total(source=name, stage="lift", unit="plan", left=False)
    kept = ledger.total(source=name, stage="write", unit="plan", left=False)
    most = recipe.sources[name].max
    bound = f", at most {most:,}" if most is not None else ""
    return f"{name}: {read:,} rows read, {made:,} plans made, {kept:,} kept{bound}"


def losses(ledger: Ledger) -> str:
    """What left at each stage, by Reason."""
    lines = []
    for stage in STAGES:
        for unit in ("row", "plan"):
            by_reason: dict[str, int] = {}
            for key, n in ledger.counts.items():
                if (key.stage, key.unit) == (stage, unit) and key.reason is not None:
                    by_reason[key.reason] = by_reason.get(key.reason, 0) + n
            if by_reason:
                said = ", ".join(f"{name} {n:,}" for name, n in sorted(by_reason.items()))
                lines.append(f"left at {stage} ({unit}s): {said}")
    return "\n".join(lines)
