"""A forecast from what is published, from a look at the hub, and from earlier builds."""

import json
from pathlib import Path

import msgspec
import pytest

import planloom
from planloom import cost, measured, pipeline, recipe
from planloom.cli import main
from planloom.commands import parser
from planloom.datasets import catalogue
from planloom.errors import InputError
from planloom.forecast import Forecast, forecast, rounded
from planloom.known import NOTHING, Factor, Sample, Seen, SeenPart, facts, gather
from planloom.measured import Doubled, Gauge, Loss, growth
from planloom.pipeline import Corpus
from planloom.recipe import CATEGORIES, Dedup, Recipe, Targets, Wanted, target

SEED = Path(__file__).parents[1] / "recipes" / "jepa-10m.toml"
XLAM = "Salesforce/xlam-function-calling-60k"
TOOLPREF = "RioLee/ToolPref-Pairwise-30K"
HUGE = Targets(*[1 << 40] * len(CATEGORIES))


def of(*names: str, **other: object) -> Recipe:
    sources = {name: Wanted() for name in names}
    known = {"name": "mine", "sources": sources, "targets": HUGE, "dedup": Dedup(template_cap=0)}
    return Recipe(**{**known, **other})


def supply(found: Forecast) -> dict[str, int]:
    return {line.id: line.supply for line in found.sources}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return planloom.build(out=tmp_path_factory.mktemp("sample") / "out")


def test_facts_speak_of_the_catalogue() -> None:
    for name, about in facts().sources.items():
        source = catalogue()[name]
        assert set(about.parts) <= {part.name for part in source.parts}, name
        assert set(about.repeats) <= set(catalogue()), name
        shares = [f for p in about.parts.values() for f in (p.passed, p.left) if f]
        assert all(0 <= f.value <= 1 and f.why for f in (*shares, *about.repeats.values())), name
    assert set(facts().assumed) == set(CATEGORIES)


def test_an_assumption_says_so() -> None:
    for about in facts().assumed.values():
        for name in about.__struct_fields__:
            assert getattr(about, name).origin == "assumed"


def test_a_build_forecasts_itself(sample: Corpus) -> None:
    about, builds = gather(None, [sample.out])
    rows = {key: gauges[0].rows for key, gauges in about.gauges.items()}
    about = about._replace(discovered=seen_of(rows))
    found = forecast(sample.recipe, about, builds)
    last = found.tiers[-1]
    for one in last.categories:
        kept = sum(sample.stats["category"].get(one.name, {}).values())
        assert one.reachable == kept
        assert one.supply >= kept
        assert one.missing == max(target(sample.recipe, one.name) - kept, 0)
    wide = msgspec.structs.replace(
        sample.recipe,
        sources=dict.fromkeys(sample.recipe.sources, Wanted()),
        targets=HUGE,
        skeleton_max=1 << 40,
    )
    every = sum(gauges[0].loss.left for gauges in about.gauges.values())
    assert forecast(wide, about, builds).tiers[-1].reachable == every


def seen_of(rows: dict[tuple[str, str], int]) -> dict[str, Seen]:
    parts: dict[str, list[SeenPart]] = {}
    for (source, part), n in rows.items():
        config, split = part.split("/", 1)
        parts.setdefault(source, []).append(SeenPart(config, split, n))
    return {name: Seen(name, parts=tuple(mine)) for name, mine in parts.items()}


def xlam_row(content: int) -> dict[str, object]:
    calls = [{"name": "tide_table", "arguments": {"port": f"harbour {content}"}}]
    tools = [
        {"name": "tide_table", "description": "Tides.", "parameters": {"port": {"type": "str"}}}
    ]
    return {
        "query": f"When is high water at harbour {content}, please?",
        "answers": json.dumps(calls),
        "tools": json.dumps(tools),
    }


def test_duplicates_that_grow_are_seen_under_a_limit(tmp_path: Path) -> None:
    """Every row recurs once, 700 rows later: what a limited build reads holds less of that."""
    folder = tmp_path / "data" / XLAM.replace("/", "__")
    folder.mkdir(parents=True)
    rows = [xlam_row(n % 700) for n in range(1400)]
    (folder / "xlam_function_calling_60k.json").write_text(json.dumps(rows), "utf-8")
    small, whole = tmp_path / "small", tmp_path / "whole"
    for out, limit in ((small, 1000), (whole, None)):
        pipeline.build(
            of(XLAM), pipeline.Options(str(out), data_root=str(tmp_path / "data"), limit=limit)
        )
    about, builds = gather(None, [small])
    gauge = about.gauges[XLAM, "dataset/train"][0]
    assert gauge.loss == Loss(300, 700)
    assert gauge.doubled == Doubled(Loss(0, 500), Loss(300, 700))
    assert growth([gauge]) == 1.0
    assert builds[0].limited
    both, _ = gather(None, [small, whole])
    assert 0 < growth(both.gauges[XLAM, "dataset/train"]) <= 1
    assert measured.load(whole).bytes[XLAM] > 100_000


