"""The worker's end of a sweep: a process that runs ensembles."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from hydra.core.utils import setup_globals
from omegaconf import DictConfig

from ibsweep.launching.composition import job_config
from ibsweep.launching.ending import end_at_once
from ibsweep.launching.job_runs import run_jobs
from ibsweep.launching.packages import Done, Package, Shared, Split, unpack
from ibsweep.launching.progress_files import ProgressWriter, Publish, write_progress
from ibsweep.launching.results import failed_return, failure_of, to_bytes
from ibsweep.launching.scratch import (
    Client,
    checkpoint_files,
    difference,
    move_jobs,
    packed,
    restore_checkpoints,
    versions,
    workplace,
)
from ibsweep.launching.task import ensemble_task
from ibsweep.learning.stopping import Stopped, allow_trainings, is_stopping, stop_trainings

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
ORPHAN_POLL_S = 1.0
_running = ""  # name of the ensemble that this process runs, or ran last


class Sight(NamedTuple):
    """What a worker says of itself.

    Attributes:
        near: Whether it sees the client's folder.
        versions: As `scratch.versions`.
    """

    near: bool
    versions: dict[str, str]


def look(client: Client) -> Sight:
    """Say, at a worker's end, what it has in common with a client."""
    return Sight(client.is_near(), versions())


def run_package(package: Package, publish: Publish | None = None) -> dict[int, Done] | Split:
    """Run the jobs of an ensemble.

    Args:
        package: The ensemble.
        publish: Told how far it has come where the parent's folder is not to be seen.

    Returns:
        What became of each job, by number; or what there is so far, if it was asked to stop.
    """
    global _running
    _running = package.name
    allow_trainings()
    if package.threads is not None:
        limit_threads(package.threads)
    shared = unpack(package.shared)
    setup_globals()
    configs = [job_config(package.bases[job.base], job) for job in package.jobs]
    if shared.is_near:
        near = ProgressWriter(partial(write_progress, shared.folder), package.name)
        return _run(run_jobs(shared, package.jobs, configs, near), len(configs))
    with workplace(shared.files) as scratch:
        try:
            _move(shared, configs, scratch)
        except ValueError as error:  # this worker came after the client had looked at all
            failed = [to_bytes(failed_return(one, failure_of(error))) for one in configs]
            return {job.num: Done(one) for job, one in zip(package.jobs, failed, strict=True)}
        restore_checkpoints(scratch, package.checkpoints)
        far = ProgressWriter(publish or (lambda name, reading: False), package.name)
        jobs = run_jobs(shared, package.jobs, configs, far)
        return _run(jobs, len(configs), scratch)


def split_package(name: str) -> None:
    """Stop the ensemble of this name, if this process runs it, so that others can take a part."""
    if _running == name:
        stop_trainings()


def _run(
    jobs: Iterable[tuple[int, Done]], count: int, scratch: Path | None = None
) -> dict[int, Done] | Split:
    """Run jobs to their end, or until they are asked to stop."""
    done: dict[int, Done] = {}
    try:
        for num, one in jobs:
            done[num] = one._replace(files=packed(scratch)) if scratch else one
            if is_stopping() and len(done) < count:
                raise Stopped
    except Stopped:
        return Split(done, checkpoint_files(scratch) if scratch else {})
    return done


def _move(shared: Shared, configs: Sequence[DictConfig], scratch: Path) -> None:
    """Let jobs read and write in a scratch folder.

    Raises:
        ValueError: If they cannot, or this worker has other versions than its client.
    """
    unlike = shared.client and difference(shared.client.versions, versions())
    if unlike:
        raise ValueError(f"workers must have the versions of the client, got {unlike}")
    task = ensemble_task(shared.task_function)
    for config in configs:
        move_jobs(config, scratch)
        if task is not None:
            task.move(config, scratch, False)


def limit_threads(threads: int) -> None:
    """Limit the threads of torch if it is loaded, and of libraries that are loaded later."""
    os.environ.update({name: str(threads) for name in THREAD_VARIABLES})
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def guard(parent: int) -> None:
    """Tie this worker's life to its parent's: leave Ctrl-C to the parent, end when it has ended.

    A thread asks for the parent's id every second. (The signal that Linux can send instead comes
    already when the *thread* that started the worker ends.)

    Args:
        parent: The parent's process id.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_at_once()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(ORPHAN_POLL_S)
        os._exit(1)

    threading.Thread(target=watch, name="orphan-watch", daemon=True).start()
