"""The report tells what the ledger and the plans say, and nothing in a row can act in it."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import opened

import planloom
from planloom import report, section
from planloom.cli import main
from planloom.errors import InputError
from planloom.pipeline import Corpus
from planloom.plan import ExecutionPlan
from planloom.report.built import Built
from planloom.report.figures import PLAN_WAY, SECTIONS, _flow
from planloom.report.samples import _quota
from planloom.stats import MAX_BIN

HOSTILE = (
    "</script><script>document.title='taken'</script><img src=x onerror=alert(1)> <!-- & \u2028"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return planloom.build(out=tmp_path_factory.mktemp("report") / "out")


def data_of(out: Path) -> dict[str, Any]:
    text = (out / "report.html").read_text("utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def block(data: dict[str, Any], title: str, kind: str, at: int = 0) -> dict[str, Any]:
    found = next(s for s in data["sections"] if s["title"] == title)
    return [b for b in found["blocks"] if b["type"] == kind][at]


def bars(data: dict[str, Any], title: str) -> dict[str, dict[str, int]]:
    for one in data["sections"]:
        for each in one["blocks"]:
            if each.get("title") == title:
                return {
                    name: dict(zip(each["names"], values, strict=True))
                    for name, values in each["series"].items()
                }
    raise LookupError(title)


def depth(plan: ExecutionPlan) -> int:
    """Nodes on the longest way, by walking every way."""
    after: dict[str, list[str]] = {}
    for edge in plan.edges:
        after.setdefault(edge.src, []).append(edge.dst)

    def longest(node: str) -> int:
        return 1 + max(map(longest, after.get(node, [])), default=0)

    return max((longest(node.id) for node in plan.nodes), default=0)


def some(counts: dict[str, int]) -> dict[str, int]:
    return {name: n for name, n in counts.items() if n}


def test_the_figures_are_those_of_the_plans(built: Corpus) -> None:
    plans, data = list(planloom.open(built.out)), data_of(built.out)
    calls = [sum(n.kind == "call" for n in p.nodes) for p in plans]
    edges = [e for p in plans for e in p.edges]
    nodes = [n for p in plans for n in p.nodes]
    told = bars(data, "Calls per plan")["plans"]
    assert some(told) == Counter(str(min(n, MAX_BIN)) for n in calls)
    told = bars(data, "Depth: nodes on the longest way along edges")["plans"]
    assert some(told) == Counter(str(depth(p)) for p in plans)
    told = bars(data, "Edges by kind and evidence")["edges"]
    assert told == Counter(f"{e.kind}: {e.evidence}" for e in edges)
    told = bars(data, "User turns per plan")["plans"]
    assert some(told) == Counter(str(len(p.user_turns)) for p in plans)
    told = bars(data, "Length of the request")["plans"]
    ranges = {name: [int(end) for end in name.replace(",", "").split("–")] for name in told}
    for name, n in told.items():
        assert n == sum(ranges[name][0] <= len(p.request) <= ranges[name][-1] for p in plans)
    assert sum(told.values()) == len(plans)
    told = bars(data, "Tools called most")["calls"]
    used = Counter(n.tool for n in nodes if n.kind == "call")
    assert all(used[tool] == n for tool, n in told.items())
    for title, field, origin in (
        ("Provenance tier of the arguments", "provenance_tier", "tier"),
        ("Tier of what a call brings in", "result_tier", "result_tier"),
        ("Sensitivity", "scope_sensitivity", "sensitivity"),
    ):
        for basis, by_value in bars(data, title).items():
            expected = Counter(
                str(getattr(n, field)) for n in nodes if getattr(n.origin, origin) == basis
            )
            assert some(by_value) == expected, title
    volumes = bars(data, "Volume asked for: rows, records or files")
    assert sum(sum(by.values()) for by in volumes.values()) == len(nodes)
    assert volumes["observed"]["1–9"] == sum(
        n.scope_volume < 10 and n.origin.volume == "observed" for n in nodes
    )
    assert bars(data, "Language of the request")["plans"] == Counter(p.language for p in plans)
    assert bars(data, "Use")["plans"] == Counter(p.use for p in plans)
    assert bars(data, "Fold")["plans"] == Counter(p.fold for p in plans)


def test_the_ways_add_up_to_the_ledger(built: Corpus) -> None:
    data = data_of(built.out)
    for at, (unit, start) in enumerate((("row", "read"), ("plan", "lift"))):
        flow = block(data, "From row to plan", "Flow", at)
        gone = built.ledger.total(stage=start, unit=unit, left=False)
        first = flow["links"][0][0]
        assert sum(n for a, _, n in flow["links"] if a == first) == gone
        for name in {a for a, _, _ in flow["links"]} - {first}:
            came = sum(n for _, b, n in flow["links"] if b == name)
            assert came == sum(n for a, _, n in flow["links"] if a == name)
    kept = [n for _, b, n in block(data, "From row to plan", "Flow", 1)["links"] if b == "kept"]
    assert kept == [built.stats["totals"]["plans"]]
    reasons = block(data, "From row to plan", "Table")["rows"]
    left = sum(n for key, n in built.ledger.counts.items() if key.reason is not None)
    assert sum(row[3] for row in reasons) == left
    for row in block(data, "Sources", "Table")["rows"]:
        assert row[4] == built.ledger.total(source=row[0], stage="read", unit="row", left=False)
        assert row[6] == sum(built.stats["source"].get(row[0], {}).values())


def test_a_reason_of_two_stages_is_told_apart() -> None:
    counts = {("label", "plan", "flagged"): 3, ("dedup", "plan", "flagged"): 2}
    flow = _flow("Plans", "plan", PLAN_WAY, counts, 5)
    assert flow.links == (
        ("plans made", "sound", 7),
        ("plans made", "flagged", 3),
        ("sound", "kept", 5),
        ("sound", "flagged at dedup", 2),
    )


def test_samples_hold_every_source_and_reason(built: Corpus) -> None:
    data = data_of(built.out)
    assert {plan["source"] for plan in data["plans"]} == set(built.stats["source"])
    assert len(data["plans"]) == len({plan["plan_id"] for plan in data["plans"]}) <= 200
    rejected = {
        str(key.reason)
        for key in built.ledger.counts
        if key.reason is not None and key.stage not in ("dedup", "mix")
    }
    assert {reject["reason"] for reject in data["rejects"]} == rejected


def test_small_sources_leave_their_room_to_others() -> None:
    assert _quota({"a": 1, "b": 500, "c": 500}, 101) == {"a": 1, "b": 50, "c": 50}
    assert _quota({}, 10) == {}
    assert _quota({"a": 5, "b": 5, "c": 5}, 2) == {"a": 1, "b": 1, "c": 1}


def test_rows_stay_text_in_the_page() -> None:
    text = report.page("x", {"rows": HOSTILE})
    data = text.split('id="data">')[1].split("</script>")[0]
    assert json.loads(data) == {"rows": HOSTILE}
    assert "<" not in data


def test_the_page_asks_for_nothing(built: Corpus) -> None:
    text = (built.out / "report.html").read_text("utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r"<(link|img|iframe|script[^>]*\ssrc)", text.split('id="data"')[0])
    assert not re.search(r"<script[^>]*\ssrc=", text)


def test_a_stage_adds_its_section(built: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = (
        section.Tiles((section.Tile("loss", "0.1"),)),
        section.Lines("Loss", (0, 1), {"train": (2.0, None)}),
        section.Table(("a",), ((None,),)),
    )
    mine = section.Section("Training", "How it went.", blocks)
    section.save(built.out, "train", mine)
    assert section.saved(built.out) == [mine]
    assert main(["report", str(built.out)]) == 0
    assert capsys.readouterr().out == f"{built.out / 'report.html'}\n"
    assert data_of(built.out)["sections"][-1]["title"] == "Training"


def test_a_broken_part_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = planloom.build(out=tmp_path / "out").out
    for part in (out / "plans").glob("*.parquet"):
        part.write_bytes(b"{}")
    for command in ("report", "review"):
        assert main([command, str(out)])
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith("planloom: ")


def test_no_build_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="no finished build"):
        Built.at(tmp_path)
    assert main(["report", str(tmp_path)]) == 1
    assert "no finished build" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["run.json", "ledger.json", "plans/part-00000.parquet", "rejects/", "sections/a.json"]
)
def test_what_is_spoiled_is_named_in_one_line(
    built: Corpus, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(built.out, out)
    (out / "sections").mkdir(exist_ok=True)
    path = out / name if not name.endswith("/") else next((out / name).iterdir())
    path.write_bytes(b'{"title": ')
    assert main(["report", str(out)]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and name.split("/", maxsplit=1)[0] in told


def test_a_build_that_kept_nothing_has_a_report(tmp_path: Path) -> None:
    recipe = tmp_path / "none.toml"
    recipe.write_text('name = "none"\n[sources]\n"google/mobile-actions" = {}\n')
    sample = Path(planloom.__file__).parent / "sample"
    corpus = planloom.build(recipe, tmp_path / "out", data_root=sample)
    data = data_of(corpus.out)
    assert len(data["sections"]) == len(SECTIONS)
    assert data["plans"] == []


@pytest.fixture(scope="module")
def page(built: Corpus) -> Iterator[Any]:
    """The report of a hostile build in a browser; what it says to the console, asks for."""
    data = data_of(built.out)
    data["plans"][0] |= {"request": HOSTILE, "user_turns": [HOSTILE]}
    data["rejects"][0] |= {"detail": HOSTILE, "row": {HOSTILE: HOSTILE}}
    path = built.out / "hostile.html"
    path.write_text(report.page("hostile", data), "utf-8")
    with opened(path) as page:
        yield page


def test_the_page_filters_and_opens_a_plan(page: Any, built: Corpus) -> None:
    items, detail = page.locator("#plans .item"), page.locator("#plans .detail")
    assert page.title() == "hostile · Planloom"
    assert HOSTILE.split("<!", maxsplit=1)[0] in items.first.inner_text().replace("\n", " ")
    whole = items.count()
    page.locator("#plans select[aria-label=edges]").select_option("data edges")
    linked = [
        p for p in data_of(built.out)["plans"] if any(e["kind"] == "data" for e in p["edges"])
    ]
    assert items.count() == len(linked) < whole
    wanted = max(linked, key=lambda plan: len(plan["edges"]))
    page.locator("#plans input").fill(wanted["plan_id"])
    assert items.count() == 1
    assert wanted["plan_id"] in detail.inner_text()
    assert detail.locator("svg rect").count() == len(wanted["nodes"])
    pairs = {(e["src"], e["dst"]) for e in wanted["edges"]}
    assert detail.locator("svg path").count() == len(pairs)
    assert detail.locator("table tbody tr").count() == len(wanted["edges"])
    page.locator("#plans input").fill("no plan has these words")
    assert "Nothing fits" in detail.inner_text()
    page.locator("#plans input").fill("")
    page.locator("#plans select[aria-label=edges]").select_option("")
    assert items.count() == whole


def test_it_opens_at_its_top(page: Any) -> None:
    page.goto(page.url)
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.evaluate("scrollY") == 0


def test_keys_go_through_the_list(page: Any) -> None:
    page.locator("#plans").scroll_into_view_if_needed()
    page.locator("#plans .item").first.click()
    page.keyboard.press("j")
    assert (
        page.locator("#plans .item[aria-current=true]").evaluate(
            "e => [...e.parentNode.children].indexOf(e)"
        )
        == 1
    )
    page.keyboard.press("k")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"


def test_a_table_is_sorted_by_its_head(page: Any) -> None:
    table = page.locator("#about-sources table").first
    column = [cell.inner_text() for cell in table.locator("th").all()].index("plans kept")
    table.locator("th button").nth(column).click()
    kept = [
        int(row.locator("td").nth(column).inner_text().replace(",", ""))
        for row in table.locator("tbody tr").all()
    ]
    assert kept == sorted(kept, reverse=True)


def test_charts_are_drawn_when_they_are_seen(page: Any) -> None:
    for place in page.locator(".chart").all():
        place.scroll_into_view_if_needed()
        place.locator("svg").wait_for()
        assert place.locator("svg path").count()


def test_it_fits_a_phone_and_the_dark(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 26)"
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    page.emulate_media(media="screen")


def test_nothing_ran_and_nothing_was_asked_for(page: Any) -> None:
    """Last: after all that was done to the page."""
    page.locator("#rejects .item").first.click()
    assert page.title() == "hostile · Planloom"
    assert page.said == []
    assert [url for url in page.asked if not url.startswith("file:")] == []
