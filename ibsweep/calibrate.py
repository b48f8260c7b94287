"""The command `ibsweep calibrate`: a sweep over samples whose information is known."""

import logging
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, read_write

from ibsweep import app, main, reuse
from ibsweep.aggregation import running_sweep, sweep_name
from ibsweep.calibration import report
from ibsweep.calibration.cells import Cell
from ibsweep.calibration.measuring import measure
from ibsweep.calibration.running import Batch, job_of
from ibsweep.fingerprints import fingerprint
from ibsweep.launching import rehearsal
from ibsweep.launching.batch import BatchTask, Cost, Identity, Recalled
from ibsweep.options import OF_A_SWEEP
from ibsweep.tracking import check_store, open_store

log = logging.getLogger(__name__)

_INSTEAD = ("run", "multirun", "cfg", "info", "help", "hydra_help", "shell_completion")


def calibrate(config: DictConfig) -> object:
    """Measure and store one cell: a single run, or a job of a foreign launcher."""
    torch.set_num_threads(1)  # as in a sweep
    try:
        rehearsal.refuse(config)
        identities = identify(config)
        prepare(config)
        held = partial(reuse.held, sweep=running_sweep())
        (known,) = _recall(identities, Cell.of(config), held)
        if known.returned is not None:
            log.info("already finished: %s, skipped (rerun=true forces it)", known.returned)
            return known.returned
        return start([config], lambda fraction: None)(0)
    except app.EXPECTED as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:  # its sweeper lists the jobs that failed
            raise
        sys.exit(app.report(error))


def identify(config: DictConfig, seeds: Sequence[int | None] = (None,)) -> list[Identity]:
    """Check every option of jobs; name their runs and their samples.

    Args:
        config: Configuration that the jobs share but for their seed.
        seeds: The seed of each; None is the configuration's own.

    Raises:
        ConfigError: At the first option that is wrong.
    """
    identities = []
    for seed in seeds:
        if seed is not None:
            with read_write(config):
                config.seed = seed
        identities.append(_identity(Cell.of(config)))
    return identities


def _identity(cell: Cell) -> Identity:
    cell.check()
    return Identity(
        group=fingerprint(cell.sample_content),
        network=cell.fingerprint(cell.sample_content),
        run=cell.fingerprint(cell.content),
        store=cell.tracking,
    )


def prepare(config: DictConfig) -> None:
    """Open the store, which creates it if need be, and close what dead processes left in it."""
    open_store(Cell.of(config).tracking).reap()


def recall(config: DictConfig, identities: Sequence[Identity]) -> list[Recalled]:
    """Say which jobs the store holds already; those belong to this sweep too from now on."""
    sweep = sweep_name(config.hydra.sweep.dir)
    return _recall(identities, Cell.of(config), partial(reuse.held, sweep=sweep))


def survey(config: DictConfig, identities: Sequence[Identity]) -> list[Recalled]:
    """Say which jobs the store holds already, and leave it as it is.

    Raises:
        StoreError: If the store cannot be used, as `prepare` would find.
    """
    check_store(Cell.of(config).tracking)
    return _recall(identities, Cell.of(config), reuse.survey)


def probe(configs: Sequence[DictConfig]) -> Cost:
    """Measure the first of these cells, and say how long that took."""
    cell = Cell.of(configs[0])
    begin = time.perf_counter()
    pair, kept = cell.sample(cell.samples, cell.values["seed"])
    estimates = measure(pair, cell.estimators)
    rows = estimates.shape[1] * len(estimates) + len(kept)
    return Cost(0.0, time.perf_counter() - begin, 0.0, rows)


def _recall(
    identities: Sequence[Identity],
    cell: Cell,
    look: Callable[[Sequence[reuse.Wanted]], Sequence[reuse.Held]],
) -> list[Recalled]:
    """Say what is known of cells; their samples are not stored, so nothing is spared of others."""
    return [one._replace(trained=False) for one in main.recalled(identities, cell, look)]


def start(
    configs: Sequence[DictConfig], progress: Callable[[float], None]
) -> Callable[[int], object]:
    """Return a function that measures one of these cells."""
    cells = [Cell.of(config) for config in configs]
    batch = Batch(cells)
    return lambda index: batch.run(index, job_of(cells[index]))


def finish(config: DictConfig, returns: Sequence[object]) -> None:
    """Summarise the calibration from the store alone; store that, draw it and print it."""
    cell = Cell.of(config)
    report.finish(open_store(cell.tracking), sweep_name(config.hydra.sweep.dir))


calibrate.batch = BatchTask(  # type: ignore[attr-defined]
    identify=identify,
    start=start,
    prepare=prepare,
    recall=recall,
    survey=survey,
    probe=probe,
    finish=finish,
    shared=OF_A_SWEEP,
)

CheckFirst = partial(app.CheckFirst, calibrate.batch)  # type: ignore[attr-defined]


def run(arguments: Sequence[str]) -> None:
    """Run a calibration as Hydra's multirun; exit with status 2 for wrong input, 1 for failures.

    Args:
        arguments: Overrides of conf/calibration.yaml, and options of Hydra.
    """
    with app.one_line():
        asked = vars(app.parsed(arguments))
    if not any(asked[name] for name in _INSTEAD):
        arguments = ["--multirun", *arguments]
    sys.argv[1:] = arguments
    app.run(calibrate, config="calibration")
