"""Where ensembles run: processes of this machine, Dask, Ray, or this very process."""

import os
import queue
import re
from collections.abc import Iterator
from contextlib import contextmanager

from joblib.externals import loky

from ibsweep.launching.options import LauncherOptions
from ibsweep.launching.packages import Package
from ibsweep.launching.pool import Lost, Outcome, Pool
from ibsweep.launching.scratch import Client
from ibsweep.launching.workers import THREAD_VARIABLES, guard, run_package


@contextmanager
def open_pool(options: LauncherOptions, *, units: int, client: Client | None) -> Iterator[Pool]:
    """Start workers, and stop them at the end, at once if there is an exception.

    Args:
        options: What the user chose.
        units: Largest number of ensembles that there can be: more workers than that would idle.
        client: This process, as workers on other machines are told of it; they may come and go.

    Yields:
        The workers.

    Raises:
        ConfigCompositionException: If the backend is not installed, or a worker lacks ibsweep or
            has other versions.
    """
    workers = min(options.most_workers, units)
    if options.backend == "sequential":
        yield Pool(1, run_package, present=lambda: 1)
    elif options.backend == "dask":
        from ibsweep.launching.dask_pool import dask_pool

        with dask_pool(options, workers, client) as pool:
            yield pool
    elif options.backend == "ray":
        from ibsweep.launching.ray_pool import ray_pool

        with ray_pool(options, workers, client) as pool:
            yield pool
    else:
        with _loky(options, workers) as pool:
            yield pool


@contextmanager
def _loky(options: LauncherOptions, workers: int) -> Iterator[Pool]:
    """Give each worker its own executor, so that one's death does not take the others down."""
    executors = [_executor(options.threads) for _ in range(workers)]
    free: queue.SimpleQueue[int] = queue.SimpleQueue()
    for position in range(workers):
        free.put(position)

    def call(package: Package) -> Outcome:
        position = free.get()
        try:
            return executors[position].submit(run_package, package).result()
        except loky.process_executor.TerminatedWorkerError as error:
            executors[position].shutdown(kill_workers=True)
            executors[position] = _executor(options.threads)
            return Lost(_exit_codes(error))
        finally:
            free.put(position)

    kill = True
    try:
        yield Pool(workers, call, present=lambda: workers)
        kill = False
    finally:
        for executor in executors:
            executor.shutdown(wait=not kill, kill_workers=kill)


def _executor(threads: int) -> loky.ProcessPoolExecutor:
    return loky.ProcessPoolExecutor(
        max_workers=1,
        initializer=guard,
        initargs=(os.getpid(),),
        env={name: str(threads) for name in THREAD_VARIABLES},
    )


def _exit_codes(error: Exception) -> str:
    codes = re.search(r"\{(.*)\}", str(error))
    return f"the worker process was killed: {codes[1] if codes else error}"
