"""`planloom push` as a user starts it, with the real client, against a hub on loopback."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from huggingface_hub import DatasetCard
from push_hub import TOKEN, PushHub

from planloom import parcel, pipeline, write
from planloom.card.about import HUB
from planloom.pipeline import Options
from planloom.recipe import parse

PACKED = str(Path(write.__file__).parent / "sample")
START = "import sys; from planloom.cli import main; sys.exit(main(sys.argv[1:]))"
HERMES, WILDCHAT = "NousResearch/hermes-function-calling-v1", "allenai/WildChat-1M"
XLAM, LMSYS = "Salesforce/xlam-function-calling-60k", "lmsys/lmsys-chat-1m"
TOOLMIND, APIGEN = "Nanbeige/ToolMind", "argilla/apigen-function-calling"


def made(folder: Path, *ids: str, extra: str = "") -> Path:
    """A build of some packed sources."""
    sources = "\n".join(f'"{name}" = {{}}' for name in ids)
    head = f'name = "some"\njsonl = "plain"\n{extra}\n'
    targets = "[targets]\nfunction_calling = 40\ntool_reasoning = 40\nconversation = 40\n"
    recipe = parse(f"{head}{targets}[sources]\n{sources}\n", "test")
    pipeline.build(recipe, Options(out=str(folder), data_root=PACKED, workers=1))
    return folder


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("open") / "out", HERMES, WILDCHAT, APIGEN)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("closed") / "out", HERMES, LMSYS)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[PushHub]:
    with PushHub(tmp_path / "hub") as server:
        yield server
        server.shutdown()


def push(
    hub: PushHub, out: Path, *more: str, token: str = TOKEN, repo: str = "me/plans"
) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    env |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(hub.root.parent / "hf"), "HF_TOKEN": token}
    env |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    hub.log.clear()
    return subprocess.run(
        [sys.executable, "-c", START, "push", str(out), repo, *more],
        env=env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def complaint(ran: subprocess.CompletedProcess[str]) -> str:
    """The one line of what went wrong."""
    lines = [line for line in ran.stderr.splitlines() if line.startswith("planloom: ")]
    assert len(lines) == 1 and "Traceback" not in ran.stderr and TOKEN not in ran.stderr
    return lines[0]


def test_a_build_arrives_as_it_is_and_says_whose_it_is(hub: PushHub, opened: Path) -> None:
    ran = push(hub, opened)
    assert ran.returncode == 0, ran.stderr
    there = hub.files("me/plans")
    manifest = json.loads(there["manifest.json"])
    assert set(there) == {*manifest["files"], "manifest.json"}
    assert not {
        n
        for n in there
        if n.startswith(
            ("rejects", "prompts", "adversarial", "quarantine", "run", "report", ".", "some")
        )
    }
    for name in ("plans/part-00000.parquet", "ledger.json", "stats.json"):
        assert there[name] == (opened / name).read_bytes()
    described = json.loads(there["croissant.json"])
    assert described["url"] == f"{HUB}me/plans" and described["creator"]["name"] == "me"
    head = DatasetCard(there["README.md"].decode()).data
    assert head.license_link == f"{HUB}me/plans/blob/main/NOTICE"
    assert [one["config_name"] for one in head.configs] == ["plans", "tools"]
    assert 'load_dataset("me/plans", "plans"' in there["README.md"].decode()


def test_tools_of_what_is_not_sent_stay(hub: PushHub, opened: Path) -> None:
    push(hub, opened)
    table = pq.read_table(hub.root / "me/plans/tools.parquet")
    named = pq.read_table(hub.root / "me/plans/plans")["tools"].combine_chunks().flatten()
    assert set(table["key"].to_pylist()) == set(named.to_pylist())
    assert len(table) < len(pq.read_table(opened / "tools.parquet"))


def test_what_is_there_is_not_sent_again(hub: PushHub, opened: Path) -> None:
    push(hub, opened)
    again = push(hub, opened)
    assert "nothing to send" in again.stdout and not any("commit" in one for one in hub.log)
    (hub.root / "me/plans/LICENSE").write_text("by hand")
    larger = push(hub, opened, "--with", "adversarial", "--with", "jsonl")
    assert larger.returncode == 0 and "adversarial/part-00000.parquet" in hub.files("me/plans")
    assert not any("part-00000" in one for one in hub.log)
    assert sum(one.startswith("PUT /large") for one in hub.log) == 2  # tools.parquet has more too
    assert (hub.root / "me/plans/some.jsonl").read_bytes() == (opened / "some.jsonl").read_bytes()
    smaller = push(hub, opened)
    assert "2 deleted" in smaller.stdout
    assert {"LICENSE"} <= set(hub.files("me/plans")) and "some.jsonl" not in hub.files("me/plans")


def test_a_push_that_was_cut_goes_on(hub: PushHub, opened: Path) -> None:
    hub.faults = [("POST /api/datasets/me/plans/commit", 500)] * 9
    cut = push(hub, opened)
    assert cut.returncode == 1 and "run the same command again" in complaint(cut)
    assert not hub.files("me/plans") and len(hub.large) == 2
    hub.faults = []
    assert push(hub, opened).returncode == 0
    assert not any(one.startswith("PUT /large") for one in hub.log)  # they had got through


def test_what_may_not_be_passed_on_is_listed_and_refused(hub: PushHub, closed: Path) -> None:
    ran = push(hub, closed)
    plans = pq.read_table(closed / "plans").to_pylist()
    barred = sum(plan["use"] == "no_publish" for plan in plans)
    assert barred and ran.returncode == 1 and "not pushed" in complaint(ran) and not hub.log
    assert (
        f"forbids it: {barred} plans of {LMSYS}, licence LicenseRef-LMSYS-Chat-1M: no_publish"
        in ran.stdout
    )
    assert "licence: other (not-for-redistribution)" in ran.stdout


def test_a_private_repository_takes_them_if_it_is_private(hub: PushHub, closed: Path) -> None:
    assert push(hub, closed, "--private").returncode == 0
    assert hub.private["me/plans"]
    hub.private["me/plans"] = False
    refused = push(hub, closed, "--private")
    assert refused.returncode == 1 and "is public" in complaint(refused)


def test_gated_sources_need_a_word(hub: PushHub, tmp_path: Path) -> None:
    out = made(tmp_path / "out", XLAM)
    ran = push(hub, out)
    assert (
        ran.returncode == 1
        and f"plans of {XLAM}: gated, its publisher asks who reads it" in ran.stdout
    )
    ran = push(hub, out, "--accept-gated")
    assert ran.returncode == 0 and "licence: cc-by-4.0" in ran.stdout


def test_non_commercial_plans_make_the_licence_say_so(hub: PushHub, tmp_path: Path) -> None:
    out = made(tmp_path / "out", HERMES, TOOLMIND, extra="allow_non_commercial = true")
    ran = push(hub, out)
    assert ran.returncode == 0 and "licence: other (mixed-non-commercial)" in ran.stdout
    there = hub.files("me/plans")
    assert DatasetCard(there["README.md"].decode()).data.license_name == "mixed-non-commercial"
    barred = json.loads(there["croissant.json"])["usageInfo"]["odrl:prohibition"]
    assert barred == [{"odrl:action": {"@id": "cc:CommercialUse"}}]


def test_what_lies_beside_counts_for_the_verdict(hub: PushHub, tmp_path: Path) -> None:
    out = made(tmp_path / "out", HERMES, "nvidia/Nemotron-AIQ-Agentic-Safety-Dataset-1.0", LMSYS)
    for extra in ("adversarial", "quarantine"):
        ran = push(hub, out, "--dry-run", "--with", extra)
        rows = (
            pq.read_table(out / "plans")["use"].to_pylist()
            + pq.read_table(out / extra)["use"].to_pylist()
        )
        assert f"{rows.count('no_publish')} plans no_publish" in ran.stdout


def test_terms_are_told_of_all_that_is_sent(closed: Path, tmp_path: Path) -> None:
    about = parcel.pack(closed, "me/plans", "main", ["adversarial", "quarantine"], tmp_path).about
    sizes = {one.id: one.plans + sum(one.sides.values()) for one in about.inside()}
    told = {
        one.id: sum(n for licences in one.stated.values() for n in licences.values())
        for one in about.inside()
    }
    assert told == sizes and any(sum(one.sides.values()) for one in about.inside())


def test_a_dry_run_asks_nobody(hub: PushHub, opened: Path) -> None:
    ran = push(hub, opened, "--dry-run", token="")
    assert ran.returncode == 0 and not hub.log
    assert "plans/part-00000.parquet" in ran.stdout and "licence: other (mixed-open)" in ran.stdout
    assert "--with adversarial" in ran.stdout


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ("repos/create", 401, "set HF_TOKEN"),
        ("repos/create", 403, "may not write to me"),
        ("repos/create", 404, "no me that the token may write to"),
        ("commit/main", 409, "somebody else changed it"),
        ("commit/main", 412, "somebody else changed it"),
        ("preupload", 0, "did not take it"),
        ("validate-yaml", 400, "the head of the card"),
    ],
)
def test_refusals_of_the_hub_are_one_line(
    hub: PushHub, opened: Path, fault: str, status: int, said: str
) -> None:
    hub.faults = [(fault, status)] * 9
    ran = push(hub, opened)
    assert ran.returncode == 1 and said in complaint(ran)


def test_without_a_token_or_with_a_wrong_one_nothing_is_sent(hub: PushHub, opened: Path) -> None:
    assert "no token" in complaint(push(hub, opened, token=""))
    assert "token" in complaint(push(hub, opened, token=TOKEN[:-1] + "9"))
    assert "may not write to you" in complaint(push(hub, opened, repo="you/plans"))
    assert not hub.root.exists()


def test_somebody_elses_repository_is_left_alone(hub: PushHub, opened: Path) -> None:
    (hub.root / "me/plans").mkdir(parents=True)
    (hub.root / "me/plans/data.csv").write_text("mine")
    assert "holds files that no planloom pushed" in complaint(push(hub, opened))
    assert list(hub.files("me/plans")) == ["data.csv"]


def test_a_branch_is_made(hub: PushHub, opened: Path) -> None:
    assert push(hub, opened, "--revision", "v2").returncode == 0
    assert "POST /api/datasets/me/plans/branch/v2" in hub.log
    assert "/blob/v2/NOTICE" in hub.files("me/plans")["README.md"].decode()


def test_commits_that_the_hub_gave_are_told(opened: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(opened, out, ignore=shutil.ignore_patterns(".stage"))
    run = json.loads((out / "run.json").read_bytes())
    (out / "run.json").write_text(json.dumps(run | {"commits": {HERMES: "c" * 40}}))
    parcel.pack(out, "me/plans", "main", (), tmp_path)
    notice = (tmp_path / "NOTICE").read_text("utf-8")
    assert f"{HERMES}\n" in notice and f"revision      {'c' * 40}\n" in notice
    assert (out / "NOTICE").read_text("utf-8").count("not pinned") == notice.count("not pinned") + 1


def test_only_a_whole_build_goes_out(hub: PushHub, tmp_path: Path) -> None:
    out = made(tmp_path / "out", HERMES)
    assert push(hub, out, "--dry-run", repo="plans").returncode == 1
    part = out / "plans/part-00000.parquet"
    content = part.read_bytes()
    part.write_bytes(content[:-1] + b"x")
    assert "not as it was built" in complaint(push(hub, out, "--dry-run"))
    part.unlink()
    assert "it is not there" in complaint(push(hub, out, "--dry-run"))
    part.write_bytes(content)
    (out / "manifest.json").unlink()
    assert "no finished build" in complaint(push(hub, out, "--dry-run"))
    assert "no finished build" in complaint(push(hub, tmp_path / "nowhere", "--dry-run"))


def test_what_was_pushed_loads_from_the_hub(hub: PushHub, opened: Path) -> None:
    """The hub beside the checkout serves what ours was given."""
    from hub_tree import served

    push(hub, opened)
    server = served(hub.root)
    code = "import datasets; print(len(datasets.load_dataset('me/plans', split='full')), len(datasets.load_dataset('me/plans', 'tools', split='full')))"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    env |= {"HF_ENDPOINT": server.url, "HF_HOME": str(hub.root.parent / "reader")}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )
    server.shutdown()
    sizes = [
        len(pq.read_table(hub.root / "me/plans" / name)) for name in ("plans", "tools.parquet")
    ]
    assert ran.stdout.split() == [str(n) for n in sizes], ran.stderr
