"""The command `python -m ibsweep`: a network, or a sweep of them."""

import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from ibsweep import aggregation, app, fingerprints, reuse
from ibsweep.checkpoints import remove_partials
from ibsweep.forecasting import forecast
from ibsweep.jobs import describe
from ibsweep.launching import rehearsal
from ibsweep.launching.launcher import BatchTask, Identity, Recalled
from ibsweep.options import OF_A_SWEEP, Options
from ibsweep.pipeline import Batch
from ibsweep.settings import Settings
from ibsweep.tracking import check_store, open_store, store_errors
from ibsweep.types import Job

log = logging.getLogger(__name__)


def train_and_measure(config: DictConfig) -> object:
    """Train, measure and store one network: a single run, or a job of a foreign launcher."""
    torch.set_num_threads(1)  # as in a sweep: the number of threads can change the last bits
    try:
        rehearsal.refuse(config)
        identities = identify(config)
        prepare(config)
        (known,) = recalled(
            identities, Settings.of(config), partial(reuse.held, sweep=aggregation.running_sweep())
        )
        if known.returned is not None:
            log.info("already finished: %s, skipped (rerun=true forces it)", known.returned)
            return known.returned
        return start([config], lambda fraction: None)(0)
    except app.EXPECTED as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:  # its sweeper lists the jobs that failed
            raise
        sys.exit(app.report(error))  # before Hydra reports it in its own way


def prepare(config: DictConfig) -> None:
    """Open the store, which creates it if need be, and close what dead processes left in it."""
    settings = Settings.of(config)
    with store_errors("the store could not be opened", settings.tracking.address):
        open_store(settings.tracking).reap()
    remove_partials(settings.checkpoints)


def identify(config: DictConfig, seeds: Sequence[int | None] = (None,)) -> list[Identity]:
    """Check every option of jobs; name their runs, networks, and those they can train with.

    Args:
        config: Configuration that the jobs share but for their seed.
        seeds: The seed of each; None is the configuration's own.

    Raises:
        ConfigError: At the first option that is wrong.
    """
    identities = []
    for settings in Settings.of(config).with_seeds(config, seeds):
        settings.check()
        identities.append(_identity(settings))
    return identities


def _identity(settings: Settings) -> Identity:
    return Identity(
        group=fingerprints.ensemble_key(settings),
        network=fingerprints.network_fingerprint(settings),
        run=fingerprints.run_fingerprint(settings),
        store=settings.tracking,
    )


def recall(config: DictConfig, identities: Sequence[Identity]) -> list[Recalled]:
    """Say which jobs the store holds already; those belong to this sweep too from now on."""
    sweep = aggregation.sweep_name(config.hydra.sweep.dir)
    return recalled(identities, Settings.of(config), partial(reuse.held, sweep=sweep))


def survey(config: DictConfig, identities: Sequence[Identity]) -> list[Recalled]:
    """Say which jobs the store holds already, and leave it as it is.

    Raises:
        StoreError: If the store cannot be used, as `prepare` would find.
    """
    check_store(Settings.of(config).tracking)
    return recalled(identities, Settings.of(config), look=reuse.survey)


def recalled(
    identities: Sequence[Identity],
    options: Options,
    look: Callable[[Sequence[reuse.Wanted]], Sequence[reuse.Held]],
) -> list[Recalled]:
    """Say what is known of jobs; nothing, if all are to run again.

    Args:
        identities: What they are.
        options: Those of one of them.
        look: Looks into the store: `reuse.held` or `reuse.survey`.

    Raises:
        StoreError: If the store cannot be read.
    """
    if options.rerun:
        return [Recalled(None, trained=False)] * len(identities)
    wanted = [reuse.Wanted(options.tracking, one.run, one.network) for one in identities]
    with store_errors("the store could not be read", options.tracking.address):
        held = look(wanted)
    return [
        Recalled(reuse.Skipped(known.run_id) if known.run_id else None, known.trained)
        for known in held
    ]


def start(
    configs: Sequence[DictConfig], progress: Callable[[float], None]
) -> Callable[[int], object]:
    """Return a function that runs one of these jobs; its first call trains them all."""
    settings = [Settings.of(config) for config in configs]
    batch = Batch(settings, progress)
    return lambda index: batch.run(index, _job(settings[index]))


def _job(settings: Settings) -> Job:
    """Describe the job that Hydra is running now."""
    return describe(settings, HydraConfig.get().runtime.choices, sweep=aggregation.running_sweep())


train_and_measure.batch = BatchTask(  # type: ignore[attr-defined]
    identify=identify,
    start=start,
    prepare=prepare,
    recall=recall,
    survey=survey,
    probe=lambda configs: forecast([Settings.of(config) for config in configs]),
    finish=aggregation.finish,
    shared=OF_A_SWEEP,
)


CheckFirst = partial(app.CheckFirst, train_and_measure.batch)  # type: ignore[attr-defined]


def main() -> None:
    """Run the command line; exit with status 2 for wrong input, 1 for failed jobs."""
    app.run(train_and_measure, config="config")
