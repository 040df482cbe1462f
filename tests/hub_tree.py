"""A small tree of datasets on a hub of its own, and the product as a user would start it."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import SHARED, golden

XLAM = "Salesforce/xlam-function-calling-60k"
HERMES = "NousResearch/hermes-function-calling-v1"
LMSYS = "lmsys/lmsys-chat-1m"
FILES = {
    XLAM: "xlam_function_calling_60k.json",
    HERMES: "func-calling.json",
    LMSYS: "data/train-00000-of-00001.jsonl",
}
TOKEN = "hf_abcdefghijklmnopqrstuvwxyz012345"
START = "import sys; from planloom.cli import main; sys.exit(main(sys.argv[1:]))"
LARGE = 40_000
"""Bytes from which the hub of the tests keeps a file elsewhere, with its SHA-256."""


def recipe(folder: Path, *ids: str) -> Path:
    """A recipe with these sources; the pin of a card is no commit of this hub."""
    lines = [f'"{name}" = {{ revision = "main" }}' for name in ids or FILES]
    path = folder / "hub.toml"
    path.write_text(
        'name = "hub"\n[targets]\nfunction_calling = 9000\n[sources]\n' + "\n".join(lines)
    )
    return path


def plant(root: Path) -> Path:
    """Made-up rows in the shapes of three datasets, one of them gated."""
    for name, file in FILES.items():
        path = root / name / file
        path.parent.mkdir(parents=True)
        rows = list(_rows(name))
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        text = "\n".join(lines) if path.suffix == ".jsonl" else f"[{','.join(lines)}]"
        path.write_text(text, "utf-8")
        (root / name / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    (root / LMSYS / ".hub.json").write_text('{"gated": "auto"}')
    tokens = {TOKEN: {"user": "a", "grants": ["*"]}, f"{TOKEN}6": {"user": "b", "grants": []}}
    (root / ".hub.json").write_text(json.dumps({"tokens": tokens}))
    return root


MODULES = {XLAM: "xlam", HERMES: "hermes_v1", LMSYS: "lmsys"}


def _rows(name: str) -> Iterator[dict[str, Any]]:
    for case in golden(MODULES[name]):
        if case["part"] == golden(MODULES[name])[0]["part"]:
            yield case["row"]
    if name == XLAM:  # one column, three types: text, a list, a number
        for number in range(300):
            yield _drifting(number)


def _drifting(number: int) -> dict[str, Any]:
    calls = [{"name": "find_tide", "arguments": {"port": f"port {number}", "day": number}}]
    tools = [
        {
            "name": "find_tide",
            "description": "Tides.",
            "parameters": {"port": {"type": "str"}, "day": {"type": "int"}},
        }
    ]
    kinds = (json.dumps, lambda value: value)
    write = kinds[number % 2]
    return {
        "id": number if number % 3 else str(number),
        "query": f"When is the tide high at port {number} on day {number}?",
        "answers": write(calls),
        "tools": write(tools),
    }


def served(root: Path, large: int = LARGE) -> Any:
    """The hub beside the checkout (../shared/hub), serving the tree on loopback."""
    script = SHARED / "hub" / "hub.py"
    if not script.is_file():
        pytest.skip("no hub beside the checkout (../shared/hub)")
    spec = importlib.util.spec_from_file_location("local_hub", script)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hub = module.Hub(root, lfs_threshold=large)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    return hub


class User:
    """Someone with a home of their own who builds from the hub."""

    def __init__(self, hub: Any, home: Path, token: str = "") -> None:
        self.hub = hub
        self.home = home
        home.mkdir(exist_ok=True)
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))},
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(home / "hf"),
            "HF_HUB_DOWNLOAD_TIMEOUT": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            **({"HF_TOKEN": token} if token else {}),
        }

    def start(self, *arguments: str, **env: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", START, *arguments],
            env={**self.env, **env},
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        with self.start(*arguments, **env) as process:
            out, err = process.communicate(timeout=600)
            return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def build(self, out: str, *ids: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return self.run(
            "build", str(recipe(self.home, *ids)), "--out", out, "--workers", "1", **env
        )

    def manifest(self, out: str) -> bytes:
        return (self.home / out / "manifest.json").read_bytes()


@contextmanager
def faults(hub: Any, *wanted: dict[str, Any]) -> Iterator[None]:
    """These faults for a while; the log of the hub begins anew."""
    hub.faults = [dict(fault) for fault in wanted]
    hub.log.clear()
    yield
    hub.faults = []


def transfers(hub: Any, what: str) -> list[dict[str, Any]]:
    """The requests for the content of a file, not those that only lead to it."""
    return [
        seen
        for seen in hub.log
        if what in seen["path"]
        and seen["method"] == "GET"
        and seen["status"] in (200, 206)
        and ("/_cdn/" in seen["path"] or "/resolve/" in seen["path"])
    ]
