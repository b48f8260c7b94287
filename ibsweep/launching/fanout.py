"""Fans ensembles out to workers, and saves what can be saved when one of those dies."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import joblib

from ibsweep.launching.composition import PlannedJob
from ibsweep.launching.packages import Done, Package
from ibsweep.launching.pool import Lost, Outcome, Pool
from ibsweep.launching.results import result_path
from ibsweep.launching.scratch import unpack_into
from ibsweep.launching.units import Unit

log = logging.getLogger(__name__)

NOT_STARTED = "not started, since another job failed (fail_fast=true)"


@dataclass(frozen=True)
class Ended:
    """An ensemble that has ended.

    Attributes:
        unit: The ensemble.
        results: Pickled JobReturn of each job that is settled, by number.
        killed: Why a job could not be run, by number: its workers died.
        again: What is to be run in its place.
    """

    unit: Unit
    results: dict[int, bytes]
    killed: dict[int, str]
    again: list[Unit]

    @property
    def settled(self) -> list[PlannedJob]:
        """Its jobs that are not run again."""
        settled = self.results.keys() | self.killed.keys()
        return [job for job in self.unit.jobs if job.num in settled]


def fan_out(
    units: Sequence[Unit],
    pool: Pool,
    pack: Callable[[Unit], Package],
    on_end: Callable[[Ended], None],
    *,
    folder: Path,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Run ensembles on all workers.

    An ensemble whose worker dies is run once more, without the jobs that were done. If it kills
    its worker again, it is halved, and so on down to single jobs, so that only those fail that
    cannot be run.

    Args:
        units: The ensembles, in the order to start them.
        pool: The workers.
        pack: Makes an ensemble ready to travel.
        on_end: Called when an ensemble has ended, from several threads.
        folder: Where workers leave the results of jobs that are done.
        stopped: Says whether to start no more ensembles; those left end with all jobs skipped.
    """

    def run(unit: Unit) -> None:
        waiting = [unit]
        while waiting:
            if stopped():
                ended = Ended(waiting[0], {}, dict.fromkeys(_numbers(waiting[0]), NOT_STARTED), [])
            else:
                ended = _ended(waiting[0], pool.call(pack(waiting[0])), folder)
            on_end(ended)
            waiting = [*ended.again, *waiting[1:]]

    # the threads only wait, each for its worker
    parallel = joblib.Parallel(n_jobs=pool.workers, backend="threading", batch_size=1)
    parallel(joblib.delayed(run)(unit) for unit in units)


def _settled(done: Done, folder: Path) -> bytes:
    """Return what a job returned, its files now being in the sweep's folder."""
    if done.files is not None:
        unpack_into(folder.parent, done.files)
    return done.returned


def _numbers(unit: Unit) -> list[int]:
    return [job.num for job in unit.jobs]


def _ended(unit: Unit, outcome: Outcome, folder: Path) -> Ended:
    if not isinstance(outcome, Lost):
        return Ended(unit, {num: _settled(done, folder) for num, done in outcome.items()}, {}, [])
    paths = {job.num: result_path(folder, job.num) for job in unit.jobs}
    results = {num: path.read_bytes() for num, path in paths.items() if path.exists()}
    rest = replace(unit.without(set(results)), losses=unit.losses + 1)
    if not rest.jobs:
        return Ended(unit, results, {}, [])
    if rest.losses == 1:
        again = [replace(rest, name=f"{unit.name}r")]
    elif len(rest.jobs) == 1:
        return Ended(unit, results, {rest.jobs[0].num: outcome.reason}, [])
    else:
        again = rest.halves()
    log.warning(f"{outcome.reason}; running the {len(rest.jobs)} jobs that were not done again")
    return Ended(unit, results, {}, again)
