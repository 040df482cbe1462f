"""Jobs that raise, processes that die: named after three attempts, the rest goes on."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from planloom.errors import InputError
from planloom.work import SMALL, Failed, Workers


def double(job: tuple[int, str, str]) -> int:
    number, trouble, folder = job
    times = len(list(Path(folder).glob(f"{number}-*")))
    (Path(folder) / f"{number}-{times}").touch()
    if trouble == "raises" or (trouble == "once" and times == 0):
        raise ValueError(f"job {number} is odd")
    if trouble == "dies" or (trouble == "dies once" and times == 0):
        os.kill(os.getpid(), signal.SIGKILL)
    if trouble == "mendable":
        raise InputError("the file is cut off")
    return 2 * number


def jobs(folder: Path, **trouble: str) -> list[tuple[int, str, str]]:
    return [(n, trouble.get(f"j{n}", ""), str(folder)) for n in range(8)]


@pytest.mark.parametrize("weight", [0, 2 * SMALL])
def test_a_job_that_raises_is_given_up_after_three_attempts(tmp_path: Path, weight: int) -> None:
    with Workers(2, weight) as workers:
        done = workers.run(double, jobs(tmp_path, j3="raises", j5="once"), "jobs")
    assert [one for one in done if not isinstance(one, Failed)] == [0, 2, 4, 8, 10, 12, 14]
    (failed,) = [one for one in done if isinstance(one, Failed)]
    assert (failed.job[0], failed.error) == (3, "ValueError: job 3 is odd")
    assert len(list(tmp_path.glob("3-*"))) == 3
    assert len(list(tmp_path.glob("5-*"))) == 2


def test_a_process_that_dies_costs_its_own_job_alone(tmp_path: Path) -> None:
    with Workers(2, 2 * SMALL) as workers:
        done = workers.run(double, jobs(tmp_path, j2="dies once", j6="dies"), "jobs")
    assert [one for one in done if not isinstance(one, Failed)] == [0, 2, 4, 6, 8, 10, 14]
    (failed,) = [one for one in done if isinstance(one, Failed)]
    assert failed.job[0] == 6


@pytest.mark.parametrize("weight", [0, 2 * SMALL])
def test_what_a_user_can_mend_ends_all(tmp_path: Path, weight: int) -> None:
    with pytest.raises(InputError, match="cut off"), Workers(2, weight) as workers:
        workers.run(double, jobs(tmp_path, j1="mendable"), "jobs")


def test_the_same_jobs_on_a_cluster_that_loses_a_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'planloom[ray]'")
    from ray.cluster_utils import Cluster as Local

    from planloom.cluster import Cluster

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    local = Local(initialize_head=True, head_node_args={"num_cpus": 1})
    second = local.add_node(num_cpus=1)
    try:
        with Cluster(local.address) as cluster:
            assert len(ray.nodes()) == 2
            killer = threading.Timer(1.5, local.remove_node, [second])
            killer.start()
            done = cluster.run(slow, [(n, str(tmp_path)) for n in range(12)], "jobs")
            killer.join()
            failed = cluster.run(double, jobs(tmp_path, j3="raises"), "jobs")[3]
    finally:
        local.shutdown()
    assert done == [2 * n for n in range(12)]
    assert isinstance(failed, Failed)
    assert "job 3 is odd" in failed.error


def slow(job: tuple[int, str]) -> int:
    time.sleep(0.5)
    return double((job[0] + 100, "", job[1])) - 200
