"""Ensembles in tasks of Ray."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.errors import ConfigCompositionException

from ibsweep.launching.options import LauncherOptions
from ibsweep.launching.packages import Done, Package, Split
from ibsweep.launching.pool import Lost, Outcome, Pool, meet
from ibsweep.launching.progress_files import Reading, write_progress
from ibsweep.launching.scratch import Client
from ibsweep.launching.workers import look, run_package

if TYPE_CHECKING:
    from ray.actor import ActorHandle

POLL_S = 1.0


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
    lost = (
        ray.exceptions.WorkerCrashedError,
        ray.exceptions.NodeDiedError,
        ray.exceptions.OutOfMemoryError,
        ray.exceptions.ObjectLostError,  # the node died before it sent what a package returned
    )
    try:
        near = True
        if client is not None and options.scheduler is not None:
            near = meet(client, {"of Ray": ray.get(ray.remote(look).remote(client))})
        remote = ray.remote(max_retries=0, **_needs(options.resources))(_on_ray)
        board = None if near else _board()

        def call(package: Package) -> Outcome:
            try:
                return ray.get(remote.remote(package, board))
            except lost as error:
                reason = str(error).splitlines()[0]
                return Lost(f"the worker process or its node was killed: {reason}")

        def present() -> int:
            return int(ray.cluster_resources().get("CPU", 0))

        if board is None or client is None:
            yield Pool(workers, call, near, present=present)
        else:
            with _following(board, client.folder):
                yield Pool(workers, call, near, present=present, split=board.ask_to_split.remote)
    finally:
        ray.shutdown()


class _Board:
    """An actor that takes messages from workers to the client, and back."""

    def __init__(self) -> None:
        self._readings: dict[str, Reading] = {}
        self._to_split: set[str] = set()

    def publish(self, name: str, reading: Reading) -> bool:
        """Take note of how far an ensemble has come, and say whether it is to be split."""
        self._readings[name] = reading
        return name in self._to_split

    def ask_to_split(self, name: str) -> None:
        """Ask for an ensemble to be split."""
        self._to_split.add(name)

    def take(self) -> dict[str, Reading]:
        """Return what was published since the last call."""
        readings, self._readings = self._readings, {}
        return readings


def _board() -> "ActorHandle":
    """Start an actor on this process's node: another one might be killed."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0, scheduling_strategy=here)(_Board).remote()


def _on_ray(package: Package, board: "ActorHandle | None") -> dict[int, Done] | Split:
    """Run a package in a task of Ray, which tells the client how far it has come."""
    if board is None:
        return run_package(package)
    import ray

    def publish(name: str, reading: Reading) -> bool:
        return bool(ray.get(board.publish.remote(name, reading)))

    return run_package(package, publish)


@contextmanager
def _following(board: "ActorHandle", folder: Path) -> Iterator[None]:
    """Write down how far ensembles have come, as the actor hears it."""
    import ray

    ended = threading.Event()

    def follow() -> None:
        while not ended.wait(POLL_S):
            for name, reading in ray.get(board.take.remote()).items():
                write_progress(folder, name, reading)

    thread = threading.Thread(target=follow, name="ray-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _needs(resources: Mapping[str, float]) -> dict[str, Any]:
    """Return Ray's options for what a task needs; some resources have options of their own."""
    known = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
    needs: dict[str, Any] = {known[name]: resources[name] for name in resources if name in known}
    return needs | {"resources": {n: v for n, v in resources.items() if n not in known}}
