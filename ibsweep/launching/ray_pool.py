"""Ensembles in tasks of Ray."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hydra.errors import ConfigCompositionException

from ibsweep.launching.options import LauncherOptions
from ibsweep.launching.packages import Package
from ibsweep.launching.pool import Lost, Outcome, Pool, meet
from ibsweep.launching.scratch import Client
from ibsweep.launching.workers import look, run_package


@contextmanager
def ray_pool(options: LauncherOptions, workers: int, client: Client | None) -> Iterator[Pool]:
    """Use the nodes of a running Ray cluster, or start one; see `pools.open_pool`."""
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
        workers = options.cluster_workers(int(ray.cluster_resources()["CPU"]))
    remote = ray.remote(max_retries=0, **_needs(options.resources))(run_package)

    def call(package: Package) -> Outcome:
        try:
            return ray.get(remote.remote(package))
        except ray.exceptions.WorkerCrashedError as error:
            return Lost(f"the worker process was killed: {error}")

    try:
        near = True
        if client is not None and options.scheduler is not None:
            near = meet(client, {"of Ray": ray.get(ray.remote(look).remote(client))})
        yield Pool(workers, call, near)
    finally:
        ray.shutdown()


def _needs(resources: Mapping[str, float]) -> dict[str, Any]:
    """Return Ray's options for what a task needs; some resources have options of their own."""
    known = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
    needs: dict[str, Any] = {known[name]: resources[name] for name in resources if name in known}
    return needs | {"resources": {n: v for n, v in resources.items() if n not in known}}
