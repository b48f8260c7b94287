"""What a sweep does around its jobs, the same for networks and for calibrations."""

import logging
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import final

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from ibsweep.config import data_files
from ibsweep.config.engines import KEY
from ibsweep.config.instantiation import ConfigError
from ibsweep.config.keys import OF_A_SWEEP
from ibsweep.config.options import Options
from ibsweep.launching import dry_run
from ibsweep.launching.scratch import DATA, OUTPUTS
from ibsweep.launching.task import Cost, EnsembleTask, Identity, Inputs, Progress, Recalled, Run
from ibsweep.learning.checkpoints import remove_partials
from ibsweep.stored import reuse
from ibsweep.stored.reuse import Skipped
from ibsweep.sweeps.app import EXPECTED, report
from ibsweep.sweeps.running import running_sweep, sweep_name
from ibsweep.tracking import (
    StoreError,
    TrackingOptions,
    check_store,
    find_store,
    open_store,
    store_errors,
)
from ibsweep.tracking.copies import copy_state, restore_copy
from ibsweep.tracking.merging import Merged

log = logging.getLogger(__name__)
_Look = Callable[[Sequence[reuse.Wanted]], Sequence[reuse.State]]


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
            (known,) = self._recalled(config, identities, reuse.look_up)
            if known.returned is not None:
                self._join(config, [known], running_sweep())
                log.info("already finished: %s, skipped (rerun=true forces it)", known.returned)
                return known.returned
            _choose_engine(config, (known.identity or identities[0]).engine)
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
        recalled = self._recalled(config, identities, reuse.look_up)
        self._join(config, recalled, sweep_name(config.hydra.sweep.dir))
        return recalled

    @final
    def peek(self, config: DictConfig, identities: Sequence[Identity]) -> list[Recalled]:
        """Say which jobs the store holds already, and leave it as it is.

        Raises:
            StoreError: If the store cannot be used, as `prepare` would find.
        """
        check_store(self.options(config).tracking)
        return self._recalled(config, identities, reuse.survey)

    @final
    def travel(self, config: DictConfig, own_store: bool) -> Inputs:
        """Say what a job needs on a machine that does not see this folder.

        Args:
            config: Of the job.
            own_store: Whether workers may fill stores of their own, if no store is named.

        Raises:
            ConfigError: If the store is no server, the files are too large to travel, or stored
                jobs are to run again by such workers, which know nothing of each other.
        """
        if own_store and config.rerun:
            raise ConfigError("rerun must be false where jobs are submitted, got true")
        uri = config.tracking.uri or None
        if uri or not own_store:
            self._check_server(config)
        return Inputs(data_files.contents(config), uri)

    @final
    def gather(self, config: DictConfig, copies: Mapping[str, Path]) -> None:
        """Bring the runs of copies of stores into the store that a configuration names, each once.

        A copy that did not change since it was brought in is not read again.

        Args:
            config: A full configuration.
            copies: The folder of each copy, see `tracking.copies`, by a name that no other has.
        """
        options = self.options(config).tracking
        collected = open_store(options).collected() if copies else {}
        for name, folder in copies.items():
            state = copy_state(folder)
            if state is None or collected.get(name) == state:
                continue
            with tempfile.TemporaryDirectory(prefix="ibsweep-") as scratch:
                place = Path(scratch) / "outputs"  # no database may be open where the copy is
                restore_copy(folder, place)
                source = find_store(TrackingOptions.at(place, study=options.study))
                merged = open_store(options).merge(source, log.warning) if source else Merged()
            if merged.copied:
                log.info("collected from %s: %s", name, merged)
            if not merged.damaged:
                open_store(options).mark_collected(name, state)

    @final
    def publish(self, config: DictConfig, sweep: str, text: str | None) -> None:
        """Let others find in the store how far a sweep has come; without a text, remove that.

        A store that does not answer is left alone: a new text follows in some seconds.
        """
        try:
            open_store(self.options(config).tracking).publish_progress(sweep, text)
        except StoreError as error:
            log.debug("progress was not published: %s", error)

    @final
    def move(self, config: DictConfig, scratch: Path, own_store: bool) -> None:
        """Let a job read the files that came along, and write, in a scratch folder.

        Args:
            config: Of the job.
            scratch: The folder.
            own_store: Whether its results go to a store in that folder, to be copied from there.

        Raises:
            ConfigError: If the store is no server, and none of its own.
        """
        if not own_store:
            self._check_server(config)
        with read_write(config), open_dict(config):
            config.directory = str(scratch / OUTPUTS)
            for key, typed in data_files.named(config).items():
                OmegaConf.update(config, key, str(scratch / DATA / data_files.place(typed)))

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
            travel=self.travel,
            move=self.move,
            gather=self.gather,
            publish=self.publish,
            resumes=lambda config: not config.rerun,  # which trains anew
            shared=OF_A_SWEEP,
            engine_key=KEY,
        )

    def _check_server(self, config: DictConfig) -> None:
        """Check that the store is to be reached from anywhere.

        Raises:
            ConfigError: If it is not.
        """
        uri = config.tracking.uri
        if not str(uri).startswith("http"):
            rule = "must be a server's address, as http://…, where workers do not see this folder"
            raise ConfigError(f"tracking.uri {rule}, got {uri!r}")

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
        each = [(one, one.other) if one.other else (one,) for one in identities]
        wanted = [
            reuse.Wanted(options.tracking, one.run, one.network) for both in each for one in both
        ]
        with store_errors("the store could not be read", options.tracking.address):
            answers = iter(look(wanted))
        return [_settled([(one, next(answers)) for one in both]) for both in each]

    def _join(self, config: DictConfig, known: Sequence[Recalled], sweep: str | None) -> None:
        """Let finished runs be part of a sweep, if there is one."""
        done = {str(one.returned.run_id) for one in known if isinstance(one.returned, Skipped)}
        if sweep is not None and done:
            store = open_store(self.options(config).tracking)
            store.join_sweep(done, sweep)


def _choose_engine(config: DictConfig, engine: str) -> None:
    """Write down what trains a job's network, if there is a choice."""
    if engine:
        with read_write(config), open_dict(config):
            OmegaConf.update(config, KEY, engine, force_add=True)


def _settled(candidates: Sequence[tuple[Identity, reuse.State]]) -> Recalled:
    """Choose which of its engines a job goes by: one that is run already, or else trained."""
    identity, state = max(candidates, key=lambda one: (one[1].run_id is not None, one[1].trained))
    return Recalled(Skipped(state.run_id) if state.run_id else None, state.trained, identity)
