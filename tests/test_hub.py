"""The hub as it really is: cut, refused, slow, spoiled, gated. What is built is what is there."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json
import pytest
from hub_tree import (
    FILES,
    HERMES,
    LMSYS,
    TOKEN,
    XLAM,
    User,
    faults,
    plant,
    recipe,
    served,
    transfers,
)

from planloom.download import size

LISTING = "GET /api/datasets/"
ELSEWHERE = "GET /_cdn/"
PLACES = (
    f"{ELSEWHERE}.*{FILES[XLAM]}",
    f"GET .*/resolve/.*{FILES[HERMES]}",
    f"GET .*/resolve/.*{FILES[LMSYS]}",
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    hub = served(plant(tmp_path_factory.mktemp("tree")))
    yield hub
    hub.shutdown()
    hub.server_close()


@pytest.fixture(scope="module")
def undisturbed(hub: Any, tmp_path_factory: pytest.TempPathFactory) -> User:
    """Someone with a token whose build `out` met no fault, and one of the same files below a root."""
    user = User(hub, tmp_path_factory.mktemp("undisturbed"), TOKEN)
    built = user.build("out")
    assert built.returncode == 0, built.stderr
    return user


@pytest.fixture
def user(hub: Any, tmp_path: Path) -> User:
    return User(hub, tmp_path, TOKEN)


def test_from_the_hub_and_from_a_folder_it_is_the_same_build(hub: Any, undisturbed: User) -> None:
    root = str(hub.store.root)
    rooted = undisturbed.run("build", "hub.toml", "--out", "rooted", "--data-root", root)
    assert rooted.returncode == 0, rooted.stderr
    assert undisturbed.manifest("rooted") == undisturbed.manifest("out")
    run = json.loads((undisturbed.home / "out/run.json").read_bytes())
    assert run["commits"] == {name: hub.store.sha(hub.store.root / name) for name in FILES}


def test_a_column_of_several_types_is_read_as_it_is(hub: Any, undisturbed: User) -> None:
    rows = json.loads((hub.store.root / XLAM / FILES[XLAM]).read_bytes())[-300:]
    lines = "\n".join(map(json.dumps, rows)).encode()
    with pytest.raises(pa.ArrowInvalid, match="changed from"):
        pyarrow.json.read_json(pa.BufferReader(lines))
    left = (undisturbed.home / "out/ledger.json").read_text()
    assert "unreadable" not in left and "reader_crashed" not in left
    from planloom import api

    kept = [plan for plan in api.open(undisturbed.home / "out") if plan.source == XLAM]
    assert sum(plan.nodes[0].tool == "find_tide" for plan in kept) == len(rows)


def test_what_was_fetched_once_is_not_asked_for_again(hub: Any, undisturbed: User) -> None:
    with faults(hub):
        assert undisturbed.build("again").returncode == 0
        assert not [seen for seen in hub.log if "/resolve/" in seen["path"]]
    with faults(hub):
        offline = undisturbed.run("build", "hub.toml", "--out", "offline", "--offline")
        assert offline.returncode == 0, offline.stderr
        assert hub.log == []
    cache = str(undisturbed.home / "hf/hub")
    with faults(hub):
        assert (
            undisturbed.run("build", "hub.toml", "--out", "cached", "--data-root", cache).returncode
            == 0
        )
        assert hub.log == []
    for out in ("again", "offline", "cached"):
        assert undisturbed.manifest(out) == undisturbed.manifest("out")


PASSING: dict[str, dict[str, Any]] = {
    "429": {"kind": "status", "status": 429},
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503, "headers": {"Retry-After": "0"}},
    "refused": {"kind": "refuse"},
    "cut": {"kind": "cut"},
    "stalled": {"kind": "stall", "seconds": 3},
    "429, Retry-After": {"kind": "status", "status": 429, "headers": {"Retry-After": "2"}},
    "corrupt": {"kind": "corrupt", "at": 0},
    "late": {"kind": "delay", "seconds": 1.5},
}


@pytest.mark.parametrize("names", [tuple(PASSING)[at : at + 3] for at in (0, 3, 6)], ids=" ".join)
def test_a_failure_that_passes_is_waited_for(
    hub: Any, user: User, undisturbed: User, names: tuple[str, ...]
) -> None:
    """Each file meets one."""
    with faults(
        hub,
        *(
            {"match": place, **PASSING[name], "times": 1}
            for place, name in zip(PLACES, names, strict=True)
        ),
    ):
        built = user.build("out")
        met = [seen["fault"] for seen in hub.log if seen["fault"]]
    assert built.returncode == 0, built.stderr
    assert sorted(met) == sorted(PASSING[name]["kind"] for name in names)
    assert user.manifest("out") == undisturbed.manifest("out")
    waits = WAIT.findall(built.stderr)
    assert len(waits) == len([name for name in names if name != "corrupt"]), built.stderr
    assert ("HTTP 429", "2") in waits or "429, Retry-After" not in names


WAIT = re.compile(r"planloom: \S+: (.+); again in ([\d.]+) s \(1 of 4\)\n")


def test_a_listing_is_waited_for_and_files_come_from_its_commit(hub: Any, user: User) -> None:
    one_each = zip(("corrupt", "429", "503"), FILES, strict=True)
    with faults(
        hub, *({"match": f"{LISTING}{s}", **PASSING[name], "times": 1} for name, s in one_each)
    ):
        built = user.build("out")
        places = [seen["path"] for seen in hub.log if "/resolve/" in seen["path"]]
    assert built.returncode == 0, built.stderr
    said = WAIT.findall(built.stderr)
    assert said == [("a garbled answer", "1"), ("HTTP 429", "1"), ("HTTP 503", "0")]
    commits = json.loads((user.home / "out/run.json").read_bytes())["commits"]
    assert {place.split("/resolve/")[1].split("/")[0] for place in places} == {*commits.values()}


def test_a_cut_is_resumed_where_it_was(hub: Any, user: User) -> None:
    cut = {"match": f"{ELSEWHERE}.*{FILES[XLAM]}", "kind": "cut", "after_bytes": 30_000, "times": 2}
    with faults(hub, cut):
        assert user.build("out", XLAM).returncode == 0
        ranges = [seen["range"] for seen in transfers(hub, FILES[XLAM])]
    assert ranges == [None, "bytes=30000-", "bytes=60000-"]


def test_after_kill_9_no_byte_is_fetched_twice(hub: Any, user: User, undisturbed: User) -> None:
    slow = {"match": f"{ELSEWHERE}.*{FILES[XLAM]}", "kind": "slow", "bytes_per_s": 40_000}
    with faults(hub, slow):
        killed = user.start("build", str(undisturbed.home / "hub.toml"), "--out", "out")
        blobs = user.home / "hf/hub"
        await_(lambda: any(size(part) > 20_000 for part in blobs.glob("*/blobs/*.incomplete")))
        killed.kill()
        killed.communicate()
        there = {name: on_disk(blobs, name) for name in FILES}
        hub.faults = []
        finished = user.build("out")
        assert finished.returncode == 0, finished.stderr
        seen = {name: [s["range"] for s in transfers(hub, file)] for name, file in FILES.items()}
    assert 20_000 < there[XLAM] < size(hub.store.root / XLAM / FILES[XLAM])
    for name, (first, *again) in seen.items():
        rest = size(hub.store.root / name / FILES[name]) - there[name]
        assert first is None
        assert again in (
            [[], [None]] if not there[name] else [[f"bytes={there[name]}-"] * (rest > 0)]
        )
    assert user.manifest("out") == undisturbed.manifest("out")


def on_disk(blobs: Path, name: str) -> int:
    """The bytes of a source's file, whole or in part."""
    folder = blobs / f"datasets--{name.replace('/', '--')}"
    parts = (*folder.glob("blobs/*.incomplete"), *folder.glob(f"snapshots/*/{FILES[name]}"))
    return sum(map(size, parts))


