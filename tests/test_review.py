"""The sample is fair and the same each time, the page is safe, and the estimate is what the answers say."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from browser import opened

import planloom
from planloom import arrow, cli
from planloom.pipeline import Corpus
from planloom.plan import ExecutionPlan
from planloom.review import sample, sheet
from planloom.review.interval import Stratum, stratified, wilson

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)> &"
QUESTIONS = list(sheet.QUESTIONS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return planloom.build(out=tmp_path_factory.mktemp("review") / "out")


def reviewed(built: Corpus, into: Path, *more: str) -> Path:
    assert cli.main(["review", str(built.out), "--out", str(into), *more]) == 0
    return into / "review.csv"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def saved(path: Path, lines: list[dict[str, str]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        sheet_ = csv.DictWriter(out, sheet.COLUMNS, delimiter=delimiter)
        sheet_.writeheader()
        sheet_.writerows(lines)
    return path


def test_the_sample_is_the_same_each_time_and_of_every_source(
    built: Corpus, tmp_path: Path
) -> None:
    first = rows(reviewed(built, tmp_path / "a", "--per-source", "2"))
    assert first == rows(reviewed(built, tmp_path / "b", "--per-source", "2"))
    assert first != rows(reviewed(built, tmp_path / "c", "--per-source", "2", "--seed", "2"))
    kept = {source: sum(n.values()) for source, n in built.stats["source"].items()}
    assert Counter(r["source"] for r in first) == {name: min(n, 2) for name, n in kept.items()}
    smaller = {r["plan_id"] for r in rows(reviewed(built, tmp_path / "d", "--per-source", "1"))}
    assert smaller < {r["plan_id"] for r in first}
    assert len({r["source"] for r in first[: len(kept)]}) == len(kept)


def test_each_plan_of_a_source_is_as_likely(tmp_path: Path) -> None:
    """Drawn 2,000 times: the counts of 40 plans are those of chance (chi squared, 39 degrees)."""
    ids = [f"{n:032x}" for n in range(40)]
    (tmp_path / "plans").mkdir()
    plans = [plan_of(plan_id, "a" if n % 2 else "b") for n, plan_id in enumerate(ids)]
    pq.write_table(arrow.table(plans), tmp_path / "plans/part-00000.parquet", row_group_size=7)
    counts: Counter[int] = Counter()
    for seed in range(2000):
        drawn = sample.draw(tmp_path, 5, seed)
        counts.update(int(r["group"]) * 7 + int(r["row"]) for m in drawn.picks.values() for r in m)
        assert drawn.kept == {"a": 20, "b": 20}
    assert counts.total() == 20_000
    assert sum((counts[n] - 500) ** 2 / 500 for n in range(40)) < 63.7  # 1 in 100 beyond


def plan_of(plan_id: str, source: str) -> ExecutionPlan:
    return ExecutionPlan(
        plan_id=plan_id, request="r", user_turns=("r",), nodes=(), edges=(), evidence="request",
        category="conversation", label="benign", source=source, config="c", source_split="t",
        file="f", at=0, licence="l", use="open",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, Statistics in Medicine 17:857, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_source_is_the_published_one(
    right: int, n: int, low: float, high: float
) -> None:
    share = wilson(Stratum(right, n, 10**9))
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


def test_the_interval_in_all_is_the_published_one() -> None:
    """Newcombe 1998 (17:873), method 10: 56/70 - 48/80 has 0.0524 to 0.3339; here as a sum by halves."""
    sums = stratified([Stratum(56, 70, 10**9), Stratum(80 - 48, 80, 10**9)])
    shifted = [2 * value - 1 for value in sums]
    assert [round(value, 4) for value in shifted] == [0.2, 0.0524, 0.3339]


def test_the_interval_in_all_holds_the_truth_in_95_of_100() -> None:
    random = np.random.default_rng(7)
    sizes, truth, n = (90_000, 9_000, 1_000), (0.97, 0.8, 0.5), 20
    whole = sum(s * t for s, t in zip(sizes, truth, strict=True)) / sum(sizes)
    held = 0
    for _ in range(2000):
        drawn = random.binomial(n, truth)
        share = stratified([Stratum(int(r), n, s) for r, s in zip(drawn, sizes, strict=True)])
        held += share.low <= whole <= share.high
    assert 0.94 <= held / 2000 <= 0.995


def test_a_source_judged_whole_is_known() -> None:
    assert wilson(Stratum(2, 3, 3)) == (2 / 3, 2 / 3, 2 / 3)
    assert wilson(Stratum(3, 3, 4)).low < 1


def test_answers_come_back_as_an_estimate(
    built: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = reviewed(built, tmp_path / "r", "--per-source", "3", "--seed", "5")
    lines = rows(path)
    for number, line in enumerate(lines):
        line |= dict.fromkeys(QUESTIONS, "Yes")
        if number % 10 == 0:
            line["edges"] = "no"
    lines[1]["benign"] = ""
    lines[2] |= dict.fromkeys(QUESTIONS, "")
    capsys.readouterr()
    for delimiter in ",;\t":
        answers = saved(tmp_path / "filled.csv", lines, delimiter)
        assert cli.main(["review", str(built.out), "--answers", str(answers)]) == 0
        out, err = capsys.readouterr()
        assert not err
        assert f"Judged {len(lines) - 2}, begun 1, not judged 1." in out
    kept = {source: sum(n.values()) for source, n in built.stats["source"].items()}
    judged = [line for n, line in enumerate(lines) if n not in (1, 2)]
    right = Counter(line["source"] for line in judged if line["edges"] == "Yes")
    seen = Counter(line["source"] for line in judged)
    wanted = sum(kept[s] * right[s] / n for s, n in seen.items()) / sum(kept[s] for s in seen)
    assert re.search(rf"in all .* {wanted:.1%}  ", out)
    limit = ["review", str(built.out), "--answers", str(answers), "--least"]
    assert cli.main([*limit, "0.999"]) == 1
    assert cli.main([*limit, "0.2"]) == 0


def test_answers_that_do_not_belong_are_left_out_and_told(
    built: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = reviewed(built, tmp_path / "r", "--per-source", "1")
    lines = rows(path)
    for line in lines:
        line |= dict.fromkeys(QUESTIONS, "y")
    chosen = {line["plan_id"] for line in lines}
    other = next(p for p in planloom.open(built.out) if p.plan_id not in chosen)
    lines.append({**lines[0], "plan_id": "0" * 32})
    lines.append({**lines[0], "plan_id": other.plan_id})
    lines[1]["state"] = "00000000"
    capsys.readouterr()
    answers = str(saved(tmp_path / "filled.csv", lines))
    assert cli.main(["review", str(built.out), "--answers", answers]) == 0
    out, err = capsys.readouterr()
    assert "1 answers left out, of plans that this build does not hold; the first is 000" in err
    assert f"another seed, or chosen by hand; the first is {other.plan_id}" in err
    assert f"are stale: the plans' calls, edges, tiers or scope have changed since; the first is {lines[1]['plan_id']}" in err  # fmt: skip
    assert f"Judged {len(lines) - 3}," in out
    assert cli.main(["review", str(built.out), "--answers", answers, "--seed", "9"]) in (0, 1)
    assert "another seed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"calls": "maybe"}, "line 2: calls: 'maybe' is neither yes, no nor empty"),
        ({"sample": "mine"}, "names no sample of planloom review"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_told(
    built: Corpus,
    tmp_path: Path,
    change: dict[str, str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = rows(reviewed(built, tmp_path / "r", "--per-source", "1"))[:1]
    answers = saved(tmp_path / "bad.csv", [{**lines[0], **change}])
    assert cli.main(["review", str(built.out), "--answers", str(answers)]) == 2
    assert said in capsys.readouterr().err
    twice = saved(tmp_path / "bad.csv", [{**lines[0], "calls": a} for a in ("yes", "no")])
    assert cli.main(["review", str(built.out), "--answers", str(twice)]) == 2
    assert "answered twice, not alike" in capsys.readouterr().err
    named = saved(tmp_path / "bad.csv", [{**lines[0], "sample": "seed ², 2 a source"}])
    assert cli.main(["review", str(built.out), "--answers", str(named)]) == 2
    assert "names no sample" in capsys.readouterr().err
    with twice.open("a") as file:
        file.write('"' + "x" * 200_000)
    assert cli.main(["review", str(built.out), "--answers", str(twice)]) == 2
    assert "is a quote open?" in capsys.readouterr().err
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    assert cli.main(["review", str(built.out), "--answers", str(twice)]) == 2
    assert "no column benign, calls, edges, plan_id" in capsys.readouterr().err


def test_wrong_use_and_empty_answers(
    built: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["review", str(tmp_path)]) == 1
    assert "no finished build" in capsys.readouterr().err
    path = reviewed(built, tmp_path / "r", "--per-source", "1")
    assert cli.main(["review", str(built.out), "--answers", str(path)]) == 1
    assert "no plan of the sample is judged" in capsys.readouterr().err
    assert cli.main(["review", str(built.out), "--answers", str(tmp_path / "none.csv")]) == 2
    assert "none.csv: no such file" in capsys.readouterr().err
    saved(path, [{**line, "benign": "yes"} for line in rows(path)])
    assert cli.main(["review", str(built.out), "--out", str(tmp_path / "r")]) == 2
    assert "holds answers" in capsys.readouterr().err


def test_a_formula_stays_text_in_a_spreadsheet() -> None:
    plan = plan_of("1" * 32, "s")
    cells = sheet.about(type(plan)(**{**{f: getattr(plan, f) for f in plan.__struct_fields__}, "request": "=HYPERLINK(1)"}))  # fmt: skip
    assert cells[3] == "'=HYPERLINK(1)"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The review of a build whose row is hostile, in a browser; what it says and asks for."""
    out = hostile(tmp_path_factory.mktemp("page"))
    with opened(out / "review/review.html") as page:
        page.out = out
        yield page


