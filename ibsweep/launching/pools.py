"""Where ensembles run: processes of this machine, Dask, Ray, or this very process."""

import os
import queue
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from hydra.errors import ConfigCompositionException
from joblib.externals import loky

from ibsweep.launching.options import LauncherOptions
from ibsweep.launching.packages import Done, Package
from ibsweep.launching.scratch import Client, difference
from ibsweep.launching.workers import THREAD_VARIABLES, Sight, guard, run_package


@dataclass(frozen=True)
class Lost:
    """The outcome of an ensemble whose worker died.

    Attributes:
        reason: What is known of its death.
    """

    reason: str


Outcome = dict[int, Done] | Lost


@dataclass(frozen=True)
class Pool:
    """Workers, each running one ensemble at a time.

    Attributes:
        workers: Their number.
        call: Runs an ensemble in a free worker and waits; `workers` threads may call at once.
        near: Whether all workers see the client's folder.
    """

    workers: int
    call: Callable[[Package], Outcome]
    near: bool = True


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
        yield Pool(1, run_package)
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
        yield Pool(workers, call)
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


def meet(client: Client, sights: Mapping[str, Sight | Exception]) -> bool:
    """Check what workers said of themselves, and say whether all see the client's folder.

    Raises:
        ConfigCompositionException: If one cannot run packages.
    """
    if not sights:
        raise ConfigCompositionException("hydra.launcher.scheduler must have workers, got none")
    for name, sight in sights.items():
        if isinstance(sight, Exception):
            raise ConfigCompositionException(f"worker {name} cannot import ibsweep: {sight}")
        if unlike := difference(client.versions, sight.versions):
            raise ConfigCompositionException(
                f"workers must have the versions of the client, got {unlike} on {name}"
            )
    return all(sight.near for sight in sights.values() if not isinstance(sight, Exception))