def await_(true: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("source", FILES)
def test_a_corrupt_byte_in_any_file_is_caught_and_named(hub: Any, user: User, source: str) -> None:
    file = FILES[source]
    with faults(hub, {"match": f"GET .*{file}", "kind": "corrupt", "at": 99}):
        built = user.build("out")
        assert len(transfers(hub, file)) == 2
    assert built.returncode == 1
    told = (
        rf"planloom: {source}: {file} as it came, twice, has the hash (\w+), the hub says (\w+); "
    )
    match = re.search(told, built.stderr)
    assert match and match[1] != match[2]
    assert not list(
        (user.home / "hf/hub").glob(f"datasets--{source.replace('/', '--')}/snapshots/*/*")
    )


def test_damage_in_the_cache_is_noticed(hub: Any, user: User, undisturbed: User) -> None:
    assert user.build("out").returncode == 0
    [path] = (user.home / "hf/hub").glob(f"*/snapshots/*/{FILES[HERMES]}")
    content = path.read_bytes()
    path.write_bytes(content[:50] + b"\0" + content[51:])
    offline = user.run("build", "hub.toml", "--out", "offline", "--offline")
    assert offline.returncode == 1
    assert re.search(
        rf"{FILES[HERMES]} in \S+/hub has the hash \w+, .*without --offline", offline.stderr
    )
    mended = user.build("mended")
    assert mended.returncode == 0
    assert f"{FILES[HERMES]} is damaged in the cache; fetching it again" in mended.stderr
    assert user.manifest("mended") == undisturbed.manifest("out")


def test_all_that_cannot_be_had_is_told_at_once(hub: Any, tmp_path: Path) -> None:
    nobody = User(hub, tmp_path)
    gone = "mercor/apex-agents", "Team-ACE/ToolACE", "google/mobile-actions"
    private, disabled = hub.store.root / gone[1], hub.store.root / gone[2]
    for folder, setting in ((private, "private"), (disabled, "disabled")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".hub.json").write_text(json.dumps({setting: True}))
        (folder / "data.json").write_text("[]")
    built = nobody.build(
        "out", XLAM, LMSYS, gone[1], gone[2], "Voxel51/fiftyone-function-calling-14k"
    )
    assert built.returncode == 1
    lines = built.stderr.splitlines()
    assert lines[0] == "planloom: 4 of 5 sources cannot be had"
    assert re.search(
        rf"{LMSYS}: gated, and no token; ask for access at \S+/{LMSYS} and set HF_TOKEN", lines[1]
    )
    assert re.search(rf"{gone[1]}: not on the hub, or private; .* HF_TOKEN", lines[2])
    assert re.search(rf"{gone[2]}: disabled by the hub", lines[3])
    assert re.search(r"fiftyone-function-calling-14k: not on the hub", lines[4])
    words = lines[5].removeprefix("go on without: ").split()
    assert len(lines) == 6 and len(words) == 8
    went_on = nobody.run("build", "hub.toml", "--out", "out", *words)
    assert went_on.returncode == 0, went_on.stderr


def test_a_revision_that_is_not_there(hub: Any, user: User) -> None:
    (user.home / "old.toml").write_text(
        f'name = "r"\n[sources]\n"{XLAM}" = {{ revision = "v0" }}\n'
    )
    built = user.run("build", "old.toml", "--out", "out")
    assert built.returncode == 1
    assert f"{XLAM}: no revision v0; see {hub.url}/datasets/{XLAM}/commits/main" in built.stderr


def test_a_hub_that_does_not_answer_or_asks_too_much(hub: Any, user: User) -> None:
    wait = {"kind": "status", "status": 429, "headers": {"Retry-After": "86400"}}
    with faults(hub, {"match": LISTING, **wait}):
        built = user.build("out")
        assert len(hub.log) == 1
    assert built.returncode == 1
    assert "does not answer (HTTP 429, asks to wait 86,400 s)" in built.stderr
    offline = user.run("build", "hub.toml", "--out", "out", "--offline")
    assert offline.returncode == 1
    assert offline.stderr.count("no build has fetched it into") == 3
    forbidden = user.run("build", "hub.toml", "--out", "out", HF_HUB_OFFLINE="1")
    assert forbidden.stderr == offline.stderr


def test_what_the_limit_does_not_hold_is_not_begun(hub: Any, user: User) -> None:
    tight = "--offline", "--out", "o", "--cache-limit", "0.00001"
    assert user.build("out", HERMES).returncode == 0
    assert user.run("build", "hub.toml", *tight).returncode == 0  # nothing is missing
    recipe(user.home, LMSYS)
    with faults(hub):
        full = user.run("build", "hub.toml", *tight[1:])
        assert not transfers(hub, FILES[LMSYS])
    assert full.returncode == 1
    assert "bytes are to be fetched and --cache-limit leaves 0 bytes: make room" in full.stderr


@pytest.mark.parametrize("token", [TOKEN, f"{TOKEN}6", f"{TOKEN}7", f"{TOKEN}\n7", f"{TOKEN}é"])
def test_the_token_is_never_told(hub: Any, tmp_path: Path, token: str) -> None:
    user = User(hub, tmp_path, token)
    cut = {"match": ELSEWHERE, "kind": "cut", "times": 1}
    with faults(hub, cut):
        built = user.run("--debug", "build", str(recipe(tmp_path)), "--out", "out")
        assert not [seen for seen in hub.log if "/_cdn/" in seen["path"] and seen["auth"]]
    assert (built.returncode == 0) == (token == TOKEN)
    if token not in (TOKEN, f"{TOKEN}6"):
        assert (
            "HubError: the hub does not accept the token; mend HF_TOKEN or unset it" in built.stderr
        )
    assert TOKEN not in built.stdout + built.stderr
    for path in user.home.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


def test_a_named_evaluation_set_that_the_hub_lacks_is_told(user: User) -> None:
    path = recipe(user.home, XLAM)
    asked = '\n[decontaminate]\nsets = ["lmarena-ai/arena-hard-auto"]\n'
    path.write_text(path.read_text() + asked)
    built = user.run("build", str(path), "--out", "out", "--workers", "1")
    assert built.returncode == 0, built.stderr
    assert "NOT checked against evaluation sets: lmarena-ai/arena-hard-auto" in built.stderr
    assert "planloom: NOT checked: " in built.stderr
