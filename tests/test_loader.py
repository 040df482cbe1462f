"""The loader: every plan once, whatever the readers; the same rest after any batch; batches that are right."""

import json
import re
import subprocess
import sys
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow.parquet as pq
import pytest

import planloom
from planloom import cli
from planloom.errors import InputError, RecipeError
from planloom.jepa import parts, ragged
from planloom.jepa.keep import Keep
from planloom.plan import ExecutionPlan

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'planloom[jepa]'")

from test_plan import data, made, node, order  # noqa: E402
from test_tensors_command import built  # noqa: E402

from planloom.jepa import batch as batches_  # noqa: E402
from planloom.jepa.batch import Batch  # noqa: E402
from planloom.jepa.loader import Plans  # noqa: E402

PLANS, SOURCES = 700, 3


def one(number: int) -> ExecutionPlan:
    """Plans of one to four calls, each joined to the one before it."""
    nodes = [
        node(i, i, f"tool{number % 7}", arguments={"a": number, "b": f"word {i}"})
        for i in range(1 + number % 4)
    ]
    edges = [
        (data if i % 2 else order)(f"n{i - 1}", f"n{i}", **({"argument": "a"} if i % 2 else {}))
        for i in range(1, len(nodes))
    ]
    return made(
        *nodes,
        edges=tuple(edges),
        request=f"do it {number} times",
        source=f"some/set{number % SOURCES}",
        fold=("train", "valid", "test")[number % 3],
        category="conversation" if number % 2 else "function_calling",
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tensors of 14 row groups in two parts."""
    out = tmp_path_factory.mktemp("loader") / "out"
    some = [one(number) for number in range(PLANS)]
    built(out, some[:400])
    second = built(out.parent / "second", some[400:]) / "plans/part-00000.parquet"
    second.rename(out / "plans/part-00001.parquet")
    parts.write(out, out / "tensors", 4096)
    for path in (out / "tensors/plans").glob("*.parquet"):
        pq.write_table(pq.read_table(path), path, row_group_size=50)
    return out / "tensors"


def read(plans: Plans, workers: int = 0) -> list[Batch]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of more workers than cores, of forks beside threads
        return list(plans.batches(workers))


def rows(some: list[Batch]) -> list[int]:
    return [int(row) for batch in some for row in batch.row]


def same(some: list[Batch], other: list[Batch]) -> bool:
    return len(some) == len(other) and all(
        a.at == b.at and all(map(torch.equal, a[:-1], b[:-1]))
        for a, b in zip(some, other, strict=True)
    )


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
@pytest.mark.parametrize("world", [1, 3])
def test_every_plan_once_over_all_ranks_and_workers(tree: Path, workers: int, world: int) -> None:
    found = [
        row
        for rank in range(world)
        for row in rows(read(Plans(tree, calls=64, rank=rank, world=world, groups=2), workers))
    ]
    assert sorted(found) == list(range(PLANS))


def test_seed_and_epoch_shuffle_and_nothing_else_does(tree: Path) -> None:
    plans = Plans(tree, calls=64, groups=2)
    first, second = read(plans), read(plans)
    assert plans.epoch == 2
    assert same(first, read(Plans(tree, calls=64, groups=2)))
    assert rows(first) != rows(second) and sorted(rows(first)) == sorted(rows(second))
    inside = [[row for row in rows(some) if row < 50] for some in (first, second)]
    assert inside[0] != inside[1], "the plans of one row group come in the same order"
    assert rows(first) != rows(read(Plans(tree, calls=64, groups=2, seed=1)))
    assert rows(read(Plans(tree, calls=64, shuffle=False))) == list(range(PLANS))


def test_batches_keep_their_budget(tree: Path) -> None:
    for calls in (1, 7, 64, 10_000):
        found = read(Plans(tree, calls=calls, groups=3))
        assert all(len(b.graph) <= calls or len(b.row) == 1 for b in found)
        assert sorted(rows(found)) == list(range(PLANS))
    assert len(read(Plans(tree, calls=10_000, groups=14))) == 1


def test_a_batch_holds_what_the_file_holds(tree: Path) -> None:
    files = [pq.read_table(path) for path in sorted((tree / "plans").glob("*.parquet"))]
    stored = [row for file in files for row in file.to_pylist()]
    for batch in read(Plans(tree, calls=100, groups=2)):
        for plan, number in enumerate(batch.row.tolist()):
            assert told(batch, plan) == expected(stored[number])


def test_plans_in_memory_give_the_batch_that_their_file_gives(tree: Path) -> None:
    from_file = read(Plans(tree, calls=10_000, groups=14, shuffle=False))[0]
    made_now = batches_.of_plans([one(n) for n in range(PLANS)], Plans(tree).found.about)
    assert all(map(torch.equal, from_file[:-1], made_now[:-1]))


def told(batch: Batch, plan: int) -> dict[str, Any]:
    """One plan of a batch, as its row says it."""
    a, b = batch.call_at[plan : plan + 2].tolist()
    s, t = int(batch.tok_at[a]), int(batch.tok_at[b])
    q, r = batch.rq_at[plan : plan + 2].tolist()
    mine = (batch.edge[0] >= a) & (batch.edge[0] < b)
    assert batch.graph[a:b].tolist() == [plan] * (b - a)
    return {
        "tok": batch.tok[s:t].tolist(),
        "tok_group": batch.tok_group[s:t].tolist(),
        "ntok": batch.tok_at[a : b + 1].diff().tolist(),
        "rq": batch.rq[q:r].tolist(),
        "edges": [(x - a, y - a) for x, y in batch.edge[:, mine].T.tolist()],
        "ek": batch.edge_kind[mine].tolist(),
        **{name: getattr(batch, name)[a:b].tolist() for name in ("depth", "turn", "step", "flags")},
    }


def expected(row: dict[str, Any]) -> dict[str, Any]:
    plain = ("tok", "tok_group", "ntok", "rq", "ek", "depth", "turn", "step", "flags")
    edges = list(zip(row["es"], row["ed"], strict=True))
    return {**{name: row[name] for name in plain}, "edges": edges}


def test_numbers_and_their_defaults() -> None:
    found = torch.from_numpy(
        batches_.numbers(
            np.array([2.5, 0.7], np.float32),
            np.array([5, 1], np.uint8),
            np.array([3, 1], np.uint8),
            np.array([2, 2], np.uint8),
            np.array([2 | 1 << 2 | 2 << 4 | 1 << 6, 0], np.uint8),
        )
    )
    assert found[0].tolist() == [2.5, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0]
    assert found.shape[1] == len(batches_.NUMBERS)
    hidden = batches_.without_defaults(found)
    assert torch.equal(hidden[0], found[0]) and not hidden[1].any()


@pytest.mark.parametrize("workers", [0, 2])
def test_after_every_batch_the_rest_is_the_same(tree: Path, workers: int) -> None:
    def plans() -> Plans:
        return Plans(tree, calls=150, groups=3, seed=4)

    whole = read(plans(), workers)
    for done in range(0, len(whole) + 1, 1 if workers == 0 else 3):
        begun = plans()
        first = list(islice(begun.batches(workers), done))
        state = json.loads(json.dumps(begun.state_dict()))
        resumed = plans()
        resumed.load_state_dict(state)
        assert same(first + read(resumed, workers), whole)
        assert resumed.epoch == 1 and rows(read(resumed, workers)) != rows(whole)


def test_resume_in_a_loader_of_the_users_own(tree: Path) -> None:
    whole = read(Plans(tree, calls=90, groups=2), 2)
    begun = Plans(tree, calls=90, groups=2)
    some = torch.utils.data.DataLoader(begun, batch_size=None, num_workers=2)
    first = []
    for batch in islice(some, 5):
        begun.seen(batch)
        first.append(batch)
    resumed = Plans(tree, calls=90, groups=2)
    resumed.load_state_dict(begun.state_dict())
    assert same(first + read(resumed, 2), whole)


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        pytest.param(Keep(), lambda n: True, id="all"),
        pytest.param(Keep(fold=("train",)), lambda n: n % 3 == 0, id="fold"),
        pytest.param(
            Keep(fold=("valid", "test"), category=("conversation",)),
            lambda n: n % 3 and n % 2,
            id="two columns",
        ),
        pytest.param(Keep(without_source=("some/set1",)), lambda n: n % 3 != 1, id="without"),
        pytest.param(Keep(least_calls=2), lambda n: n % 4 >= 1, id="calls"),
        pytest.param(Keep(least_edges=3), lambda n: n % 4 == 3, id="edges"),
        pytest.param(Keep(evidence=("gold",)), lambda n: False, id="none"),
    ],
)
def test_plans_are_chosen_by_what_is_known_of_them(tree: Path, keep: Keep, kept: Any) -> None:
    found = rows(read(Plans(tree, calls=64, keep=keep)))
    assert sorted(found) == [n for n in range(PLANS) if kept(n)]


def test_plans_are_chosen_by_row(tree: Path) -> None:
    sources = ragged.meta(str(tree), ["source"])["source"].to_pylist()
    wanted = np.array([name == "some/set2" for name in sources])
    found = rows(read(Plans(tree, calls=64, rows=wanted)))
    assert sorted(found) == list(np.flatnonzero(wanted))


def test_a_url_of_fsspec_is_read_as_a_folder_is(tree: Path) -> None:
    memory = fsspec.filesystem("memory")
    for path in tree.rglob("*"):
        if path.is_file():
            memory.pipe_file(f"/tensors/{path.relative_to(tree).as_posix()}", path.read_bytes())
    assert same(read(Plans("memory://tensors")), read(Plans(tree)))


def test_a_real_build_goes_through_embedding_bags(tmp_path: Path) -> None:
    planloom.build(out=tmp_path / "out", workers=1)
    assert cli.main(["tensors", str(tmp_path / "out")]) == 0
    plans = Plans(tmp_path / "out")
    bag = torch.nn.EmbeddingBag(plans.found.about.vocabulary, 8, include_last_offset=True)
    for batch in plans.batches():
        assert bag(batch.tok, batch.tok_at).shape == (len(batch.graph), 8)
        assert bag(batch.rq, batch.rq_at).shape == (len(batch.row), 8)
        assert bool((batch.edge[0] != batch.edge[1]).all())
        assert torch.equal(batch.to("cpu").tok, batch.tok)


def test_the_python_of_the_docs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    planloom.build(out="out/sample", workers=1)
    assert cli.main(["tensors", "out/sample"]) == 0
    assert cli.main(["train", "out/sample", "--out", "out/run", "--steps", "2"]) == 0
    text = (Path(__file__).parents[1] / "docs/jepa.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(block, {})


def unfinished(tree: Path, tmp: Path) -> Any:
    (tmp / "plans").mkdir()
    (tmp / "tensors.json").write_text('{"whole": false}')
    return Plans(tmp)


def other_state(tree: Path, tmp: Path) -> Any:
    Plans(tree).load_state_dict(Plans(tree, seed=1).state_dict())


def other_readers(tree: Path, tmp: Path) -> Any:
    plans = Plans(tree, calls=50)
    next(iter(plans.batches()))
    again = Plans(tree, calls=50)
    again.load_state_dict(plans.state_dict())
    next(iter(again.batches(2)))


def mixed(tree: Path, tmp: Path) -> Any:
    parts.write(tree.parent, tmp / "t", 1000)
    return Plans([tree, tmp / "t"])


def a_text(tree: Path, tmp: Path) -> Any:
    return Plans(tree, keep=Keep(fold="train"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda tree, tmp: Plans(tmp), InputError, "make them with planloom tensors"),
        (lambda tree, tmp: Plans("nosuch://a"), InputError, "nosuch"),
        (unfinished, InputError, "not finished"),
        (mixed, InputError, "do not mix"),
        (other_state, InputError, "seed differ"),
        (lambda tree, tmp: Plans(tree).load_state_dict({}), InputError, "no state of a loader"),
        (other_readers, RecipeError, "go on with as many"),
        (lambda tree, tmp: Plans(tree, rank=2, world=2), RecipeError, "below world"),
        (lambda tree, tmp: Plans(tree, rows=np.ones(3, bool)), RecipeError, "rows has 3"),
        (a_text, RecipeError, "a tuple of names"),
    ],
)
def test_wrong_use_is_told(
    wrong: Any, error: type[Exception], said: str, tree: Path, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said) as raised:
        wrong(tree, tmp_path)
    assert "\n" not in str(raised.value)


def test_without_torch_one_line_says_what_to_install() -> None:
    code = "import sys; sys.modules['torch'] = None; import planloom.jepa.loader"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'planloom[jepa]'" in ran.stderr.splitlines()[-1]
