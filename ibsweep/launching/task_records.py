"""What became of the packages of a plan: a small file for each, written by who runs it."""

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from ibsweep.launching.progress_files import Reading, write_whole

FOLDER = "tasks"
BEAT_S = 10.0  # between two signs of life
SILENT_S = 120.0  # a worker without a sign of life for so long counts as dead
ENDED = DONE, FAILED = "done", "failed"
RUNNING, STOPPED = "running", "stopped"


class TaskRecord(NamedTuple):
    """What is known of a package.

    Attributes:
        state: "running", "stopped" (with a checkpoint, to be run again), "done" or "failed" (done,
            but some of its jobs failed).
        host: Where it runs or ran.
        process: Number of the process there.
        job: Number of the scheduler's job, empty if there is none.
        jobs: Number of its jobs.
        trained: Fraction of its training that is done.
        done: Jobs that are done, failed ones included.
        failed: Jobs that failed.
        started: When this try began, Unix time in seconds.
        updated: Last sign of life, Unix time in seconds.
    """

    state: str
    host: str
    process: int
    job: str
    jobs: int
    trained: float
    done: int
    failed: int
    started: float
    updated: float

    @classmethod
    def new(cls, jobs: int) -> "TaskRecord":
        """Describe this process, which begins to run a package."""
        now, job = time.time(), os.environ.get("SLURM_JOB_ID", "")
        here = socket.gethostname(), os.getpid(), job
        return cls(RUNNING, *here, jobs, 0.0, 0, 0, now, now)

    def is_alive(self) -> bool:
        """Say whether its worker runs and gave a sign of life not long ago."""
        return self.state == RUNNING and time.time() - self.updated < SILENT_S


class Recorder:
    """Keeps the record of a package up to date while it runs, with signs of life.

    Args:
        folder: Folder of the plan.
        number: Number of the package.
        jobs: Number of its jobs.

    Attributes:
        record: What is known by now.
        state: What to write down at the end: "failed" unless it is set.
    """

    def __init__(self, folder: Path, number: int, jobs: int) -> None:
        self._path = _path(folder, number)
        self._path.parent.mkdir(exist_ok=True)
        self.record = TaskRecord.new(jobs)
        self.state = FAILED
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._update()
        threading.Thread(target=self._beat, name="signs-of-life", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._update(state=self.state)

    def progress(self, reading: Reading) -> None:
        """Write down how far the package has come."""
        self._update(trained=reading.trained, done=reading.done)

    def job_failed(self) -> None:
        """Count a job that failed."""
        self._update(failed=self.record.failed + 1)

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            self._update()

    def _update(self, **values: Any) -> None:  # noqa: ANN401
        with self._lock:
            self.record = self.record._replace(**values, updated=time.time())
            write_whole(self._path, json.dumps(self.record._asdict(), indent=1).encode())


def read_record(folder: Path, number: int) -> TaskRecord | None:
    """Return what is known of a package, None if nobody has begun it."""
    with contextlib.suppress(FileNotFoundError):
        return TaskRecord(**json.loads(_path(folder, number).read_text()))
    return None


def read_records(folder: Path, count: int) -> Iterator[TaskRecord | None]:
    """Yield what is known of each package of a plan.

    Args:
        folder: Folder of the plan.
        count: Number of its packages.

    Yields:
        The record of each, None for one that nobody has begun.
    """
    yield from (read_record(folder, number) for number in range(count))


def _path(folder: Path, number: int) -> Path:
    return folder / FOLDER / f"{number}.json"
