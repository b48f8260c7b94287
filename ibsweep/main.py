"""The command `python -m ibsweep`: compose, check, run; one line where input is wrong."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import hydra
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, QuotedString
from hydra.errors import HydraException, OverrideParseException
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from ibsweep import aggregation, fingerprints, reuse
from ibsweep.checkpoints import remove_partials
from ibsweep.forecasting import forecast
from ibsweep.instantiation import ConfigError
from ibsweep.jobs import describe
from ibsweep.launching import launcher
from ibsweep.launching.failures import EXIT_TERMINATED, Terminated
from ibsweep.launching.launcher import BatchTask, Identity, Recalled
from ibsweep.options import Options
from ibsweep.pipeline import Batch, TrainingFailed
from ibsweep.settings import Settings
from ibsweep.shipped import conf_dir
from ibsweep.tracking import StoreError, open_store, store_errors
from ibsweep.types import Job

log = logging.getLogger(__name__)

EXPECTED = (
    ConfigError,
    StoreError,
    TrainingFailed,
    HydraException,
    OmegaConfBaseException,
    OSError,
)


def train_and_measure(config: DictConfig) -> object:
    """Train, measure and store one network: a single run, or a job of a foreign launcher."""
    torch.set_num_threads(1)  # as in a sweep: the number of threads can change the last bits
    try:
        identities = identify(config)
        prepare(config)
        (known,) = recalled(
            identities, Settings.of(config), partial(reuse.held, sweep=aggregation.running_sweep())
        )
        if known.returned is not None:
            log.info("already finished, skipped: %s (rerun=true forces it)", known.returned)
            return known.returned
        return start([config], lambda fraction: None)(0)
    except EXPECTED as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:  # its sweeper lists the jobs that failed
            raise
        sys.exit(report(error))  # before Hydra reports it in its own way


class CheckFirst(Callback):
    """Checks a single run and opens its store, before Hydra makes a folder for it."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """End the program with a line on the first thing that is wrong."""
        try:
            identify(config)
            prepare(config)
        except EXPECTED as error:
            sys.exit(report(error))  # Hydra would turn any other exception into a warning


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
    """Say which jobs the store holds already, and leave it as it is."""
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
)


def main() -> None:
    """Run the command line; exit with status 2 for wrong input, 1 for failed jobs."""
    run(train_and_measure, config="config")


def _terminate(number: int, frame: object) -> NoReturn:
    raise Terminated  # which stops workers, too


def run(task: Callable[[DictConfig], object], *, config: str) -> None:
    """Run a task by Hydra with the arguments of the process, wrong input being told in a line.

    Args:
        task: What to do with a composed configuration.
        config: Name of the configuration to compose, e.g. `config`.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises its errors, to be told here
    launcher.register()
    signal.signal(signal.SIGTERM, _terminate)
    if "dry_run=true" in sys.argv and not {"-m", "--multirun"} & set(sys.argv):
        sys.argv.append("--multirun")  # a single run is a sweep of one job: it is planned first
    command = hydra.main(version_base="1.3", config_path=conf_dir(), config_name=config)
    try:
        _check_choices(sys.argv[1:])
        command(task)()
    except Terminated:
        sys.exit(EXIT_TERMINATED)
    except EXPECTED as error:
        sys.exit(report(error))
    except RuntimeError as error:
        if "Invalid plugin" not in str(error):
            raise
        sys.exit(report(ConfigError(f"_target_ must name a plugin of Hydra's: {error}")))


def _check_choices(arguments: Sequence[str]) -> None:
    """Check that options are chosen by names: anything else makes Hydra end with a traceback.

    Raises:
        ConfigError: If one is not.
    """
    for argument in arguments:
        group, _, value = argument.partition("=")
        folder = Path(conf_dir()) / group
        if argument.startswith("="):
            raise ConfigError(f"an override must have a key, got {argument}")
        if not value or not folder.is_dir():
            continue
        override = OverridesParser.create().parse_override(argument)
        if not all(isinstance(name, str | QuotedString) for name in _names(override.value())):
            options = ", ".join(sorted(path.stem for path in folder.glob("*.yaml")))
            raise ConfigError(f"{group} must name one of {options}, got {value}")


def _names(value: object) -> Iterator[object]:
    """Yield what a choice, a list of choices or a sweep over them consists of."""
    if isinstance(value, ChoiceSweep | list):
        for entry in value.list if isinstance(value, ChoiceSweep) else value:
            yield from _names(entry)
    else:
        yield value


def report(error: Exception) -> int:
    """Print an error as one line, and return the exit status."""
    text = str(error)
    if isinstance(error, OverrideParseException):
        key, _, value = error.override.partition("=")
        shown = "a value that may hold a password" if "password" in value else error.override
        text = f"{key} must be given in Hydra's grammar (quote it?), got {shown}: {text}"
    elif text.startswith("Error merging override") and error.__cause__ is not None:
        text += f": it must fit the configuration: {str(error.__cause__).splitlines()[0]}"
    lines = (line.strip() for line in text.splitlines())
    print("ibsweep: error: " + " ".join(line for line in lines if line), file=sys.stderr)
    return 1 if isinstance(error, TrainingFailed) else 2
