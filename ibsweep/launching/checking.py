"""Checks all jobs of a sweep before any runs: each by itself, and what they must share."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig

from ibsweep.launching.composition import Composition, PlannedJob, become
from ibsweep.launching.resolving import SWEEP_DIR, pin, resolve
from ibsweep.launching.task import Identity

_SUBFOLDER = "hydra.sweep.subdir"


def identify(composition: Composition) -> dict[int, Identity]:
    """Check every job of a task with a fast path, and return what it is, by number.

    Raises:
        ConfigCompositionException: If a job cannot run, or not in one sweep with the others.
    """
    if composition.task is None:
        return {}
    identities: dict[int, Identity] = {}
    for jobs, config in composition.families():
        try:
            seeds = [job.seed.value if job.seed else None for job in jobs]
            known = composition.task.identify(config, seeds)
        except ValueError as error:
            raise ConfigCompositionException(str(error)) from error
        identities |= zip([job.num for job in jobs], known, strict=True)
    if composition.shared:
        _share(composition)
        _check_folders(composition)
    return dict(sorted(identities.items()))


def _share(composition: Composition) -> None:
    """Give all jobs what the sweep goes by, as its name and its store, once they agree on it.

    What depends on a job's number or seed differs between the first and the last of a family.

    Raises:
        ConfigCompositionException: If they do not.
    """
    folder = str(composition.shared[SWEEP_DIR])
    if not Path(folder).resolve().name:
        rule = f"{SWEEP_DIR} must be a folder with a name, which is the sweep's"
        raise ConfigCompositionException(f"{rule}, got {folder!r}")
    for family, config in _families(composition):
        for job in (family[0], family[-1]):
            become(config, job)
            for key, value in resolve(config, list(composition.shared)).items():
                if value != composition.shared[key]:
                    hint = f"; what differs goes into {_SUBFOLDER}" if key == SWEEP_DIR else ""
                    got = f"{composition.shared[key]!r} and {value!r}"
                    rule = f"{key} must be the same for all jobs of a sweep"
                    raise ConfigCompositionException(f"{rule}, got {got}{hint}")
    for base in composition.bases:
        pin(base, composition.shared)


def _check_folders(composition: Composition) -> None:
    """Check that each job has a folder of its own.

    Raises:
        ConfigCompositionException: If two have the same.
    """
    folders: dict[str, int] = {}
    for family, config in _families(composition):
        first = family[0]
        if _subfolder(config, first) != _subfolder(config, replace(first, num=-1)):
            continue  # it tells their numbers
        for job in family:
            name = _subfolder(config, job)
            other = folders.setdefault(name, job.num)
            if other != job.num:
                rule = f"{_SUBFOLDER} must be another for each job"
                got = f"got {name!r} for jobs {other} and {job.num}"
                raise ConfigCompositionException(f"{rule}, {got}")


def _subfolder(config: DictConfig, job: PlannedJob) -> str:
    become(config, job)
    return str(resolve(config, [_SUBFOLDER])[_SUBFOLDER])


def _families(composition: Composition) -> Iterator[tuple[list[PlannedJob], DictConfig]]:
    """Yield the jobs that share a configuration, and a copy of that."""
    families: dict[int, list[PlannedJob]] = {}
    for job in composition.jobs:
        families.setdefault(job.base, []).append(job)
    for base, family in families.items():
        yield family, composition.bases[base].copy()
