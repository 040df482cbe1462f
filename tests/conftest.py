"""What all tests share: golden cases, the packed sample, the optional folder of real rows."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from planloom.datasets import catalogue
from planloom.source import Source

GOLDEN = Path(__file__).parent / "golden"
SHARED = Path(__file__).parents[2] / "shared"


def module_of(source: Source) -> str:
    """The name of a source's file in the catalogue, and of its golden cases."""
    import sys

    for name, module in sys.modules.items():
        if name.startswith("planloom.datasets.") and getattr(module, "SOURCE", None) == source:
            return name.rsplit(".", 1)[-1]
    raise LookupError(source.id)


SOURCES = {module_of(source): source for source in catalogue().values()}


def golden(name: str) -> list[dict[str, Any]]:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write what the code gives into tests/golden"
    )


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests reach nothing outside this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"no network in tests: {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def shared() -> Path:
    """The folder of real rows beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("no folder of real rows beside the checkout (../shared)")
    return SHARED
