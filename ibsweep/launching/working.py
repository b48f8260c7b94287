"""Runs one package of a plan, on any machine that sees the plan's folder."""

import logging
import pickle
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from hydra import version
from hydra._internal.callbacks import Callbacks
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.utils import JobRuntime, JobStatus, setup_globals
from hydra.types import HydraContext
from omegaconf import DictConfig, read_write

from ibsweep.launching.composition import job_config
from ibsweep.launching.failures import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_TERMINATED
from ibsweep.launching.job_runs import run_jobs
from ibsweep.launching.packages import Shared
from ibsweep.launching.plans import STORES, Plan, PlanError, data_files
from ibsweep.launching.progress_files import ProgressWriter, Reading
from ibsweep.launching.scratch import OUTPUTS, Client, difference, versions, workplace
from ibsweep.launching.task import EnsembleTask
from ibsweep.launching.task_records import DONE, FAILED, STOPPED, Recorder, TaskRecord, read_record
from ibsweep.launching.workers import limit_threads
from ibsweep.learning.stopping import Stopped, is_stopping, stop_trainings
from ibsweep.tracking.copies import restore_copy, save_copy

log = logging.getLogger(__name__)

EXIT_RUN_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: ended with a checkpoint, to be run again
SAVE_EVERY_S = 300.0
_STATUS: dict[int, int] = {  # exit status after a signal
    signal.SIGUSR1: EXIT_RUN_AGAIN,
    signal.SIGTERM: EXIT_TERMINATED,
    signal.SIGINT: EXIT_INTERRUPTED,
}


def work(task: EnsembleTask, path: Path, number: int) -> int:
    """Run a package of a plan: what of it is not stored yet.

    At SIGUSR1, SIGTERM or Ctrl-C it writes a checkpoint and ends. Run again, there or on another
    machine, it goes on from that.

    Args:
        task: What the jobs of the plan are.
        path: The plan, or its folder.
        number: Number of the package.

    Returns:
        The exit status: 0; 1 if a job failed; after a signal 75 (SIGUSR1), 143 or 130 (Ctrl-C).

    Raises:
        PlanError: If the plan cannot be used here, or another worker runs the package.
    """
    plan = Plan.read(path)
    folder = (path if path.is_dir() else path.parent).absolute()
    _check(plan, folder, number)
    package = plan.packages[number]
    limit_threads(plan.threads)
    with _signals() as received, Recorder(folder, number, len(package.jobs)) as recorder:
        try:
            fine = _run(task, plan, folder, number, recorder)
        except Stopped as stop:
            log.info("%s: run the package again to go on", stop)
            recorder.state = STOPPED
            return _STATUS[received[0]]
        recorder.state = DONE if fine else FAILED
    return 0 if fine else EXIT_FAILED


def _check(plan: Plan, folder: Path, number: int) -> None:
    """Check that a package can be run here.

    Raises:
        PlanError: If it cannot.
    """
    if number not in range(len(plan.packages)):
        rule = f"--task must be an integer from 0 to {len(plan.packages) - 1}"
        raise PlanError(f"{rule}, got {number}")
    if unlike := difference(plan.versions, versions()):
        raise PlanError(f"workers must have the versions of who submitted, got {unlike}")
    record, here = read_record(folder, number), TaskRecord.new(0)
    if record and record.is_alive() and (record.job != here.job or not here.job):
        rule = f"--task must name a package that nobody runs; {number} runs on {record.host}"
        raise PlanError(f"{rule}, process {record.process}")


def _run(task: EnsembleTask, plan: Plan, folder: Path, number: int, recorder: Recorder) -> bool:
    """Run the jobs of a package that are not stored, and say whether all did their work."""
    setup_globals()
    version.setbase("1.3")
    jobs = plan.packages[number].jobs
    configs = [job_config(pickle.dumps(plan.bases[job.base]), job) for job in jobs]
    JobRuntime.instance().set("name", str(configs[0].hydra.job.name))
    with workplace(data_files(folder)) as scratch:
        copy = _Copy(scratch / OUTPUTS, folder / STORES / str(number))
        for config in configs:
            with read_write(config.hydra):
                config.hydra.sweep.dir = str(folder)
            task.move(config, scratch, plan.store is None)
        try:
            task.prepare(configs[0])

            def publish(name: str, reading: Reading) -> bool:
                recorder.progress(reading)
                copy.save_now_and_then()
                return False

            shared = _shared(task, configs[0], scratch)
            for _, done in run_jobs(shared, jobs, configs, ProgressWriter(publish, str(number))):
                if pickle.loads(done.returned).status == JobStatus.FAILED:
                    recorder.job_failed()
                if is_stopping() and recorder.record.done < len(jobs):
                    raise Stopped(f"stopped after {recorder.record.done} of {len(jobs)} jobs")
        finally:
            copy.save()
    return recorder.record.failed == 0


class _Copy:
    """The copy of what jobs wrote, on a file system that other machines see."""

    def __init__(self, source: Path, target: Path) -> None:
        restore_copy(target, source)
        self._source, self._target = source, target
        self._saved_at = time.monotonic()

    def save_now_and_then(self) -> None:
        if time.monotonic() - self._saved_at >= SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        if self._source.is_dir():
            save_copy(self._source, self._target)
        self._saved_at = time.monotonic()


def _shared(task: EnsembleTask, config: DictConfig, scratch: Path) -> Shared:
    loader = ConfigLoaderImpl(create_config_search_path(None))
    context = HydraContext(config_loader=loader, callbacks=Callbacks(config))
    client = Client.of(scratch)  # so that jobs ask the store before they train
    return Shared(task, context, scratch, cwd=Path.cwd(), quiet=False, client=client)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Let signals stop trainings, and yield the list of those that came; a second Ctrl-C ends."""
    received: list[int] = []

    def stop(signal_number: int, frame: FrameType | None) -> None:
        if signal_number == signal.SIGINT in received:
            raise KeyboardInterrupt
        received.append(signal_number)
        stop_trainings()

    before = {one: signal.signal(one, stop) for one in _STATUS}
    try:
        yield received
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
