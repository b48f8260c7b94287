"""The ensembles of a sweep: which of the jobs that are left run together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from omegaconf import OmegaConf

from ibsweep.launching.composition import PlannedJob
from ibsweep.launching.planning import even_sizes, split
from ibsweep.launching.remaining import Remaining

Sharing = tuple[PlannedJob, ...]


@dataclass(frozen=True)
class Unit:
    """An ensemble to run.

    Attributes:
        name: Its name.
        networks: The jobs of each of its networks.
        losses: Number of workers that died running it, or an ensemble that it is part of.
        checkpoints: Files that a worker wrote before it stopped, by name, if workers do not see
            the folder that checkpoints are in.
    """

    name: str
    networks: tuple[Sharing, ...]
    losses: int = 0
    checkpoints: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def jobs(self) -> tuple[PlannedJob, ...]:
        """All its jobs, by number."""
        return tuple(
            sorted((job for network in self.networks for job in network), key=lambda job: job.num)
        )

    def without(self, finished: set[int]) -> "Unit":
        """Return the unit without the jobs of these numbers."""
        left = (
            tuple(job for job in network if job.num not in finished) for network in self.networks
        )
        return replace(self, networks=tuple(network for network in left if network))

    def halves(self) -> list["Unit"]:
        """Return two units with half the networks each; of a single network, half the jobs."""
        parts: Sequence[tuple[Sharing, ...]]
        if len(self.networks) > 1:
            first = even_sizes(len(self.networks), 2)[0]
            parts = (self.networks[:first], self.networks[first:])
        else:
            jobs = self.networks[0]
            first = even_sizes(len(jobs), 2)[0]
            parts = ((jobs[:first],), (jobs[first:],))
        return [
            replace(self, name=f"{self.name}{letter}", networks=part)
            for letter, part in zip("ab", parts, strict=True)
        ]


class Work(NamedTuple):
    """What there is to do, in groups of networks that may share an ensemble.

    Attributes:
        to_train: Networks that are not trained yet, each as the jobs that measure it.
        to_measure: Networks that are.
    """

    to_train: dict[str, list[Sharing]]
    to_measure: dict[str, list[Sharing]]

    @property
    def networks(self) -> list[Sharing]:
        """All networks."""
        return [network for groups in self for group in groups.values() for network in group]

    def units(self, workers: int, *, max_size: int) -> list[Unit]:
        """Plan the ensembles; measuring alone costs no more in many than in few."""
        ensembles = split(self.to_train, workers, max_size=max_size)
        ensembles += split(self.to_measure, workers, max_size=max_size, overhead=0)
        return [Unit(str(position), ensemble) for position, ensemble in enumerate(ensembles)]


def work_of(remaining: Remaining) -> Work:
    """Return the networks of the jobs that are left."""
    trained = {job.num for job in remaining.due.jobs if remaining.is_trained(job)}
    return Work(
        to_train=_groups(remaining, [job for job in remaining.due.jobs if job.num not in trained]),
        to_measure=_groups(remaining, [job for job in remaining.due.jobs if job.num in trained]),
    )


def _groups(remaining: Remaining, jobs: Sequence[PlannedJob]) -> dict[str, list[Sharing]]:
    composition = remaining.due
    if composition.task is None:
        return {str(job.num): [(job,)] for job in jobs}
    groups: dict[str, dict[str, list[PlannedJob]]] = {}
    for job in jobs:
        # an ensemble is one process state, so its jobs need the same environment
        environment = OmegaConf.to_yaml(composition.bases[job.base].hydra.job.env_set)
        identity = remaining.identities[job.num]
        group = f"{identity.group}\n{environment}"
        groups.setdefault(group, {}).setdefault(identity.network, []).append(job)
    return {
        group: [tuple(jobs) for jobs in networks.values()] for group, networks in groups.items()
    }
