"""What jobs return, on its way home: exceptions as text, and nothing that cannot be unpickled."""

import os
import pickle
import traceback
from collections.abc import Callable
from functools import cache, lru_cache, partial
from pathlib import Path

import cloudpickle
from hydra.core.utils import JobReturn, JobRuntime, JobStatus
from hydra.errors import CompactHydraException
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from ibsweep.launching.composition import Composition, PlannedJob, job_config, without_hydra


class JobFailed(CompactHydraException):
    """A job's exception as text, so that it can travel from any process.

    Args:
        reason: Type and message of the exception.
        trace: Its traceback, as text.
        deterministic: Whether the job would fail again in the same way.
    """

    def __init__(self, reason: str, trace: str = "", deterministic: bool = False) -> None:
        super().__init__(reason, trace, deterministic)
        self.reason = reason
        self.trace = trace
        self.deterministic = deterministic

    def __str__(self) -> str:
        return f"{self.reason}\n{self.trace}".rstrip()


def failure_of(error: BaseException) -> JobFailed:
    """Return an exception as text; one with a true attribute `deterministic` is not retried."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return JobFailed(
        f"{type(error).__name__}: {error}",
        "".join(lines),
        bool(getattr(error, "deterministic", False)),
    )


def result_path(folder: Path, num: int) -> Path:
    """Return where a job's pickled JobReturn is kept while its ensemble runs."""
    return folder / f"{num}.job"


def failed_return(config: DictConfig, failure: JobFailed) -> JobReturn:
    """Return the JobReturn of a job that Hydra's `run_job` did not get to the end of."""
    result = JobReturn(
        overrides=list(config.hydra.overrides.task),
        cfg=without_hydra(config),
        hydra_cfg=OmegaConf.masked_copy(config, "hydra"),
        working_dir=os.getcwd(),
        task_name=JobRuntime.instance().get("name"),
        status=JobStatus.FAILED,
    )
    result.return_value = failure
    return result


class UnrunReturn(JobReturn):
    """The JobReturn of a job that is not run: its configurations, 10 ms, are made when asked for.

    Args:
        status: Of the job, as if it had been run.
        value: What it returns.
        configs: Makes its configuration as the task sees it, and Hydra's part.
    """

    def __init__(
        self,
        status: JobStatus,
        value: object,
        configs: Callable[[], tuple[DictConfig, DictConfig]],
    ) -> None:
        self.working_dir = os.getcwd()
        self.task_name = JobRuntime.instance().get("name")
        self.status = status
        self._return_value = value
        self._configs = cache(configs)

    @property
    def cfg(self) -> DictConfig:  # type: ignore[override]
        """The configuration as the task sees it."""
        return self._configs()[0]

    @property
    def hydra_cfg(self) -> DictConfig:  # type: ignore[override]
        """Hydra's part of it."""
        return self._configs()[1]

    @property
    def overrides(self) -> list[str]:  # type: ignore[override]
        """The job's overrides."""
        return list(self.hydra_cfg.hydra.overrides.task)


class Unrun:
    """Makes the JobReturns of jobs that are not run.

    Args:
        composition: All jobs of the sweep.
    """

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._halves = lru_cache(self._pickled_halves)

    def __call__(self, job: PlannedJob, status: JobStatus, value: object) -> JobReturn:
        """Return the JobReturn of a job, as Hydra would make it."""
        return UnrunReturn(status, value, partial(self._configs, job))

    def _configs(self, job: PlannedJob) -> tuple[DictConfig, DictConfig]:
        task_half, hydra_half = self._halves(job.base)
        view: DictConfig = pickle.loads(task_half)
        config = job_config(hydra_half, job)
        with read_write(view), read_write(config), open_dict(config):
            if job.seed is not None:
                view.seed = job.seed
            config.pop("seed", None)
        return view, config

    def _pickled_halves(self, base: int) -> tuple[bytes, bytes]:
        """Return what a task sees of a configuration, and the rest (with the seed)."""
        config = self._composition.bases[base]
        kept = [key for key in ("hydra", "seed") if key in config]
        hydra = OmegaConf.masked_copy(config, kept)
        return pickle.dumps(without_hydra(config)), pickle.dumps(hydra)


def to_bytes(result: JobReturn) -> bytes:
    """Pickle a JobReturn; one whose value cannot be pickled becomes a failed one."""
    try:
        return cloudpickle.dumps(result)
    except Exception as error:  # whatever the value's own pickling raises
        result.status = JobStatus.FAILED
        result.return_value = JobFailed(f"the job's return value cannot be pickled: {error}")
        return cloudpickle.dumps(result)
