"""Jobs that train a network, measure it, and store both."""

import shlex
import sys
from collections.abc import Sequence

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from ibsweep.config import fingerprints
from ibsweep.config.engines import engine_of, engines_of, with_engine
from ibsweep.config.jobs import describe
from ibsweep.config.settings import Settings
from ibsweep.launching.task import Cost, Identity, Progress, Run
from ibsweep.records import Job
from ibsweep.sweeps.aggregation import conclude
from ibsweep.sweeps.batch import Batch
from ibsweep.sweeps.forecasting import forecast
from ibsweep.sweeps.running import running_sweep, sweep_name
from ibsweep.sweeps.task import Jobs


class Networks(Jobs):
    """Networks, each with what it is measured by."""

    def options(self, config: DictConfig) -> Settings:
        """See `Jobs.options`."""
        return Settings.of(config)

    def identify(
        self, config: DictConfig, seeds: Sequence[int | None] = (None,)
    ) -> list[Identity]:
        """See `Jobs.identify`: names runs, networks, and those they can train with."""
        identities = []
        for settings in Settings.of(config).with_seeds(config, seeds):
            settings.check()
            by_engine = [with_engine(settings, engine) for engine in engines_of(settings)]
            other = _identity(by_engine[1]) if len(by_engine) > 1 else None
            identities.append(_identity(by_engine[0], other))
        return identities

    def start(self, configs: Sequence[DictConfig], progress: Progress) -> Run:
        """See `Jobs.start`: the first call trains all networks."""
        settings = [Settings.of(config) for config in configs]
        batch = Batch(settings, progress)
        return lambda index: batch.run(index, _job(settings[index]))

    def probe(self, configs: Sequence[DictConfig]) -> Cost:
        """See `Jobs.probe`."""
        return forecast([Settings.of(config) for config in configs])

    def summarise(self, config: DictConfig, returns: Sequence[object]) -> None:
        """See `Jobs.summarise`: aggregates over seeds, which are stored and printed."""
        command = f"python -m ibsweep {shlex.join(sys.argv[1:])}"
        conclude(Settings.of(config), sweep_name(config.hydra.sweep.dir), command=command)


def _identity(settings: Settings, other: Identity | None = None) -> Identity:
    hashes = fingerprints.all_of(settings)
    return Identity(
        group=hashes.ensemble,
        network=hashes.network,
        run=hashes.run,
        store=settings.tracking,
        engine=engine_of(settings),
        other=other,
    )


def _job(settings: Settings) -> Job:
    """Describe the job that Hydra is running now."""
    return describe(settings, HydraConfig.get().runtime.choices, sweep=running_sweep())
