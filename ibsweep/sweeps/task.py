"""What a sweep does around its jobs, the same for networks and for calibrations."""

import logging
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import final

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from ibsweep.config.keys import OF_A_SWEEP
from ibsweep.config.options import Options
from ibsweep.launching import dry_run
from ibsweep.launching.task import Cost, EnsembleTask, Identity, Progress, Recalled, Run
from ibsweep.learning.checkpoints import remove_partials
from ibsweep.stored import reuse
from ibsweep.sweeps.app import EXPECTED, report
from ibsweep.sweeps.running import running_sweep, sweep_name
from ibsweep.tracking import check_store, open_store, store_errors

log = logging.getLogger(__name__)
_Look = Callable[[Sequence[reuse.Wanted]], Sequence[reuse.Held]]


class Jobs(ABC):
    """A kind of jobs: how they are read from configurations, run, and summarised."""

    @abstractmethod
    def options(self, config: DictConfig) -> Options:
        """Read a configuration.

        Raises:
            ConfigError: If a key is unknown or missing.
        """

    @abstractmethod
    def identify(
        self, config: DictConfig, seeds: Sequence[int | None] = (None,)
    ) -> list[Identity]:
        """Check every option of jobs; name their runs, and what they share.

        Args:
            config: Configuration that the jobs share but for their seed.
            seeds: The seed of each; None is the configuration's own.

        Raises:
            ConfigError: At the first option that is wrong.
        """

    @abstractmethod
    def start(self, configs: Sequence[DictConfig], progress: Progress) -> Run:
        """Return a function that runs one of these jobs; its first call may train them all."""

    @abstractmethod
    def probe(self, configs: Sequence[DictConfig]) -> Cost:
        """Try out for some seconds what the jobs of one ensemble would cost; leave no trace."""

    @abstractmethod
    def summarise(self, config: DictConfig, returns: Sequence[object]) -> None:
        """Summarise a sweep from the store; failures are stored, so returns are not needed."""

    @final
    def run(self, config: DictConfig) -> object:
        """Run one job by itself: a single run, or a job of a foreign launcher."""
        torch.set_num_threads(1)  # as in a sweep: the number of threads can change the last bits
        try:
            dry_run.refuse(config)
            identities = self.identify(config)
            self.prepare(config)
            (known,) = self._recalled(config, identities, _joining(running_sweep()))
            if known.returned is not None:
                log.info("already finished: %s, skipped (rerun=true forces it)", known.returned)
                return known.returned
            return self.start([config], lambda fraction: None)(0)
        except EXPECTED as error:
            if (
                HydraConfig.get().mode == RunMode.MULTIRUN
            ):  # its sweeper lists the jobs that failed
                raise
            sys.exit(report(error))  # before Hydra reports it in its own way

    @final
    def prepare(self, config: DictConfig) -> None:
        """Open the store, creating it if need be, and close what dead processes left in it."""
        options = self.options(config)
        with store_errors("the store could not be opened", options.tracking.address):
            open_store(options.tracking).reap()
        remove_partials(options.checkpoints)

    @final
    def recall(self, config: DictConfig, identities: Sequence[Identity]) -> list[Recalled]:
        """Say which jobs the store holds already; those belong to this sweep too from now on."""
        return self._recalled(config, identities, _joining(sweep_name(config.hydra.sweep.dir)))

    @final
    def peek(self, config: DictConfig, identities: Sequence[Identity]) -> list[Recalled]:
        """Say which jobs the store holds already, and leave it as it is.

        Raises:
            StoreError: If the store cannot be used, as `prepare` would find.
        """
        check_store(self.options(config).tracking)
        return self._recalled(config, identities, reuse.survey)

    @final
    def task(self) -> EnsembleTask:
        """Return the task function that Hydra runs."""
        return EnsembleTask(
            run=self.run,
            identify=self.identify,
            start=self.start,
            prepare=self.prepare,
            recall=self.recall,
            peek=self.peek,
            probe=self.probe,
            summarise=self.summarise,
            shared=OF_A_SWEEP,
        )

    def _recalled(
        self, config: DictConfig, identities: Sequence[Identity], look: _Look
    ) -> list[Recalled]:
        """Say what is known of jobs; nothing, if all are to run again.

        Raises:
            StoreError: If the store cannot be read.
        """
        options = self.options(config)
        if options.rerun:
            return [Recalled(None, trained=False)] * len(identities)
        wanted = [reuse.Wanted(options.tracking, one.run, one.network) for one in identities]
        with store_errors("the store could not be read", options.tracking.address):
            answers = look(wanted)
        return [
            Recalled(reuse.Skipped(one.run_id) if one.run_id else None, one.trained)
            for one in answers
        ]


def _joining(sweep: str | None) -> _Look:
    """Return what looks into the store, and adds what it finds to a sweep."""
    return partial(reuse.held, sweep=sweep)
