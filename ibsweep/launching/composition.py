"""From the overrides of many jobs to their configurations, composing as little as possible."""

import copy
import logging
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.conf import HydraConf
from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from ibsweep import checks
from ibsweep.launching.resolving import SWEEP_DIR, resolve
from ibsweep.launching.seeds import Seed, key_of, seed_of, with_seed
from ibsweep.launching.task import EnsembleTask

log = logging.getLogger(__name__)

ANNOUNCED = 50  # more compositions than this take seconds: say so


@dataclass(frozen=True)
class PlannedJob:
    """One job of a sweep.

    Attributes:
        num: Its number.
        overrides: What distinguishes it, e.g. `("activation=relu", "seed=7")`.
        base: Position of the composed configuration that it shares.
        seed: Its seed where that may differ from the shared configuration's, else None.
        engine: Key and name of the engine that was chosen for it; None if it has no choice.
    """

    num: int
    overrides: tuple[str, ...]
    base: int
    seed: Seed | None
    engine: tuple[str, str] | None = None


@dataclass(frozen=True)
class Composition:
    """All jobs of a launch, and the configurations that they share.

    Attributes:
        jobs: The jobs, in order.
        bases: Full configurations, one for each distinct set of overrides without the seed.
        task: The fast path of the task function, if it has one.
        shared: What must have one value for the whole sweep: that value, by key.
    """

    jobs: list[PlannedJob]
    bases: list[DictConfig]
    task: EnsembleTask | None
    shared: Mapping[str, Any] = field(default_factory=dict)

    def config(self, job: PlannedJob) -> DictConfig:
        """Return the full configuration of a job."""
        return job_config(pickle.dumps(self.bases[job.base]), job)

    def families(self) -> Iterator[tuple[list[PlannedJob], DictConfig]]:
        """Yield the jobs that share a configuration, and that without `hydra`.

        Meanwhile `HydraConfig` is that of these jobs, except for their numbers and seeds.
        """
        running = HydraConfig.instance()
        before = running.cfg
        jobs: dict[int, list[PlannedJob]] = {}
        for job in self.jobs:
            jobs.setdefault(job.base, []).append(job)
        try:
            for base, family in jobs.items():
                running.cfg = _hydra_of(self.bases[base])
                yield family, without_hydra(self.bases[base])
        finally:
            running.cfg = before


def compose(
    loader: ConfigLoader,
    master: DictConfig,
    job_overrides: Sequence[Sequence[str]],
    *,
    first_num: int = 0,
    task: EnsembleTask | None = None,
) -> Composition:
    """Compose the jobs of a sweep.

    What is the sweep's, as its folder, is resolved once, before any job's. Composing takes some
    40 ms. A task with a fast path names the key of its seed, a plain
    integer, so its jobs that differ in that alone share one composition.

    Args:
        loader: Composes.
        master: Configuration of the sweep.
        job_overrides: The overrides of each job.
        first_num: Number of the first job.
        task: The fast path of the task function, if it has one.

    Returns:
        The jobs.

    Raises:
        ConfigCompositionException: If a job cannot be composed, or its seed is no integer ≥ 0.
    """
    shared = resolve(master, (*(task.shared if task is not None else ()), SWEEP_DIR))
    seeds = [seed_of(overrides, task.seed_key) if task else None for overrides in job_overrides]
    keys = [
        tuple(overrides) if seed is None else with_seed(overrides, seed.key, "")
        for overrides, seed in zip(job_overrides, seeds, strict=True)
    ]
    if len(set(keys)) > ANNOUNCED:
        log.info(f"Composing {len(set(keys))} configurations for {len(keys)} jobs")
    positions: dict[tuple[str, ...], int] = {}
    bases: list[DictConfig] = []
    jobs = []
    planned = zip(keys, seeds, job_overrides, strict=True)
    for num, (key, seed, overrides) in enumerate(planned, first_num):
        if key not in positions:
            positions[key] = len(bases)
            bases.append(loader.load_sweep_config(master, list(overrides)))
            if task is not None:
                _check_seed(bases[-1], task.seed_key)
        jobs.append(PlannedJob(num, tuple(overrides), positions[key], seed))
    return Composition(jobs, bases, task, shared)


def make_sweep_dir(master: DictConfig) -> Path:
    """Create the folder of a sweep whose jobs have been checked, and save its configuration."""
    folder = Path(str(master.hydra.sweep.dir))
    folder.mkdir(parents=True, exist_ok=True)
    OmegaConf.save(master, folder / "multirun.yaml")
    return folder


def job_config(base: bytes, job: PlannedJob) -> DictConfig:
    """Return a job's full configuration, from the pickled one that it shares."""
    config: DictConfig = pickle.loads(base)  # a third of the time of a deep copy
    become(config, job)
    return config


def become(config: DictConfig, job: PlannedJob) -> None:
    """Make the configuration that a job shares its own."""
    with read_write(config), read_write(config.hydra), open_dict(config):
        config.hydra.job.id = str(job.num)
        config.hydra.job.num = job.num
        if job.engine is not None:
            OmegaConf.update(config, *job.engine, force_add=True)
        if job.seed is not None:
            OmegaConf.update(config, job.seed.key, job.seed.value)
            task = list(with_seed(config.hydra.overrides.task, *job.seed))
            config.hydra.overrides.task = task
            config.hydra.job.override_dirname = _override_dirname(config, task)


def without_hydra(config: DictConfig) -> DictConfig:
    """Return a copy of a configuration as the task sees it."""
    view = copy.deepcopy(config)
    with read_write(view), open_dict(view):
        del view["hydra"]
    return view


def _hydra_of(config: DictConfig) -> HydraConf | None:
    """Return what `HydraConfig` holds for a job."""
    HydraConfig.instance().set_config(config)
    return HydraConfig.instance().cfg


def _check_seed(config: DictConfig, key: str) -> None:
    try:
        checks.seed(key, OmegaConf.select(config, key, default=0))  # there need not be one
    except ValueError as error:
        raise ConfigCompositionException(str(error)) from error


def _override_dirname(config: DictConfig, task_overrides: Sequence[str]) -> str:
    """Return `hydra.job.override_dirname` as Hydra makes it."""
    style = config.hydra.job.config.override_dirname
    kept = [text for text in task_overrides if key_of(text) not in style.exclude_keys]
    return style.item_sep.join(sorted(kept)).replace("=", style.kv_sep)
