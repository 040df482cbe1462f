"""What rows are worth: they go the way that rows of a build go, and what comes of it is counted."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from planloom import payload, shapes
from planloom.detect import detect
from planloom.errors import Reason
from planloom.facts import Sample
from planloom.files import Broken
from planloom.rows import Outcome, Settings, carry, place_of
from planloom.source import Part, Row, ShapeReader, Source
from planloom.survey import Read

EXAMPLES = 3
WIDTH = 400
ANY_USE = Settings(allow_non_commercial=True)


def of_card(reads: Iterable[Read], source: Source) -> Sample:
    """What the parts of a card make of rows; their policy is not asked, as rows are only looked at."""
    sample, pairs = Sample(), []
    for at, read in enumerate(reads):
        if isinstance(read.record, Broken):
            _broken(sample, read.record)
        elif read.part is not None:
            part = msgspec.structs.replace(read.part, policy="train")
            place = place_of(source, part, read.file, at)
            pairs.append((read.record, carry(read.record, part, place, ANY_USE)))
    return _counted(sample, pairs)


def of_unknown(records: Iterable[Row | Broken]) -> tuple[Sample, str | None, dict[str, str]]:
    """The same by the shapes that fit; with their names and the largest one's column mapping."""
    sample, rows = Sample(), []
    for record in records:
        if isinstance(record, Broken):
            _broken(sample, record)
        else:
            rows.append(record)
    layouts = detect(rows)
    known = [layout for layout in layouts if layout.read is not None]
    for layout in layouts:
        unread = [Outcome([], ("read", Reason.unknown_shape, ""))] * len(layout.rows)
        _counted(sample, list(zip(layout.rows, layout.outcomes or unread, strict=True)))
    shape = " + ".join(dict.fromkeys(str(layout.shape) for layout in known)) or None
    readers = [layout.read for layout in known[:1] if isinstance(layout.read, ShapeReader)]
    return sample, shape, mapping(readers)


def readers(part: Part) -> list[ShapeReader]:
    """The shape readers behind a part: its own, or those in the dataset file whose function it is."""
    if isinstance(part.read, ShapeReader):
        return [part.read]
    module = sys.modules[part.read.__module__]
    return [value for value in vars(module).values() if isinstance(value, ShapeReader)]


def shapes_of(parts: Iterable[Part]) -> str | None:
    """The shapes that read the parts: those of their readers, or that their dataset files import."""
    names: list[str] = []
    for part in parts:
        mine = [reader.code.split(".")[0] for reader in readers(part)]
        module = vars(sys.modules[part.read.__module__])
        names += mine or [name for name in shapes.shapes() if name in module]
    return " + ".join(dict.fromkeys(names)) or None


def mapping(found: Iterable[ShapeReader]) -> dict[str, str]:
    """What a reader takes each part of a row from."""
    return {
        role: " + ".join(value) if isinstance(value, tuple) else value
        for reader in found
        for role, value in reader.arguments.items()
        if value and (isinstance(value, str) or _is_names(value))
    }


def _is_names(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) for name in value)


def _broken(sample: Sample, record: Broken) -> None:
    sample.rows += 1
    _count(sample.reasons, [Reason.too_large if record.oversized else Reason.unreadable])


def _counted(sample: Sample, pairs: Sequence[tuple[Row, Outcome]]) -> Sample:
    """Adds what the rows came to."""
    seen: set[str] = set()
    for row, outcome in pairs:
        good = [judged.plan for judged in outcome.plans if judged.verdict.reason is None]
        sample.rows += 1
        sample.lifted += bool(good)
        sample.plans += len(good)
        sample.calls += sum(node.kind == "call" for plan in good for node in plan.nodes)
        sample.edges += sum(len(plan.edges) for plan in good)
        sample.duplicates += sum(plan.plan_id in seen for plan in good)
        seen |= {plan.plan_id for plan in good}
        reasons = list(_reasons(outcome))
        sample.flagged += Reason.flagged in reasons
        _count(sample.reasons, reasons)
        _count(sample.evidence, (plan.evidence for plan in good))
        _count(sample.categories, (plan.category for plan in good))
        _count(sample.languages, (plan.language for plan in good))
        if len(sample.examples) < EXAMPLES:
            sample.examples.append(payload.dumps(row)[:WIDTH])
    return sample


def _reasons(outcome: Outcome) -> Iterator[Reason]:
    if outcome.left:
        yield outcome.left[1]
    yield from (reason for reason, _ in outcome.late)
    yield from (j.verdict.reason for j in outcome.plans if j.verdict.reason is not None)


def _count(table: dict[str, int], names: Iterable[str]) -> None:
    for name, n in Counter(map(str, names)).items():
        table[name] = table.get(name, 0) + n
