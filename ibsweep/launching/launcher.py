"""Hydra launcher that trains networks which differ only in numbers together, on all cores."""

import logging
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cloudpickle
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, configure_log, setup_globals
from hydra.errors import ConfigCompositionException
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from ibsweep import checks
from ibsweep.launching.checking import identify
from ibsweep.launching.collecting import Gathering
from ibsweep.launching.composition import (
    Composition,
    PlannedJob,
    compose,
    make_sweep_dir,
)
from ibsweep.launching.display import is_live, showing
from ibsweep.launching.dry_run import Planned, survey
from ibsweep.launching.fanout import Network, Unit, fan_out
from ibsweep.launching.planning import plan
from ibsweep.launching.plugins import alias
from ibsweep.launching.pools import Pool, PoolOptions, open_pool
from ibsweep.launching.remaining import Agenda, make_agenda
from ibsweep.launching.results import result_path
from ibsweep.launching.task import batch_of
from ibsweep.launching.workers import Package, Shared

log = logging.getLogger(__name__)


class Work(NamedTuple):
    """What there is to do, in groups of networks that may share an ensemble.

    Attributes:
        to_train: Networks that are not trained yet.
        to_measure: Networks that are.
    """

    to_train: dict[str, list[Network]]
    to_measure: dict[str, list[Network]]


class EnsembleLauncher(Launcher):
    """Runs the jobs of a sweep in worker processes; those of a task with a fast path as ensembles.

    Args:
        backend: "loky" (processes of this machine), "dask", "ray" or "sequential" (this process).
        workers: Number of workers, or "auto" for the cores that this process may use.
        threads: Threads of each worker.
        max_ensemble: Largest number of networks to train together.
        scheduler: Address of a running Dask scheduler, or None to start workers on this machine.
        retries: How often a failed job is run again, after all others; not one that failed in a
            way that is bound to repeat itself.
        fail_fast: Whether to start no more ensembles, and retry nothing, once a job has failed.
    """

    def __init__(
        self,
        *,
        backend: str = "loky",
        workers: int | str = "auto",
        threads: int = 1,
        max_ensemble: int = 64,
        scheduler: str | None = None,
        retries: int = 0,
        fail_fast: bool = False,
    ) -> None:
        self._options = PoolOptions(backend, workers, threads, scheduler)
        self._max_ensemble = max_ensemble
        self._retries = retries
        self._fail_fast = fail_fast
        self.config: DictConfig | None = None
        self.hydra_context: HydraContext | None = None
        self.task_function: TaskFunction | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Take note of what to run.

        Raises:
            ConfigCompositionException: If an option of the launcher is wrong.
        """
        try:  # not in the constructor: Hydra would wrap the error in a long one
            self._options.check()
            checks.integer("hydra.launcher.max_ensemble", self._max_ensemble, minimum=1)
            checks.integer("retries", self._retries, minimum=0)
            checks.truth("fail_fast", self._fail_fast)
        except ValueError as error:
            raise ConfigCompositionException(str(error)) from error
        self.config = config
        self.hydra_context = hydra_context
        self.task_function = task_function

    def rehearse(self, job_overrides: Sequence[Sequence[str]]) -> Planned:
        """Check the jobs and plan how they would run; nothing is run or written."""
        agenda = survey(self._compose(job_overrides, 0))
        work = _work(agenda)
        networks = sum(len(group) for groups in work for group in groups.values())
        workers = min(self._options.most_workers, max(networks, 1))
        return Planned(agenda, self._units(work, workers), workers)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run the jobs and return what Hydra wants to know of each, in their order."""
        assert self.config is not None
        setup_globals()
        self._configure_log()
        composition = self._compose(job_overrides, initial_job_idx)
        identities = identify(composition)
        if not composition.jobs:
            return []
        if composition.batch is not None:
            composition.batch.prepare(composition.config(composition.jobs[0]))
        sweep_dir = make_sweep_dir(self.config).absolute()
        agenda = make_agenda(composition, identities)
        if agenda.outline():
            log.info(agenda.outline())
        if not agenda.due.jobs:
            return agenda.complete({})
        folder = Path(tempfile.mkdtemp(prefix=".running-", dir=sweep_dir))
        try:
            returns = self._run(agenda, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self._configure_log()
        return agenda.complete(returns)

    def _compose(self, job_overrides: Sequence[Sequence[str]], first_num: int) -> Composition:
        assert self.config is not None and self.hydra_context is not None
        return compose(
            self.hydra_context.config_loader,
            self.config,
            job_overrides,
            first_num=first_num,
            batch=batch_of(self.task_function),
        )

    def _run(self, agenda: Agenda, folder: Path) -> dict[int, JobReturn]:
        composition = agenda.due
        work = _work(agenda)
        networks = sum(len(group) for groups in work for group in groups.values())
        pack = _Packer(composition, self._shared(folder, composition), self._options)
        with open_pool(self._options, units=networks) as pool:
            units = self._units(work, pool.workers)
            results = Gathering(composition, units)
            log.info(f"Sweep: {_outline(composition, units, networks, pool)}")
            with showing(results.board, folder, write=log.info) as display:
                self._configure_log()  # onto the display
                results.display = display
                run = partial(fan_out, pool=pool, pack=pack, on_end=results.add, folder=folder)
                run(units, stopped=lambda: self._fail_fast and results.board.failed > 0)
                self._configure_log()  # jobs that ran in this process have taken it over
                if not (self._fail_fast and results.board.failed):
                    self._retry(agenda, results, run, folder)
        return results.returns

    def _retry(
        self, agenda: Agenda, results: Gathering, run: Callable[..., None], folder: Path
    ) -> None:
        """Run failed jobs again, each network by itself."""
        bound = len(results.failed - results.retriable)
        if self._retries and bound:
            log.info(f"Not retried: {bound} jobs that would fail again in the same way (diverged)")
        for attempt in range(1, self._retries + 1):
            nums = results.retriable
            if not nums:
                return
            log.info(f"Retry {attempt} of {self._retries}: {len(nums)} jobs that failed")
            groups = [*_work(agenda).to_train.values(), *_work(agenda).to_measure.values()]
            networks = [network for group in groups for network in group]
            again = [Unit(f"retry{attempt}-{k}", (one,)) for k, one in enumerate(networks)]
            done = {job.num for job in agenda.due.jobs} - nums
            units = [unit for one in again if (unit := one.without(done)).networks]
            for num in nums:  # else a worker's death would count the failure as its result
                result_path(folder, num).unlink(missing_ok=True)
            results.reopen(nums, units)
            run(units)
            self._configure_log()

    def _units(self, work: Work, workers: int) -> list[Unit]:
        """Plan the ensembles; measuring alone costs no more in many than in few."""
        size = self._max_ensemble
        ensembles = plan(work.to_train, workers, max_size=size)
        ensembles += plan(work.to_measure, workers, max_size=size, overhead=0)
        return [Unit(str(position), ensemble) for position, ensemble in enumerate(ensembles)]

    def _shared(self, folder: Path, composition: Composition) -> Shared:
        assert self.hydra_context is not None and self.task_function is not None
        return Shared(
            self.task_function,
            self.hydra_context,
            folder,
            cwd=Path.cwd(),
            quiet=composition.batch is not None or is_live(),
            singletons=None if self._options.backend == "sequential" else Singleton.get_state(),
        )

    def _configure_log(self) -> None:
        assert self.config is not None
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)