def hostile(home: Path) -> Path:
    """A build of three rows with markup in every text, and its review."""
    data = home / "data/Salesforce/xlam-function-calling-60k"
    data.mkdir(parents=True)
    tools = [{"name": "tide", "description": HOSTILE, "parameters": {"port": {"type": "str"}}}]
    lines = []
    for port in ("Brest", "Dover", HOSTILE):
        call = [{"name": "tide", "arguments": {"port": port}}]
        row = {"id": 1, "query": f"Tell me of the {HOSTILE} at {port} tomorrow", "answers": json.dumps(call), "tools": json.dumps(tools)}  # fmt: skip
        lines.append(json.dumps(row))
    (data / "a.jsonl").write_text("\n".join(lines) + "\n")
    (home / "r.toml").write_text('name="r"\n[targets]\nfunction_calling=9\n[sources]\n"Salesforce/xlam-function-calling-60k" = {}\n')  # fmt: skip
    planloom.build(home / "r.toml", home / "out", data_root=home / "data")
    assert cli.main(["review", str(home / "out")]) == 0
    return home / "out"


def test_a_person_judges_with_keys_and_downloads(
    page: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert page.locator(".detail .graph svg").count() == 1
    assert HOSTILE in page.locator(".detail .request").first.inner_text()
    assert "<script>" in page.locator(".detail .row pre").nth(1).inner_text()
    page.keyboard.press("a")
    page.keyboard.press("1")
    page.keyboard.press("3")
    page.keyboard.press("3")
    page.keyboard.press("n")
    page.keyboard.type("=an edge, too many")
    page.keyboard.press("Escape")
    assert "2 of 3 judged, 1 wrong" in page.locator("#progress").inner_text()
    page.keyboard.press("j")
    page.locator("input[data-name=benign][value=yes]").check()
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    assert "2 of 3 judged, 1 wrong" in page.locator("#progress").inner_text()
    with page.expect_download() as waited:
        page.locator("#download").click()
    path = tmp_path / "review.csv"
    waited.value.save_as(path)
    lines = rows(path)
    assert [line["edges"] for line in lines] == ["yes", "no", ""]
    assert lines[1]["note"] == "'=an edge, too many"
    template = rows(page.out / "review/review.csv")
    for mine, whole in zip(lines, template, strict=True):
        assert {k: mine[k] for k in (*sheet.ABOUT, "sample", "state")} == {k: whole[k] for k in (*sheet.ABOUT, "sample", "state")}  # fmt: skip
    capsys.readouterr()
    assert cli.main(["review", str(page.out), "--answers", str(path)]) == 0
    assert "Judged 2, begun 1, not judged 0." in capsys.readouterr().out


def test_it_fits_a_phone(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 900})


def test_nothing_of_a_row_ran_and_nothing_was_asked_for(page: Any) -> None:
    assert page.title() == "Review of r · Planloom"
    assert page.said == []
    assert [url for url in page.asked if not url.startswith(("file:", "blob:"))] == []


def test_a_review_tells_where_rows_are_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = hostile(tmp_path)
    (tmp_path / "data/Salesforce/xlam-function-calling-60k/a.jsonl").unlink()
    capsys.readouterr()
    assert cli.main(["review", str(out)]) == 0
    assert "a.jsonl: not there any more" in capsys.readouterr().err
    text = (out / "review/review.html").read_text("utf-8")
    assert text.count("is not there any more, or holds no such row") == 3
