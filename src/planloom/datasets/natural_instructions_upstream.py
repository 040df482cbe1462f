"""Super-NaturalInstructions as published: one JSON object a task, its instances a list in it.

Requests read as in the flattened form, so that copies meet. Of several right outputs the first is
the answer. `Definition` is a list, in old revisions a text. Each task states the licence of its
instances. The official test tasks are those of twelve categories. The file alone names the task,
so toxic ones are known by their category and source.
"""

import msgspec

from planloom.datasets.natural_instructions import TOXIC
from planloom.plan import Finding
from planloom.shapes import instruction, origin
from planloom.source import Part, Row, Source
from planloom.trace import Trace

_TEST = {
    "Answerability Classification",
    "Cause Effect Classification",
    "Coreference Resolution",
    "Data to Text",
    "Dialogue Act Recognition",
    "Grammar Error Correction",
    "Keyword Tagging",
    "Overlap Extraction",
    "Question Rewriting",
    "Textual Entailment",
    "Title Generation",
    "Word Analogy",
}
_LANGUAGES = ("Input_language", "Output_language", "Instruction_language")
_COLUMNS = ("Categories", "Definition", "Instance License", "Instances", "Source", *_LANGUAGES)
_read = instruction.reader(("definition", "inputs"), "targets")


def read(row: Row) -> Trace:
    given = row.get("Instances")
    instance = given if isinstance(given, dict) else {}
    answer = next(iter(origin.texts(instance.get("output"))), "")
    definition = "\n".join(origin.texts(row.get("Definition")))
    task = {"definition": definition, "inputs": instance.get("input"), "targets": answer}
    categories = origin.texts(row.get("Categories"))
    about = " ".join([*categories, *origin.texts(row.get("Source"))]).lower()
    match = TOXIC.search(about)
    english = all(row.get(name) == ["English"] for name in _LANGUAGES)
    return msgspec.structs.replace(
        _read(task),
        intent=categories[0] if categories else None,
        findings=(Finding("natural_instructions_task", "toxic_task", match[0]),) if match else (),
        policy=None if _TEST.isdisjoint(categories) else "eval_only",
        language="en" if english else None,
    )


SOURCE = Source(
    id="allenai/natural-instructions",
    licence="Apache-2.0, instances as their tasks say",
    url="https://github.com/allenai/natural-instructions",
    rows=5_000_000,
    tier=3,
    languages=("mul",),
    overlap="flan",
    parts=(
        Part(
            split="tasks",
            files=("tasks/task*.json",),
            read=origin.licensed(read, "Instance License"),
            category="instruction_following",
            use="no_publish",
            each=("Instances",),
            columns=_COLUMNS,
            held_out=True,
        ),
    ),
)
