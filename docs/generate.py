"""Writes the generated blocks of README.md and docs/*.md from the code.

    python docs/generate.py            write
    python docs/generate.py --check    fail if a block is stale

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any

import attacks
import boundaries
import feeds
import forecasts
import gates
import golds
import learned
import rewriting
import scales
import verdicts

from planloom import feasible, listing, overview, shapes
from planloom.commands import parser
from planloom.errors import Reason
from planloom.jepa import metadata
from planloom.jepa.sizes import SIZES, Size
from planloom.lift.rules import RULES
from planloom.plan import json_schema
from planloom.recipe import Card, Decontaminate, Dedup, Limits, Recipe, Safety, Targets
from planloom.rewrite.faults import Fault
from planloom.rewrite.paid import Outcome
from planloom.source import Part, ShapeReader, Source
from planloom.verdict import Tolerance

HOME = Path(__file__).parents[1]
BLOCK = re.compile(r"(<!-- generated: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |" for row in lines
    )


def reasons() -> str:
    return table(("Reason", "meaning"), ((f"`{r}`", r.meaning) for r in Reason))


def fields() -> str:
    """The field tables of a plan and of what it holds."""
    definitions = json_schema()["$defs"]
    parts = []
    for name in ("ExecutionPlan", "Node", "Edge", "Origin", "Finding"):
        rows = (
            (f"`{key}`", _kind(spec), _about(spec))
            for key, spec in definitions[name]["properties"].items()
        )
        parts.append(f"**{name}**\n\n" + table(("field", "type", "is"), rows))
    return "\n\n".join(parts)


def _kind(spec: dict[str, Any]) -> str:
    if "enum" in spec:
        return " / ".join(map(str, spec["enum"]))
    if "anyOf" in spec:
        return " / ".join(_kind(option) for option in spec["anyOf"])
    if "$ref" in spec:
        return str(spec["$ref"]).rsplit("/", 1)[-1]
    if spec.get("type") == "array":
        return f"list of {_kind(spec.get('items', {}))}"
    low, high = spec.get("minimum"), spec.get("maximum")
    bounds = f" {low}..{'' if high is None else high}" if low is not None else ""
    return f"{spec.get('type', 'any')}{bounds}"


def _about(spec: dict[str, Any]) -> str:
    return str(spec.get("description", ""))


def datasets() -> str:
    head = (
        *(
            "dataset",
            "the seed says",
            "real rows",
            "tier",
            "shape",
            "a plan is made of",
            "category",
        ),
        *("licence", "use", "policy"),
    )
    return table(head, (dataset(source) for source in listing.sources()))


def dataset(source: Source) -> tuple[object, ...]:
    """A row of the table; what a plan is made of is seen in the golden rows."""
    parts = source.parts
    return (
        *(source.id, source.claim, f"{source.rows:,}", source.tier, listed(shapes_of(source))),
        *(listed(evidence(source)), listed(part.category for part in parts), source.licence),
        listed(part.use for part in parts),
        listed(part.policy for part in parts) or f"refused: {source.refused}",
    )


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted({name for name in names if name}))


def shape_of(part: Part, card: ModuleType) -> str:
    """The shape whose reader a part uses, by itself or inside its own."""
    if isinstance(part.read, ShapeReader):
        return part.read.code.split(".")[0]
    known = {*vars(sys.modules[part.read.__module__]), *vars(card)}
    return ", ".join(name for name in shapes.shapes() if name in known)


def shapes_of(source: Source) -> set[str]:
    card = next(m for m in list(sys.modules.values()) if getattr(m, "SOURCE", None) == source)
    named = (shape_of(part, card) for part in source.parts)
    return {name for names in named for name in names.split(", ") if name}


def evidence(source: Source) -> Iterator[str]:
    for path in (HOME / "tests/golden").glob("*.json"):
        module = sys.modules.get(f"planloom.datasets.{path.stem}")
        if getattr(module, "SOURCE", None) == source:
            for case in json.loads(path.read_text("utf-8")):
                yield from (plan["evidence"] for plan in case.get("plans", ()))


def shape_table() -> str:
    used: dict[str, set[str]] = {name: set() for name in shapes.shapes()}
    for source in listing.sources():
        for name in shapes_of(source):
            used[name].add(source.id)
    rows = (
        (f"`{name}`", first_line(module), arguments(module), listed(used[name]))
        for name, module in sorted(shapes.shapes().items())
    )
    return table(("shape", "how calls are written", "reader", "datasets"), rows)


def arguments(module: ModuleType) -> str:
    """The call that makes a reader, with its defaults; some shapes have readers without arguments."""
    make = getattr(module, "reader", None)
    if make is None:
        return ""
    given = (str(p.replace(annotation=p.empty)) for p in signature(make).parameters.values())
    return f"`reader({', '.join(given)})`"


def first_line(module: ModuleType) -> str:
    """The first sentence of the docstring."""
    return str(module.__doc__).split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")


def results(name: str) -> Any:
    return json.loads((HOME / f"benchmarks/results/{name}.json").read_text("utf-8"))


def calls() -> str:
    """Calls per folder of real rows, by the last run of benchmarks/calls.py --json."""
    names = ("rows", "well_formed", "calls", "right", "missed", "invented")
    found = results("calls")
    rows = [
        (one["folder"], one["how"], *(f"{one[name]:,}" for name in names), left(one["left"]))
        for one in found["folders"]
    ]
    whole = found["total"]
    total = ("**all**", "", *(f"{whole[name]:,}" for name in names), "")
    head = ("folder", "read", *(name.replace("_", "-") for name in names), "rows left, by Reason")
    return table(head, iter([*rows, total]))


def left(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason} {n:,}" for reason, n in counts.items())


def peers() -> str:
    """The conformance rows through each converter, by the last run of benchmarks/peers.py --json."""
    found = [results(f"peer-{name}") for name in ("planloom", "ms-swift", "trl")]
    head = ("row", *(f"{one['converter']} {one['version']}" for one in found))
    rows = ((name, *(_score(one["rows"][name]) for one in found)) for name in found[0]["rows"])
    return table(head, rows)


def _score(row: dict[str, Any]) -> str:
    invented = f", {row['invented']} invented" if row["invented"] else ""
    return row["error"] or f"{row['right']}/{row['calls']}{invented}"


def languages() -> str:
    """Answers by kind of text, by the last run of benchmarks/language.py --json."""
    found = results("language")
    rows = [
        (kind, *(_shares(one["kinds"][kind]) for one in found.values()))
        for kind in found["planloom"]["kinds"]
    ]
    times = ("CPU us a text of 120 characters", *(one["us"] for one in found.values()))
    return table(("texts: right / `und` / wrong", *found), iter([*rows, times]))


def _shares(counts: dict[str, int]) -> str:
    """The counts of right, unsure and wrong answers."""
    return " / ".join(str(counts.get(verdict, 0)) for verdict in ("right", "und", "wrong"))


def formats() -> str:
    """Rows there and back, by the last run of benchmarks/convert.py --json."""
    names = ("plans", "rows", "accepted", "plan_id", "restored", "exact")
    rows = (
        (f"`{name}`", kind, *(f"{one[key]:,}" for key in names), one["seconds"], _validator(one))
        for name, kinds in results("convert").items()
        for kind, one in kinds.items()
    )
    head = ("format", "plans of", "plans", "rows", "accepted", "same plan_id", "restored", "exact")
    return table((*head, "seconds", "public validator"), rows)


def _validator(one: dict[str, Any]) -> str:
    found = one["validator"]
    if found is None:
        return ""
    return f"{found['package']} {found['version']}: {found['accepted']:,} of {found['rows']:,}"


def tolerances() -> str:
    return table(("tolerated", "meaning"), ((f"`{t}`", t.meaning) for t in Tolerance))


def validity() -> str:
    """Rejects per folder of real rows, by the last run of benchmarks/validity.py --json."""
    found = results("validity")["corpora"]
    keys = ("plans", "calls", "wrong_call", "wrong_declaration", "false")
    rows = (
        (name, *(f"{one[key]:,}" for key in keys), f"{one['false'] / one['plans']:.2%}")
        for name, one in found.items()
    )
    head = ("rows of", "plans", "calls", "call wrong", "declaration wrong", "false", "false share")
    return table(head, rows)


def decontaminated() -> str:
    """Items planted per evaluation set and what survived, by the last benchmarks/decontaminate.py --json."""
    kinds = ("verbatim", "spelling", "embedded", "turn", "calls")
    rows = []
    for name, one in results("decontaminate")["sets"].items():
        told = [_survived(one.get(kind, {})) for kind in kinds]
        rows.append((name, f"{one['items']:,}", *told))
    head = ("set", "items", "as it is", "other spelling", "in a prompt", "as a turn", "same calls")
    return table(head, iter(rows))


def _survived(counts: dict[str, int]) -> str:
    """Survivors of the planted."""
    return f"{counts.get('survived', 0):,} of {counts['planted']:,}" if counts else ""


def untouched() -> str:
    """Real rows that are no evaluation set, and their requests found, by the same run."""
    rows = (
        (name, f"{one['requests']:,}", *(f"{one.get(how, 0):,}" for how in HOWS))
        for name, one in results("decontaminate")["untouched"].items()
    )
    return table(("rows of", "requests", *HOWS), rows)


def rivals_in_overlap() -> str:
    """Texts called contaminated, by the last benchmarks/overlap.py --json."""
    rows = (
        (kind, f"{one['texts']:,}", f"{one['planloom']:,}", f"{one['datatrove']:,}")
        for kind, one in results("overlap")["texts"].items()
    )
    return table(("texts", "number", "Planloom", "datatrove"), rows)


def planted() -> str:
    """Faults caught, by the same run."""
    whole = results("validity")["total"]
    caught = whole["caught"]
    rows = (
        (kind, f"{n:,}", f"{caught[kind]:,}", f"{caught[kind] / n:.2%}")
        for kind, n in whole["planted"].items()
    )
    return table(("planted", "plans", "caught", "share"), rows)


def recipe_keys() -> str:
    rows = []
    for prefix, struct in (
        ("", Recipe),
        ("targets.", Targets),
        ("dedup.", Dedup),
        ("limits.", Limits),
        ("card.", Card),
        ("safety.", Safety),
        ("decontaminate.", Decontaminate),
    ):
        defaults = struct.__struct_defaults__
        required = len(struct.__struct_fields__) - len(defaults)
        for index, name in enumerate(struct.__struct_fields__):
            if name not in ("targets", "limits", "dedup", "decontaminate", "safety", "card"):
                default = "required" if index < required else _default(defaults[index - required])
                rows.append((f"`{prefix}{name}`", default))
    return table(("key", "default"), iter(rows))


def _default(value: object) -> str:
    return "none" if value is None else str(list(value) if isinstance(value, tuple) else value)


def rules() -> str:
    rows = ((f"`{r.name}`", r.level, ", ".join(sorted(r.words - plurals(r.words)))) for r in RULES)
    return table(("rule", "value", "words in the tool's name, description or argument names"), rows)


def plurals(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word[:-1] in words or word[:-3] + "y" in words)


def edges() -> str:
    """Data edges against truth, by the last run of benchmarks/edges.py --final --json."""
    names = ("units", "right", "missed", "invented")
    rows = (
        (name, *(f"{one[n]:,}" for n in names), interval(one["precision"]), interval(one["recall"]))
        for name, one in results("edges").items()
    )
    return table(("truth", "rows", "right", "missed", "invented", "precision", "recall"), rows)


def interval(share: list[float]) -> str:
    return f"{share[0]:.3f} ({share[1]:.3f} to {share[2]:.3f})"


def agreement() -> str:
    """Judgements against the labels, by the last run of benchmarks/judgements.py --final --json."""
    found = results("judgements")
    rows = []
    for name in ("tier", "result tier", "volume", "sensitivity"):
        shares = [agreed(found[f"{half} {name}"]) for half in ("first", "final")]
        same, whole = found["labellers"][name]
        rows.append((name, *shares, f"{same} of {whole}"))
    return table(("judgement", "open half", "unopened half", "two labellers alike"), iter(rows))


def agreed(table: dict[str, int]) -> str:
    same = sum(n for pair, n in table.items() if pair.split()[0] == pair.split()[1])
    return f"{same} of {sum(table.values())}"


def confusion() -> str:
    """What the unopened half says against what planloom says."""
    rows = (
        (name, *pair.split(), n)
        for name in ("tier", "result tier", "volume", "sensitivity")
        for pair, n in results("judgements")[f"final {name}"].items()
    )
    return table(("judgement", "label", "planloom", "calls"), rows)


def usable() -> str:
    """Plans that a masked-call model can learn from, and on what the judgements rest."""
    rows = []
    for name, one in results("judgements").items():
        if "plans" in one:
            shares = (f"{one[key] / one['plans']:.0%}" for key in USABLE)
            rows.append((name, one["plans"], *shares, *(rests(one, key) for key in JUDGED)))
    head = ("corpus", "plans", "two calls", "data edge", "tier", "scope", "usable", *JUDGED)
    return table(head, iter(rows))


USABLE = ("two_calls", "data_edge", "tiered", "scoped", "usable")
JUDGED = ("tier", "result_tier", "volume", "sensitivity")


def rests(one: dict[str, int], key: str) -> str:
    shares = (
        one.get(f"{key} {basis}", 0) / one["calls"] for basis in ("observed", "inferred", "default")
    )
    return " / ".join(f"{share:.0%}" for share in shares)


def fired() -> str:
    found = results("judgements")
    calls = sum(one["calls"] for one in found.values() if "plans" in one)
    rows = ((f"`{rule}`", f"{n:,}", f"{n / calls:.1%}") for rule, n in found["rules"].items())
    return table(("rule", "calls", "share"), rows)


def help_of(command: str) -> str:
    os.environ["COLUMNS"] = "88"
    out = io.StringIO()
    try:
        with redirect_stdout(out):
            parser().parse_args([*command.split(), "--help"])
    except SystemExit:
        pass
    return f"```text\n{out.getvalue().rstrip()}\n```"


def explained() -> str:
    """What `explain` tells of a packed row, as a test holds it."""
    return f"```text\n{(HOME / 'tests/explained/edges.txt').read_text('utf-8')}```"


def discovered() -> str:
    """What the last runs of benchmarks/discover.py --save found, by scale and faults."""
    keys = ("different", "estimated", "largest_error", "shares_off", "most_requests")
    found = (
        (scale, name, *(one[key] for key in (*keys, "most_requests_text")))
        for scale, scenarios in results("discover").items()
        for name, one in scenarios.items()
    )
    head = ("tree", "hub", "facts that differ", "parts estimated", "largest error of these")
    return table((*head, "shares off", "most requests for Parquet", "for JSON"), found)


def tensor_columns(columns: Iterable[metadata.Column]) -> str:
    head = ("column", "type", "one for each", "is")
    return table(head, ((f"`{c.name}`", c.type, c.per, c.meaning) for c in columns))


def model_sizes() -> str:
    return table(("size", *Size._fields), ((f"`{name}`", *size) for name, size in SIZES.items()))


VARIANTS = (
    *("trained with", "std of calls, plans", "RankMe of calls, plans"),
    *("MRR plan from request, of 1,000", "MRR hidden last call, of 500"),
    "AUROC request of another plan",
)


def variants() -> str:
    """What the last benchmarks/objective.py --save measured."""
    found = results("objective")
    rows = (
        (
            *(name, f"{one['std_calls']:.2f}, {one['std_plans']:.2f}"),
            f"{one['rank_calls']:.0f}, {one['rank_plans']:.0f}",
            *(f"{one[key]:.3f}" for key in ("request", "call", "swapped")),
        )
        for name, one in found.items()
    )
    return table(VARIANTS, rows)


ACCURACY = (
    "from builds of",
    "to",
    "forecast",
    "built",
    "in total",
    "sources over 10 % (plans built: error)",
)

HOWS = ("the same request", "its request is in it")

BLOCKS: dict[str, Callable[[], str]] = {
    "reasons": reasons,
    "fields": fields,
    "datasets": datasets,
    "shapes": shape_table,
    "calls": calls,
    "peers": peers,
    "languages": languages,
    "formats": formats,
    "tolerances": tolerances,
    "verdicts": lambda: table(verdicts.HEAD, verdicts.rows()),
    "validity": validity,
    "planted": planted,
    "decontaminated": decontaminated,
    "untouched": untouched,
    "overlap": rivals_in_overlap,
    "recipe keys": recipe_keys,
    "rules": rules,
    "edges": edges,
    "agreement": agreement,
    "confusion": confusion,
    "usable": usable,
    "fired": fired,
    "discovered": discovered,
    "feasibility": lambda: table(
        ("use", "if"), ((rule.level, rule.meaning) for rule in feasible.RULES)
    ),
    "overview": lambda: table(("column", "is"), ((c.head, c.about) for c in overview.COLUMNS)),
    "builds": lambda: table(scales.BUILDS, scales.builds()),
    "slice costs": lambda: table(scales.SOURCES, scales.sources()),
    "engines": lambda: table(scales.ENGINES, scales.engines()),
    "text dedup": lambda: table(scales.DEDUPS, scales.dedups()),
    "classes": lambda: table(gates.CLASSES_HEAD, gates.classes()),
    "gate texts": lambda: table(gates.TEXTS, gates.texts()),
    "gate runs": lambda: table(gates.RUNS, gates.runs()),
    "gate rulers": lambda: table(gates.RULERS, gates.rulers()),
    "gate entering": lambda: table(gates.ENTERING, gates.entering()),
    "gate cost": lambda: table(gates.COST, gates.cost()),
    "gate requests": lambda: table(gates.REQUESTS, gates.requests()),
    "gate alarms": lambda: table(gates.ALARMS, gates.alarms()),
    "gold right": lambda: table(golds.RIGHT, golds.right()),
    "gold apart": lambda: table(golds.APART, golds.apart()),
    "gold distances": lambda: table(golds.DISTANCES, golds.distances()),
    "gold diversity": lambda: table(golds.DIVERSITY, golds.diversity()),
    "mutations": lambda: table(boundaries.KINDS_HEAD, boundaries.kinds()),
    "mutations left": lambda: table(boundaries.LEFT_HEAD, boundaries.left()),
    "mutations in all": lambda: table(boundaries.TOTALS, boundaries.totals()),
    "mutations measured": lambda: table(boundaries.MEASURED, boundaries.measured()),
    "forecast": forecasts.excerpt,
    "whole forecast": forecasts.whole,
    "assumed": lambda: table(("figure", "value", "reason"), forecasts.assumed()),
    "published": lambda: table(("figure", "value", "where from"), forecasts.published()),
    "explained": explained,
    "rewrite tokens": lambda: table(rewriting.TOKENS, rewriting.tokens()),
    "rewrite costs": lambda: table(rewriting.COSTS, rewriting.costs()),
    "claimed costs": lambda: table(rewriting.CLAIMS, rewriting.claims()),
    "rewrite faults": lambda: table(("fault", "meaning"), rewriting.meanings(Fault)),
    "call outcomes": lambda: table(("outcome", "meaning"), rewriting.meanings(Outcome)),
    "tensor columns": lambda: tensor_columns(metadata.COLUMNS),
    "model sizes": model_sizes,
    "evaluation": lambda: table(learned.EVALUATION, learned.evaluation()),
    "gauges": lambda: table(learned.GAUGES, learned.gauges()),
    "ablation": lambda: table(learned.ABLATION, learned.ablation()),
    "score terms": lambda: table(attacks.HEAD, attacks.terms()),
    "attack scores": lambda: table(attacks.SCORED, attacks.scored()),
    "attack settings": lambda: table(attacks.SETTINGS, attacks.settings()),
    "attack runs": lambda: table(attacks.RUNS, attacks.runs()),
    "score ways": lambda: table(attacks.WAYS, attacks.ways()),
    "mutant kinds": lambda: table(attacks.KINDS, attacks.kinds()),
    "attempts": lambda: table(attacks.ATTEMPTS, attacks.attempts()),
    "attempt commands": attacks.commands,
    "objectives": variants,
    "feeds": lambda: table(feeds.SPEEDS, feeds.speeds()),
    "feed sizes": lambda: table(feeds.SIZES, feeds.sizes()),
    "tensor meta": lambda: tensor_columns(metadata.META),
    "accuracy": lambda: table(ACCURACY, forecasts.accuracy()),
}


def rendered(text: str) -> str:
    """The text with every block as the code says it."""

    def fill(match: re.Match[str]) -> str:
        name = match[2]
        body = (
            help_of(name.removeprefix("help").strip())
            if name.startswith("help")
            else BLOCKS[name]()
        )
        return f"{match[1]}{body}\n{match[3]}"

    return BLOCK.sub(fill, text)


def main() -> int:
    stale = []
    for path in (HOME / "README.md", *sorted((HOME / "docs").glob("*.md"))):
        text = path.read_text("utf-8")
        if (new := rendered(text)) != text:
            stale.append(path.relative_to(HOME))
            if "--check" not in sys.argv:
                path.write_text(new, "utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(map(str, stale))}; run python docs/generate.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
