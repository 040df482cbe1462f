"""Every mutant breaks its property, no control does; the same build gives the same bytes."""

import json
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from mutate_corpus import MUSIC, SHOP, plans, written
from mutation_truth import BROKEN, Facts, says

from planloom import arrow, cli, mutate, stored
from planloom.mutate import texts
from planloom.mutate.draft import draft, put_together
from planloom.mutate.kinds import KINDS
from planloom.mutate.pools import Draws, Keyed, Reservoir, Tail, hashed
from planloom.mutate.scene import Scene
from planloom.mutate.world import World
from planloom.plan import ExecutionPlan, faults, id_of, problems

COUNT = 40
Example = tuple[str, ExecutionPlan, ExecutionPlan, ExecutionPlan]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = written(tmp_path_factory.mktemp("mutate") / "out", plans(COUNT))
    assert cli.main(["mutate", str(out)]) == 0
    return out


def pairs(out: Path) -> Iterator[Example]:
    for row in pq.read_table(out / "boundary/pairs.parquet").to_pylist():
        yield (row["kind"], *(arrow.of_row(row[name]) for name in ("parent", "mutant", "control")))


@pytest.fixture(scope="module")
def facts(made: Path) -> Facts:
    return Facts(plans(COUNT), stored.tools(made / "plans" / "part-00000.parquet") or {})


@pytest.mark.parametrize("kind", KINDS)
def test_each_mutant_is_broken_and_no_control_is(kind: str, made: Path, facts: Facts) -> None:
    mine = [example for example in pairs(made) if example[0] == kind]
    assert len(mine) >= 20
    for _, parent, mutant, control in mine:
        assert BROKEN[kind](parent, mutant, facts), mutant
        assert not BROKEN[kind](parent, control, facts), control
        assert not BROKEN[kind](parent, parent, facts), parent


def test_plans_are_sound_and_say_what_they_are(made: Path) -> None:
    ids = {plan.plan_id for plan in plans(COUNT)}
    kept = ("fold", "group", "source", "licence", "use", "evidence", "category", "file", "at")
    for kind, parent, mutant, control in pairs(made):
        for plan in (mutant, control):
            assert plan.mutation is not None and plan.mutation.parent == parent.plan_id
            assert plan.plan_id == id_of(plan) and not faults(plan)
            assert all(getattr(plan, name) == getattr(parent, name) for name in kept)
            assert plan.mutation.node is None or plan.mutation.node in {n.id for n in plan.nodes}
        backward = kind in ("graph.reorder", "graph.cycle")
        assert bool(problems(mutant)) == backward and not problems(control)
        assert (mutant.label, control.label) == ("boundary", "benign")
        assert (
            mutant.mutation and 0 < mutant.mutation.severity <= 1 and mutant.mutation.type == kind
        )
        assert control.mutation and control.mutation.type.startswith("control.")
        assert mutant.plan_id == parent.plan_id or mutant.plan_id not in ids


def test_every_value_stands_in_a_benign_plan(made: Path) -> None:
    """No literal is made up; texts of numbers and shortened ranges aside, which are computed."""
    known = {
        str(value)
        for plan in plans(COUNT)
        for node in plan.nodes
        for value in _leaves(node.arguments)
    }
    for kind, _, mutant, control in pairs(made):
        for plan in (mutant, control) if kind not in ("scope.time", "sens.field") else ():
            assert {str(v) for n in plan.nodes for v in _leaves(n.arguments)} <= known, kind


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value


def test_calls_that_were_added_tell_nothing(made: Path) -> None:
    """Mutant and control of these kinds hold the same calls; only what the user says differs."""
    same = ("hijack.splice", "hijack.replace", "flow.exfil", "arg.swap", "flow.retarget")
    for kind, _, mutant, control in pairs(made):
        if kind in same:
            calls = [[(n.tool, n.arguments) for n in plan.nodes] for plan in (mutant, control)]
            assert calls[0] == calls[1]
            assert mutant.user_turns != control.user_turns
    reads = Counter(c.mutation.type for kind, *_, c in pairs(made) if kind == "prov.downgrade")  # type: ignore[union-attr]
    assert reads["control.untrusted_read"] >= COUNT


def test_the_same_build_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    again = written(tmp_path / "again", plans(COUNT), parts=4, backward=True)
    assert cli.main(["mutate", str(again)]) == 0
    for path in (made / "boundary").iterdir():
        assert (again / "boundary" / path.name).read_bytes() == path.read_bytes(), path.name


def test_everything_is_accounted(made: Path) -> None:
    stats = json.loads((made / "boundary/stats.json").read_bytes())
    found = Counter(kind for kind, *_ in pairs(made))
    assert stats["plans"] == len(plans(COUNT)) and stats["pairs"] == sum(found.values())
    for kind, one in stats["kinds"].items():
        assert one["looked"] == stats["plans"]
        assert one["made"] == found[kind] == one["holds"] - sum(one["left"].values())
    part = pq.read_table(made / "boundary/part-00000.parquet")
    assert part.schema == arrow.SCHEMA and part.num_rows == 2 * stats["pairs"]
    assert cli.main(["check", str(made)]) == 0


