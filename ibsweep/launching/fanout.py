"""Fans ensembles out to workers, and saves what can be saved when one of those dies."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import joblib

from ibsweep.launching.composition import PlannedJob
from ibsweep.launching.packages import Done, Package, Split
from ibsweep.launching.pool import Lost, Outcome, Pool
from ibsweep.launching.queueing import Queue, Splitter
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
    splitter: Splitter,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Run ensembles on all workers.

    A worker that has nothing left to do gets half of an ensemble that another one still runs.

    An ensemble whose worker dies is run once more, without the jobs that were done. If it kills
    its worker again, it is halved, and so on down to single jobs, so that only those fail that
    cannot be run.

    Args:
        units: The ensembles, in the order to start them.
        pool: The workers.
        pack: Makes an ensemble ready to travel.
        on_end: Called when an ensemble has ended, from several threads.
        folder: Where workers leave the results of jobs that are done.
        splitter: Says which ensemble is worth being split, and asks its worker.
        stopped: Says whether to start no more ensembles; those left end with all jobs skipped.
    """
    queue = Queue(units, splitter)

    def run() -> None:
        for unit in queue:
            if stopped():
                ended = Ended(unit, {}, dict.fromkeys(_numbers(unit), NOT_STARTED), [])
            else:
                ended = _ended(unit, pool.call(pack(unit)), folder)
            on_end(ended)
            queue.end(unit, ended.again)

    # the threads only wait, each for its worker
    parallel = joblib.Parallel(n_jobs=pool.workers, backend="threading", batch_size=1)
    with queue.closing():
        parallel(joblib.delayed(run)() for _ in range(pool.workers))


def _settled(done: Done, folder: Path) -> bytes:
    """Return what a job returned, its files now being in the sweep's folder."""
    if done.files is not None:
        unpack_into(folder.parent, done.files)
    return done.returned


def _numbers(unit: Unit) -> list[int]:
    return [job.num for job in unit.jobs]


def _parts(rest: Unit, split: Split) -> list[Unit]:
    """Return what is to be run in place of an ensemble that stopped."""
    rest = replace(rest, name=f"{rest.name}s", checkpoints=split.checkpoints)
    if len(rest.networks) < 2:
        return [rest] if rest.networks else []
    log.info(f"{len(rest.networks)} networks that one worker trained go to two")
    return rest.halves()


def _ended(unit: Unit, outcome: Outcome, folder: Path) -> Ended:
    if not isinstance(outcome, Lost):
        done = outcome.done if isinstance(outcome, Split) else outcome
        results = {num: _settled(one, folder) for num, one in done.items()}
        again = _parts(unit.without(set(results)), outcome) if isinstance(outcome, Split) else []
        return Ended(unit, results, {}, again)
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
