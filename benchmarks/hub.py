"""Builds from a hub full of faults, kills them, spoils every file, and compares with the folder.

    python ../shared/hub/make_seed_tree.py TREE --rows-scale 0.002 --text-scale 0.3
    python benchmarks/hub.py TREE [TREE ...] [--spoil]

For every tree: all datasets that the catalogue knows are built from a hub (../shared/hub/hub.py) that
answers 429, 500 and 503, refuses, cuts, stalls and spoils; then with KILLS kills (SIGKILL) in the
middle of the fetch; both must give the manifest of `build --data-root`. With --spoil, each file of the
first tree comes with a flipped byte: the build must name it.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hub_tree import User, faults, served, transfers

from planloom.datasets import catalogue
from planloom.download import size

KILLS = 5
TOKEN = "hf_reader"
FAULTS: list[dict[str, Any]] = [
    {"match": "GET /api/.*ToolScale", "kind": "status", "status": 429, "times": 2},
    {"match": "GET /api/.*ToolMind", "kind": "status", "status": 500, "times": 1},
    {"match": "GET /api/.*mobile", "kind": "refuse", "times": 2},
    {"match": "GET /datasets/.*/resolve/.*hermes", "kind": "status", "status": 429, "times": 1},
    {"match": "GET /datasets/.*/resolve/", "kind": "refuse", "times": 2},
    {"match": "GET /_cdn/.*WildChat", "kind": "status", "status": 503, "times": 2,
     "headers": {"Retry-After": "1"}},
    {"match": "GET /_cdn/.*lmsys", "kind": "corrupt", "at": 4321, "times": 1},
    {"match": "GET /_cdn/.*Dolci", "kind": "stall", "after_bytes": 30_000, "times": 1},
    {"match": "GET .*(medium|low|high)", "kind": "cut", "after_bytes": 200_000, "times": 6},
    {"match": "GET .*(graphsyn|DTA)", "kind": "corrupt", "times": 1},
]  # fmt: skip


def recipe(tree: Path, folder: Path) -> tuple[Path, list[str]]:
    """All datasets of the tree that may be read, at `main`: the tree has no commits to pin."""
    known = catalogue()
    ids = [f"{p.parent.name}/{p.name}" for p in sorted(tree.glob("*/*")) if p.is_dir()]
    read = [name for name in ids if name in known and not known[name].refused]
    names = ("function_calling", "tool_reasoning", "instruction_following", "conversation")
    lines = ['name = "hub"', "allow_non_commercial = true", "[targets]"]
    lines += [f"{name} = 1000000000" for name in names]
    lines += ["[sources]", *(f'"{name}" = {{ revision = "main" }}' for name in read)]
    path = folder / "hub.toml"
    path.write_text("\n".join(lines))
    return path, read


def passed(what: str, fine: bool, told: str) -> bool:
    print(f"  {'ok  ' if fine else 'FAIL'} {what}: {told}", flush=True)
    return fine


def disturbed(hub: Any, user: User, path: Path) -> bool:
    """Every fault once or more, in one build."""
    with faults(hub, *FAULTS):
        start = time.monotonic()
        built = user.run("build", str(path), "--out", "out")
        seconds = time.monotonic() - start
        met = Counter(seen["fault"] for seen in hub.log if seen["fault"])
        requests = len(hub.log)
    waits = built.stderr.count("; again in ")
    same = built.returncode == 0 and user.manifest("out") == user.manifest("root")
    told = f"same manifest {same}, {requests} requests, {dict(met)}, {waits} waits, {seconds:.0f} s"
    return passed("faults", same, told if same else built.stderr[-500:])


def killed(hub: Any, user: User, path: Path, total: int) -> bool:
    """Killed again and again: what lies on the disk is never asked for again."""
    cut = twice = 0
    slow = {"match": "GET .*/(resolve|_cdn)/", "kind": "slow", "bytes_per_s": total // 20}
    for number in range(1, KILLS + 1):
        there = held(user)
        with faults(hub, slow):
            process = user.start("build", str(path), "--out", "out")
            while sum(held(user).values()) < total * number / (KILLS + 1):
                time.sleep(0.05)
            process.kill()
            process.communicate()
            twice += sum(again(hub, seen, there) for seen in transfers(hub, "/"))
        parts = (user.home / "hf/hub").glob("*/blobs/*.incomplete")
        cut += any(map(size, parts))
    there = held(user)
    with faults(hub):
        finished = user.run("build", str(path), "--out", "out")
        twice += sum(again(hub, seen, there) for seen in transfers(hub, "/"))
    same = finished.returncode == 0 and user.manifest("out") == user.manifest("root")
    told = f"same manifest {same}, {cut} of {KILLS} kills left parts, {twice} bytes fetched twice"
    return passed("kill -9", same and not twice and cut > 0, told)


def held(user: User) -> dict[str, int]:
    """Bytes of each content in the cache, whole or in part, by its hash."""
    blobs = (user.home / "hf/hub").glob("*/blobs/*")
    return {blob.name.split(".")[0]: size(blob) for blob in blobs}


def again(hub: Any, seen: dict[str, Any], there: dict[str, int]) -> int:
    """Bytes that a request asks for although they were there before."""
    path = unquote(seen["path"])
    if "/_cdn/" in path:
        content = path.split("/")[2]
    else:
        name, file = re.fullmatch(r"/datasets/(.+)/resolve/\w+/(.+)", path).groups()
        content = hub.store.digest(hub.store.root / name / file)[0]
    begins = int((seen["range"] or "bytes=0-").removeprefix("bytes=").rstrip("-"))
    return max(0, there.get(content, 0) - begins)


def spoiled(hub: Any, path: Path, user: User) -> bool:
    """Each file with one flipped byte: named, with a home that has all the others."""
    manifest = json.loads(user.manifest("root"))
    files = [(source["id"], name) for source in manifest["sources"] for name in source["files"]]
    unnamed = []
    for source, name in files:
        for blob in (user.home / "hf/hub").glob(f"datasets--{source.replace('/', '--')}"):
            shutil.rmtree(blob)
        place = f"GET .*{re.escape(source)}/.*{re.escape(quote(name))}$"
        with faults(hub, {"match": place, "kind": "corrupt"}):
            built = user.run("build", str(path), "--out", "spoiled", "--only", source)
        if built.returncode != 1 or f"{source}: {name} as it came, twice" not in built.stderr:
            unnamed.append((source, name, built.stderr[-300:]))
    return passed("spoiled", not unnamed, f"{len(files)} files, not named: {unnamed}")


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("trees", type=Path, nargs="+")
    ap.add_argument(
        "--spoil", action="store_true", help="flip a byte in each file of the first tree"
    )
    args = ap.parse_args()
    fine = True
    for number, tree in enumerate(args.trees):
        hub = served(tree.resolve(), large=10_000_000)
        with tempfile.TemporaryDirectory() as folder:
            users = [User(hub, Path(folder) / name, TOKEN) for name in ("disturbed", "killed")]
            path, ids = recipe(tree, Path(folder))
            rooted = users[0].run(
                "build", str(path), "--out", "root", "--data-root", str(tree.resolve())
            )
            read = json.loads(users[0].manifest("root"))["sources"]
            total = sum(file["bytes"] for source in read for file in source["files"].values())
            print(f"{tree.name}: {len(ids)} datasets, {total / 1e6:,.0f} MB to read")
            shutil.copytree(users[0].home / "root", users[1].home / "root")
            fine &= passed("data root", rooted.returncode == 0, rooted.stderr[-300:])
            fine &= disturbed(hub, users[0], path)
            fine &= killed(hub, users[1], path, total)
            if number == 0 and args.spoil:
                fine &= spoiled(hub, path, users[0])
        hub.shutdown()
        hub.server_close()
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