class _Packer:
    """Makes ensembles ready to travel; what they share is pickled once."""

    def __init__(self, composition: Composition, shared: Shared, options: PoolOptions) -> None:
        stays = options.backend == "sequential"
        self._shared = shared if stays else cloudpickle.dumps(shared)
        self._threads = None if stays else options.threads
        self._bases = [cloudpickle.dumps(base) for base in composition.bases]

    def __call__(self, unit: Unit) -> Package:
        bases = {job.base: self._bases[job.base] for job in unit.jobs}
        return Package(unit.name, unit.jobs, bases, self._shared, self._threads)


def _work(agenda: Agenda) -> Work:
    """Return the networks that may share an ensemble, each with the jobs that measure it."""
    trained = {job.num for job in agenda.due.jobs if agenda.is_trained(job)}
    return Work(
        to_train=_groups(agenda, [job for job in agenda.due.jobs if job.num not in trained]),
        to_measure=_groups(agenda, [job for job in agenda.due.jobs if job.num in trained]),
    )


def _groups(agenda: Agenda, jobs: Sequence[PlannedJob]) -> dict[str, list[Network]]:
    composition = agenda.due
    if composition.batch is None:
        return {str(job.num): [(job,)] for job in jobs}
    groups: dict[str, dict[str, list[PlannedJob]]] = {}
    for job in jobs:
        # an ensemble is one process state, so its jobs need the same environment
        environment = OmegaConf.to_yaml(composition.bases[job.base].hydra.job.env_set)
        identity = agenda.identities[job.num]
        group = f"{identity.group}\n{environment}"
        groups.setdefault(group, {}).setdefault(identity.network, []).append(job)
    return {
        group: [tuple(jobs) for jobs in networks.values()] for group, networks in groups.items()
    }


def _outline(composition: Composition, units: Sequence[Unit], networks: int, pool: Pool) -> str:
    ensembles = f", {networks} networks in {len(units)} ensembles" if composition.batch else ""
    return f"{len(composition.jobs)} jobs{ensembles} on {pool.workers} workers"


alias(EnsembleLauncher)
