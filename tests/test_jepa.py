"""The JEPA: what it computes against plain loops, what never reaches it, that it learns, and that a killed run goes on."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planloom.jepa import parts
from planloom.plan import ExecutionPlan

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'planloom[jepa]'")

from test_plan import data, made, node, order  # noqa: E402
from test_tensors_command import built  # noqa: E402

from planloom.jepa import encode, masks, objective  # noqa: E402
from planloom.jepa.batch import Batch  # noqa: E402
from planloom.jepa.inputs import Inputs, inputs  # noqa: E402
from planloom.jepa.layout import DATA_FROM, DATA_TO, ORDER_FROM, SELF, layout  # noqa: E402
from planloom.jepa.loader import Plans  # noqa: E402
from planloom.jepa.model import Block, Model  # noqa: E402
from planloom.jepa.sizes import SIZES  # noqa: E402

torch.set_num_threads(1)  # small sums: waiting for one another costs more than it saves
VOCABULARY = 4096
THINGS = ("berth", "crate", "lamp", "rope", "tide", "wharf", "buoy", "gull", "mast", "knot")


def one(number: int, **more: Any) -> ExecutionPlan:
    """Plans of one to six calls: what is asked for tells the tools, and each call feeds the next."""
    thing = THINGS[number % len(THINGS)]
    verbs = ("find", "book", "pay", "send", "close", "log")[: 1 + number % 6]
    nodes = [
        node(
            i,
            i,
            f"{verb}_{thing}",
            arguments={"a": number * 7, verb: f"{thing} {i}"},
            scope_volume=1 + number,
        )
        for i, verb in enumerate(verbs)
    ]
    edges = [
        data(f"n{i - 1}", f"n{i}", result_path=f"{THINGS[i]}_id")
        if i % 3
        else order(f"n{i - 1}", f"n{i}")
        for i in range(1, len(nodes))
    ]
    said = f"{' '.join(verbs)} the {thing} number {number * 7}"
    return made(
        *nodes, edges=tuple(edges), request=said, user_turns=(said,), **{"fold": "train", **more}
    )


def tensors(out: Path, some: list[ExecutionPlan]) -> Path:
    parts.write(built(out, some), out / "tensors", VOCABULARY)
    return out / "tensors"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tensors(tmp_path_factory.mktemp("jepa") / "out", [one(n) for n in range(60)])


@pytest.fixture(scope="module")
def batch(tree: Path) -> Batch:
    return next(Plans(tree, calls=120).batches())


def batch_of(out: Path, some: list[ExecutionPlan]) -> Batch:
    return next(Plans(tensors(out, some), shuffle=False).batches())


@pytest.fixture(scope="module")
def model() -> Model:
    torch.manual_seed(0)
    made_ = Model(SIZES["tiny"]._replace(width=32, latent=16, heads=2), VOCABULARY)
    for block in (*made_.encoder, *made_.predictor):
        torch.nn.init.normal_(block.bias)
    torch.nn.init.normal_(made_.words.weight.weight, std=0.3)
    return made_


def predicted(model: Model, given: Inputs) -> Any:
    return model.fills(model.encoded(given, whole=False), model.requests(given), given)


def test_sigreg_is_the_integral_it_is_named_for() -> None:
    latents, along = (
        torch.randn(40, 6) * 2 + 0.3,
        objective.directions(6, seed=3, number=5, count=4),
    )
    assert torch.allclose(along.norm(dim=0), torch.ones(4))
    total = 0.0
    for direction in along.T.tolist():
        values = [
            sum(a * b for a, b in zip(row, direction, strict=True)) for row in latents.tolist()
        ]
        for knot in range(17):
            t = 3 * knot / 16
            seen = sum(complex(math.cos(t * v), math.sin(t * v)) for v in values) / len(values)
            width = 3 / 16 / (2 if knot in (0, 16) else 1)
            total += 2 * width * math.exp(-t * t / 2) * abs(seen - math.exp(-t * t / 2)) ** 2
    found = float(objective.gaussian(latents, along))
    assert found == pytest.approx(len(latents) * total / 4, rel=1e-4)
    normal = float(objective.gaussian(torch.randn(40, 6), along))
    point = float(objective.gaussian(torch.zeros(40, 6), along))
    assert normal < found / 3 < point, (
        "what is normal is nearer to it than what is wide, or one point"
    )


def test_directions_are_those_of_the_step() -> None:
    assert torch.equal(objective.directions(8, 1, 2), objective.directions(8, 1, 2))
    assert not torch.equal(objective.directions(8, 1, 2), objective.directions(8, 1, 3))


def test_attention_against_plain_loops(batch: Batch) -> None:
    torch.manual_seed(1)
    block = Block(32, 2)
    torch.nn.init.normal_(block.bias)
    calls, visible = torch.randn(len(batch.graph), 32), torch.rand(len(batch.graph)) < 0.6
    found = block(calls, layout(batch), visible)
    with torch.no_grad():
        query, key, value = block.looks(block.before(calls)).view(-1, 3, 2, 16).unbind(1)
        seen = torch.zeros(len(calls), 2, 16)
        for i, plan in enumerate(batch.graph.tolist()):
            others = [
                j for j in range(len(calls)) if batch.graph[j] == plan and (visible[j] or j == i)
            ]
            for head in range(2):
                scores = torch.stack(
                    [
                        query[i, head] @ key[j, head] / 4 + block.bias[related(batch, i, j), head]
                        for j in others
                    ]
                )
                seen[i, head] = scores.softmax(0) @ value[others, head]
        calls = calls + block.joins(seen.view(-1, 32))
        expected = calls + block.layer(block.between(calls))
    assert torch.allclose(found, expected, atol=1e-5)


def related(batch: Batch, i: int, j: int) -> int:
    """Of plans of `one`: every call is a step of its own, so a pair is joined by an edge or not at all."""
    if i == j:
        return SELF
    for (source, target), kind in zip(batch.edge.T.tolist(), batch.edge_kind.tolist(), strict=True):
        if (source, target) == (j, i):
            return DATA_FROM if kind < 2 else ORDER_FROM
        if (source, target) == (i, j):
            return DATA_TO if kind < 2 else ORDER_FROM + 1
    return 0


def test_a_plan_does_not_depend_on_its_neighbours(tree: Path, model: Model) -> None:
    whole = list(Plans(tree, calls=10_000, shuffle=False).batches())
    alone = list(Plans(tree, calls=1, shuffle=False).batches())
    assert len(whole) == 1 and len(alone) == 60
    for together, apart in zip(
        encode.latents(model, whole), encode.latents(model, alone), strict=True
    ):
        assert torch.allclose(together, apart, atol=1e-4)
    apart_ = torch.cat([encode.energies(model, one_).call for one_ in alone])
    assert torch.allclose(encode.energies(model, whole[0]).call, apart_, atol=1e-3)


def test_masks_hide_some_and_never_all_of_several(batch: Batch) -> None:
    sizes, graph = np.diff(batch.call_at.numpy()), batch.graph.numpy()
    source, target = batch.edge.numpy()
    closed = 0
    for seed in range(30):
        drawn = masks.drawn(batch, np.random.default_rng(seed))
        count = np.bincount(graph[drawn.hidden], minlength=len(sizes))
        assert (count[sizes > 1] >= 1).all() and (count[sizes > 1] < sizes[sizes > 1]).all()
        assert drawn.told[(sizes == 1) & (count == 1)].all()
        broken = np.bincount(
            graph[source[drawn.hidden[source] & ~drawn.hidden[target]]], minlength=len(sizes)
        )
        closed += ((broken == 0) & (sizes >= 4)).sum()
        assert not (drawn.argued & drawn.hidden).any() and drawn.argued.any()
    assert 0.4 < closed / (30 * (sizes >= 4).sum()) < 0.95, "half are whole sets of descendants"


def test_nothing_of_a_hidden_call_reaches_the_prediction(batch: Batch, model: Model) -> None:
    views = masks.drawn(batch, np.random.default_rng(0))
    given = inputs(batch, views)
    given.number.requires_grad_()
    predicted(model, given).square().sum().backward()
    vectors = model.words.vector.weight.grad
    call = np.repeat(np.arange(len(batch.graph)), batch.tok_at.diff().numpy())
    seen = set(given.seen.tok.tolist()) | set(batch.rq.tolist())
    hidden = sorted(set(batch.tok.numpy()[views.hidden[call]].tolist()) - seen)
    assert len(hidden) > 20 and not vectors[hidden].any()
    assert vectors[sorted(seen)].any(1).float().mean() > 0.5
    assert not given.number.grad[views.hidden].any() and given.number.grad[~views.hidden].any()
    model.zero_grad()


def test_references_do_not_name_a_hidden_tool(tmp_path: Path, model: Model) -> None:
    def plan(tool: str) -> ExecutionPlan:
        nodes = (node(0, 0, tool), node(1, 1, "pay", arguments={"a": "K7"}))
        return made(*nodes, edges=(data("n0", "n1", result_path="price"),))

    found = []
    for tool in ("find_berth", "steal_crate"):
        batch_ = batch_of(tmp_path / tool, [plan(tool)])
        views = masks.hiding(batch_, np.array([True, False]))
        found.append(predicted(model, inputs(batch_, views)))
        assert not torch.equal(batch_.tok, inputs(batch_, views).seen.tok)
    assert torch.equal(found[0], found[1])


def test_source_label_and_id_do_not_reach_the_model(tmp_path: Path, model: Model) -> None:
    told: dict[str, Any] = {
        "source": "other/set",
        "licence": "CC0-1.0",
        "fold": "test",
        "category": "conversation",
    }
    told |= {"label": "adversarial", "evidence": "synthetic", "use": "non_commercial"}
    plain = batch_of(tmp_path / "a", [one(n) for n in range(9)])
    other = batch_of(tmp_path / "b", [one(n, **told) for n in range(9)])
    for a, b in zip(encode.latents(model, [plain]), encode.latents(model, [other]), strict=True):
        assert torch.equal(a, b)
