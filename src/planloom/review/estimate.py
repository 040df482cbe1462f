"""What answers say of a corpus: the share that is right, per source and in all, with its interval."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from planloom.errors import InputError, RecipeError
from planloom.plan import ExecutionPlan
from planloom.review import sample, sheet
from planloom.review.interval import Share, Stratum, stratified, wilson
from planloom.review.sheet import QUESTIONS, Answer
from planloom.terminal import wrapped

METHOD = (
    "95 % intervals. Per source: Wilson's score. In all: each source weighed by its kept plans, stratified, "
    "from the Wilson limits (Zou, Huang and Zhang 2009). A plan is right if every answer is yes."
)


WIDE = 100


class Estimate(NamedTuple):
    """`judged` has a stratum for each source with a verdict, `by_question` the same for each question."""

    kept: dict[str, int]
    sampled: dict[str, int]
    judged: dict[str, Stratum]
    by_question: dict[str, list[Stratum]]
    begun: int
    warnings: list[str]

    @property
    def share(self) -> Share:
        return stratified(list(self.judged.values()))


def estimate(out: Path, path: Path, per_source: int | None, seed: int | None) -> Estimate:
    """The estimate from the answers in a CSV file.

    Raises:
        RecipeError: if the file cannot be read. InputError: if it judges no plan of the sample.
    """
    answers = sheet.read(path)
    wanted = _wanted(path, answers, per_source, seed)
    drawn = sample.draw(out, wanted[1], wanted[0])
    plans = {plan.plan_id: plan for plan in sample.plans(drawn)}
    states = {key: sheet.state(plan) for key, plan in plans.items()}
    usable, warnings = _usable(out, answers, states, label(*wanted))
    strata = {name: _strata(usable, plans, drawn.kept, name) for name in QUESTIONS}
    judged = _strata(usable, plans, drawn.kept, None)
    if not judged:
        told = f" ({'; '.join(warnings)})" if warnings else ""
        raise InputError(f"{path}: no plan of the sample is judged{told}")
    begun = sum(a.verdict is None and set(a.said.values()) != {None} for a in usable)
    sampled = {name: len(picks) for name, picks in drawn.picks.items()}
    by_question = {name: list(mine.values()) for name, mine in strata.items() if mine}
    return Estimate(drawn.kept, sampled, judged, by_question, begun, warnings)


def label(seed: int, per_source: int) -> str:
    """The name of a sample, as its CSV carries it."""
    return f"seed {seed}, {per_source} a source"


def _wanted(
    path: Path, answers: Sequence[Answer], per_source: int | None, seed: int | None
) -> tuple[int, int]:
    """Seed and size: as asked for, else as most lines of the file say."""
    named = Counter(answer.sample for answer in answers).most_common(1)
    words = named[0][0].replace(",", "").split() if named else []
    if len(words) != 5 or not (words[1].isdecimal() and words[2].isdecimal()):
        raise RecipeError(
            f"--answers {path}: its column `sample` names no sample of planloom review"
        )
    return (
        seed if seed is not None else int(words[1]),
        per_source if per_source is not None else int(words[2]),
    )


def _usable(
    out: Path, answers: Sequence[Answer], states: Mapping[str, str], name: str
) -> tuple[list[Answer], list[str]]:
    """The answers that count, and a warning for each kind that does not."""
    outside = [answer for answer in answers if answer.plan_id not in states]
    inside = sample.among(out, [answer.plan_id for answer in outside]) if outside else set()
    foreign = [a for a in outside if a.plan_id not in inside]
    other = [a for a in outside if a.plan_id in inside]
    stale = [a for a in answers if states.get(a.plan_id, a.state) != a.state]
    kinds = (
        (foreign, "of plans that this build does not hold"),
        (other, f"of plans outside the sample ({name}): another seed, or chosen by hand"),
        (stale, "are stale: the plans' calls, edges, tiers or scope have changed since"),
    )
    warnings = [
        f"{len(found):,} answers left out, {what}; the first is {found[0].plan_id}"
        for found, what in kinds
        if found
    ]
    gone = {answer.plan_id for found, _ in kinds for answer in found}
    return [answer for answer in answers if answer.plan_id not in gone], warnings


def _strata(
    answers: Sequence[Answer],
    plans: Mapping[str, ExecutionPlan],
    kept: Mapping[str, int],
    name: str | None,
) -> dict[str, Stratum]:
    counts: dict[str, list[bool]] = {}
    for answer in answers:
        said = answer.verdict if name is None else answer.said[name]
        if said is not None:
            counts.setdefault(plans[answer.plan_id].source, []).append(said)
    return {
        source: Stratum(sum(said), len(said), kept[source])
        for source, said in sorted(counts.items())
    }


def text(found: Estimate) -> str:
    """The estimate as a table."""
    return "\n".join(_lines(found))


def _lines(found: Estimate) -> Iterator[str]:
    wide = max(map(len, (*found.kept, "request")))
    yield f"{'':<{wide}}{'kept':>12}{'sampled':>9}{'judged':>8}    right  95 % interval"
    for source, kept in found.kept.items():
        mine = found.judged.get(source)
        told = _told(wilson(mine)) if mine else "not judged"
        yield f"{source:<{wide}}{kept:>12,}{found.sampled[source]:>9,}{mine.judged if mine else 0:>8,}  {told}"
    judged = sum(one.judged for one in found.judged.values())
    sampled, kept = sum(found.sampled.values()), sum(found.kept.values())
    yield f"{'in all':<{wide}}{kept:>12,}{sampled:>9,}{judged:>8,}  {_told(found.share)}"
    for name, strata in found.by_question.items():
        n = sum(one.judged for one in strata)
        yield f"{'  ' + name:<{wide + 21}}{n:>8,}  {_told(stratified(strata))}"
    covered = sum(one.size for one in found.judged.values())
    if covered < kept:
        yield f"The total speaks of the sources judged: {covered / kept:.1%} of the kept plans."
    yield f"Judged {judged:,}, begun {found.begun:,}, not judged {sampled - judged - found.begun:,}."
    yield from wrapped(METHOD, WIDE, "")


def _told(share: Share) -> str:
    return f"{share.value:>7.1%}  {share.low:.1%} to {share.high:.1%}"
