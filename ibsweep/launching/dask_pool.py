"""Ensembles in workers of Dask."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.errors import ConfigCompositionException

from ibsweep.launching.options import LauncherOptions
from ibsweep.launching.packages import Done, Package, Split
from ibsweep.launching.pool import Lost, Outcome, Pool, meet
from ibsweep.launching.progress_files import Reading, write_progress
from ibsweep.launching.scratch import Client
from ibsweep.launching.workers import look, run_package, split_package

if TYPE_CHECKING:
    import distributed


@contextmanager
def dask_pool(options: LauncherOptions, workers: int, client: Client | None) -> Iterator[Pool]:
    """Use the workers of a running Dask cluster, or start some; see `pools.open_pool`."""
    try:
        import distributed
    except ImportError as error:
        raise ConfigCompositionException(
            "hydra.launcher.backend=dask needs Dask: pip install 'ibsweep[dask]'"
        ) from error

    from ibsweep.launching.dask_worker import RESOURCE, OnePackage

    needs = {RESOURCE: 1, **options.resources}

    def call(package: Package) -> Outcome:
        try:
            return dask.submit(_on_dask, package, topic, pure=False, resources=needs).result()
        except distributed.KilledWorker as error:
            return Lost(f"the worker process was killed: {error}")

    with _dask_client(options, workers) as dask:
        topic, near = "", True
        if client is not None and options.scheduler is not None:
            near = meet(client, dask.run(look, client, on_error="return"))
            if not near:
                topic = f"ibsweep-{client.token}"
                dask.subscribe_topic(topic, partial(_on_event, client.folder))
        dask.register_plugin(OnePackage())
        most = options.cluster_workers(len(dask.nthreads()))
        yield Pool(
            most,
            call,
            near,
            present=lambda: _present(dask.scheduler_info(n_workers=-1), needs),
            split=None if near else lambda name: _split(dask, name),
        )


def _present(cluster: Mapping[str, Any], needs: Mapping[str, float]) -> int:
    """Return how many workers of a cluster can run packages that need these resources."""
    workers = cluster["workers"].values()
    return sum(
        all(worker["resources"].get(name, 0) >= number for name, number in needs.items())
        for worker in workers
    )


def _split(dask: "distributed.Client", name: str) -> None:
    """Let whichever worker runs an ensemble stop it; one that dies meanwhile needs no asking."""
    dask.run(split_package, name, on_error="ignore")


def _on_event(folder: Path, event: tuple[float, tuple[str, dict]]) -> None:
    """Write down how far an ensemble has come, as its worker says."""
    name, reading = event[1]
    write_progress(folder, name, Reading(**reading))


def _on_dask(package: Package, topic: str) -> dict[int, Done] | Split:
    """Run a package in a worker of Dask, which tells the client how far it has come."""
    import distributed

    if not topic:
        return run_package(package)
    worker = distributed.get_worker()

    def publish(name: str, reading: Reading) -> bool:
        worker.log_event(topic, (name, reading._asdict()))
        return False  # `split_package` tells

    return run_package(package, publish)


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
