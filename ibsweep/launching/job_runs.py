"""The jobs of an ensemble, one after the other, each by Hydra's own `run_job`."""

import logging
import sys
from collections.abc import Callable, Iterator, Sequence

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus, run_job
from hydra.types import TaskFunction
from omegaconf import DictConfig

from ibsweep.launching.composition import PlannedJob, without_hydra
from ibsweep.launching.packages import Done, Shared
from ibsweep.launching.progress_files import ProgressWriter, write_whole
from ibsweep.launching.results import failed_return, failure_of, result_path, to_bytes
from ibsweep.launching.task import EnsembleTask, Run, ensemble_task

log = logging.getLogger(__name__)


def run_jobs(
    shared: Shared,
    jobs: Sequence[PlannedJob],
    configs: Sequence[DictConfig],
    progress: ProgressWriter,
) -> Iterator[tuple[int, Done]]:
    """Run jobs one after the other.

    Args:
        shared: What all ensembles of the sweep have in common.
        jobs: The jobs of an ensemble.
        configs: The full configuration of each.
        progress: Told how far they have come.

    Yields:
        The number of each job once it is done, and what became of it.
    """
    tasks = _tasks(shared, configs, progress)
    for job, config, task in zip(jobs, configs, tasks, strict=True):
        try:
            result = to_bytes(_run(shared, config, task))
            if shared.is_near:
                write_whole(result_path(shared.folder, job.num), result)
            progress.job_done()
        finally:
            _close_job_log()
        yield job.num, Done(result)


class _Ensemble:
    """The jobs of an ensemble: the first trains them all, and has the training in its log."""

    def __init__(
        self,
        task: EnsembleTask,
        configs: Sequence[DictConfig],
        progress: ProgressWriter,
        *,
        ask: bool,
    ) -> None:
        self._task = task
        self._configs = configs
        self._progress = progress
        self._ask = ask  # the store, since an engine may run a package again that it has lost
        self._run: Run | None = None
        self._failure: Exception | None = None
        self._log_file = ""

    def run(self, index: int) -> object:
        if index > 0:
            log.info(f"Trained in an ensemble of {len(self._configs)} jobs: see {self._log_file}")
        if self._failure is not None:
            raise RuntimeError(f"the ensemble could not start: {self._failure}") from self._failure
        if self._run is None:
            self._run = self._start()
        return self._run(index)

    def _start(self) -> Run:
        self._log_file = _log_file() or HydraConfig.get().runtime.output_dir
        try:
            stored = self._stored() if self._ask else {}
            left = [index for index in range(len(self._configs)) if index not in stored]
            run = self._task.start([self._configs[k] for k in left], self._progress.trained)
        except Exception as error:
            self._failure = error
            raise
        return lambda index: stored[index] if index in stored else run(left.index(index))

    def _stored(self) -> dict[int, object]:
        """Return what jobs return that the store holds by now, by position."""
        identities = [self._task.identify(config, [None])[0] for config in self._configs]
        known = self._task.peek(self._configs[0], identities)
        return {k: one.returned for k, one in enumerate(known) if one.returned is not None}


def _tasks(
    shared: Shared, configs: Sequence[DictConfig], progress: ProgressWriter
) -> list[TaskFunction]:
    """Return what each job runs."""
    task = ensemble_task(shared.task_function)
    if task is None:
        return [_wrapped(shared, shared.task_function) for _ in configs]
    plain = [without_hydra(config) for config in configs]
    ensemble = _Ensemble(task, plain, progress, ask=shared.client is not None)

    def member(index: int) -> TaskFunction:
        return _wrapped(shared, lambda _: ensemble.run(index))

    return [member(index) for index in range(len(configs))]


def _wrapped(shared: Shared, task: TaskFunction) -> TaskFunction:
    def run(config: DictConfig) -> object:
        if shared.quiet:
            _silence_console()
        try:
            return task(config)
        except SystemExit as error:  # else it would end the worker
            raise RuntimeError(f"the job called sys.exit({error.code!r})") from error

    return run


def _run(shared: Shared, config: DictConfig, task: TaskFunction) -> JobReturn:
    try:
        result = run_job(
            hydra_context=shared.context,
            task_function=task,
            config=config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
    except Exception as error:  # e.g. its folder cannot be made: costs this job alone
        return failed_return(config, failure_of(error))
    if result.status == JobStatus.FAILED:
        result.return_value = failure_of(result._return_value)
    return result


def _handlers(kind: Callable[[logging.Handler], bool]) -> list[logging.Handler]:
    return [handler for handler in logging.getLogger().handlers if kind(handler)]


def _silence_console() -> None:
    for handler in _handlers(
        lambda handler: getattr(handler, "stream", None) in (sys.stdout, sys.stderr)
    ):
        logging.getLogger().removeHandler(handler)


def _log_file() -> str | None:
    """Return the path of the file that the root logger writes to, if any."""
    files = _handlers(lambda handler: isinstance(handler, logging.FileHandler))
    return next((handler.baseFilename for handler in files), None)  # type: ignore[attr-defined]


def _close_job_log() -> None:
    """Close the last job's log: what comes next is not its."""
    for handler in _handlers(lambda handler: isinstance(handler, logging.FileHandler)):
        logging.getLogger().removeHandler(handler)
        handler.close()
