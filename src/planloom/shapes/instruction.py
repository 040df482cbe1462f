"""S10a: an instruction and its answer. No calls."""

from planloom.plan import Category
from planloom.shapes.dialogue import Dialogue
from planloom.source import Reader, Row, shape_reader
from planloom.trace import Trace

CATEGORY: Category = "instruction_following"
LAYOUTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("prompt",), "completion"),
    (("definition", "inputs"), "targets"),
    (("instruction", "input"), "output"),
    (("instruction",), "response"),
    (("prompt",), "response"),
)


@shape_reader
def reader(request: tuple[str, ...], answer: str) -> Reader:
    """Reads rows whose request is these columns, one below the other."""

    def read(row: Row) -> Trace:
        dialogue = Dialogue()
        said = [text for column in request if isinstance(text := row.get(column), str) and text]
        dialogue.user("\n\n".join(said))
        dialogue.answer(row[answer] if isinstance(row.get(answer), str) else "")
        return dialogue.trace()

    return read


def sniff(row: Row) -> Reader | None:
    """A reader, if the columns of one layout are there as text."""
    for request, answer in LAYOUTS:
        if all(isinstance(row.get(column), str) for column in (*request, answer)):
            return reader(request, answer)
    return None
