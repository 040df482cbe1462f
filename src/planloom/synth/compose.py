"""A blueprint and a domain become a workflow: tools for calls, and slots for values."""

from collections.abc import Iterator, Sequence

from planloom.lift.rules import words
from planloom.synth.blueprints import Blueprint
from planloom.synth.cast import cast
from planloom.synth.fields import Field
from planloom.synth.kinds import same
from planloom.synth.makers import Make, Random
from planloom.synth.requests import Asked
from planloom.synth.returns import Value
from planloom.synth.universe import Link, Ready, World
from planloom.synth.workflow import Cell, Doing, Given, Planted, Workflow
from planloom.trace import Tool

OPTIONAL, SHARED, SAID_FIXED, SAID_TEXT = 0.35, 0.7, 0.7, 0.8
REPEATED, REFERENCE, TWICE = 0.8, 0.5, 0.3  # chances that a value comes again
SPARE_TOOLS = 6
BOUNDS = (
    ("start", "end"), ("begin", "end"), ("from", "to"), ("since", "until"), ("min", "max"), ("checkin", "checkout"),
    ("check in", "check out"), ("departure date", "return date"), ("arrival", "departure"), ("pickup", "dropoff"),
)  # fmt: skip
MOST_ELEMENTS = 5
STYLES = 4


def compose(form: Blueprint, world: World, r: Random) -> "Draft | None":
    """Calls of this form from the tools of a domain, or None if they cannot be joined so."""
    tools = cast(form, world, r)
    draft = Draft(form, world, tools, r) if tools is not None else None
    return draft if draft is not None and draft.fill() else None


