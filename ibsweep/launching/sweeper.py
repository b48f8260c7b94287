"""Hydra sweeper: a product or a union of products, all checked first; failures end as a list."""

import logging
import time
from collections.abc import Mapping, Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.errors import ConfigCompositionException
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from ibsweep.launching import dry_run
from ibsweep.launching.checking import identify
from ibsweep.launching.composition import make_sweep_dir
from ibsweep.launching.failures import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_TERMINATED,
    Failure,
    Terminated,
    failure_list,
    write_summary,
)
from ibsweep.launching.grids import product, union
from ibsweep.launching.launcher import EnsembleLauncher
from ibsweep.launching.plugins import alias
from ibsweep.launching.remaining import twins
from ibsweep.launching.resolving import pin, running
from ibsweep.launching.results import JobFailed
from ibsweep.launching.setup import Setup

log = logging.getLogger(__name__)


class GridSweeper(Sweeper):
    """Runs every combination of the swept values.

    Unlike Hydra's own sweeper it runs a union of grids, checks all jobs of a task with a fast path
    before any runs, and reports all jobs that failed instead of the first one's traceback.

    Args:
        params: Override key to value or sweep, e.g. `seed: range(50)`; the command line wins.
        grids: Further keys and sweeps, one mapping a grid: the jobs are the union of the products
            of `params` updated by each grid, each job once. None for a single product.
    """

    _setup: Setup  # since `setup`
    _launcher: Launcher

    def __init__(
        self,
        *,
        params: Mapping[str, object] | None = None,
        grids: Sequence[Mapping[str, object]] | None = None,
    ) -> None:
        self._params = params or {}
        self._grids = grids or []

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Take note of what to run, and make the launcher.

        Raises:
            ConfigCompositionException: If an option of the sweeper is wrong.
        """
        if not isinstance(self._params, Mapping):
            rule = "hydra.sweeper.params must map keys to values or sweeps"
            raise ConfigCompositionException(f"{rule}, got {self._params!r}")
        grids = self._grids
        if not isinstance(grids, Sequence) or not all(isinstance(one, Mapping) for one in grids):
            rule = "hydra.sweeper.grids must be a list of mappings from keys to values or sweeps"
            raise ConfigCompositionException(f"{rule}, got {grids!r}")
        self._setup = Setup(hydra_context, task_function, config)
        self._launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> list[Sequence[JobReturn]]:
        """Run the jobs.

        Args:
            arguments: The overrides of the command line.

        Returns:
            What each job returned, in a list: that of the only launch; of a dry run, no jobs.

        Raises:
            ConfigCompositionException: If a job cannot be composed or run.
            SystemExit: With status 1 if a job failed, 130 or 143 if Ctrl-C or SIGTERM came.
        """
        jobs = self._jobs(arguments)
        if dry_run.is_asked(self._setup.config):
            self._dry_run(jobs)
            return [[]]
        if not isinstance(self._launcher, EnsembleLauncher):  # which does this by itself
            jobs = self._check(jobs)
            make_sweep_dir(self._setup.config)
        started_at = time.monotonic()
        try:
            results = self._launcher.launch(jobs, initial_job_idx=0)
        except KeyboardInterrupt as end:
            resume = ". Run the same command again to resume" if self._setup.task else ""
            log.warning(f"Interrupted{resume}; logs are under {self._setup.sweep_dir}")
            terminated = isinstance(end, Terminated)
            raise SystemExit(EXIT_TERMINATED if terminated else EXIT_INTERRUPTED) from None
        if jobs and not results:  # handed to a scheduler, which runs them later
            return [[]]
        failures = _failures(results)
        path = write_summary(
            self._setup.sweep_dir,
            jobs=len(results),
            failures=failures,
            elapsed_s=time.monotonic() - started_at,
        )
        try:
            self._summarise(jobs, results)
        finally:
            if failures:
                log.error(failure_list(failures, jobs=len(results), path=path))
        if failures:
            self._end_callbacks()
            raise SystemExit(EXIT_FAILED)
        return [results]

    def _dry_run(self, jobs: Sequence[Sequence[str]]) -> None:
        """Say what the jobs would do, with the ensemble launcher."""
        if not isinstance(self._launcher, EnsembleLauncher):
            raise ConfigCompositionException(
                "dry_run must be with hydra/launcher=ensemble, which plans before it runs,"
                f" got {type(self._launcher).__name__}"
            )
        for line in dry_run.lines(self._launcher.dry_run(jobs)):
            print(line)

    def _jobs(self, arguments: Sequence[str]) -> list[list[str]]:
        """Return the overrides of each job."""
        parser = OverridesParser.create(config_loader=self._setup.context.config_loader)
        if self._grids:
            return union([{**self._params, **grid} for grid in self._grids], arguments, parser)
        texts = [f"{key}={value}" for key, value in self._params.items()] + list(arguments)
        return product(parser.parse_overrides(texts))

    def _check(self, jobs: Sequence[list[str]]) -> list[list[str]]:
        """Compose and check all jobs, and prepare their task; return each job once."""
        composition = self._setup.compose(jobs)
        identities = identify(composition)
        if composition.task is not None and composition.jobs:
            composition.task.prepare(composition.config(composition.jobs[0]))
        same = twins(identities)  # their launcher might run both at once
        if same:
            log.info(f"{len(same)} the same as another job")
        return [job for num, job in enumerate(jobs) if num not in same]

    def _summarise(self, jobs: Sequence[Sequence[str]], results: Sequence[JobReturn]) -> None:
        """Let the task conclude the sweep, with the full configuration of its first job."""
        task = self._setup.task
        if task is None or not results:
            return
        composition = self._setup.compose(jobs[:1])
        config = composition.config(composition.jobs[0])
        pin(config, composition.shared)  # an interpolation of the time would be resolved anew
        with running(config):
            task.summarise(config, results)

    def _end_callbacks(self) -> None:
        """Call what Hydra does not call when a sweep ends with an exception."""
        self._setup.context.callbacks.on_multirun_end(
            config=self._setup.config, config_name=self._setup.config.hydra.job.config_name
        )


def _failures(results: Sequence[JobReturn]) -> list[Failure]:
    failures = []
    for num, result in enumerate(results):
        if result.status == JobStatus.FAILED:
            error = result._return_value
            text = (
                error.reason
                if isinstance(error, JobFailed)
                else f"{type(error).__name__}: {error}"
            )
            reason = next(iter(text.splitlines()), "")
            failures.append(Failure(num, list(result.overrides or []), reason))
    return failures


alias(GridSweeper)
