"""Hydra launcher that trains networks which differ only in numbers together, on all cores."""

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, configure_log, setup_globals
from hydra.errors import ConfigCompositionException
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from ibsweep.launching.broadcasting import broadcasting
from ibsweep.launching.checking import identify
from ibsweep.launching.collecting import Collector
from ibsweep.launching.composition import Composition, make_sweep_dir
from ibsweep.launching.display import is_live, showing
from ibsweep.launching.dry_run import Planned, look_ahead
from ibsweep.launching.fanout import fan_out
from ibsweep.launching.options import LauncherOptions
from ibsweep.launching.packages import Packer, Shared
from ibsweep.launching.plugins import alias
from ibsweep.launching.pool import Pool
from ibsweep.launching.pools import open_pool
from ibsweep.launching.progress import Board
from ibsweep.launching.progress_files import ask_to_split
from ibsweep.launching.queueing import Splitter
from ibsweep.launching.remaining import Remaining, find_remaining
from ibsweep.launching.results import result_path
from ibsweep.launching.scratch import Client
from ibsweep.launching.setup import Setup
from ibsweep.launching.units import Unit, Work, work_of

log = logging.getLogger(__name__)


class EnsembleLauncher(Launcher):
    """Runs the jobs of a sweep in worker processes; those of a task with a fast path as ensembles.

    Args:
        backend: "loky" (processes of this machine), "dask", "ray" or "sequential" (this process).
        workers: Number of workers, or "auto" for the cores that this process may use.
        threads: Threads of each worker.
        max_ensemble: Largest number of networks to train together.
        scheduler: Address of a running Dask or Ray cluster; None: workers of this machine.
        resources: What a worker of such a cluster must have free for an ensemble: name to number.
        retries: How often a failed job is run again, after all others; not one that failed in a
            way that is bound to repeat itself.
        fail_fast: Whether to start no more ensembles, and retry nothing, once a job has failed.
    """

    _setup: Setup  # since `setup`

    def __init__(
        self,
        *,
        backend: str = "loky",
        workers: int | str = "auto",
        threads: int = 1,
        max_ensemble: int = 64,
        scheduler: str | None = None,
        resources: Mapping[str, float] | None = None,
        retries: int = 0,
        fail_fast: bool = False,
    ) -> None:
        self._options = LauncherOptions(
            backend=backend,
            workers=workers,
            threads=threads,
            max_ensemble=max_ensemble,
            scheduler=scheduler,
            resources={} if resources is None else resources,
            retries=retries,
            fail_fast=fail_fast,
        )

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Take note of what to run.

        Raises:
            ConfigCompositionException: If an option of the launcher is wrong.
        """
        try:  # not in the constructor: Hydra would wrap the error in a long one
            self.check()
        except ValueError as error:
            raise ConfigCompositionException(str(error)) from error
        self._setup = Setup(hydra_context, task_function, config)

    def check(self) -> None:
        """Check the options.

        Raises:
            ValueError: If one is wrong; the message names the key.
        """
        self._options.check()

    def dry_run(self, job_overrides: Sequence[Sequence[str]]) -> Planned:
        """Check the jobs and plan how they would run; nothing is run or written."""
        remaining = look_ahead(self._setup.compose(job_overrides))
        work = work_of(remaining)
        workers = min(self._options.most_workers, max(len(work.networks), 1))
        units = work.units(workers, max_size=self._options.max_ensemble)
        return Planned(remaining, units, workers)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run the jobs and return what Hydra wants to know of each, in their order."""
        setup_globals()
        self._configure_log()
        composition = self._setup.compose(job_overrides, initial_job_idx)
        identities = identify(composition)
        if not composition.jobs:
            return []
        if composition.task is not None:
            composition.task.prepare(composition.config(composition.jobs[0]))
        sweep_dir = make_sweep_dir(self._setup.config).absolute()
        remaining = find_remaining(composition, identities)
        if remaining.outline():
            log.info(remaining.outline())
        if not remaining.due.jobs:
            return remaining.complete({})
        folder = Path(tempfile.mkdtemp(prefix=".running-", dir=sweep_dir))
        try:
            returns = self._run(remaining, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self._configure_log()
        return remaining.complete(returns)

    def _run(self, remaining: Remaining, folder: Path) -> dict[int, JobReturn]:
        composition, work, options = remaining.due, work_of(remaining), self._options
        client = Client.of(folder)
        with open_pool(options, units=len(work.networks), client=client) as pool:
            pack = Packer(composition, self._shared(client, composition, pool), options)
            units = work.units(pool.workers, max_size=options.max_ensemble)
            board = Board(len(composition.jobs))
            log.info(f"Sweep: {_outline(composition, units, work, pool)}")
            with (
                self._broadcasting(composition, board),
                showing(board, folder, ensembles=len(units), write=log.info) as display,
            ):
                self._configure_log()  # onto the display
                collector = Collector(composition, units, board, display)
                run = partial(
                    fan_out,
                    pool=pool,
                    pack=pack,
                    on_end=collector.add,
                    folder=folder,
                    splitter=self._splitter(composition, pool, board, folder),
                )
                run(units, stopped=lambda: options.fail_fast and board.failed > 0)
                self._configure_log()  # jobs that ran in this process have taken it over
                if not (options.fail_fast and board.failed):
                    self._retry(work, collector, run, folder)
        return collector.returns

    def _splitter(
        self, composition: Composition, pool: Pool, board: Board, folder: Path
    ) -> Splitter:
        """Return what splits ensembles, if their task can go on from where it was stopped."""
        task = composition.task
        if task is None or not task.resumes(composition.config(composition.jobs[0])):
            return Splitter(pool.present, lambda name: None, lambda name: None)
        return Splitter(pool.present, board.left_s, pool.split or partial(ask_to_split, folder))

    def _broadcasting(
        self, composition: Composition, board: Board
    ) -> contextlib.AbstractContextManager[None]:
        """Let others see how the sweep gets on, if its task can tell them."""
        if composition.task is None:
            return contextlib.nullcontext()
        config = composition.config(composition.jobs[0])
        sweep = self._setup.sweep_dir.absolute().name
        return broadcasting(board, partial(composition.task.publish, config, sweep))

    def _retry(
        self, work: Work, collector: Collector, run: Callable[..., None], folder: Path
    ) -> None:
        """Run failed jobs again, each network by itself."""
        bound = len(collector.failed - collector.retriable)
        if self._options.retries and bound:
            log.info(f"Not retried: {bound} jobs that would fail again in the same way (diverged)")
        for attempt in range(1, self._options.retries + 1):
            nums = collector.retriable
            if not nums:
                return
            log.info(f"Retry {attempt} of {self._options.retries}: {len(nums)} jobs that failed")
            done = collector.returns.keys() - nums
            again = (
                Unit(f"retry{attempt}-{k}", (network,)).without(done)
                for k, network in enumerate(work.networks)
            )
            units = [unit for unit in again if unit.networks]
            for num in nums:  # else a worker's death would count the failure as its result
                result_path(folder, num).unlink(missing_ok=True)
            collector.reopen(nums, units)
            run(units)
            self._configure_log()

    def _shared(self, client: Client, composition: Composition, pool: Pool) -> Shared:
        return Shared(
            self._setup.task_function,
            self._setup.context,
            client.folder,
            cwd=Path.cwd(),
            quiet=self._setup.task is not None or is_live(),
            singletons=None if self._options.backend == "sequential" else Singleton.get_state(),
            client=client if self._options.scheduler else None,
            files={} if pool.near else _files(composition),
        )

    def _configure_log(self) -> None:
        hydra = self._setup.config.hydra
        configure_log(hydra.hydra_logging, hydra.verbose)


def _files(composition: Composition) -> dict[str, bytes]:
    """Return the files that the jobs read.

    Raises:
        ConfigCompositionException: If they cannot run where this process's folder is not seen.
    """
    files: dict[str, bytes] = {}
    if composition.task is not None:
        try:
            for _, config in composition.families():
                files |= composition.task.travel(config, False).files
        except ValueError as error:
            raise ConfigCompositionException(str(error)) from error
    return files


def _outline(composition: Composition, units: Sequence[Unit], work: Work, pool: Pool) -> str:
    planned = f", {len(work.networks)} networks in {len(units)} ensembles"
    jobs = f"{len(composition.jobs)} jobs{planned if composition.task else ''}"
    return f"{jobs} on {pool.workers} workers"


alias(EnsembleLauncher)