def gauge(rows: int, lost: int, half: int = 0) -> Gauge:
    left = rows - lost
    doubled = Doubled(Loss(half, rows // 2 - half), Loss(lost, left))
    return Gauge(rows, rows, rows, Loss(lost, left), doubled, {("", "", ""): left})


def test_growth_is_none_where_the_share_stays_or_chance_explains_it() -> None:
    assert growth([gauge(10_000, 800, half=400)]) == 0
    assert growth([gauge(40, 3, half=1)]) == 0
    assert growth([gauge(1_000, 80), gauge(10_000, 800)]) == 0
    assert growth([gauge(0, 0)]) == 0


def test_growth_is_in_step_where_duplicates_double() -> None:
    assert growth([gauge(10_000, 800, half=200)]) == 1
    assert 0.9 < growth([gauge(10_000, 100), gauge(100_000, 9_000)]) <= 1


def test_a_task_counts_once() -> None:
    name = "nvidia/Nemotron-Math-v2"
    assert supply(forecast(of(name), NOTHING))[name] == 347_000


def test_what_another_source_holds_counts_where_both_are_read() -> None:
    name = "argilla/apigen-function-calling"
    alone = supply(forecast(of(name), NOTHING))[name]
    both = supply(forecast(of(name, XLAM), NOTHING))[name]
    assert both == pytest.approx(alone * (1 - 0.548), abs=1)


def test_what_may_not_be_used_gives_nothing_and_says_why() -> None:
    asked = of(TOOLPREF, "Nanbeige/ToolMind", "mercor/apex-agents", "apple/mmau")
    by_name = {line.id: line for line in forecast(asked, NOTHING).sources}
    assert by_name[TOOLPREF].supply == by_name["mercor/apex-agents"].supply == 0
    assert "allow_non_commercial" in by_name[TOOLPREF].notes[0]
    assert "forbid" in by_name["mercor/apex-agents"].notes[0]
    assert by_name["apple/mmau"].notes[0] == "eval_only: a benchmark"
    assert "APIGen-MT-5k" in by_name["Nanbeige/ToolMind"].notes[0]
    allowed = of(TOOLPREF, allow_non_commercial=True)
    found = forecast(allowed, NOTHING)
    assert supply(found)[TOOLPREF] == 29_500
    shared = of(TOOLPREF, XLAM, allow_non_commercial=True)
    assert supply(forecast(shared, NOTHING))[TOOLPREF] == pytest.approx(29_500 * 0.8, abs=1)
    assert [use.use for use in found.uses] == ["non_commercial"]


def test_bounds_are_those_of_the_mix() -> None:
    asked = of("squeeze-ai-lab/ToolBank", XLAM, skeleton_max=1000)
    asked.sources[XLAM] = Wanted(max=500)
    found = forecast(asked, NOTHING)
    assert {line.id: line.reachable for line in found.sources} == {
        "squeeze-ai-lab/ToolBank": 1000,
        XLAM: 500,
    }
    calling = found.tiers[-1].categories[0]
    assert calling.evidence == {"skeleton": 1000, "gold": 500}
    assert calling.supply > calling.reachable


def test_tiers_read_what_is_theirs() -> None:
    found = forecast(recipe.load(SEED), NOTHING)
    reached = [tier.reachable for tier in found.tiers]
    assert reached == sorted(reached)
    assert len(forecast(recipe.load(SEED), NOTHING, tier=2).tiers) == 2
    only = forecast(recipe.load(SEED), NOTHING, only=[XLAM])
    assert [line.id for line in only.sources] == [XLAM]


def test_what_was_looked_up_comes_before_the_card() -> None:
    part = SeenPart("dataset", "train", 1000, "footers", Sample(100, 90, {"function_calling": 45}))
    about = NOTHING._replace(discovered={XLAM: Seen(XLAM, bytes=7, parts=(part,))})
    found = forecast(of(XLAM), about)
    line = found.sources[0]
    assert line.rows == 1000
    assert line.supply == round(1000 * 0.9 * 0.5 * 0.99)
    assert line.origins == ["measured", "assumed"]
    assert found.needs.download == 7


def test_parts_of_the_hub_are_matched_to_those_of_the_card() -> None:
    bank, mind = "squeeze-ai-lab/ToolBank", "Nanbeige/ToolMind"
    names = ("test/open_datasets", "test/open_datasets/APIGen-MT-5k")
    seen = {
        bank: [SeenPart("default", split, 10, card=("default/all",)) for split in ("a", "b")],
        mind: [SeenPart("test", "open_datasets", 205_431, "footers", card=names)],
    }
    about = NOTHING._replace(discovered={n: Seen(n, parts=tuple(p)) for n, p in seen.items()})
    found = forecast(of(bank, mind, allow_non_commercial=True), about)
    assert found.sources[0].rows == 20
    rows = {part.part: part.rows for part in found.sources[1].parts}
    assert [round(rows[name].value) for name in names] == [200_431, 5_000]
    assert rows[names[0]].origin == "assumed"


def test_what_the_hub_refuses_gives_nothing() -> None:
    gone = NOTHING._replace(discovered={XLAM: Seen(XLAM, status="disabled", detail="by its owner")})
    line = forecast(of(XLAM), gone).sources[0]
    assert (line.supply, line.notes) == (0, ["discover: disabled: by its owner"])
    gated = NOTHING._replace(discovered={XLAM: Seen(XLAM, "gated", gated="auto", may_read=False)})
    line = forecast(of(XLAM), gated).sources[0]
    assert line.supply > 0
    assert "gated (auto)" in line.notes[0]


def test_fillers_are_of_what_is_short_and_usable() -> None:
    found = forecast(recipe.load(SEED), NOTHING)
    assert "Agent-Ark/Toucan-1.5M" in {filler.id for filler in found.fillers}
    assert not {filler.category for filler in found.fillers} & {"instruction_following"}
    names = {filler.id for filler in found.fillers}
    assert not names & {"luna/poisoned-runs", "allenai/WildChat-1M", *recipe.load(SEED).sources}


def test_money_is_hours_and_disk() -> None:
    paid = cost.Prices(hour=2.0, gb=1.0)
    needs = forecast(of(XLAM), NOTHING, (), paid).needs
    assert needs.download == 96_116_570
    assert needs.hours == pytest.approx((96_116_570 / 25e6 + 60_000 / 5_900) / 3600)
    assert needs.dollars == pytest.approx(needs.hours * 2 + needs.disk / 1e9)


def test_three_digits() -> None:
    assert [rounded(n) for n in (0, 999, 1234, 2_642_989)] == ["0", "999", "1,230", "2,640,000"]


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_seed_in_any_terminal(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["forecast", str(SEED)]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    words = " ".join(shown.split())
    assert "3,000,000 wanted (3 for each row): impossible" in words
    assert "the seed says 937: there are 227,579 rows" in words
    assert "500K in the mix: there are 327 rows" in words
    assert "HF sourcing (10M curated) $0-500 2 weeks This forecast" in words
    assert main(["build", str(SEED), "--dry-run"]) == 0
    assert capsys.readouterr().out == shown


def test_json_holds_every_factor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "forecast.json"
    assert main(["forecast", str(SEED), "--factors", "--json", str(path)]) == 0
    assert "passed 0.98 (card: the seed project's run: 58,821 plans" in " ".join(
        capsys.readouterr().out.split()
    )
    told = json.loads(path.read_bytes())
    part = told["sources"][0]["parts"][0]
    assert set(part["factors"]) == {"plans", "passed", "left"}
    assert part["plans"] == pytest.approx(sum(n for *_, n in part["cells"]))


def test_the_files_of_others_are_checked(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"datasets": [{"id": 3}]}', "utf-8")
    with pytest.raises(InputError, match="not what `planloom discover --json` writes"):
        gather(tmp_path / "bad.json", [])
    with pytest.raises(InputError, match="no finished build"):
        gather(None, [tmp_path])
    assert main(["forecast", "--discovered", str(tmp_path / "none.json")]) == 1


def test_discovers_json_is_read(tmp_path: Path) -> None:
    part = {"config": "dataset", "split": "train", "rows": 9, "rows_origin": "viewer"}
    entry = {"id": XLAM, "status": "ok", "gated": "no", "may_read": True, "bytes": 5, "new": 1}
    told = {"version": 1, "datasets": [{**entry, "parts": [{**part, "sample": None}]}]}
    (tmp_path / "found.json").write_text(json.dumps(told), "utf-8")
    about, _ = gather(tmp_path / "found.json", [])
    assert forecast(of(XLAM), about).sources[0].rows == 9


def test_a_build_needs_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build"]) == 2
    assert "--out" in capsys.readouterr().err


def test_the_prices_of_the_help_are_those_of_the_table() -> None:
    assert cost.prices() == cost.Prices(0.10, 0.08)
    arguments = parser().parse_args(["forecast", "--price-gb", "0"])
    assert arguments.price_gb == 0
    assert isinstance(facts().machine["rows_second"], Factor)
