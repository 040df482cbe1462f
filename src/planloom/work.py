"""Processes over independent jobs, with progress on stderr where someone looks at it."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from types import TracebackType
from typing import Any, TypeVar

from tqdm import tqdm

SMALL = 8 << 20
"""Bytes of input below which starting processes costs more than it saves."""

Job = TypeVar("Job")
Done = TypeVar("Done")


class Workers:
    """A pool that is started on first use; one worker, or little work, stays in this process."""

    def __init__(self, count: int, weight: int) -> None:
        self._count = 1 if weight < SMALL else count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._pool is None:
            return
        if error is not None:
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
        self._pool.shutdown(wait=error is None, cancel_futures=True)

    def run(self, work: Callable[[Job], Done], jobs: Sequence[Job], what: str) -> list[Done]:
        """The results in the order of the jobs, whatever the order of arrival."""
        with tqdm(total=len(jobs), unit=f" {what}", disable=None, leave=False) as bar:
            if self._count == 1 or len(jobs) < 2:
                done = []
                for job in jobs:
                    done.append(work(job))
                    bar.update()
                return done
            return self._parallel(work, jobs, bar)

    def _parallel(
        self, work: Callable[[Job], Done], jobs: Sequence[Job], bar: "tqdm[Any]"
    ) -> list[Done]:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._count, context, _deaf_to_interrupts)
        futures: dict[Future[Done], int] = {
            self._pool.submit(work, job): number for number, job in enumerate(jobs)
        }
        results: dict[int, Done] = {}
        for future in as_completed(futures):
            results[futures[future]] = future.result()
            bar.update()
        return [results[number] for number in range(len(jobs))]


def _deaf_to_interrupts() -> None:
    """Ctrl-C is the parent's to handle: it ends its workers, and finished slices stay."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
