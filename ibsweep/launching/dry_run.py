"""A sweep's dry run: what it would do, how long, and what it would leave; nothing is written."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig

from ibsweep import checks
from ibsweep.launching.checking import identify
from ibsweep.launching.composition import Composition, PlannedJob, without_hydra
from ibsweep.launching.planning import makespan
from ibsweep.launching.progress import duration
from ibsweep.launching.remaining import Remaining, find_remaining
from ibsweep.launching.task import Cost, EnsembleTask
from ibsweep.launching.units import Unit

PROBED = 4  # kinds of networks that are tried out; the others are taken to cost their mean
NO_TIME = "how long it would take is not known: the task has no fast path"


class Planned(NamedTuple):
    """How a sweep would be fanned out.

    Attributes:
        remaining: What is left to do.
        units: The ensembles.
        workers: Number of workers.
    """

    remaining: Remaining
    units: Sequence[Unit]
    workers: int


def is_asked(config: DictConfig) -> bool:
    """Say whether a composed configuration asks for a dry run.

    Raises:
        ConfigCompositionException: If it says neither yes nor no.
    """
    try:
        return checks.truth("dry_run", config.get("dry_run", False))
    except ValueError as error:
        raise ConfigCompositionException(str(error)) from error


def refuse(config: DictConfig) -> None:
    """Check that a job that runs is not asked for a dry run, which is planned before any runs.

    Raises:
        ConfigCompositionException: If it is.
    """
    if is_asked(config):
        rule = "dry_run must have one value for the whole command, which our callback"
        raise ConfigCompositionException(f"{rule} hydra.callbacks.check_first heeds, got true")


def single(config: DictConfig, task: EnsembleTask) -> Planned:
    """Check a single run and plan it, as the launcher plans a sweep.

    Args:
        config: Its full configuration.
        task: What its task offers.

    Raises:
        ConfigCompositionException: If it cannot run.
    """
    job = PlannedJob(0, tuple(config.hydra.overrides.task), base=0, seed=None)
    remaining = look_ahead(Composition([job], [config], task))
    units = [Unit("0", ((job,),))] if remaining.due.jobs else []
    return Planned(remaining, units, workers=1)


def look_ahead(composition: Composition) -> Remaining:
    """Check all jobs and find out which are left to do, without a trace.

    Raises:
        ConfigCompositionException: If a job cannot run.
    """
    identities = identify(composition)
    task = composition.task
    if task is None:
        return find_remaining(composition, identities)
    return find_remaining(replace(composition, task=replace(task, recall=task.peek)), identities)


def lines(planned: Planned) -> Iterator[str]:
    """Yield the lines that tell what the sweep would do.

    Time is that of a probe of up to four kinds of networks, some seconds each.
    """
    remaining, units, workers = planned
    due = remaining.due.jobs
    yield f"dry run: {_some(remaining.whole.jobs, 'job')}, {remaining.outline() or 'all to run'}"
    if not due:
        return
    networks = sum(len(unit.networks) for unit in units)
    sizes = ", ".join(_counted([len(unit.networks) for unit in units]))
    yield (
        f"plan: {_some(range(networks), 'network')}, {networks - remaining.measured} to train, in"
        f" {_some(units, 'ensemble')} ({sizes}) on {_some(range(workers), 'worker')}"
    )
    yield from _engines(remaining, units)
    task = remaining.due.task
    if task is None:
        yield NO_TIME
        return
    started = time.perf_counter()
    costs = _probe(task, remaining, units)
    seconds = time.perf_counter() - started
    mean = Cost(*np.mean([costs[unit.name] for unit in units for _ in unit.networks], axis=0))
    elapsed = makespan([_seconds(remaining, unit, costs[unit.name]) for unit in units], workers)
    yield (
        f"time: about {duration(elapsed)} (training {mean.training_s:.1f} s a network, measuring"
        f" {mean.measuring_s:.1f} s a job; probed in {duration(seconds)}, with nothing beside it)"
    )
    yield (
        f"leaves: about {mean.disk_bytes * len(due) / 1e6:,.0f} MB, with"
        f" {mean.metric_rows * len(due):,.0f} metric rows"
    )


def _engines(remaining: Remaining, units: Sequence[Unit]) -> Iterator[str]:
    """Yield a line on what trains the networks that are not trained yet, if there is a choice."""
    first = [network[0] for unit in units for network in unit.networks]
    due = [job for job in first if not remaining.is_trained(job)]
    counts = Counter(job.engine[1] for job in due if job.engine is not None)
    if counts:
        yield f"engine: {', '.join(f'{name} trains {n}' for name, n in counts.items())}"


def _some(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'s' * (len(things) != 1)}"


def _counted(sizes: Sequence[int]) -> Iterator[str]:
    """Yield `3 × 50` and so on, large ones first."""
    for size in sorted(set(sizes), reverse=True):
        yield f"{sizes.count(size)} × {size}"


def _probe(task: EnsembleTask, remaining: Remaining, units: Sequence[Unit]) -> Mapping[str, Cost]:
    """Return what a network and a job of each ensemble costs."""
    kinds = {unit.name: remaining.identities[unit.jobs[0].num].group for unit in units}
    costs: dict[str, Cost] = {}
    for unit in units:
        kind = kinds[unit.name]
        if kind not in costs and len(costs) < PROBED:
            costs[kind] = task.probe([_config(remaining, network[0]) for network in unit.networks])
    typical = Cost(*np.mean(list(costs.values()), axis=0))
    return {name: costs.get(kind, typical) for name, kind in kinds.items()}


def _config(remaining: Remaining, job: PlannedJob) -> DictConfig:
    return without_hydra(remaining.whole.config(job))


def _seconds(remaining: Remaining, unit: Unit, cost: Cost) -> float:
    """Return how long an ensemble takes."""
    to_train = sum(not remaining.is_trained(network[0]) for network in unit.networks)
    return cost.training_s * to_train + cost.measuring_s * len(unit.jobs)
