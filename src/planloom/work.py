"""Processes over independent jobs, with progress on stderr where someone looks at it."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from threading import Thread
from types import TracebackType
from typing import Generic, NamedTuple, TypeVar

from tqdm import tqdm

from planloom.errors import PlanloomError

SMALL = 8 << 20
"""Bytes of input below which starting processes costs more than it saves."""
ATTEMPTS = 3
LINE_SECONDS = 30  # between lines of progress where no one sees a bar
BAR = "{percentage:3.0f}%|{bar}|{postfix} [{elapsed}<{remaining}]"

Job = TypeVar("Job")
Done = TypeVar("Done")


class Failed(NamedTuple, Generic[Job]):
    """A job that was given up after ATTEMPTS, and the last error."""

    job: Job
    error: str


class Workers:
    """A pool that is started on first use; one worker, or little work, stays in this process."""

    def __init__(self, count: int, weight: float) -> None:
        self._count = 1 if weight < SMALL else count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop(at_once=error is not None)

    def run(
        self,
        work: Callable[[Job], Done],
        jobs: Sequence[Job],
        what: str,
        weights: Sequence[float] = (),
    ) -> list[Done | Failed[Job]]:
        """The results in the order of the jobs, whatever the order of arrival.

        `weights` tell how much work each job is, for the time that is left.
        A job that raises, or whose process dies, is tried again by itself; one that fails ATTEMPTS times
        is given up and the rest goes on. What a user can mend (PlanloomError, a full disk) ends all.
        """
        results: dict[int, Done | Failed[Job]] = {}
        alone = self._count == 1 or len(jobs) < 2
        with progress(len(jobs), what, weights) as step:
            tried = self._here(work, jobs) if alone else self._parallel(work, jobs)
            for number, result in tried:
                results[number] = result
                step(number)
            for number, failed in sorted(results.items()):
                if isinstance(failed, Failed):
                    results[number] = self._again(work, failed, in_process=alone)
        self._stop(at_once=False)  # what its processes hold in memory is needed by others
        return [results[number] for number in range(len(jobs))]

    def _here(
        self, work: Callable[[Job], Done], jobs: Sequence[Job]
    ) -> Iterator[tuple[int, Done | Failed[Job]]]:
        for number, job in enumerate(jobs):
            try:
                yield number, work(job)
            except Exception as error:  # noqa: BLE001 - the job is tried again, then named
                yield number, may_go_on(job, error)

    def _parallel(
        self, work: Callable[[Job], Done], jobs: Sequence[Job]
    ) -> Iterator[tuple[int, Done | Failed[Job]]]:
        """When a process dies all jobs not done fail with it: each is tried again by itself."""
        pool = self._started()
        futures: dict[Future[Done], int] = {
            pool.submit(work, job): number for number, job in enumerate(jobs)
        }
        for future in as_completed(futures):
            number = futures[future]
            try:
                yield number, future.result()
            except Exception as error:  # noqa: BLE001 - the job is tried again, then named
                yield number, may_go_on(jobs[number], error)

    def _again(
        self, work: Callable[[Job], Done], failed: Failed[Job], *, in_process: bool
    ) -> Done | Failed[Job]:
        for _ in range(ATTEMPTS - 1):
            if not in_process and self._pool is not None and self._pool._broken:
                self._stop(at_once=True)
            try:
                if in_process:
                    return work(failed.job)
                return self._started().submit(work, failed.job).result()
            except Exception as error:  # noqa: BLE001 - the job is tried again, then named
                failed = may_go_on(failed.job, error)
        return failed

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._count, context, _dependent)
        return self._pool

    def _stop(self, *, at_once: bool) -> None:
        if self._pool is None:
            return
        if at_once:
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
        self._pool.shutdown(wait=not at_once, cancel_futures=True)
        self._pool = None


def may_go_on(job: Job, error: Exception) -> Failed[Job]:
    """The job as failed; what is the user's to mend is raised instead."""
    if isinstance(error, (PlanloomError, OSError)) and not isinstance(error, BrokenProcessPool):
        raise error
    return Failed(job, f"{type(error).__name__}: {error}")


@contextmanager
def progress(all_: int, what: str, weights: Sequence[float]) -> Iterator[Callable[[int], None]]:
    """A bar in a terminal; elsewhere a line now and then, none for short work."""
    weights = weights or [1.0] * all_
    total, done, came = sum(weights), 0, 0.0
    started = said = time.monotonic()
    with tqdm(total=total, bar_format=BAR, disable=not sys.stderr.isatty(), leave=False) as bar:

        def step(number: int) -> None:
            nonlocal done, came, said
            done, came = done + 1, came + weights[number]
            bar.set_postfix_str(f"{done:,} of {all_:,} {what}", refresh=False)
            bar.update(weights[number])
            now = time.monotonic()
            if bar.disable and now - said >= LINE_SECONDS:
                said = now
                left = (now - started) * (total / came - 1) if came else 0
                print(
                    f"{what}: {done:,} of {all_:,}, about {left / 60:.0f} min left", file=sys.stderr
                )

        yield step


def _dependent() -> None:
    """Ctrl-C is the parent's to handle: it ends its workers, and finished slices stay.

    A worker whose parent was killed ends too: nobody would wait for what it makes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (parent := multiprocessing.parent_process()) is not None:
        Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
