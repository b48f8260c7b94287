"""What a task function offers so that many of its jobs can run as one ensemble."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hydra.core.utils import JobReturn
from omegaconf import DictConfig

Progress = Callable[[float], None]
Run = Callable[[int], object]


class Identity(NamedTuple):
    """What a job is: all that decides with whom it runs, and whether it must.

    Attributes:
        group: Jobs of equal group may train in one ensemble.
        network: Jobs of equal network (in a group) share one trained network; they differ in what
            is measured.
        run: Jobs of equal run (in a store) are the same: the first runs, for all.
        store: Where the job's results go.
        engine: What trains the network, one of a choice that the task has; empty if it has none.
        other: The same job by another engine: if that is run or trained already, it serves.
    """

    group: str
    network: str
    run: str
    store: Hashable = None
    engine: str = ""
    other: "Identity | None" = None


class Recalled(NamedTuple):
    """What is known of a job before it runs.

    Attributes:
        returned: What the job returns if it has been run already, else None.
        trained: Whether its network is trained, so that it need only be measured.
        identity: What the job is to be, if that is another engine's.
    """

    returned: object | None
    trained: bool
    identity: Identity | None = None


class Cost(NamedTuple):
    """What a job is expected to take.

    Attributes:
        training_s: Seconds to train a network, its share of an ensemble's.
        measuring_s: Seconds to measure and store a job.
        disk_bytes: Bytes of the files that a job leaves.
        metric_rows: Rows that it adds to the store.
    """

    training_s: float
    measuring_s: float
    disk_bytes: float
    metric_rows: float


class Inputs(NamedTuple):
    """What jobs need on a machine that does not see the folder they were typed in.

    Attributes:
        files: The files that they read, by a path to keep them at.
        store: Address of the server that their results go to, None if there is none.
    """

    files: Mapping[str, bytes]
    store: str | None


@dataclass(frozen=True)
class EnsembleTask:
    """A task function with a fast path: many of its jobs can run as one ensemble.

    `identify` gets a configuration without `hydra` that jobs share but for `seed_key`, and the
    seed of each, None for the configuration's own. It is valid during the call only.

    Attributes:
        run: Runs one job by itself, as any task function of Hydra's.
        identify: Says what each of these jobs is; raises ValueError with one clear line if one
            cannot run. Called for all jobs before any runs.
        start: `start(configs, progress)` returns `run`; `run(i)` runs job i and raises if that job
            failed. The first call trains them all, and calls `progress` with the fraction that is
            trained.
        prepare: Called once in the parent with the first job's full configuration, after all
            checks and before any worker starts.
        recall: Called once in the parent, after `prepare`, with the first job's full configuration
            and what all jobs are; says what is known of each.
        peek: As `recall`, but leaves no trace, and needs no `prepare`: for a dry run.
        probe: Tries out for some seconds what the jobs of one ensemble, given their
            configurations without `hydra`, would cost; leaves no trace.
        summarise: Called once in the parent with the first job's full configuration and what all
            jobs returned, failed ones included, whatever the launcher.
        travel: Says what jobs of this configuration need on a machine that does not see this
            process's folder; raises ValueError if they cannot run there. The flag says whether
            each ensemble may fill a store of its own.
        move: Changes a job's configuration so that it reads the files that came along, and
            writes, in a scratch folder, see `scratch.workplace`; with the flag set, also its
            results go to a store there, in the folder `outputs`.
        gather: Brings what copies of such stores hold into the store that a full configuration
            names; given are their folders by names that stay.
        publish: Called now and then in the parent with the first job's full configuration, the
            name of the sweep's folder and a text on how far it has come, to be found by others;
            None at the end.
        shared: Keys, dotted, that must have one value for all jobs, since the sweep goes by them.
        resumes: Says of a full configuration whether a job that was stopped goes on from where it
            was, so that an ensemble may be stopped to be split.
        seed_key: Key, dotted, of the seed: an integer, which a group of jobs may differ in alone.
        engine_key: Key, dotted, of the engine, if identities name one: a job runs by the one that
            was chosen for it when the sweep was planned.
    """

    run: Callable[[DictConfig], object]
    identify: Callable[[DictConfig, Sequence[int | None]], Sequence[Identity]]
    start: Callable[[Sequence[DictConfig], Progress], Run]
    prepare: Callable[[DictConfig], None]
    recall: Callable[[DictConfig, Sequence[Identity]], Sequence[Recalled]]
    peek: Callable[[DictConfig, Sequence[Identity]], Sequence[Recalled]]
    probe: Callable[[Sequence[DictConfig]], Cost]
    summarise: Callable[[DictConfig, Sequence[JobReturn]], None]
    travel: Callable[[DictConfig, bool], Inputs]
    move: Callable[[DictConfig, Path, bool], None]
    gather: Callable[[DictConfig, Mapping[str, Path]], None]
    publish: Callable[[DictConfig, str, str | None], None]
    shared: Sequence[str] = ()
    resumes: Callable[[DictConfig], bool] = lambda config: False
    seed_key: str = "seed"
    engine_key: str = ""

    def __post_init__(self) -> None:
        """Let Hydra name the program, and find its files, by the function that it runs."""
        self.__dict__["__wrapped__"] = self.run

    def __call__(self, config: DictConfig) -> object:
        """Run one job by itself."""
        return self.run(config)


def ensemble_task(task_function: object) -> EnsembleTask | None:
    """Return a task function if it has a fast path, else None."""
    return task_function if isinstance(task_function, EnsembleTask) else None