class Draft:
    """The calls, their arguments filled one after the other; `edges` are those that were possible."""

    def __init__(self, form: Blueprint, world: World, roles: Sequence[int], r: Random) -> None:
        self.form, self.world, self.r = form, world, r
        self.tools = [roles[role] for role in form.tools]
        self.slots: list[Make] = []
        self.brought: dict[tuple[int, int, int], int] = {}  # call, record, value -> slot
        self.shared: dict[tuple[str, str], int] = {}
        self.facts: dict[tuple[int, tuple[str, ...]], int] = {}
        self.said: list[list[tuple[Field, int]]] = []
        self.given: list[list[Given]] = []
        self.edges: list[tuple[int, int, str, int]] = []

    def ready(self, call: int) -> Ready:
        return self.world.tools[self.tools[call]]

    def fill(self) -> bool:
        """Whether every call could be filled, and no two are the very same."""
        return all(self._fill(call) and not self._is_twin(call) for call in range(len(self.tools)))

    def workflow(self) -> Workflow:
        """The calls with their results and what the user has to say for them."""
        records = [self._records(call) for call in range(len(self.tools))]
        asked: list[list[Asked]] = [[] for _ in range(self.form.said)]
        for call, said in enumerate(self.said):
            asked[self.form.turns[call]].append(Asked(self.ready(call), tuple(said)))
        return Workflow(
            self.world,
            self._offered(),
            tuple(self._doing(call, records[call]) for call in range(len(self.tools))),
            tuple(map(tuple, asked)),
            tuple(self.slots),
            self._planted(records),
            tuple(self._ordered()),
        )

    def _ordered(self) -> Iterator[tuple[int, int]]:
        """The slots of arguments that name a start and its end."""
        for given in self.given:
            slots = {words(one.name): one.slots[0] for one in given if one.how == "value"}
            for name, slot in slots.items():
                for start, end in BOUNDS:
                    other = slots.get(name.replace(start, end)) if start in name else None
                    if other is not None and other != slot:
                        yield slot, other

    def _doing(self, call: int, records: tuple[tuple[Cell, ...], ...]) -> Doing:
        ready = self.ready(call)
        style = int(self.r() * STYLES)
        names = [one.name for one in ready.arguments]
        return Doing(
            ready.tool,
            tuple(sorted(self.given[call], key=lambda one: names.index(one.name))),
            records,
            ready.returned.many,
            style,
            self.form.steps[call],
            self.form.turns[call],
        )

    def _offered(self) -> tuple[Tool, ...]:
        """The tools called and a few others of the domain, in the domain's order."""
        spare = [n for n in range(len(self.world.tools)) if n not in self.tools]
        wanted = set(self.tools)
        for _ in range(min(int(self.r() * (SPARE_TOOLS + 1)), len(spare))):
            wanted.add(spare.pop(int(self.r() * len(spare))))
        return tuple(self.world.tools[n].tool for n in sorted(wanted))

    def _fill(self, call: int) -> bool:
        """The arguments of a call: those that results feed, then those that the user says."""
        ready = self.ready(call)
        fed: dict[int, Given] = {}
        for src, dst, values in self.form.edges:
            if dst == call and not self._feed(fed, src, call, values):
                return False
        given, said = list(fed.values()), []
        for number, argument in enumerate(ready.arguments):
            if number in fed or not (argument.required or self.r() < OPTIONAL):
                continue
            slot, is_said = self._own(argument, call, {one.slots[0] for one in given})
            given.append(Given(argument.name, "value", (slot,)))
            if is_said:
                said.append((argument, slot))
        self.given.append(given)
        self.said.append(said)
        return True

    def _is_twin(self, call: int) -> bool:
        """Whether an earlier call is the very same."""
        mine = (self.tools[call], self.given[call])
        return any((self.tools[n], self.given[n]) == mine for n in range(call))

    def _feed(self, fed: dict[int, Given], src: int, dst: int, values: int) -> bool:
        """Feeds up to `values` arguments of a call from the result of another; false if none is free."""
        options = [
            link
            for link in self.world.links.get((self.tools[src], self.tools[dst]), ())
            if link.argument not in fed or link.how != "value"
        ]
        real = [link for link in options if link.how != "quote"]
        quotes = [link for link in options if link.how == "quote"]
        done = 0
        while done < values and (pool := real or quotes):
            link = pool[int(self.r() * len(pool))]
            done += self._take(fed, src, dst, link)
            real = [
                one for one in real if one.argument != link.argument and one.value != link.value
            ]
            quotes = [one for one in quotes if one.argument != link.argument]
        for link in (link for link in options if link.how == "element"):
            while done < values and self._take(fed, src, dst, link):
                done += 1
        return done > 0

    def _take(self, fed: dict[int, Given], src: int, dst: int, link: Link) -> bool:
        """Puts a value of a result into an argument of a call, if it is not there yet."""
        argument, mine = self.ready(dst).arguments[link.argument], fed.get(link.argument)
        if mine is not None and (mine.how != link.how or len(mine.slots) > MOST_ELEMENTS):
            return False
        slot = self._brought(src, dst, link, len(mine.slots) if mine else 0)
        slots = (*mine.slots, slot) if mine else (slot,)
        if mine is not None and slot in mine.slots:
            return False
        path = f"{argument.name}[{len(slots) - 1}]" if link.how == "element" else argument.name
        fed[link.argument] = Given(argument.name, link.how, slots)
        self.edges.append((src, dst, path, slot))
        return True

    def _brought(self, src: int, dst: int, link: Link, element: int) -> int:
        """The slot of a value in a result; calls of one tool take it from different records."""
        ready = self.ready(src)
        takers = {
            d
            for s, d, _, slot in self.edges
            if s == src and self.tools[d] == self.tools[dst] and d != dst
        }
        record = min(len(takers), 5) if ready.returned.many else 0
        if link.how == "element" and ready.returned.many:
            record = element
        key = (src, record, link.value)
        if key not in self.brought:
            argument = self.ready(dst).arguments[link.argument]
            value = ready.returned.values[link.value].field
            make = value.make if link.how == "quote" else (argument.each or argument).make
            self.brought[key] = self._slot(make)
        return self.brought[key]

    def _slot(self, make: Make) -> int:
        self.slots.append(make)
        return len(self.slots) - 1

    def _own(self, argument: Field, call: int, taken: set[int]) -> tuple[int, bool]:
        """A slot for what no result gives, not one that the call has already, and whether the user says it."""
        key = (argument.key, argument.type)
        known = self.shared.get(key) if not argument.bound else None
        if (
            known is not None
            and known not in taken
            and not (argument.required and self.tools[call] in self.tools[:call])
            and self.r() < SHARED
        ):
            return known, False
        slot = self._slot(argument.make)
        if argument.type == "boolean":
            return slot, False
        if not argument.bound:
            self.shared.setdefault(key, slot)
        chance = SAID_FIXED if argument.fixed else SAID_TEXT if argument.text else 1.0
        return slot, self.r() < chance

    def _records(self, call: int) -> tuple[tuple[Cell, ...], ...]:
        """The records of a result: what later calls take from it, what it repeats, and the rest."""
        returned = self.ready(call).returned
        used = [record for src, record, _ in self.brought if src == call]
        count = (
            max([record + 1 for record in used] + [1 + int(self.r() * 4)]) if returned.many else 1
        )
        return tuple(self._record(call, number, returned.values) for number in range(count))

    def _record(self, call: int, number: int, values: Sequence[Value]) -> tuple[Cell, ...]:
        cells = [
            Cell(value.path, self._stands(call, number, n, value.field), value.field.make)
            for n, value in enumerate(values)
        ]
        cells = self._as_before(cells)
        mine = [slot for (src, _, _), slot in self.brought.items() if src == call]
        if mine and number == 0 and self.r() < TWICE:
            slot = mine[int(self.r() * len(mine))]
            cells.append(Cell(("latest",), slot, self.slots[slot]))
        earlier = self._earlier(call)
        if earlier and self.r() < REFERENCE:
            slot = earlier[int(self.r() * len(earlier))]
            cells.append(Cell(("reference",), slot, self.slots[slot]))
        return tuple(cells)

    def _as_before(self, cells: list[Cell]) -> list[Cell]:
        """What an earlier result said of the same thing, the one whose id comes first, is said again."""
        if not cells or (about := cells[0].slot) is None:
            return cells
        found = []
        for cell in cells:
            slot = cell.slot
            if slot is None:
                key = (about, cell.path)
                slot = self.facts.setdefault(key, len(self.slots))
                if slot == len(self.slots):
                    self.slots.append(cell.make)
            found.append(cell._replace(slot=slot))
        return found

    def _earlier(self, call: int) -> list[int]:
        """Slots that results of earlier rounds brought in."""
        step = self.form.steps[call]
        return [slot for (src, _, _), slot in self.brought.items() if self.form.steps[src] < step]

    def _stands(self, call: int, record: int, value: int, field: Field) -> int | None:
        """The slot of a value: one that is taken from here, an argument of the call, or a repetition."""
        if (slot := self.brought.get((call, record, value))) is not None:
            return slot
        if record == 0 or self.r() < 0.5:
            for given, argument in self._arguments(call):
                if (
                    given.how == "value"
                    and argument.type == field.type
                    and same(argument.key, field.key)
                ):
                    return given.slots[0]
        ready = self.ready(call)
        if field.flows and not field.key.startswith(ready.noun or "-") and self.r() < REPEATED:
            for (src, _, v), slot in self.brought.items():
                brought = self.ready(src).returned.values[v].field
                earlier = self.form.steps[src] < self.form.steps[call]
                if earlier and brought.type == field.type and same(brought.key, field.key):
                    return slot
        return None

    def _arguments(self, call: int) -> list[tuple[Given, Field]]:
        by_name = {one.name: one for one in self.ready(call).arguments}
        return [(given, by_name[given.name]) for given in self.given[call]]

    def _planted(self, records: Sequence[tuple[tuple[Cell, ...], ...]]) -> tuple[Planted, ...]:
        """The edges; a value is repeated if results hold it at another place too before it is used."""
        places: dict[int, list[int]] = {}
        for call, mine in enumerate(records):
            for cell in (cell for record in mine for cell in record):
                if cell.slot is not None:
                    places.setdefault(cell.slot, []).append(self.form.steps[call])
        return tuple(
            Planted(
                src, dst, path, slot, sum(step < self.form.steps[dst] for step in places[slot]) > 1
            )
            for src, dst, path, slot in self.edges
        )
