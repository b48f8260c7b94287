"""Where ensembles run: processes of this machine, Dask, Ray, or this very process."""

import os
import queue
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hydra.errors import ConfigCompositionException
from joblib.externals import loky

from ibsweep.launching.options import LauncherOptions
from ibsweep.launching.packages import Package
from ibsweep.launching.workers import THREAD_VARIABLES, guard, run_package


@dataclass(frozen=True)
class Lost:
    """The outcome of an ensemble whose worker died.

    Attributes:
        reason: What is known of its death.
    """

    reason: str


Outcome = dict[int, bytes] | Lost


@dataclass(frozen=True)
class Pool:
    """Workers, each running one ensemble at a time.

    Attributes:
        workers: Their number.
        call: Runs an ensemble in a free worker and waits; `workers` threads may call at once.
    """

    workers: int
    call: Callable[[Package], Outcome]


@contextmanager
def open_pool(options: LauncherOptions, *, units: int) -> Iterator[Pool]:
    """Start workers, and stop them at the end, at once if there is an exception.

    Args:
        options: What the user chose.
        units: Largest number of ensembles that there can be: more workers than that would idle.

    Yields:
        The workers.

    Raises:
        ConfigCompositionException: If the backend is not installed.
    """
    workers = min(options.most_workers, units)
    if options.backend == "sequential":
        yield Pool(1, run_package)
    elif options.backend == "dask":
        with _dask(options, workers) as pool:
            yield pool
    elif options.backend == "ray":
        with _ray(options, workers) as pool:
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


@contextmanager
def _dask(options: LauncherOptions, workers: int) -> Iterator[Pool]:
    try:
        import distributed
    except ImportError as error:
        raise ConfigCompositionException(
            "hydra.launcher.backend=dask needs Dask: pip install 'ibsweep[dask]'"
        ) from error

    def call(package: Package) -> Outcome:
        try:
            return client.submit(run_package, package, pure=False).result()
        except distributed.KilledWorker as error:
            return Lost(f"the worker process was killed: {error}")

    with _dask_client(options, workers) as client:
        threads = client.nthreads()
        if any(number != 1 for number in threads.values()):
            raise ConfigCompositionException(
                "Dask workers must have one thread each (dask worker --nthreads 1), "
                f"got {sorted(set(threads.values()))}"
            )
        yield Pool(len(threads), call)


@contextmanager
def _dask_client(options: LauncherOptions, workers: int) -> Iterator[Any]:
    import dask
    import distributed

    if options.scheduler is not None:
        with distributed.Client(options.scheduler, set_as_default=False) as client:
            yield client
        return
    # retrying is ours: a task of a worker that died comes back at once
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        client.wait_for_workers(workers)
        yield client


@contextmanager
def _ray(options: LauncherOptions, workers: int) -> Iterator[Pool]:
    try:
        import ray
    except ImportError as error:
        raise ConfigCompositionException(
            "hydra.launcher.backend=ray needs Ray: pip install ray"
        ) from error
    ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
    remote = ray.remote(max_retries=0)(run_package)

    def call(package: Package) -> Outcome:
        try:
            return ray.get(remote.remote(package))
        except ray.exceptions.WorkerCrashedError as error:
            return Lost(f"the worker process was killed: {error}")

    try:
        yield Pool(workers, call)
    finally:
        ray.shutdown()
