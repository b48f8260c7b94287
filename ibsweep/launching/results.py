"""What jobs return, on its way home: exceptions as text, and nothing that cannot be unpickled."""

import os
import traceback
from pathlib import Path

import cloudpickle
from hydra.core.utils import JobReturn, JobRuntime, JobStatus
from hydra.errors import CompactHydraException
from omegaconf import DictConfig, OmegaConf

from ibsweep.launching.composition import PlannedJob, without_hydra


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


def unrun_return(job: PlannedJob, status: JobStatus, value: object) -> JobReturn:
    """Return the JobReturn of a job that is not run; its configurations, 10 ms, are not made.

    Args:
        job: The job.
        status: Its status, as if it had been run.
        value: What it returns.
    """
    return JobReturn(
        overrides=list(job.overrides),
        working_dir=os.getcwd(),
        task_name=JobRuntime.instance().get("name"),
        status=status,
        _return_value=value,
    )


def to_bytes(result: JobReturn) -> bytes:
    """Pickle a JobReturn; one whose value cannot be pickled becomes a failed one."""
    try:
        return cloudpickle.dumps(result)
    except Exception as error:  # whatever the value's own pickling raises
        result.status = JobStatus.FAILED
        result.return_value = JobFailed(f"the job's return value cannot be pickled: {error}")
        return cloudpickle.dumps(result)
