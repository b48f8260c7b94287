"""What a task function offers so that many of its jobs can run as one ensemble."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hydra.core.utils import JobReturn
from omegaconf import DictConfig

Progress = Callable[[float], None]
Run = Callable[[int], object]


@dataclass(frozen=True)
class BatchTask:
    """The fast path of a task function: set it as the function's attribute `batch`.

    `check`, `group` and `network` get a job's configuration without `hydra`; it is valid during
    the call only.

    Attributes:
        check: Raises ValueError with one clear line if the job cannot run; called for every job
            before any runs.
        group: Jobs of equal group may train in one ensemble.
        network: Jobs of equal network (in a group) share one trained network; they differ in what
            is measured.
        start: `start(configs, progress)` returns `run`; `run(i)` runs job i and raises if that job
            failed. The first call trains them all, and calls `progress` with the fraction that is
            trained.
        prepare: Called once in the parent with the first job's full configuration, after all
            checks and before any worker starts.
        finish: Called once in the parent with the first job's full configuration and what all jobs
            returned, failed ones included, whatever the launcher.
    """

    check: Callable[[DictConfig], None]
    group: Callable[[DictConfig], str]
    network: Callable[[DictConfig], str]
    start: Callable[[Sequence[DictConfig], Progress], Run]
    prepare: Callable[[DictConfig], None]
    finish: Callable[[DictConfig, Sequence[JobReturn]], None]


def batch_of(task_function: object) -> BatchTask | None:
    """Return the fast path of a task function, or None if it has none."""
    batch = getattr(task_function, "batch", None)
    return batch if isinstance(batch, BatchTask) else None
