"""What the user chose of the launcher."""

from collections.abc import Mapping
from dataclasses import dataclass

import joblib

from ibsweep import checks

BACKENDS = ("loky", "dask", "ray", "sequential")


@dataclass(frozen=True, kw_only=True)
class LauncherOptions:
    """Where jobs run, how many at once, and what follows a failure.

    Attributes:
        backend: One of BACKENDS.
        workers: Number of workers, or "auto" for the cores that this process may use.
        threads: Threads of each worker.
        max_ensemble: Largest number of networks to train together.
        scheduler: Address of a running Dask or Ray cluster; None: workers of this machine.
        resources: What a worker of such a cluster must have free for an ensemble: name to number.
        retries: How often a failed job is run again.
        fail_fast: Whether to start no more ensembles, and retry nothing, once a job has failed.
    """

    backend: str
    workers: int | str
    threads: int
    max_ensemble: int
    scheduler: str | None
    resources: Mapping[str, float]
    retries: int
    fail_fast: bool

    def check(self) -> None:
        """Check the options.

        Raises:
            ValueError: If one is wrong.
        """
        checks.choice("hydra.launcher.backend", self.backend, BACKENDS)
        checks.integer("hydra.launcher.threads", self.threads, minimum=1)
        if self.scheduler is not None and not isinstance(self.scheduler, str):
            rule = "must be an address, as tcp://host:8786, or null"
            raise ValueError(f"hydra.launcher.scheduler {rule}, got {self.scheduler!r}")
        self._check_resources()
        if self.workers != "auto":
            checks.integer("hydra.launcher.workers", self.workers, minimum=1)
        checks.integer("hydra.launcher.max_ensemble", self.max_ensemble, minimum=1)
        checks.integer("retries", self.retries, minimum=0)
        checks.truth("fail_fast", self.fail_fast)

    def _check_resources(self) -> None:
        rule = "hydra.launcher.resources must map names to numbers > 0"
        if not isinstance(self.resources, Mapping):
            raise ValueError(f"{rule}, got {self.resources!r}")
        for name, number in self.resources.items():
            checks.real(f"hydra.launcher.resources.{name}", number, above=0)
        if self.resources and self.scheduler is None:
            rule = "is for running clusters: it must be empty without hydra.launcher.scheduler"
            raise ValueError(f"hydra.launcher.resources {rule}, got {dict(self.resources)}")

    def cluster_workers(self, present: int) -> int:
        """Return how many ensembles to hand to a running cluster at once.

        Args:
            present: Number of its workers by now; with `workers` set, more may come.
        """
        return present if self.workers == "auto" else max(present, int(self.workers))

    @property
    def most_workers(self) -> int:
        """Number of workers, if there is work for all."""
        return joblib.cpu_count() if self.workers == "auto" else int(self.workers)
