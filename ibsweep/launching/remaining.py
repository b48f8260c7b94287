"""What of a sweep is left to do: the jobs that were not run before, each once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig

from ibsweep.launching.composition import Composition, PlannedJob
from ibsweep.launching.results import unrun_return
from ibsweep.launching.task import EnsembleTask, Identity, Recalled

_NOTHING = Recalled(None, trained=False)


@dataclass(frozen=True)
class Remaining:
    """What is left to do.

    Attributes:
        whole: All jobs of the sweep.
        identities: What each job is, by number; empty if the task has no fast path.
        recalled: What is known of each job, by number; empty likewise.
        twins: Job to the earlier one that is the same, by number.
        due: The jobs to run.
    """

    whole: Composition
    identities: Mapping[int, Identity]
    recalled: Mapping[int, Recalled]
    twins: Mapping[int, int]
    due: Composition

    def is_trained(self, job: PlannedJob) -> bool:
        """Say whether a job's network is trained already."""
        return self.recalled.get(job.num, _NOTHING).trained

    @property
    def finished(self) -> int:
        """Number of jobs that are not run since they were before."""
        return len(self.whole.jobs) - len(self.due.jobs) - len(self.twins)

    @property
    def measured(self) -> int:
        """Number of networks that are trained already, and so only measured."""
        due = [job for job in self.due.jobs if self.is_trained(job)]
        return len({self.identities[job.num].network for job in due})

    def outline(self) -> str:
        """Say in a line what is spared, and why; nothing if all jobs are run from the start."""
        parts = []
        if self.finished:
            parts.append(f"{self.finished} of {len(self.whole.jobs)} already finished")
        if self.twins:
            parts.append(f"{len(self.twins)} the same as another job")
        if parts:
            parts.append(f"{len(self.due.jobs)} to run")
        if self.measured:
            parts.append(f"measuring {self.measured} networks from stored weights")
        return ", ".join(parts)

    def complete(self, returns: Mapping[int, JobReturn]) -> list[JobReturn]:
        """Return what every job of the sweep returned, in order.

        Args:
            returns: What the jobs returned that were run, by number.
        """
        settled = dict(returns)
        for job in self.whole.jobs:
            if job.num in settled:
                continue
            if job.num in self.twins:
                same = settled[self.twins[job.num]]
                settled[job.num] = unrun_return(job, same.status, same._return_value)
            else:
                value = self.recalled[job.num].returned
                settled[job.num] = unrun_return(job, JobStatus.COMPLETED, value)
        return [settled[job.num] for job in self.whole.jobs]


def find_remaining(composition: Composition, identities: Mapping[int, Identity]) -> Remaining:
    """Find out which jobs are left to do; a task without a fast path has all of them left.

    Args:
        composition: All jobs of the sweep.
        identities: What each is, by number; empty for a task without a fast path.
    """
    task = composition.task
    if task is None or not composition.jobs:
        return Remaining(composition, {}, {}, {}, composition)
    recalled = _recall(task, composition.config(composition.jobs[0]), identities)
    identities = {num: recalled[num].identity or one for num, one in identities.items()}
    same = twins({n: one for n, one in identities.items() if recalled[n].returned is None})
    jobs = [
        _by_engine(job, task.engine_key, identities[job.num].engine)
        for job in composition.jobs
        if job.num not in same and recalled[job.num].returned is None
    ]
    return Remaining(composition, identities, recalled, same, replace(composition, jobs=jobs))


def _by_engine(job: PlannedJob, key: str, engine: str) -> PlannedJob:
    """Write down which engine trains a job's network: a worker is not to choose another."""
    return replace(job, engine=(key, engine)) if engine else job


def _recall(
    task: EnsembleTask, config: DictConfig, identities: Mapping[int, Identity]
) -> dict[int, Recalled]:
    known = task.recall(config, list(identities.values()))
    return dict(zip(identities, known, strict=True))


def twins(identities: Mapping[int, Identity]) -> dict[int, int]:
    """Return job → the first that is the same, for all but those first ones."""
    first: dict[object, int] = {}
    later = {}
    for num, identity in identities.items():
        earlier = first.setdefault((identity.run, identity.store), num)
        if earlier != num:
            later[num] = earlier
    return later
