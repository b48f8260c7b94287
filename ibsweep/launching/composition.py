"""From the overrides of many jobs to their configurations, composing as little as possible."""

import copy
import logging
import pickle
import re
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
from ibsweep.launching.task import EnsembleTask

log = logging.getLogger(__name__)

SEED = re.compile(r"((?:\+\+)?seed)=(0|[1-9][0-9]*)")
ANNOUNCED = 50  # more compositions than this take seconds: say so


@dataclass(frozen=True)
class PlannedJob:
    """One job of a sweep.

    Attributes:
        num: Its number.
        overrides: What distinguishes it, e.g. `("activation=relu", "seed=7")`.
        base: Position of the composed configuration that it shares.
        seed: Its seed where that differs from the shared configuration's, else None.
    """

    num: int
    overrides: tuple[str, ...]
    base: int
    seed: int | None


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
    40 ms. A task with a fast path has a plain integer `seed`, so its jobs
    that differ in that alone share one composition.

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
    seeds = [_seed(overrides) if task is not None else None for overrides in job_overrides]
    keys = [
        tuple(overrides) if seed is None else _without_seed(overrides)
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
                _check_seed(bases[-1])
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
        if job.seed is not None:
            config.seed = job.seed
            task = [
                SEED.sub(rf"\g<1>={job.seed}", text) if SEED.fullmatch(text) else text
                for text in config.hydra.overrides.task
            ]
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


def _without_seed(overrides: Sequence[str]) -> tuple[str, ...]:
    return tuple(SEED.sub(r"\1=", text) if SEED.fullmatch(text) else text for text in overrides)


def _seed(overrides: Sequence[str]) -> int | None:
    """Return the seed of a job if one override gives it, as an integer; else Hydra is to say."""
    given = [text for text in overrides if _key(text) == "seed"]
    match = SEED.fullmatch(given[0]) if len(given) == 1 else None
    return int(match[2]) if match else None


def _key(override: str) -> str:
    """Return what an override is of."""
    return re.split("[=@]", override.lstrip("+~"))[0]


def _check_seed(config: DictConfig) -> None:
    if "seed" not in config:
        return
    try:
        checks.seed("seed", OmegaConf.select(config, "seed"))
    except ValueError as error:
        raise ConfigCompositionException(str(error)) from error


def _override_dirname(config: DictConfig, task_overrides: Sequence[str]) -> str:
    """Return `hydra.job.override_dirname` as Hydra makes it."""
    style = config.hydra.job.config.override_dirname
    kept = [text for text in task_overrides if _key(text) not in style.exclude_keys]
    return style.item_sep.join(sorted(kept)).replace("=", style.kv_sep)
