"""Where ensembles run: processes of this machine, Dask, Ray, or this very process."""

import os
import queue
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hydra.errors import ConfigCompositionException
from joblib.externals import loky

from ibsweep.launching.options import LauncherOptions
from ibsweep.launching.packages import Done, Package
from ibsweep.launching.progress_files import Reading, write_progress
from ibsweep.launching.scratch import Client, difference
from ibsweep.launching.workers import THREAD_VARIABLES, Sight, guard, look, run_package


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
        with _dask(options, workers, client) as pool:
            yield pool
    elif options.backend == "ray":
        with _ray(options, workers, client) as pool:
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
def _dask(options: LauncherOptions, workers: int, client: Client | None) -> Iterator[Pool]:
    try:
        import distributed
    except ImportError as error:
        raise ConfigCompositionException(
            "hydra.launcher.backend=dask needs Dask: pip install 'ibsweep[dask]'"
        ) from error

    def call(package: Package) -> Outcome:
        try:
            return dask.submit(_on_dask, package, topic, pure=False).result()
        except distributed.KilledWorker as error:
            return Lost(f"the worker process was killed: {error}")

    with _dask_client(options, workers) as dask:
        threads = dask.nthreads()
        if any(number != 1 for number in threads.values()):
            raise ConfigCompositionException(
                "Dask workers must have one thread each (dask worker --nthreads 1), "
                f"got {sorted(set(threads.values()))}"
            )
        topic, near = "", True
        if client is not None and options.scheduler is not None:
            near = _meet(client, dask.run(look, client, on_error="return"))
            if not near:
                topic = f"ibsweep-{client.token}"
                dask.subscribe_topic(topic, partial(_on_event, client.folder))
        yield Pool(len(threads), call, near)


def _on_event(folder: Path, event: tuple[float, tuple[str, dict]]) -> None:
    """Write down how far an ensemble has come, as its worker says."""
    name, reading = event[1]
    write_progress(folder, name, Reading(**reading))


def _on_dask(package: Package, topic: str) -> dict[int, Done]:
    """Run a package in a worker of Dask, which tells the client how far it has come."""
    import distributed

    if not topic:
        return run_package(package)
    worker = distributed.get_worker()

    def publish(name: str, reading: Reading) -> None:
        worker.log_event(topic, (name, reading._asdict()))

    return run_package(package, publish)


def _meet(client: Client, sights: Mapping[str, Sight | Exception]) -> bool:
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


@contextmanager
def _dask_client(options: LauncherOptions, workers: int) -> Iterator[Any]:
    import dask
    import distributed

    if options.scheduler is not None:
        try:
            connected = distributed.Client(options.scheduler, set_as_default=False)
        except (OSError, ValueError) as error:
            rule = "must be the address of a Dask scheduler that answers"
            raise ConfigCompositionException(
                f"hydra.launcher.scheduler {rule}, got {options.scheduler!r} ({error})"
            ) from error
        with connected as client:
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
def _ray(options: LauncherOptions, workers: int, client: Client | None) -> Iterator[Pool]:
    try:
        import ray
    except ImportError as error:
        raise ConfigCompositionException(
            "hydra.launcher.backend=ray needs Ray: pip install 'ibsweep[ray]'"
        ) from error
    if options.scheduler is None:
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
    else:
        ray.init(address=options.scheduler, log_to_driver=False)
        workers = int(ray.cluster_resources()["CPU"])
    remote = ray.remote(max_retries=0)(run_package)

    def call(package: Package) -> Outcome:
        try:
            return ray.get(remote.remote(package))
        except ray.exceptions.WorkerCrashedError as error:
            return Lost(f"the worker process was killed: {error}")

    try:
        near = True
        if client is not None and options.scheduler is not None:
            near = _meet(client, {"of Ray": ray.get(ray.remote(look).remote(client))})
        yield Pool(workers, call, near)
    finally:
        ray.shutdown()
