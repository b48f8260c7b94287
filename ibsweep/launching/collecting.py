"""The parent's end of a sweep: what jobs returned, and what is shown of it."""

import pickle
from collections.abc import Collection, Sequence

from hydra.core.utils import JobReturn, JobStatus

from ibsweep.launching.composition import Composition, PlannedJob
from ibsweep.launching.display import Display
from ibsweep.launching.fanout import Ended
from ibsweep.launching.progress import Board, label
from ibsweep.launching.results import JobFailed, failed_return
from ibsweep.launching.units import Unit


class Collector:
    """Collects what jobs return, and keeps the board up to date.

    Args:
        composition: All jobs.
        units: The ensembles that they are planned in.
        board: What is known about the sweep.
        display: Where the board is shown.

    Attributes:
        returns: What the jobs returned so far, by number.
    """

    def __init__(
        self, composition: Composition, units: Sequence[Unit], board: Board, display: Display
    ) -> None:
        self.returns: dict[int, JobReturn] = {}
        self._board = board
        self._display = display
        self._composition = composition
        self._everywhere = set.intersection(*(set(job.overrides) for job in composition.jobs))
        self._announce(units)

    def add(self, ended: Ended) -> None:
        """Take over the jobs of an ensemble that has ended; any thread may call this."""
        settled = {job.num: self._settle(job, ended) for job in ended.settled}
        failed = sum(result.status == JobStatus.FAILED for result in settled.values())
        with self._board.lock:
            self.returns |= settled
            text, _ = self._board.labels[ended.unit.name]
            self._board.settle(ended.unit.name, done=len(settled), failed=failed)
            self._announce(ended.again)
            self._display.settled(self._board, f"{text} ended")

    def reopen(self, nums: Collection[int], units: Sequence[Unit]) -> None:
        """Take back failed jobs that are to be run again in these ensembles."""
        with self._board.lock:
            self._board.done -= len(nums)
            self._board.failed -= len(nums)
            self._announce(units)

    @property
    def failed(self) -> set[int]:
        """Numbers of the jobs that failed."""
        return {n for n, result in self.returns.items() if result.status == JobStatus.FAILED}

    @property
    def retriable(self) -> set[int]:
        """Numbers of the jobs that failed and might not the next time."""
        return {
            num
            for num in self.failed
            if not getattr(self.returns[num]._return_value, "deterministic", False)
        }

    def _announce(self, units: Sequence[Unit]) -> None:
        for unit in units:
            text = label([job.overrides for job in unit.jobs], self._everywhere)
            self._board.announce(unit.name, text, len(unit.jobs))

    def _settle(self, job: PlannedJob, ended: Ended) -> JobReturn:
        """Return what became of a job."""
        if job.num in ended.killed:
            failure = JobFailed(ended.killed[job.num])
            return failed_return(self._composition.config(job), failure)
        try:
            result: JobReturn = pickle.loads(ended.results[job.num])
        except Exception as error:  # whatever the value's own unpickling raises
            failure = JobFailed(f"the job's return value cannot be unpickled: {error}")
            return failed_return(self._composition.config(job), failure)
        return result
