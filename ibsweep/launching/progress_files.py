"""Progress and results of ensembles in flight, through small files that any backend can share."""

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ibsweep.learning.stopping import stop_trainings

MIN_INTERVAL_S = 0.5
_SPLIT = ".split"


class Reading(NamedTuple):
    """How far an ensemble in flight has come.

    Attributes:
        trained: Fraction of the training that is done, 0 … 1.
        done: Number of jobs that are done.
    """

    trained: float
    done: int


Publish = Callable[[str, Reading], bool]  # returns whether the ensemble is to be split


class ProgressWriter:
    """A worker's end: states how far one ensemble has come, not too often.

    Args:
        publish: Told the name of the ensemble and how far it has come; says whether the ensemble
            is to be split. If so, its training stops, see `stop_trainings`.
        name: Name of the ensemble.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, publish: Publish, name: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._publish, self._name = publish, name
        self._clock = clock
        self._reading = Reading(0.0, 0)
        self._written_at = -float("inf")
        self._write()

    def trained(self, fraction: float) -> None:
        """State the fraction of the training that is done; written twice a second at most."""
        self._reading = self._reading._replace(trained=float(fraction))
        if self._clock() - self._written_at >= MIN_INTERVAL_S:
            self._write()

    def job_done(self) -> None:
        """State that one job more is done."""
        self._reading = self._reading._replace(done=self._reading.done + 1)
        self._write()

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # a bar that stands still must not fail a training
            if self._publish(self._name, self._reading):
                stop_trainings()
        self._written_at = self._clock()


def write_progress(folder: Path, name: str, reading: Reading) -> bool:
    """Write how far an ensemble has come into a file that is always whole.

    Returns:
        Whether `ask_to_split` was called for it.
    """
    write_whole(folder / f"{name}.json", json.dumps(reading._asdict()).encode())
    return (folder / f"{name}{_SPLIT}").exists()


def ask_to_split(folder: Path, name: str) -> None:
    """Ask the worker of an ensemble to stop, so that others can take a part of it."""
    (folder / f"{name}{_SPLIT}").touch()


def read_progress(folder: Path) -> dict[str, Reading]:
    """Return how far each ensemble that has started has come, by name."""
    readings = {}
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError, ValueError):  # gone, or on a file system slow to agree
            readings[path.stem] = Reading(**json.loads(path.read_text()))
    return readings


def write_whole(path: Path, content: bytes) -> None:
    """Write a file such that a reader sees all of it or nothing."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    draft.write_bytes(content)
    os.replace(draft, path)
