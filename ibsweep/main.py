"""The command `python -m ibsweep`: compose, check, run; one line where input is wrong."""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import hydra
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ibsweep import aggregation, fingerprints, reuse
from ibsweep.instantiation import ConfigError
from ibsweep.launching import launcher
from ibsweep.launching.launcher import BatchTask, Identity, Recalled
from ibsweep.pipeline import Batch, TrainingFailed
from ibsweep.settings import Settings
from ibsweep.tracking import StoreError, open_store
from ibsweep.types import Job

_ASIDE = (
    "tracking",
    "directory",
    "artifacts",
    "trusted_targets",
    "rerun",
    "retries",
    "fail_fast",
)  # say nothing of the numbers
log = logging.getLogger(__name__)

EXPECTED = (
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
    torch.set_num_threads(1)  # as in a sweep: the number of threads can change the last bits
    try:
        identity = identify(config)
        prepare(config)
        (known,) = _recall([identity], Settings.of(config), _sweep())
        if known.returned is not None:
            log.info("already finished, skipped: %s (rerun=true forces it)", known.returned)
            return known.returned
        return start([config], lambda fraction: None)(0)
    except EXPECTED as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:  # its sweeper lists the jobs that failed
            raise
        sys.exit(report(error))  # before Hydra reports it in its own way


def prepare(config: DictConfig) -> None:
    """Open the store, which creates it if need be, and close what dead processes left in it."""
    open_store(Settings.of(config).tracking).reap()


def identify(config: DictConfig) -> Identity:
    """Check every option of a job; name its run, its network, and those it can train with.

    Raises:
        ConfigError: At the first option that is wrong.
    """
    settings = Settings.of(config)
    settings.check()
    return Identity(
        group=fingerprints.ensemble_key(settings),
        network=fingerprints.network_fingerprint(settings),
        run=fingerprints.run_fingerprint(settings),
        store=settings.tracking,
    )


def recall(config: DictConfig, identities: Sequence[Identity]) -> list[Recalled]:
    """Say which jobs the store holds already; those belong to this sweep too from now on."""
    sweep = aggregation.sweep_name(config.hydra.sweep.dir)
    return _recall(identities, Settings.of(config), sweep)


def _recall(
    identities: Sequence[Identity], settings: Settings, sweep: str | None
) -> list[Recalled]:
    if settings.rerun:
        return [Recalled(None, trained=False)] * len(identities)
    wanted = [reuse.Wanted(settings.tracking, one.run, one.network) for one in identities]
    return [
        Recalled(reuse.Skipped(known.run_id) if known.run_id else None, known.trained)
        for known in reuse.held(wanted, sweep=sweep)
    ]


def _sweep() -> str | None:
    """Return the name of the sweep that is running, if one is."""
    running = HydraConfig.get()
    if running.mode != RunMode.MULTIRUN:
        return None
    return aggregation.sweep_name(running.sweep.dir)


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
        parameters={
            **dict(_flatten({k: v for k, v in values.items() if k not in _ASIDE})),
            "device": settings.device.type,
        },
        choices=choices,
        seed=values["seed"],
        fingerprint=fingerprints.run_fingerprint(settings),
        training_fingerprint=fingerprints.network_fingerprint(settings),
        configuration=fingerprints.configuration_fingerprint(settings),
        config=OmegaConf.to_yaml(OmegaConf.create(dict(values))),
        sweep=_sweep(),
    )


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        elif key not in ("_target_", "_partial_", "path"):
            yield f"{prefix}{key}", value


train_and_measure.batch = BatchTask(  # type: ignore[attr-defined]
    identify=identify,
    start=start,
    prepare=prepare,
    recall=recall,
    finish=aggregation.finish,
)


def main() -> None:
    """Run the command line; exit with status 2 for wrong input, 1 for failed jobs."""
    run(train_and_measure, config="config")


def run(task: Callable[[DictConfig], object], *, config: str) -> None:
    """Run a task by Hydra with the arguments of the process, wrong input being told in a line.

    Args:
        task: What to do with a composed configuration.
        config: Name of the configuration to compose, e.g. `config`.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises its errors, to be told here
    launcher.register()
    command = hydra.main(version_base="1.3", config_path=conf_dir(), config_name=config)
    try:
        command(task)()
    except EXPECTED as error:
        sys.exit(report(error))
    except ValueError as error:
        if "Config group override must be a string" not in str(error):
            raise
        sys.exit(report(ConfigError(_number_for_an_option())))


def _number_for_an_option() -> str:
    """Say which group was given a number, which Hydra does not."""
    for argument in sys.argv[1:]:
        group, _, value = argument.partition("=")
        folder = Path(conf_dir()) / group
        if group and folder.is_dir() and not (folder / f"{value}.yaml").exists():
            options = ", ".join(sorted(path.stem for path in folder.glob("*.yaml")))
            return f"{group} must name one of {options}, got {value}"
    return "a group must name one of its options, got a number"


def report(error: Exception) -> int:
    """Print an error as one line, and return the exit status."""
    lines = (line.strip() for line in str(error).splitlines())
    print("ibsweep: error: " + " ".join(line for line in lines if line), file=sys.stderr)
    return 1 if isinstance(error, TrainingFailed) else 2
