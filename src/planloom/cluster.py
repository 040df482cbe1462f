"""The same jobs as `work` on many machines, as Ray tasks.

Every machine needs Planloom in the same version, and sees the data and the output folder under the
same path (a shared file system).
"""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from planloom.errors import RecipeError
from planloom.work import ATTEMPTS, Done, Failed, Job, may_go_on, progress

AT_ONCE = 10_000  # tasks handed to Ray before the first must be done


class Cluster:
    """Stands where `Workers` does. `address` as Ray takes it: `auto`, HOST:PORT, ray://HOST:PORT, `local`.

    Raises:
        RecipeError: if Ray is not installed or no cluster answers.
    """

    def __init__(self, address: str) -> None:
        try:
            import ray
        except ImportError as error:
            raise RecipeError("--ray: Ray is not installed: pip install 'planloom[ray]'") from error
        self._ray = ray
        try:
            ray.init(address=None if address == "local" else address, log_to_driver=False)
        except ConnectionError as error:
            raise RecipeError(f"--ray {address}: no cluster answers ({error})") from error

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._ray.shutdown()

    def run(
        self,
        work: Callable[[Job], Done],
        jobs: Sequence[Job],
        what: str,
        weights: Sequence[float] = (),
    ) -> list[Done | Failed[Job]]:
        """The results in the order of the jobs; what is lost with a machine runs on another one."""
        task = self._ray.remote(max_retries=ATTEMPTS - 1, retry_exceptions=True)(work)
        results: dict[int, Done | Failed[Job]] = {}
        waiting: dict[Any, int] = {}
        todo = list(reversed(range(len(jobs))))
        with progress(len(jobs), what, weights) as step:
            while todo or waiting:
                while todo and len(waiting) < AT_ONCE:
                    number = todo.pop()
                    waiting[task.remote(jobs[number])] = number
                (ready,), _ = self._ray.wait(list(waiting), num_returns=1)
                number = waiting.pop(ready)
                results[number] = self._result(ready, jobs[number])
                step(number)
        return [results[number] for number in range(len(jobs))]

    def _result(self, ready: Any, job: Job) -> Any:
        try:
            return self._ray.get(ready)
        except self._ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None) or error
            return may_go_on(job, cause)