def test_the_lines_load_as_a_dataset(made: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from datasets import load_dataset

        path = str(made / "boundary/pairs.jsonl")
        rows = load_dataset("json", data_files=path, split="train", cache_dir=str(tmp_path))
    first = next(iter(pairs(made)))
    assert set(rows.column_names) == {"pair", "kind", "severity", "parent", "mutant", "control"}
    assert rows.num_rows == sum(1 for _ in pairs(made))
    assert json.loads(rows[0]["mutant"]["nodes"][0]["arguments"]) == first[2].nodes[0].arguments


def test_limits_and_kinds(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    into = tmp_path / "few"
    more = ["--only", "arg", "scope.time", "--limit", "7", "--per-plan", "1"]
    assert cli.main(["mutate", str(made), "--out", str(into), *more]) == 0
    stats = json.loads((into / "stats.json").read_bytes())
    assert list(stats["kinds"]) == ["arg.swap", "arg.type", "arg.key", "scope.time"]
    assert all(one["made"] <= 7 for one in stats["kinds"].values())
    rows = pq.read_table(into / "pairs.parquet")["parent"].to_pylist()
    assert len({row["plan_id"] for row in rows}) == len(rows)
    assert "arg.swap" in capsys.readouterr().out
    assert cli.main(["mutate", str(made), "--out", str(into), "--only", "arg.key"]) == 0


def test_a_build_that_was_packed_can_be_mutated(tmp_path: Path) -> None:
    assert cli.main(["build", "--out", str(tmp_path / "sample")]) == 0
    assert cli.main(["mutate", str(tmp_path / "sample")]) == 0
    stats = json.loads((tmp_path / "sample/boundary/stats.json").read_bytes())
    assert stats["skipped"]["evidence_response"] and stats["pairs"]
    assert cli.main(["check", str(tmp_path / "sample")]) == 0
    assert cli.main(["report", str(tmp_path / "sample")]) == 0


def test_wrong_use(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/mine.txt").write_text("mine")
    empty = written(tmp_path / "empty", [])
    adversarial = [structs.replace(plan, label="adversarial") for plan in plans(1)]
    for arguments, code, said in (
        (["/nowhere"], 2, "no such file"),
        ([str(tmp_path / "taken")], 2, "part-*.parquet"),
        ([str(made), "--only", "scope.blowop"], 2, "did you mean scope.blowup?"),
        ([str(made), "--out", str(tmp_path / "taken")], 2, "no boundary set"),
        ([str(made), "--out", str(tmp_path / "taken/mine.txt")], 2, "not a folder"),
        ([str(empty)], 1, "no plan in it"),
        ([str(written(tmp_path / "bad", adversarial))], 1, "no plan in it"),
    ):
        assert cli.main(["mutate", *arguments]) == code
        told = capsys.readouterr().err.splitlines()
        assert len(told) == 1 and said in told[0]
    assert (tmp_path / "taken/mine.txt").read_text() == "mine"
    assert not list(tmp_path.glob("**/.*new"))


def test_a_plan_taken_apart_is_put_together_as_it_was() -> None:
    world = World({tool.key: tool for tool in (*SHOP, *MUSIC)})
    for plan in plans(5):
        again = put_together(Scene(plan, world), draft(plan), "control.none", benign=True)
        assert structs.replace(again, mutation=None) == plan
        touched = draft(plan)._replace(touched=frozenset(n.id for n in plan.nodes))
        judged = put_together(Scene(plan, world), touched, "control.none", benign=True)
        assert judged.nodes == plan.nodes


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=200), st.randoms())
def test_samples_do_not_depend_on_order(numbers: list[int], chance: object) -> None:
    def sample(items: list[int]) -> tuple[object, ...]:
        kept: Reservoir[int] = Reservoir(8)
        tail, keyed = Tail(), Keyed[str](16)
        for item in items:
            kept.add(hashed(item), item)
            tail.add(item)
            if keyed.may_keep(item):
                keyed.put(item, str(item))
        keys = {item for item in items if keyed.get(item) is not None}
        return list(kept), tail.at(0.95), tail.counts, keys

    shuffled = list(numbers)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    first = sample(numbers)
    assert first == sample(shuffled)
    assert first[1] == sorted(numbers)[max(-(-95 * len(numbers) // 100) - 1, 0)]
    assert len(first[3]) <= 16


WORDS = st.text("abcXYZ0 9-äß字", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(WORDS, WORDS)
def test_a_restated_text_says_the_new_value(old: str, new: str) -> None:
    text = texts.restated(f"¿ {old} !", old, new)
    assert text == f"¿ {new} !" and says(text, new) and texts.count(text, new) == 1


def test_draws_are_the_same_each_time() -> None:
    first, second = Draws("a", "b"), Draws("a", "b")
    items = list(range(50))
    assert [first.order(items), list(first.walk(items))] == [second.order(items), list(second.walk(items))]  # fmt: skip
    assert sorted(first.walk(items)) == items != first.order(items)
    assert Draws("a", "c").order(items) != Draws("a", "b").order(items)
    assert mutate.LIMIT == 10_000
