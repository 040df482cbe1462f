"""Runs that are killed or interrupted go on, and pay for nothing twice."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from endpoint import KEY, PRICE, Endpoint, asks, endpoint, settings

from planloom.errors import InputError
from planloom.rewrite import rewrite


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", KEY)


RUN = """
import sys
from pathlib import Path
import msgspec
from planloom.errors import PlanloomError
from planloom.rewrite import Ask, load, rewrite
folder = Path(sys.argv[1])
asks = [Ask(f"k{n}", f"Please book a table for {n} people at Sunrise Grill.") for n in range(200)]
try:
    done = rewrite(asks, load(folder / "s.toml"), folder, float(sys.argv[2]))
except PlanloomError as error:
    sys.exit(f"planloom: {error}")
except KeyboardInterrupt:
    sys.exit(130)
print(done.line)
sys.exit(done.stopped)
"""


def started(server: Endpoint, folder: Path, usd: float = 100.0) -> "subprocess.Popen[str]":
    told = f'base_url = "{server.url}"\nmodel = "m"\nkey_env = "MODEL_KEY"\nconcurrency = 4\n'
    prices = f'[prices."m"]\ninput = {PRICE.input}\noutput = {PRICE.output}\n'
    (folder / "s.toml").write_text(told + prices)
    pipe = subprocess.PIPE
    command = [sys.executable, "-W", "error", "-c", RUN, str(folder), str(usd)]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)


def wait_for(server: Endpoint, calls: int) -> None:
    until = time.monotonic() + 30
    while server.calls < calls and time.monotonic() < until:
        time.sleep(0.005)
    assert server.calls >= calls


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_goes_on_without_paying_twice(tmp_path: Path, sign: signal.Signals) -> None:
    with endpoint(delay=0.02) as server:
        for calls in (20, 60, 110):
            run = started(server, tmp_path)
            wait_for(server, calls)
            os.kill(run.pid, sign)
            _, said = run.communicate(timeout=30)
            assert run.returncode == (130 if sign == signal.SIGINT else -sign)
            assert "Traceback" not in said
        run = started(server, tmp_path)
        out, _ = run.communicate(timeout=60)
        assert (run.returncode, out[:29]) == (0, "200 of 200 requests rewritten")
        twice = [n for n in server.prompts.values() if n > 1]
        # Only what was in flight at a kill -9 is asked again; Ctrl-C waits for it.
        assert len(twice) <= (12 if sign == signal.SIGKILL else 0)
        assert len(server.prompts) == 200
        spent = float(out.split("spent $")[1].split(" ")[0])
        assert server.usd <= spent + 1e-4


def test_a_killed_run_counts_what_was_in_flight(tmp_path: Path) -> None:
    with endpoint(delay=0.02) as server:
        run = started(server, tmp_path, 1.0)
        wait_for(server, 4)
        run.kill()
        run.communicate(timeout=30)
        for _ in range(2):
            run = started(server, tmp_path, 1.0)
            out, _ = run.communicate(timeout=30)
            assert run.returncode == 1
            assert out.endswith("of $1.00; the same command goes on with a larger --max-usd\n")
        assert server.usd <= 1.0


def test_a_torn_last_line_is_no_line(tmp_path: Path) -> None:
    with endpoint() as server:
        rewrite(asks(3), settings(server), tmp_path, 9.0)
        file = tmp_path / "calls.jsonl"
        file.write_bytes(file.read_bytes()[:-20])
        done = rewrite(asks(3), settings(server), tmp_path, 9.0)
        assert (done.calls, done.cached, done.counts) == (1, 2, {"rewritten": 3})
        assert server.usd < done.spent_usd  # the torn one counts at its most
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join([lines[0], b"{half\n", *lines[1:]]))
        with pytest.raises(InputError, match="line 2 is broken"):
            rewrite(asks(3), settings(server), tmp_path, 9.0)


def test_a_full_disk_ends_the_run_and_spoils_nothing(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with endpoint(delay=0.01) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
        try:
            with pytest.raises(OSError, match="File too large"):
                rewrite(asks(30), settings(server), tmp_path, 99.0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (tmp_path / "calls.jsonl").read_bytes().endswith(b"}\n")
        done = rewrite(asks(30), settings(server), tmp_path, 99.0)
        assert done.counts == {"rewritten": 30} and done.cached > 0
        assert server.usd <= done.spent_usd
