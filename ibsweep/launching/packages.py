"""Ensembles as they travel from the parent of a sweep to its workers."""

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import cloudpickle
from hydra.core.singleton import Singleton
from hydra.types import HydraContext, TaskFunction

from ibsweep.launching.composition import Composition, PlannedJob
from ibsweep.launching.options import LauncherOptions
from ibsweep.launching.scratch import Client
from ibsweep.launching.units import Unit


@dataclass(frozen=True)
class Shared:
    """What all ensembles of a sweep have in common.

    Attributes:
        task_function: What each job runs.
        context: Hydra's loader and callbacks.
        folder: Folder for progress and results of jobs, shared with the parent.
        cwd: The parent's working directory.
        quiet: Whether the jobs' log lines go to their files alone.
        singletons: Hydra's global state in the parent; None in the parent itself.
        client: The parent, if workers may be on other machines.
        files: What the jobs read, see `EnsembleTask.travel`, for workers that do not see the
            parent's folder.
    """

    task_function: TaskFunction
    context: HydraContext
    folder: Path
    cwd: Path
    quiet: bool
    singletons: Any = None
    client: Client | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def is_near(self) -> bool:
        """Whether this process sees the parent's folder."""
        return self.client is None or self.client.is_near()


@dataclass(frozen=True)
class Package:
    """One ensemble, ready to travel.

    Attributes:
        name: Its name.
        jobs: Its jobs.
        bases: Pickled configurations that they share, by position.
        shared: What all ensembles have in common, pickled unless it stays in this process.
        threads: Threads that the worker may use, None for as many as it likes.
        checkpoints: See `Unit`.
    """

    name: str
    jobs: tuple[PlannedJob, ...]
    bases: dict[int, bytes]
    shared: bytes | Shared
    threads: int | None
    checkpoints: Mapping[str, bytes]


class Done(NamedTuple):
    """A job that is done.

    Attributes:
        returned: Its pickled JobReturn.
        files: Archive of its folder, if the parent does not see that.
    """

    returned: bytes
    files: bytes | None = None


@dataclass(frozen=True)
class Split:
    """The outcome of an ensemble that stopped so that others can take a part of it.

    Attributes:
        done: What became of each job that is done, by number.
        checkpoints: See `Unit`.
    """

    done: dict[int, Done]
    checkpoints: Mapping[str, bytes]


class Packer:
    """Makes ensembles ready to travel; what they share is pickled once.

    Args:
        composition: All jobs.
        shared: What all ensembles have in common.
        options: What the user chose.
    """

    def __init__(self, composition: Composition, shared: Shared, options: LauncherOptions) -> None:
        stays = options.backend == "sequential"
        self._shared = shared if stays else cloudpickle.dumps(shared)
        self._threads = None if stays else options.threads
        self._bases = [cloudpickle.dumps(base) for base in composition.bases]

    def __call__(self, unit: Unit) -> Package:
        """Return an ensemble ready to travel."""
        bases = {job.base: self._bases[job.base] for job in unit.jobs}
        return Package(unit.name, unit.jobs, bases, self._shared, self._threads, unit.checkpoints)


def unpack(shared: bytes | Shared) -> Shared:
    """Return what all ensembles have in common, at the worker's end."""
    return _unpickled(shared) if isinstance(shared, bytes) else shared


@lru_cache(maxsize=1)
def _unpickled(packed: bytes) -> Shared:
    """Take over what all ensembles share and the parent's global state, once a sweep."""
    shared: Shared = pickle.loads(packed)
    if shared.is_near:
        os.chdir(shared.cwd)
    if shared.singletons is not None:
        Singleton.set_state(shared.singletons)
    return shared
