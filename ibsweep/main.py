"""The command `python -m ibsweep`: compose, check, run; one line where input is wrong."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ibsweep import aggregation, fingerprints
from ibsweep.instantiation import ConfigError
from ibsweep.launching import launcher
from ibsweep.launching.launcher import BatchTask
from ibsweep.pipeline import Batch, TrainingFailed
from ibsweep.settings import Settings
from ibsweep.tracking import StoreError, open_store
from ibsweep.types import Job

_ASIDE = ("tracking", "directory", "artifacts", "trusted_targets")  # say nothing of the numbers
_EXPECTED = (
    ConfigError,
    StoreError,
    TrainingFailed,
    HydraException,
    OmegaConfBaseException,
    OSError,
)


def conf_dir() -> str:
    """Return the folder of the shipped configuration: in an installed package, or beside it."""
    package = Path(__file__).resolve().parent
    folders = (package / "conf", package.parent / "conf")
    return str(next(folder for folder in folders if (folder / "config.yaml").is_file()))


def train_and_measure(config: DictConfig) -> object:
    """Train, measure and store one network: a single run, or a job of a foreign launcher."""
    try:
        check(config)
        prepare(config)
        return start([config], lambda fraction: None)(0)
    except _EXPECTED as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:  # its sweeper lists the jobs that failed
            raise
        sys.exit(_report(error))  # before Hydra reports it in its own way


def check(config: DictConfig) -> None:
    """Check every option of a job.

    Raises:
        ConfigError: At the first that is wrong.
    """
    Settings.of(config).check()


def prepare(config: DictConfig) -> None:
    """Open the store, which creates it if need be, and close what dead processes left in it."""
    open_store(Settings.of(config).tracking).reap()


def start(
    configs: Sequence[DictConfig], progress: Callable[[float], None]
) -> Callable[[int], object]:
    """Return a function that runs one of these jobs; its first call trains them all."""
    settings = [Settings.of(config) for config in configs]
    batch = Batch(settings, progress)
    return lambda index: batch.run(index, _job(settings[index]))


def _job(settings: Settings) -> Job:
    """Describe the job that Hydra is running now."""
    running = HydraConfig.get()
    values = settings.values
    chosen = {
        str(k): str(v) for k, v in running.runtime.choices.items() if k in values and v is not None
    }
    choices = {**chosen, "estimator": ",".join(values["estimator"])}
    named = [choices["activation"], choices["regularization"], f"seed{values['seed']}"]
    return Job(
        name="-".join(word for word in named if word != "none"),
        parameters=dict(_flatten({k: v for k, v in values.items() if k not in _ASIDE})),
        choices=choices,
        seed=values["seed"],
        fingerprint=fingerprints.run_fingerprint(settings),
        training_fingerprint=fingerprints.network_fingerprint(settings),
        configuration=fingerprints.configuration_fingerprint(settings),
        config=OmegaConf.to_yaml(OmegaConf.create(dict(values))),
        sweep=Path(running.sweep.dir).name if running.mode == RunMode.MULTIRUN else None,
    )


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        elif key not in ("_target_", "_partial_", "path"):
            yield f"{prefix}{key}", value


train_and_measure.batch = BatchTask(  # type: ignore[attr-defined]
    check=check,
    group=lambda config: fingerprints.ensemble_key(Settings.of(config)),
    network=lambda config: fingerprints.network_fingerprint(Settings.of(config)),
    start=start,
    prepare=prepare,
    finish=aggregation.finish,
)


def main() -> None:
    """Run the command line; exit with status 2 for wrong input, 1 for failed jobs."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises its errors, to be told here
    launcher.register()
    command = hydra.main(version_base="1.3", config_path=conf_dir(), config_name="config")
    try:
        command(train_and_measure)()
    except _EXPECTED as error:
        sys.exit(_report(error))


def _report(error: Exception) -> int:
    """Print an error as one line, and return the exit status."""
    lines = (line.strip() for line in str(error).splitlines())
    print("ibsweep: error: " + " ".join(line for line in lines if line), file=sys.stderr)
    return 1 if isinstance(error, TrainingFailed) else 2
