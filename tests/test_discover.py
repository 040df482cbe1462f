"""What `discover` says is what is there, within its requests, whatever the hub does."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import SHARED
from discover_tree import ARRAY, LONG, MANY, ODD, ROWS, TABLE, plant
from hub_tree import TOKEN, User, faults, recipe, served

from planloom.datasets import catalogue

MB = 1_000_000
CARDED = "nvidia/ToolScale"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    hub = served(plant(tmp_path_factory.mktemp("tree")))
    hub.sent = count_bytes(hub)
    yield hub
    hub.shutdown()
    hub.server_close()


def count_bytes(hub: Any) -> list[int]:
    """Every body that the hub sends, and every one of its other origin."""
    sent: list[int] = []

    class Counted:
        def __init__(self, stream: Any) -> None:
            self.stream = stream

        def write(self, data: bytes) -> int:
            sent.append(len(data))
            return self.stream.write(data)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.stream, name)

    def counted(handler: Any) -> Any:
        class Counting(handler):
            def setup(self) -> None:
                super().setup()
                self.wfile = Counted(self.wfile)

        return Counting

    for server in (hub, hub.cdn):
        server.RequestHandlerClass = counted(server.RequestHandlerClass)
    return sent


@pytest.fixture
def user(hub: Any, tmp_path: Path) -> "Looker":
    return Looker(hub, tmp_path, TOKEN)


class Looker(User):
    def __init__(self, hub: Any, home: Path, token: str = "") -> None:
        super().__init__(hub, home, token)
        self.env["PLANLOOM_VIEWER"] = hub.url

    def look(self, *ids: str, **env: str) -> dict[str, dict[str, Any]]:
        """What is found of each, after a run that ended well."""
        ran = self.run("discover", *ids, "--json", "found.json", **env)
        assert ran.returncode == 0, ran.stderr
        assert TOKEN not in ran.stdout + ran.stderr + (self.home / "found.json").read_text()
        return self.found()

    def found(self) -> dict[str, dict[str, Any]]:
        document = json.loads((self.home / "found.json").read_bytes())
        assert document["version"] == 1
        return {one["id"]: one for one in document["datasets"]}


def viewer(hub: Any, name: str, state: str) -> None:
    """What the viewer answers for a dataset: ok, missing, error, partial."""
    (hub.store.root / name / ".hub.json").write_text(json.dumps({"viewer": state}))


def asked(hub: Any) -> int:
    """Requests for the dataset; the client asks for a list of agents once a day by itself."""
    return sum("agent-harnesses" not in seen["path"] for seen in hub.log)


def test_of_the_whole_catalogue_every_fact_is_what_is_there(hub: Any, user: Looker) -> None:
    found = user.look()
    root = hub.store.root
    assert set(found) == set(catalogue())
    for name, facts in found.items():
        if not (root / name).is_dir():
            assert (facts["status"], facts["parts"]) == ("missing", []), name
            continue
        files = [path for path in (root / name).rglob("*") if path.is_file()]
        assert facts["status"] == "ok", facts
        assert facts["commit"] == hub.store.sha(root / name)
        assert facts["bytes"] == sum(path.stat().st_size for path in files)
        assert sum(part["files"] for part in facts["parts"]) == len(files)
        assert sum(part["rows"] for part in facts["parts"]) == sum(map(rows_in, files)), name
        assert "estimated" not in {part["rows_origin"] for part in facts["parts"]}
        assert facts["claim"] == catalogue()[name].claim
        assert (facts["feasibility"] == "none") == (not trainable(name)), name


def rows_in(path: Path) -> int:
    text = path.read_text("utf-8")
    if text.lstrip()[0] == "[":
        return len(json.loads(text))
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) if lines[0].endswith("}") else 1


def trainable(name: str) -> bool:
    card = catalogue()[name]
    return not card.refused and any(part.policy == "train" for part in card.parts)


def test_a_sample_is_what_a_build_makes_of_the_rows(hub: Any, user: Looker) -> None:
    root = str(hub.store.root)
    for name in (CARDED, "allenai/Dolci-Instruct-SFT"):
        [part] = user.look(name, "--data-root", root)[name]["parts"]
        recipe(user.home, name)
        built = user.run("build", "hub.toml", "--out", name, "--data-root", root)
        assert built.returncode == 0, built.stderr
        ledger = json.loads((user.home / name / "ledger.json").read_bytes())
        made = sum(line["n"] for line in ledger if stage(line) == ("lift", "plan", None))
        left = [line for line in ledger if line["stage"] in ("lift", "label", "check")]
        gone = sum(line["n"] for line in left if line["unit"] == "plan" and line["reason"])
        assert part["sample"]["plans"] == made - gone > 0


def stage(line: dict[str, Any]) -> tuple[str, str, str | None]:
    return line["stage"], line["unit"], line["reason"]


@pytest.mark.parametrize("name", [TABLE, MANY])
def test_a_viewer_that_answers_costs_six_requests(hub: Any, user: Looker, name: str) -> None:
    viewer(hub, name, "ok")
    with faults(hub):
        hub.sent.clear()
        facts = user.look(name)[name]
        assert asked(hub) <= 6 and sum(hub.sent) < 4 * MB
        assert not [seen for seen in hub.log if "/resolve/" in seen["path"]]
    assert sum(part["rows"] for part in facts["parts"]) == ROWS[name]
    assert {part["rows_origin"] for part in facts["parts"]} == {"viewer"}
    assert facts["parts"][0]["columns"]["query"] == "string"
    assert sum(part["sample"]["lifted"] for part in facts["parts"]) >= 100


@pytest.mark.parametrize("state", ["missing", "error", "partial"])
@pytest.mark.parametrize("name", [TABLE, MANY])
def test_without_a_viewer_the_footers_are_read(
    hub: Any, user: Looker, name: str, state: str
) -> None:
    viewer(hub, name, state)
    with faults(hub):
        facts = user.look(name)[name]
        assert asked(hub) <= 24
        ends = {seen["path"] for seen in hub.log if "/_cdn/" in seen["path"]}
    rows = [part["rows"] for part in facts["parts"]]
    origins = {part["rows_origin"] for part in facts["parts"]}
    assert origins == {"footers" if len(ends) == files_of(hub, name) else "estimated"}
    assert sum(rows) == pytest.approx(ROWS[name], rel=0.02 if origins == {"estimated"} else 0)
    assert sum(part["sample"]["lifted"] for part in facts["parts"]) >= 90


def files_of(hub: Any, name: str) -> int:
    return len(list((hub.store.root / name).rglob("*.parquet")))


@pytest.mark.parametrize("name", [LONG, ARRAY])
def test_of_a_long_text_a_part_is_read(hub: Any, user: Looker, name: str) -> None:
    viewer(hub, name, "missing")
    hub.sent.clear()
    facts = user.look(name)[name]
    [part] = facts["parts"]
    assert sum(hub.sent) < 4 * MB < part["bytes"]
    assert part["rows_origin"] == "estimated"
    assert part["rows"] == pytest.approx(ROWS[name], rel=0.02)
    assert part["shape"] == "gold_list" and part["mapping"]["request"] == "query"
    assert part["sample"]["lifted"] == part["sample"]["rows"] >= 100
    ids = [json.loads(text.split(',"query"')[0] + "}")["id"] for text in part["sample"]["examples"]]
    assert ids[0] == 0 and facts["feasibility"] == "medium"


def test_one_that_fails_is_one_line(hub: Any, user: Looker) -> None:
    found = user.look(*ODD, TABLE)
    assert {name: found[name]["status"] for name in ODD} == ODD
    assert all(found[name]["detail"] and found[name]["why"] for name in ODD)
    assert found["me/gated"]["may_read"] is False and found["me/gated"]["gated"] == "manual"
    assert "HF_TOKEN" in found["me/gated"]["why"]
    assert "script.py" in found["me/script"]["why"]
    assert found[TABLE]["status"] == "ok"
    levels = {name: found[name]["feasibility"] for name in ODD}
    assert {name for name, level in levels.items() if level == "none"} == {
        name for name, status in ODD.items() if status in ("missing", "disabled")
    }


LISTING, CONTENT = "GET /api/datasets/", "GET /_cdn/"
NOW = {"Retry-After": "0"}
PASSING: tuple[dict[str, Any], ...] = (
    {"match": LISTING, "kind": "status", "status": 429, "headers": NOW},
    {"match": LISTING, "kind": "refuse"},
    {"match": CONTENT, "kind": "status", "status": 503, "headers": NOW},
    {"match": CONTENT, "kind": "cut"},
)


def test_failures_that_pass_change_nothing(hub: Any, user: Looker) -> None:
    viewer(hub, TABLE, "missing")
    undisturbed = user.look(TABLE)
    with faults(hub, *({**fault, "times": 1} for fault in PASSING)):
        assert user.look(TABLE) == undisturbed
        assert len([seen for seen in hub.log if seen["fault"]]) == len(PASSING)


@pytest.mark.parametrize("answer", ["status", "corrupt", "refuse"])
def test_a_viewer_that_fails_is_not_needed(hub: Any, user: Looker, answer: str) -> None:
    viewer(hub, TABLE, "ok")
    with faults(hub, {"kind": answer, "match": "GET /(size|rows)", "status": 500, "at": 0}):
        [part] = user.look(TABLE)[TABLE]["parts"]
        assert asked(hub) <= 24
    assert (part["rows"], part["rows_origin"]) == (ROWS[TABLE], "footers")


def test_it_fits_a_narrow_window(hub: Any, user: Looker) -> None:
    for width in (40, 60, 100, 160):
        ran = user.run("discover", TABLE, ARRAY, CARDED, "me/gated", COLUMNS=str(width))
        assert ran.returncode == 0 and "\x1b" not in ran.stdout
        long = [
            line for line in ran.stdout.splitlines() if len(line) > width and " " in line.strip()
        ]
        assert not long, long


def test_an_interrupt_leaves_what_was_found(hub: Any, user: Looker) -> None:
    with faults(hub, {"kind": "stall", "match": "/api/datasets/me/long", "seconds": 20}):
        ids = (TABLE, LONG, CARDED)
        process = user.start("discover", *ids, "--json", "found.json", HF_HUB_DOWNLOAD_TIMEOUT="20")
        end = time.monotonic() + 30
        while time.monotonic() < end and not any(CARDED in s["path"] for s in hub.log):
            time.sleep(0.1)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 130 and "1 datasets were not looked at" in err
    assert TABLE in out
    assert set(user.found()) == {TABLE, CARDED}


def test_no_network_is_one_line(hub: Any, user: Looker) -> None:
    ran = user.run("discover", HF_ENDPOINT="http://127.0.0.1:9", HF_HUB_OFFLINE="1")
    assert ran.returncode == 1 and ran.stdout == ""
    assert ran.stderr.count("\n") == 1 and "HF_HUB_OFFLINE" in ran.stderr


def test_a_folder_is_looked_at_without_the_hub(hub: Any, user: Looker) -> None:
    with faults(hub):
        found = user.look(MANY, CARDED, "me/none", "--data-root", str(hub.store.root))
        assert not hub.log
    assert sum(part["rows"] for part in found[MANY]["parts"]) == ROWS[MANY]
    assert found["me/none"]["status"] == "missing" and "commit" not in found[CARDED]


def test_a_dataset_of_the_hub_is_drafted(hub: Any, user: Looker) -> None:
    ran = user.run("new", MANY)
    assert ran.returncode == 0, ran.stderr
    text = (user.home / "my_sets/many.py").read_text()
    assert "part/*.parquet" in text and "gold_list.reader()" in text
    [rows] = [line for line in text.splitlines() if "rows=" in line]
    assert int(rows.split("=")[1].strip(",")) == pytest.approx(ROWS[MANY], rel=0.02)
    checked = user.run("check", "my_sets/many.golden.json", "--update")
    assert checked.returncode == 0, checked.stderr


if not (SHARED / "hub/hub.py").is_file():
    pytestmark = pytest.mark.skip(reason="no hub beside the checkout (../shared/hub)")
