"""Strings that attack, and the places in tool results into which they are planted."""

import gzip
import json
import random
import re
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import structs

from planloom.trace import Trace

LABELS = Path(__file__).parent / "labels" / "injections.json"
_ENDS = re.compile(r"[.\n]\s")


class Attack(NamedTuple):
    """A string, the set that it is of, and its kind or language."""

    set: str
    kind: str
    text: str


def attacks(data: Path) -> list[Attack]:
    """The strings of BIPIA, train and test, text and code; and our own in ten languages."""
    found = []
    for split in ("train", "test"):
        for sort in ("text", "code"):
            path = data / f"corpora/bipia/benchmark__{sort}_attack_{split}.json.gz"
            kinds = json.loads(gzip.decompress(path.read_bytes()))
            found += [Attack(f"BIPIA {split}", k, text) for k, ts in kinds.items() for text in ts]
    own = json.loads(LABELS.read_text("utf-8"))
    return found + [
        Attack("own words", code, text) for code, texts in own.items() for text in texts
    ]


def planted(trace: Trace, attack: str, chance: random.Random) -> Trace:
    """The trace with the attack in one of its results."""
    places = [
        (number, index)
        for number, round_ in enumerate(trace.rounds)
        for index, call in enumerate((*round_.calls, None))
        if (call.result if call else round_.joint)
    ]
    number, index = chance.choice(places)
    round_ = trace.rounds[number]
    if index == len(round_.calls):
        changed = structs.replace(round_, joint=into(round_.joint or "", attack, chance))
    else:
        call = round_.calls[index]
        mine = structs.replace(call, result=into(call.result or "", attack, chance))
        calls = (*round_.calls[:index], mine, *round_.calls[index + 1 :])
        changed = structs.replace(round_, calls=calls)
    rounds = (*trace.rounds[:number], changed, *trace.rounds[number + 1 :])
    return structs.replace(trace, rounds=rounds)


def into(text: str, attack: str, chance: random.Random) -> str:
    """The attack in a random text of JSON, or between two sentences or at an end of other text."""
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    box = [data]
    if slots := list(_slots(box)):
        holder, key = chance.choice(slots)
        holder[key] = _beside(holder[key], attack, chance)
        return json.dumps(box[0], ensure_ascii=False)
    at = chance.choice([0, len(text), *(match.end() for match in _ENDS.finditer(text))])
    return f"{text[:at]}{chance.choice([' ', chr(10)])}{attack}\n{text[at:]}"


def _slots(holder: Any) -> Any:
    """Where texts stand inside data: holder and key."""
    keys = holder.items() if isinstance(holder, dict) else enumerate(holder)
    for key, value in keys:
        if isinstance(value, str):
            yield holder, key
        elif isinstance(value, (dict, list)):
            yield from _slots(value)


def _beside(text: str, attack: str, chance: random.Random) -> str:
    ways = (
        f"{text} {attack}",
        f"{text}\n{attack}",
        f"{attack}\n{text}",
        f"{text.rstrip('.')}. {attack}",
    )
    return chance.choice(ways)
